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
def test_spellings_of_a_table(table, encoding, separator, end):
    rows = [
        ["File", " emotion ", "speaker", "sex", "text", "more"],
        ["a.wav", "Anger", "Zoë", "F", "Grüße", "1"],
        ["sub/a.wav", "ps", "2", "male", '"he said ""no"", and; left"', "2"],
        ["", "", "", "", "", ""],
    ]
    found = load_corpus("csv", table(end.join(separator.join(row) for row in rows), encoding))
    assert found.refused == []
    assert found.utterances.drop(columns="file").to_numpy().tolist() == [
        ["a", "angry", "Zoë", "female", "Grüße"],
        ["sub/a", "surprised", "2", "male", 'he said "no", and; left'],
    ]


def test_absolute_and_windows_paths(table, tmp_path):
    path = table(f"file,emotion,speaker\n{tmp_path / 'b.wav'},sad,1\nsub\\a.wav,sad,2\n")
    assert list(load_corpus("csv", path).utterances["utterance"]) == ["a", "b"]


def test_rows_that_are_refused(table):
    text = (
        "file,emotion,speaker,sex\na.wav,hapy,1,f\nnone.wav,sad,1,f\n,sad,1,f\n"
        "sub/a.wav,sad,,f\nb.wav,sad,1,unsure\n"
    )
    found = load_corpus("csv", table(text))
    assert list(found.utterances["utterance"]) == ["b"]
    assert list(found.utterances["sex"]) == [""]
    assert [reason for _, reason in found.refused] == [
        "row 2: unknown emotion 'hapy'; did you mean 'happy'?",
        "row 3: there is no such file",
        "row 4: names no file",
        "row 5: has no speaker, although other rows have one",
    ]
    assert found.notes == ["1 rows whose sex is neither female nor male: taken as unknown"]


def test_no_speaker_at_all_is_an_unknown_speaker(table):
    found = load_corpus("csv", table("file;emotion;speaker\na.wav;sad;\nb.wav;happy\n"))
    assert found.refused == []
    assert list(found.utterances["speaker"]) == ["", ""]


def test_sessions_and_splits(table):
    text = "file,emotion,speaker,session,split\na.wav,sad,1,2,Train\nb.wav,sad,1,3,validation\n"
    found = load_corpus("csv", table(text)).utterances
    assert found[["session", "split"]].to_numpy().tolist() == [["2", "train"], ["3", "dev"]]
    other = load_corpus("csv", table(text.replace("Train", "fold 1")))
    assert list(other.utterances.columns)[6:] == ["session"]
    assert other.notes == ["the column split is not used: 'fold 1' is none of train, dev and test"]


@pytest.mark.parametrize("column", ["", "file,"])
def test_texts_alone(table, column):
    cell = "," if column else ""
    text = f"{column}emotion,speaker,text,split\n{cell}sad,1,Oh.,test\n{cell}joy,2,Yes.,train\n"
    found = load_corpus("csv", table(f"{text}{cell}joy,2,,train\n{cell}fun,2,Ha,train\n"))
    assert found.utterances.to_numpy().tolist() == [
        ["row000002", "", "sad", "1", "", "Oh.", "test"],
        ["row000003", "", "happy", "2", "", "Yes.", "train"],
    ]
    assert [reason.partition(" emotion")[0] for _, reason in found.refused] == [
        "row 4: has no text",
        "row 5: unknown",
    ]
    assert found.notes == ["the table names no recordings: texts and labels alone"]


def test_texts_may_be_named(table):
    text = "utterance,emotion,speaker,text\nb,sad,1,Oh.\na,happy,1,Oh.\n,sad,1,No.\n"
    found = load_corpus("csv", table(text))
    assert found.utterances["utterance"].tolist() == ["a", "b"]
    assert found.refused == [("", "row 4: names no utterance")]


def test_one_recording_makes_no_corpus_of_texts(table):
    text = "file,emotion,speaker,text\na.wav,sad,1,Oh.\n,happy,1,Yes.\n"
    found = load_corpus("csv", table(text))
    assert found.utterances["utterance"].tolist() == ["a"]
    assert found.refused == [("", "row 3: names no file")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("file,emotion,speaker\n", "no rows"),
        ("file,emotions,speaker\na.wav,sad,1\n", "no column 'emotion'; did you mean 'emotions'"),
        ("a.wav,sad,1\n", "no column 'file'"),
        ("files,emotion,speaker,text\na.wav,sad,1,x\n", "no column 'file'; did you mean 'files'"),
        ("emotion,speaker\nsad,1\n", "no column 'file'"),
        ("utterance,emotion,speaker,text\na,sad,1,x\na,sad,1,y\n", "rows 2 and 3 .* utterance"),
        ("emotion,speaker,text\nsad,1,\n", "every row .* has no text"),
        ("file,file,emotion,speaker\na,a,sad,1\n", "more than one column 'file'"),
        ("file,emotion,speaker\na.wav,sad,1\na.wav,happy,1\n", "rows 2 and 3 .* same file"),
        ("file,emotion,speaker,text\na.wav,sad,1,well, no\n", "row 2 .* more cells"),
        ("file,emotion,speaker\nnone.wav,sad,1\n", "every row .* no such file"),
        ("file,emotion,speaker\n\u00fc.wav,sad,1\n".encode("latin-1"), "not UTF-8"),
        ("file,emotion,speaker\na.wav,sad,1\n".encode("utf-16"), "not UTF-8"),
    ],
)
def test_tables_that_cannot_be_used(table, text, words):
    with pytest.raises(UsageError, match=words):
        load_corpus("csv", table(text))


def test_wrong_sources(tmp_path):
    for source, words in [
        (None, "csv=FILE"),
        (tmp_path, "is a folder"),
        (tmp_path / "x", "no file"),
    ]:
        with pytest.raises(UsageError, match=words):
            load_corpus("csv", source)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_garbage_is_a_usage_error(tmp_path_factory, contents):
    path = tmp_path_factory.mktemp("garbage") / "t.csv"
    path.write_bytes(b"file,emotion,speaker\n" + contents)
    with pytest.raises(UsageError):
        load_corpus("csv", path)
