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
    listing = load_corpus("csv", table("file;emotion;speaker\na.wav;sad;\nb.wav;happy;\n"))
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
        ("path,emotion,speaker,text\na.wav,sad,1,x\n", "no column 'file'; did you mean 'path'"),
        ("wav,emotion,speaker,text\na.wav,sad,1,x\n", "no column 'file'; did you mean 'wav'"),
        ("emotion,speaker\nsad,1\n", "no column 'file'"),
        ("utterance,emotion,speaker,text\na,sad,1,x\na,sad,1,y\n", "rows 2 and 3 .* utterance"),
        ("emotion,speaker,text\nsad,1,\n", "all rows .* has no text"),
        ("file,file,emotion,speaker\na,a,sad,1\n", "several columns 'file'"),
        ("file,emotion,speaker\na.wav,sad,1\na.wav,happy,1\n", "rows 2 and 3 .* same file"),
        ("file,emotion,speaker,text\na.wav,sad,1,well, no\n", "row 2 .* more cells"),
        ("file,emotion,speaker\nnone.wav,sad,1\n", "all rows .* no such file"),
        ("file,emotion,speaker\n\u00fc.wav,sad,1\n".encode("latin-1"), "not UTF-8"),
        ("file,emotion,speaker\na.wav,sad,1\n".encode("utf-16-le"), "NUL character in line 1"),
        ("file,emotion,speaker\na.wav,sad,1\n".encode("utf-16")[:-1], "damaged UTF-16"),
        ("file,emotion,speaker\na.wav,sad\0,1\n", "NUL character in line 2"),
        ("a.wav,sad,1\nb.wav,sad,1\n", "its first line is a recording"),
        ("file,emotion,speaker,text\na.wav,sad,1,x\nb.wav,sad\n", "row 3 has 2 cells"),
        ("file,text,emotion,speaker\na.wav,sad,1\n", "row 2 has 3 cells and the header has 4"),
        ("file,emotion,speaker,start,begin\na.wav,sad,1,0,1\n", "several columns for the start"),
        ("file,emotion,speaker,offset\na.wav,sad,1,0\n", "'offset', which may be a start or"),
        ("file,emotion,speaker,end_sample\na.wav,sad,1,0\n", "'end_sample', which counts sample"),
        (
            "file,emotion,speaker,start\na.wav,sad,1,1\na.wav,sad,1,1\n",
            "rows 2 and 3 .* same file 'a.wav' and times",
        ),
        (
            "file,emotion,speaker,start,utterance\na.wav,sad,1,1,u\na.wav,sad,1,2,u\n",
            "rows 2 and 3 .* same utterance 'u'",
        ),
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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_byte_order_mark_gives_the_encoding(table, encoding):
    listing = load_corpus("csv", table("file\temotion\tspeaker\na.wav\tsad\tZoë\n", encoding))
    assert list(listing.utterances["speaker"]) == ["Zoë"]


HEADER = "file,emotion,speaker,text"
ROWS = [f"{n}.wav,{'sad' if n % 2 else 'happy'},{n % 3},Well." for n in range(10)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({4: '"Oh no he said'}, "a quote in row 6 .*lines 6 to 11"),
        ({9: '"Oh no'}, "a quote in row 11 that is not closed"),
        ({4: '"Oh no', 7: '"he said"'}, "a quote in row 6 "),
        ({4: '"Oh no', 7: 'he said"'}, "a quote in row 6 that encloses further rows, .*'5.wav,"),
        ({4: '"Oh no', 5: 'he said"'}, "a quote in row 6 that encloses further rows"),
        ({4: 'he said "no"'}, ""),
        ({4: '"he said "no""'}, "a quote in row 6 that is not closed or not doubled .line 6"),
        ({4: '"Well, one, two,\nthree, four, five, six"'}, ""),
    ],
)
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 0, 1, 2), (0, 3, 1, 2)])
def test_unbalanced_quote_is_refused_by_row(table, tmp_path, changes, message, order):
    """No row is lost, wherever the column of texts is."""
    rows = [HEADER.split(","), *(row.split(",") for row in ROWS)]
    for number, text in changes.items():
        rows[number + 1][3] = text
    for number in range(10):
        (tmp_path / f"{number}.wav").write_bytes(b"x")
    path = table("\n".join(",".join(row[place] for place in order) for row in rows))
    if not message and order[-1] == 3:
        assert len(load_corpus("csv", path).utterances) == 10
    elif message:
        with pytest.raises(UsageError, match="a quote in row"):
            load_corpus("csv", path)
        if order[-1] == 3:
            with pytest.raises(UsageError, match=message):
                load_corpus("csv", path)


