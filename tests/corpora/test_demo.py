"""The demo corpus in the package, and a folder with its layout."""

from importlib import resources

import pytest

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.demo import COMPONENT

DATA = resources.files("aser_bench.corpora") / "data" / "demo" / "utterances.csv"


def test_is_marked_as_synthetic():
    assert COMPONENT.synthetic
    assert not COMPONENT.needs_source


def test_reads_folder_with_the_same_layout(tmp_path):
    (tmp_path / "utterances.csv").write_text(
        "file,emotion,speaker,sex,text,text_kind\n"
        'b.flac,angry,s1,male,"Stop, now!",emotional\na.flac,sad,s2,female,Keys.,neutral\n',
        encoding="utf-8",
    )
    table = load_corpus("demo", tmp_path).utterances
    assert list(table["utterance"]) == ["a", "b"]
    assert list(table["text_kind"]) == ["neutral", "emotional"]
    assert table["text"][1] == "Stop, now!"


def test_rejects_folder_without_table(tmp_path):
    with pytest.raises(UsageError, match="needs no folder"):
        load_corpus("demo", tmp_path)


@pytest.mark.skipif(not DATA.is_file(), reason="the demo corpus has not been rendered")
def test_packaged_corpus():
    table = load_corpus("demo").utterances
    assert table["speaker"].nunique() >= 2
    assert table["emotion"].nunique() >= 4
    assert (table.groupby("speaker")["sex"].nunique() == 1).all()
    assert set(table["text_kind"]) == {"neutral", "emotional"}
