"""Contract tests of every registered corpus; a new file in corpora/ is tested without a list."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_trees import iemocap, meld, touch

from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.corpora import get, load_corpus
from aser_bench.testing import CORPUS_CHECKS, CorpusUnderTest
from aser_bench.testing.corpora import assert_valid_listing, check_listing, example_source

NAMES = registry.names("corpora")
BUILT_IN = "crema_d csv custom demo emodb iemocap meld ravdess savee tess"

every_corpus = pytest.mark.parametrize("name", NAMES)


def example(name: str, root: Path) -> Path | None:
    """Create a minimal source of a corpus; None if it names no example file."""
    if name == "csv":
        touch(root, "a.wav")
        (root / "table.csv").write_text("file,emotion,speaker\na.wav,sad,1\n")
        return root / "table.csv"
    if name == "demo":
        header = "file,emotion,speaker,sex,text,text_kind\n"
        (root / "utterances.csv").write_text(header + "a.flac,sad,1,male,Hello.,neutral\n")
        return root
    if name == "iemocap":
        return iemocap(root, {"Ses01F_impro01_F000": "neu", "Ses05M_script01_1_M003": "fru"})
    if name == "meld":
        return meld(
            root, train=[("Hi.", "Ross", "joy", 0, 0)], test=[("No.", "Joey", "fear", 0, 0)]
        )
    return example_source(get(name), root)


def test_corpora_of_the_package_are_registered():
    assert set(BUILT_IN.split()) <= set(NAMES)


@every_corpus
def test_name_is_the_registered_one(name):
    assert get(name).name == name


@every_corpus
@pytest.mark.parametrize("check", CORPUS_CHECKS)
def test_contract(check, name, tmp_path):
    source = example(name, tmp_path)
    if source is None and check is check_listing:
        pytest.skip("the corpus has no example file")
    check(CorpusUnderTest(get(name), source))


@pytest.mark.parametrize("name", ["crema_d", "demo", "emodb", "ravdess", "tess"])
def test_acted_corpora_have_texts_and_a_language(name, tmp_path):
    """File names give the sentence; transcribers need the language."""
    assert get(name).language in ("de", "en")
    assert (load_corpus(name, example(name, tmp_path)).utterances["text"] != "").all()


@every_corpus
def test_source_may_be_a_string(name, tmp_path):
    source = example(name, tmp_path)
    if source is None:
        pytest.skip("the corpus has no example file")
    assert_valid_listing(load_corpus(name, str(source)))


@every_corpus
def test_listing_of_the_real_corpus(name, shared_corpora):
    folder = shared_corpora / {"meld": "meld-text"}.get(name, name)
    if not folder.is_dir():
        pytest.skip(f"no shared copy of {name}")
    assert_valid_listing(load_corpus(name, folder))


def test_unknown_corpus_suggests_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'ravdess'"):
        load_corpus("ravdes")


def test_import_loads_no_heavy_module():
    heavy = ["pandas", "soundfile", "soxr", "pydub"]
    code = f"import sys, aser_bench.corpora; print([m for m in {heavy} if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert process.stdout == "[]\n"