@pytest.mark.parametrize(
    ("header", "cells", "segment"),
    [
        ("start,end", "0.5,1.5", (0.5, 1.5)),
        ("start_s,end_s", "0.5,1.5", (0.5, 1.5)),
        ("Begin,Stop", "0.5,", (0.5, None)),
        ("onset,offset", ",1.5", (0.0, 1.5)),
        ("from,to", "0.5,1.5", (0.5, 1.5)),
        ("t0,t1", "0.5,1.5", (0.5, 1.5)),
        ("start_us,end_us", "500000,1500000", (0.5, 1.5)),
        ("start_min,end_min", "0,0.025", (0.0, 1.5)),
        ("tmin,tmax", "0.5,1.5", (0.5, 1.5)),
        ("offset,duration", "0.5,1", (0.5, 1.5)),
        ("start,duration", "0.5,1", (0.5, 1.5)),
        ("start_ms,end_ms", "500,1500", (0.5, 1.5)),
        ("StartTime,EndTime", "00:00:00.5,00:00:01.5", (0.5, 1.5)),
        ("start,end", "0 days 00:00:00.500000,0 days 00:00:01.500000", (0.5, 1.5)),
        ("start,end", "0 days 00:00:00.500000,NaT", (0.5, None)),
        ("start,end", "0 days,nan", None),
        ("Begin Time - ss.msec,End Time - ss.msec", "0.5,1.5", (0.5, 1.5)),
        ("Begin Time - msec,End Time - hh:mm:ss.ms", "500,00:00:01.500", (0.5, 1.5)),
        ("Start (s),End [s]", "0.5,1.5", (0.5, 1.5)),
    ],
)
def test_segments_are_read(table, header, cells, segment):
    listing = load_corpus("csv", table(f"file,emotion,speaker,{header}\na.wav,sad,1,{cells}\n"))
    assert listing.refused == [] == listing.notes
    frame = listing.utterances
    if segment is None:
        assert "start_s" not in frame
        return
    start_s, end_s = segment
    assert frame["start_s"].tolist() == [start_s]
    assert frame["end_s"].isna().all() if end_s is None else frame["end_s"].tolist() == [end_s]
    assert frame["utterance"].tolist() == [f"a_{start_s:g}-{'end' if end_s is None else end_s}"]


def test_decimal_commas_are_read(table):
    listing = load_corpus("csv", table("file;emotion;speaker;start;end\na.wav;sad;1;0,5;1,5\n"))
    assert listing.utterances[["start_s", "end_s"]].to_numpy().tolist() == [[0.5, 1.5]]


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ("-1,2", "its start '-1' is negative"),
        ("2,1", "its segment ends at 1 s, not after its start, 2 s"),
        ("1,1", "not after its start"),
        ("soon,2", "its start 'soon' is not a time"),
        ("0,inf", "its end 'inf' is not a time"),
        ("-1 days +23:59:59,2", "is negative"),
    ],
)
def test_rejects_invalid_segments(table, cells, reason):
    text = f"file,emotion,speaker,start,end\na.wav,sad,1,{cells}\nb.wav,sad,1,0,1\n"
    listing = load_corpus("csv", table(text))
    assert listing.utterances["utterance"].tolist() == ["b_0-1"]
    assert [reason in text for _, text in listing.refused] == [True]


def test_segments_are_named_by_the_column_utterance(table):
    text = "file,emotion,speaker,start,utterance\na.wav,sad,1,0.5,x\na.wav,sad,1,1.5,\n"
    assert load_corpus("csv", table(text)).utterances["utterance"].tolist() == ["a_1.5-end", "x"]


def test_ignored_columns_are_listed(table):
    text = "file,emotion,speaker,age,txet,,utterance,duration\na.wav,sad,1,30,Oh,1,u,2\n"
    assert load_corpus("csv", table(text)).notes == [
        "columns of the table that are not used: 'age', 'txet' (did you mean 'text'?), "
        "a column without a name, 'utterance', 'duration'"
    ]


@pytest.mark.parametrize("spelling", ["nan", "NaN", "None", "NA", "<NA>", "", "Unknown", "-", "?"])
def test_missing_speaker_is_no_name(table, spelling):
    text = f"file,emotion,speaker\na.wav,sad,{spelling}\nb.wav,sad,{spelling}\n"
    assert list(load_corpus("csv", table(text)).utterances["speaker"]) == ["", ""]
    listing = load_corpus(
        "csv", table(f"file,emotion,speaker\na.wav,sad,{spelling}\nb.wav,sad,1\n")
    )
    assert list(listing.utterances["speaker"]) == ["1"]
    assert "row 2: has no speaker" in listing.refused[0][1]


@pytest.mark.parametrize(
    "spelling", ["./a.wav", "sub/../a.wav", "hard.wav", "soft.wav", "sub//..//a.wav"]
)
def test_same_file_in_another_spelling_is_refused(table, tmp_path, spelling):
    (tmp_path / "hard.wav").hardlink_to(tmp_path / "a.wav")
    (tmp_path / "soft.wav").symlink_to("a.wav")
    rows = f"a.wav,{{}},1\nb.wav,sad,1\n{spelling},sad,1\n"
    listing = load_corpus("csv", table("file,emotion,speaker\n" + rows.format("sad")))
    assert listing.utterances["utterance"].tolist() == ["a", "b"]
    assert listing.refused == [
        (spelling, "row 4: it is the same file as 'a.wav' in row 2; remove one of them")
    ]
    listing = load_corpus("csv", table("file,emotion,speaker\n" + rows.format("happy")))
    assert listing.utterances["utterance"].tolist() == ["b"]
    assert len(listing.refused) == 2


def test_segments_of_one_file_may_be_named_in_two_spellings(table):
    rows = ["file,emotion,speaker,start,end", "a.wav,sad,1,0,1", "./a.wav,sad,1,1,2"]
    listing = load_corpus("csv", table("\n".join([*rows, "./a.wav,sad,1,0,1"])))
    assert listing.utterances["utterance"].tolist() == ["a_0-1", "a_1-2"]
    assert listing.utterances["file"].nunique() == 1
    assert len(listing.refused) == 1
