"""One suite over every registered corpus: a new file in corpora/ is tested by its existence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_trees import iemocap, meld

from aser_bench.core import registry, tables
from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.base import Corpus, Listing

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
    if name == "iemocap":
        return iemocap(root, {"Ses01F_impro01_F000": "neu", "Ses05M_script01_1_M003": "fru"})
    if name == "meld":
        return meld(
            root, train=[("Hi.", "Ross", "joy", 0, 0)], test=[("No.", "Joey", "fear", 0, 0)]
        )
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
    # Recordings for all or for none.
    has_audio = (table["file"] != "").all()
    assert has_audio or ((table["file"] == "").all() and (table["text"] != "").all())
    assert all(Path(file).is_absolute() for file in table["file"] if file)
    rest = set(table.columns) - set(COLUMNS)
    assert set(table.get("split", ["train"])) <= {"train", "dev", "test", ""}
    assert all((table[column] != "").any() for column in rest & {"session", "split"})
    assert table[COLUMNS].map(lambda cell: type(cell) is str).all(axis=None)
    assert all(isinstance(note, str) for note in found.notes)


def test_the_corpora_of_the_package_are_registered():
    assert {
        "crema_d",
        "csv",
        "custom",
        "demo",
        "emodb",
        "iemocap",
        "meld",
        "ravdess",
        "tess",
    } <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_whose_it_is(name):
    corpus = component(name)
    assert corpus.name == name
    for attribute in ("title", "licence", "citation"):
        assert getattr(corpus, attribute).strip(), attribute
    assert not corpus.url or corpus.url.startswith(("http://", "https://"))
    assert isinstance(corpus.synthetic, bool)
    assert re.fullmatch(r"[a-z]{2}|", corpus.language)


@pytest.mark.parametrize("name", ["crema_d", "demo", "emodb", "ravdess", "tess"])
def test_what_is_said_in_acted_corpora_is_known(name, tmp_path):
    """Their names tell the sentence, and a transcriber of speech must know the language."""
    assert component(name).language in ("de", "en")
    assert (load_corpus(name, example(name, tmp_path)).utterances["text"] != "").all()


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
    folder = shared_corpora / {"meld": "meld-text"}.get(name, name)
    if not folder.is_dir():
        pytest.skip(f"no shared copy of {name}")
    check(load_corpus(name, folder))


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
