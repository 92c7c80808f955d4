"""One suite over every registered corpus: a new file in corpora/ is tested by its existence."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aser_bench import registry, tables
from aser_bench.corpora import load_corpus
from aser_bench.corpora.base import Corpus, Listing
from aser_bench.errors import UsageError

NAMES = registry.names("corpora")
COLUMNS = ["utterance", "file", "emotion", "speaker", "sex", "text"]


def component(name) -> Corpus:
    found = registry.get("corpora", name)
    return found() if isinstance(found, type) else found


def example(name: str, root: Path) -> Path | None:
    """Make the smallest source of a corpus: the example file that it names itself."""
    if name == "csv":
        (root / "a.wav").write_bytes(b"x")
        (root / "table.csv").write_text("file,emotion,speaker\na.wav,sad,1\n")
        return root / "table.csv"
    if name == "demo":
        header = "file,emotion,speaker,sex,text,text_kind\n"
        (root / "utterances.csv").write_text(header + "a.flac,sad,1,male,Hello.,neutral\n")
        return root
    file = getattr(component(name), "example", None)
    if file is None:
        return None
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_bytes(b"x")
    return root


def check(found: Listing) -> None:
    table = found.utterances
    assert list(table.columns)[: len(COLUMNS)] == COLUMNS
    assert len(table)
    assert table["utterance"].is_unique
    assert list(table["utterance"]) == sorted(table["utterance"])
    assert set(table["emotion"]) <= set(tables.EMOTIONS)
    assert set(table["sex"]) <= {"female", "male", ""}
    assert all(Path(file).is_absolute() for file in table["file"])
    assert table[COLUMNS].map(lambda cell: type(cell) is str).all(axis=None)
    assert all(isinstance(note, str) for note in found.notes)


def test_the_corpora_of_the_package_are_registered():
    assert {"csv", "custom", "demo", "emodb", "ravdess", "tess"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_whose_it_is(name):
    corpus = component(name)
    assert corpus.name == name
    for attribute in ("title", "licence", "citation"):
        assert getattr(corpus, attribute).strip(), attribute
    assert not corpus.url or corpus.url.startswith(("http://", "https://"))
    assert isinstance(corpus.synthetic, bool)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_source_is_a_usage_error(name, tmp_path):
    with pytest.raises(UsageError, match=name):
        load_corpus(name, tmp_path / "missing")
    if component(name).needs_source:
        with pytest.raises(UsageError, match=f"{name}="):
            load_corpus(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_folder_is_a_usage_error(name, tmp_path):
    with pytest.raises(UsageError, match=name):
        load_corpus(name, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_table(name, tmp_path):
    source = example(name, tmp_path)
    if source is None:
        pytest.skip("the corpus names no example file")
    check(load_corpus(name, str(source)))


@pytest.mark.parametrize("name", NAMES)
def test_the_table_of_the_real_corpus(name, shared_corpora):
    if not (shared_corpora / name).is_dir():
        pytest.skip(f"no shared copy of {name}")
    check(load_corpus(name, shared_corpora / name))


def test_unknown_corpora_are_told_with_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'ravdess'"):
        load_corpus("ravdes")


def test_importing_the_package_is_cheap():
    heavy = ["pandas", "soundfile", "soxr", "pydub"]
    code = f"import sys, aser_bench.corpora; print([m for m in {heavy} if m in sys.modules])"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
