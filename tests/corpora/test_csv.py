"""Corpora listed in a table: formats of tables, refused rows, texts without recordings."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus


@pytest.fixture
def table(tmp_path):
    for name in ("a.wav", "b.wav", "sub/a.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    def write(text, encoding="utf-8"):
        path = tmp_path / "labels.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_formats_of_tables_are_read(table, encoding, separator, end):
    rows = [
        ["File", " emotion ", "speaker", "sex", "text", "more"],
        ["a.wav", "Anger", "Zoë", "F", "Grüße", "1"],
        ["sub/a.wav", "ps", "2", "male", '"he said ""no"", and; left"', "2"],
        ["", "", "", "", "", ""],
    ]
    listing = load_corpus("csv", table(end.join(separator.join(row) for row in rows), encoding))
    assert listing.refused == []
    assert listing.utterances.drop(columns="file").to_numpy().tolist() == [
        ["a", "angry", "Zoë", "female", "Grüße"],
        ["sub/a", "surprised", "2", "male", 'he said "no", and; left'],
    ]


def test_absolute_and_windows_paths_are_read(table, tmp_path):
    path = table(f"file,emotion,speaker\n{tmp_path / 'b.wav'},sad,1\nsub\\a.wav,sad,2\n")
    assert list(load_corpus("csv", path).utterances["utterance"]) == ["a", "b"]


def test_rejects_invalid_rows(table):
    text = (
        "file,emotion,speaker,sex\na.wav,hapy,1,f\nnone.wav,sad,1,f\n,sad,1,f\n"
        "sub/a.wav,sad,,f\nb.wav,sad,1,unsure\n"
    )
    listing = load_corpus("csv", table(text))
    assert list(listing.utterances["utterance"]) == ["b"]
    assert list(listing.utterances["sex"]) == [""]
    assert [reason for _, reason in listing.refused] == [
        "row 2: unknown emotion 'hapy'; did you mean 'happy'?",
        "row 3: there is no such file",
        "row 4: has no file",
        "row 5: has no speaker, although other rows have one",
    ]
    assert listing.notes == ["1 rows with a sex other than female and male: unknown"]


def test_speaker_may_be_empty_in_all_rows(table):
    listing = load_corpus("csv", table("file;emotion;speaker\na.wav;sad;\nb.wav;happy\n"))
    assert listing.refused == []
    assert list(listing.utterances["speaker"]) == ["", ""]


def test_sessions_and_splits_are_read(table):
    text = "file,emotion,speaker,session,split\na.wav,sad,1,2,Train\nb.wav,sad,1,3,validation\n"
    utterances = load_corpus("csv", table(text)).utterances
    assert utterances[["session", "split"]].to_numpy().tolist() == [["2", "train"], ["3", "dev"]]
    other_listing = load_corpus("csv", table(text.replace("Train", "fold 1")))
    assert list(other_listing.utterances.columns)[6:] == ["session"]
    assert other_listing.notes == [
        "the column split is ignored: 'fold 1' is not train, dev or test"
    ]


@pytest.mark.parametrize("column", ["", "file,"])
def test_texts_without_recordings_are_read(table, column):
    cell = "," if column else ""
    text = f"{column}emotion,speaker,text,split\n{cell}sad,1,Oh.,test\n{cell}joy,2,Yes.,train\n"
    listing = load_corpus("csv", table(f"{text}{cell}joy,2,,train\n{cell}fun,2,Ha,train\n"))
    assert listing.utterances.to_numpy().tolist() == [
        ["row000002", "", "sad", "1", "", "Oh.", "test"],
        ["row000003", "", "happy", "2", "", "Yes.", "train"],
    ]
    assert [reason.partition(" emotion")[0] for _, reason in listing.refused] == [
        "row 4: has no text",
        "row 5: unknown",
    ]
    assert listing.notes == ["the table has no recordings: texts and labels only"]


def test_texts_are_named_by_the_column_utterance(table):
    text = "utterance,emotion,speaker,text\nb,sad,1,Oh.\na,happy,1,Oh.\n,sad,1,No.\n"
    listing = load_corpus("csv", table(text))
    assert listing.utterances["utterance"].tolist() == ["a", "b"]
    assert listing.refused == [("", "row 4: has no utterance")]


def test_text_without_recording_is_refused_if_another_row_has_one(table):
    text = "file,emotion,speaker,text\na.wav,sad,1,Oh.\n,happy,1,Yes.\n"
    listing = load_corpus("csv", table(text))
    assert listing.utterances["utterance"].tolist() == ["a"]
    assert listing.refused == [("", "row 3: has no file")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("file,emotion,speaker\n", "no rows"),
        ("file,emotions,speaker\na.wav,sad,1\n", "no column 'emotion'; did you mean 'emotions'"),
        ("a.wav,sad,1\n", "no column 'file'"),
        ("files,emotion,speaker,text\na.wav,sad,1,x\n", "no column 'file'; did you mean 'files'"),
        ("emotion,speaker\nsad,1\n", "no column 'file'"),
        ("utterance,emotion,speaker,text\na,sad,1,x\na,sad,1,y\n", "rows 2 and 3 .* utterance"),
        ("emotion,speaker,text\nsad,1,\n", "all rows .* has no text"),
        ("file,file,emotion,speaker\na,a,sad,1\n", "several columns 'file'"),
        ("file,emotion,speaker\na.wav,sad,1\na.wav,happy,1\n", "rows 2 and 3 .* same file"),
        ("file,emotion,speaker,text\na.wav,sad,1,well, no\n", "row 2 .* more cells"),
        ("file,emotion,speaker\nnone.wav,sad,1\n", "all rows .* no such file"),
        ("file,emotion,speaker\n\u00fc.wav,sad,1\n".encode("latin-1"), "not UTF-8"),
        ("file,emotion,speaker\na.wav,sad,1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_rejects_invalid_tables(table, text, message):
    with pytest.raises(UsageError, match=message):
        load_corpus("csv", table(text))


def test_rejects_invalid_sources(tmp_path):
    for source, message in [
        (None, "needs its folder or file: write csv=PATH"),
        (tmp_path, "is a folder"),
        (tmp_path / "x", "no file"),
    ]:
        with pytest.raises(UsageError, match=message):
            load_corpus("csv", source)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_raise_usage_error(tmp_path_factory, contents):
    path = tmp_path_factory.mktemp("garbage") / "t.csv"
    path.write_bytes(b"file,emotion,speaker\n" + contents)
    with pytest.raises(UsageError):
        load_corpus("csv", path)
