"""Ingestion of corpora: recordings or texts, labels, limits, and refused utterances."""

from __future__ import annotations

import pytest

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.evaluation.splits import split
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.study.parsing import CorpusChoice


@pytest.fixture(scope="module")
def pool():
    with Pool(1) as one:
        yield one


def taken(source, pool, tmp_path, name="csv", limit=None, **options):
    return ingest(
        CorpusChoice(name, str(source)), limit, Cache(tmp_path / "cache"), pool, **options
    )


def written(tmp_path, *lines):
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


TEXTS = (
    "utterance,emotion,speaker,text",
    "a,happy,1,Yes.",
    "b,sad,2,Yes.",
    "c,excited,1,Oh!",
    "d,bored,2,Well.",
)


def test_recordings_are_ingested(table, pool, tmp_path):
    ingested = taken(table, pool, tmp_path)
    assert ingested.has_audio
    assert len(ingested.utterances) == 32
    assert (ingested.utterances["duration_s"] == 0.4).all()


def test_texts_without_recordings_are_ingested(pool, tmp_path):
    messages = []
    ingested = taken(written(tmp_path, *TEXTS), pool, tmp_path, notify=messages.append)
    assert not ingested.has_audio
    assert messages == []  # nothing is opened
    frame = ingested.utterances
    assert (frame["file"] == "").all()
    assert (frame["duration_s"] == 0).all()
    # The same words by two people are no identical recordings.
    assert frame["group"].tolist() == ["a", "b", "c", "d"]
    assert all(len(value) == 64 for value in frame["samples_sha256"])
    assert ingested.notes == ["the table has no recordings: texts and labels only"]


def test_hash_without_recordings_depends_on_the_texts(pool, tmp_path):
    one = taken(written(tmp_path, *TEXTS), pool, tmp_path).sha256
    same = taken(written(tmp_path, *TEXTS), pool, tmp_path).sha256
    other = taken(written(tmp_path, *TEXTS[:-1], "d,bored,2,Well!"), pool, tmp_path).sha256
    assert one == same != other


def test_failed_texts_are_named(pool, tmp_path):
    ingested = taken(written(tmp_path, *TEXTS), pool, tmp_path).without({"b": "why"})
    assert ingested.refused == [("b", "why")]
    assert ingested.utterances["utterance"].tolist() == ["a", "c", "d"]


def test_label_set_is_applied_before_the_limit(pool, tmp_path):
    ingested = taken(written(tmp_path, *TEXTS), pool, tmp_path, labels="4", limit=3)
    assert ingested.utterances["utterance"].tolist() == ["a", "b", "c"]
    assert ingested.emotions == ["happy", "sad"]
    assert ingested.notes[1:] == [
        "label set 4: 1 excited count as happy",
        "label set 4: 1 utterances left out (bored 1)",
    ]


def test_error_of_labels_names_the_corpus(pool, tmp_path):
    path = written(tmp_path, *TEXTS[:2], TEXTS[-1])
    with pytest.raises(UsageError, match="corpus 'csv': too few emotions"):
        taken(path, pool, tmp_path, labels="4")


@pytest.fixture
def halves(monkeypatch, table):
    """A corpus of which two utterances have no recording, and one of these no text either."""
    listing = load_corpus("csv", table)
    frame = listing.utterances.assign(text="Hello.")
    frame.loc[:1, "file"], frame.loc[1, "text"] = "", ""
    listing.utterances = frame
    monkeypatch.setattr("aser_bench.corpora.load_corpus", lambda name, source: listing)
    return listing


def test_utterances_without_a_recording_are_refused(halves, pool, tmp_path):
    ingested = taken("", pool, tmp_path)
    assert ingested.has_audio
    assert len(ingested.utterances) == 30
    reason = "it has no recording, although other utterances have one"
    assert ingested.refused == [("v0_0_angry", reason), ("v0_0_happy", reason)]
    with pytest.raises(UsageError, match=r"v0_0_angry: it has no recording.*\(and 1 more\)"):
        taken("", pool, tmp_path, strict=True)


def test_utterances_with_neither_recording_nor_text_are_refused(halves, pool, tmp_path):
    halves.utterances = halves.utterances.iloc[:2]
    ingested = taken("", pool, tmp_path)
    assert ingested.refused == [("v0_0_happy", "it has neither a recording nor a text")]
    halves.utterances = halves.utterances.iloc[1:]
    with pytest.raises(UsageError, match="no usable recording; v0_0_happy: it has neither"):
        taken("", pool, tmp_path)


def test_notes_identical_recordings_across_the_given_split(voices, pool, tmp_path):
    names = sorted(file.name for file in voices.glob("v0_*.wav"))
    for name in names:
        (tmp_path / name).write_bytes((voices / name).read_bytes())
    (tmp_path / "twin_sad.wav").write_bytes((tmp_path / names[0]).read_bytes())
    parts = ["test", "train", "train", "dev", "train", "train", "test", "train"]
    lines = [f"{name},{name[5:-4]},{part}" for name, part in zip(names, parts, strict=True)]
    path = written(
        tmp_path,
        "file,emotion,split,speaker",
        *(f"{one},x" for one in lines),
        "twin_sad.wav,sad,train,y",
    )
    ingested = taken(path, pool, tmp_path)
    assert ingested.notes[-1].startswith("2 recordings are identical to one in another part")
    (one,) = split("given", ingested.utterances, 0)
    names = ingested.utterances["utterance"].to_numpy()
    assert "twin_sad" not in set(names[one.train])
    assert [len(part) for part in (one.train, one.dev, one.test)] == [5, 1, 2]


UNKNOWN = (*TEXTS, "e,wow,1,Oh.", "f,wow,2,Ah.", "g,hapy,2,Ah.")


def test_label_that_is_no_emotion_stops_the_run(pool, tmp_path):
    message = (
        r"corpus 'csv': 3 of 7 utterances have unknown labels, and no utterance of these labels "
        r"would remain: 'wow' \(2\), 'hapy' \(1, did you mean 'happy'\?\); .* --drop-unknown"
    )
    with pytest.raises(UsageError, match=message):
        taken(written(tmp_path, *UNKNOWN), pool, tmp_path)


def test_dropped_labels_are_listed_and_counted(pool, tmp_path):
    ingested = taken(written(tmp_path, *UNKNOWN), pool, tmp_path, drop_unknown=True, strict=True)
    assert ingested.utterances["utterance"].tolist() == ["a", "b", "c", "d"]
    assert len(ingested.refused) == 3
    note = "3 utterances with unknown labels left out (--drop-unknown): 'wow' 2, 'hapy' 1"
    assert note in ingested.notes


def test_rare_misspelling_of_a_remaining_class_is_refused_alone(pool, tmp_path):
    rows = [f"h{number},happy,{number % 2},Yes." for number in range(10)]
    table = written(tmp_path, *TEXTS, *rows, "g,hapy,2,Ah.")
    reason = "row 16: unknown emotion 'hapy'; did you mean 'happy'?"
    assert taken(table, pool, tmp_path).refused == [("g", reason)]
    with pytest.raises(UsageError, match="--strict stops"):
        taken(table, pool, tmp_path, strict=True)
