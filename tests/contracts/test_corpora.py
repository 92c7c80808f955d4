"""Contract of every registered corpus; a new file in corpora/ is tested without registration."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from corpus_trees import iemocap, meld, touch

from aser_bench.core import registry, tables
from aser_bench.core.errors import UsageError
from aser_bench.corpora import get, load_corpus
from aser_bench.corpora.base import Listing

NAMES = registry.names("corpora")
COLUMNS = ["utterance", "file", "emotion", "speaker", "sex", "text"]


def example(name: str, root: Path) -> Path | None:
    """Create a minimal source of a corpus; for a FolderCorpus, its example file."""
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
    file = getattr(get(name), "example", None)
    return None if file is None else touch(root, file)


def check(listing: Listing) -> None:
    table = listing.utterances
    assert list(table.columns)[: len(COLUMNS)] == COLUMNS
    assert len(table)
    assert table["utterance"].is_unique
    assert list(table["utterance"]) == sorted(table["utterance"])
    assert set(table["emotion"]) <= set(tables.EMOTIONS)
    assert set(table["sex"]) <= {"female", "male", ""}
    # Either all utterances have recordings or none has.
    has_audio = (table["file"] != "").all()
    assert has_audio or ((table["file"] == "").all() and (table["text"] != "").all())
    assert all(Path(file).is_absolute() for file in table["file"] if file)
    optional = {"session", "split"} & set(table.columns)
    assert set(table.get("split", ["train"])) <= {"train", "dev", "test", ""}
    assert all((table[column] != "").any() for column in optional)
    assert table[COLUMNS].map(lambda cell: type(cell) is str).all(axis=None)
    assert all(isinstance(note, str) for note in listing.notes)


def test_corpora_of_the_package_are_registered():
    assert {
        "crema_d",
        "csv",
        "custom",
        "demo",
        "emodb",
        "iemocap",
        "meld",
        "ravdess",
        "savee",
        "tess",
    } <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_has_title_licence_and_citation(name):
    corpus = get(name)
    assert corpus.name == name
    for attribute in ("title", "licence", "citation"):
        assert getattr(corpus, attribute).strip(), attribute
    assert not corpus.url or corpus.url.startswith(("http://", "https://"))
    assert isinstance(corpus.synthetic, bool)
    assert re.fullmatch(r"[a-z]{2}|", corpus.language)


@pytest.mark.parametrize("name", ["crema_d", "demo", "emodb", "ravdess", "tess"])
def test_acted_corpora_have_texts_and_a_language(name, tmp_path):
    """File names give the sentence; transcribers need the language."""
    assert get(name).language in ("de", "en")
    assert (load_corpus(name, example(name, tmp_path)).utterances["text"] != "").all()


@pytest.mark.parametrize("name", NAMES)
def test_rejects_missing_source(name, tmp_path):
    with pytest.raises(UsageError, match=name):
        load_corpus(name, tmp_path / "missing")
    if get(name).needs_source:
        with pytest.raises(UsageError, match=f"{name}="):
            load_corpus(name)


@pytest.mark.parametrize("name", NAMES)
def test_rejects_empty_folder(name, tmp_path):
    with pytest.raises(UsageError, match=name):
        load_corpus(name, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_table_of_an_example(name, tmp_path):
    source = example(name, tmp_path)
    if source is None:
        pytest.skip("the corpus has no example file")
    check(load_corpus(name, str(source)))


@pytest.mark.parametrize("name", NAMES)
def test_table_of_the_real_corpus(name, shared_corpora):
    folder = shared_corpora / {"meld": "meld-text"}.get(name, name)
    if not folder.is_dir():
        pytest.skip(f"no shared copy of {name}")
    check(load_corpus(name, folder))


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
