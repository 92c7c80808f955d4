from importlib import resources

import pytest

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.demo import COMPONENT

DATA = resources.files("aser_bench.corpora") / "data" / "demo" / "utterances.csv"


def test_it_says_that_it_is_synthetic():
    assert COMPONENT.synthetic
    assert not COMPONENT.needs_source


def test_a_folder_of_the_same_layout(tmp_path):
    (tmp_path / "utterances.csv").write_text(
        "file,emotion,speaker,sex,text,text_kind\n"
        'b.flac,angry,s1,male,"Stop, now!",emotional\na.flac,sad,s2,female,Keys.,neutral\n',
        encoding="utf-8",
    )
    table = load_corpus("demo", tmp_path).utterances
    assert list(table["utterance"]) == ["a", "b"]
    assert list(table["text_kind"]) == ["neutral", "emotional"]
    assert table["text"][1] == "Stop, now!"


def test_missing_data(tmp_path):
    with pytest.raises(UsageError, match="needs no folder"):
        load_corpus("demo", tmp_path)


@pytest.mark.skipif(not DATA.is_file(), reason="the demo corpus has not been rendered")
def test_the_packaged_corpus():
    table = load_corpus("demo").utterances
    assert table["speaker"].nunique() >= 2
    assert table["emotion"].nunique() >= 4
    assert (table.groupby("speaker")["sex"].nunique() == 1).all()
    assert set(table["text_kind"]) == {"neutral", "emotional"}
