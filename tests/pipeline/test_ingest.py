"""Ingestion of corpora: recordings or texts, labels, limits, and refused utterances."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from audio_files import mp3

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


@pytest.fixture
def loud_table(table, tmp_path):
    """Return the table, with two recordings that are 4 and 8 times above full scale."""
    lines = table.read_text(encoding="utf-8").splitlines()
    for row, peak in ((1, 4), (2, 8)):
        name, *labels = lines[row].split(",")
        signal, rate = soundfile.read(name)
        loud = tmp_path / f"loud{peak}.wav"
        soundfile.write(loud, peak * signal / np.abs(signal).max(), rate, subtype="FLOAT")
        lines[row] = ",".join([str(loud), *labels])
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


def test_recordings_above_full_scale_are_named_counted_and_scaled(loud_table, pool, tmp_path):
    lines = []
    ingested = taken(loud_table, pool, tmp_path, notify=lines.append)
    assert ingested.scaled == pytest.approx(
        {str(tmp_path / "loud4.wav"): 1 / 4, str(tmp_path / "loud8.wav"): 1 / 8}
    )
    assert f"scaled: {tmp_path / 'loud4.wav'}: its samples reach 4, and full scale is 1" in str(
        lines
    )
    assert any(
        note.startswith("2 recordings were above full scale") and "up to 8, in loud8.wav" in note
        for note in ingested.notes
    )
    again = taken(loud_table, pool, tmp_path)  # from the cache
    assert again.scaled == ingested.scaled
    assert again.notes == ingested.notes
    rest = ingested.without({"loud4": "why"})
    assert list(rest.scaled) == [str(tmp_path / "loud8.wav")]


def test_strict_refuses_recordings_above_full_scale(loud_table, pool, tmp_path):
    with pytest.raises(
        UsageError, match=r"loud4.wav: its samples reach 4.*\(and 1 more\).*--strict"
    ):
        taken(loud_table, pool, tmp_path, strict=True)


def test_strict_accepts_recordings_at_full_scale(table, pool, tmp_path):
    assert not taken(table, pool, tmp_path, strict=True).scaled


def test_recordings_that_do_not_state_their_length_are_counted(table, pool, tmp_path):
    (tmp_path / "stream.mp3").write_bytes(mp3())
    with table.open("a", encoding="utf-8") as file:
        file.write(f"{tmp_path / 'stream.mp3'},sad,v0\n")
    assert (
        taken(table, pool, tmp_path)
        .notes[-1]
        .startswith("1 recording does not state the length (for example stream)")
    )


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
    assert ingested.notes[-1].startswith("2 recordings have audio of one in another part")
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


def test_messages_about_one_unknown_label_are_in_the_singular(pool, tmp_path):
    path = written(tmp_path, *TEXTS, "e,wow,1,Oh.")
    message = "1 of 5 utterances has an unknown label, and no utterance of this label would"
    with pytest.raises(UsageError, match=message):
        taken(path, pool, tmp_path)
    ingested = taken(path, pool, tmp_path, drop_unknown=True)
    note = "1 utterance with an unknown label left out (--drop-unknown): 'wow' 1"
    assert note in ingested.notes


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


def test_speakers_that_differ_in_spelling_count_as_one(pool, tmp_path):
    rows = ("a,happy,03,Yes.", "b,sad,3.0,Yes.", "c,sad,Ann,Oh!", "d,happy,ann,Oh!", "e,sad,4,Oh!")
    table = written(tmp_path, TEXTS[0], *rows)
    ingested = taken(table, pool, tmp_path)
    assert ingested.speakers == 3
    assert ingested.notes[-1] == (
        "2 speakers have several spellings: '03' = '3.0'; 'Ann' = 'ann'; the spellings of a name "
        "count as one speaker"
    )
    with pytest.raises(UsageError, match=r"2 speakers have several spellings: .*--strict stops"):
        taken(table, pool, tmp_path, strict=True)


def recording(tmp_path, seconds=3):
    import numpy as np
    import soundfile

    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 8000 * seconds)
    soundfile.write(tmp_path / "r.wav", noise, 8000)
    return noise


def test_segments_are_read_as_if_they_were_files(pool, tmp_path):
    import soundfile

    noise = recording(tmp_path)
    soundfile.write(tmp_path / "part.wav", noise[4000:12000], 8000)
    table = written(
        tmp_path,
        "file,emotion,speaker,start,end",
        "r.wav,sad,1,0.5,1.5",
        "r.wav,happy,1,2.5,",
        "part.wav,sad,1,,",
    )
    frame = taken(table, pool, tmp_path).utterances.set_index("utterance")
    assert frame["duration_s"].to_dict() == {"part": 1.0, "r_0.5-1.5": 1.0, "r_2.5-end": 0.5}
    hashes = frame["samples_sha256"]
    assert hashes["part"] == hashes["r_0.5-1.5"] != hashes["r_2.5-end"]
    again = taken(table, pool, tmp_path, notify=pytest.fail).utterances  # from the cache
    assert again["samples_sha256"].tolist() == hashes.tolist()


def test_segment_outside_of_its_recording_is_refused(pool, tmp_path):
    recording(tmp_path)
    table = written(
        tmp_path,
        "file,emotion,speaker,start,end",
        "r.wav,sad,1,0.5,3.04",  # rounded: ends with the recording
        "r.wav,happy,1,0.5,1500",
        "r.wav,sad,1,3,",
        "r.wav,happy,1,0,1",
    )
    ingested = taken(table, pool, tmp_path)
    assert ingested.utterances["duration_s"].tolist() == [1.0, 2.5]
    (first_name, first), (second_name, second) = ingested.refused
    assert first_name.endswith("r.wav (r_0.5-1500)")
    assert "its segment ends at 1500 s, and the recording has 3.000 s" in first
    assert second_name.endswith("r.wav (r_3-end)")
    assert "its segment starts at 3 s" in second
    with pytest.raises(UsageError, match=r"its segment ends at 1500 s.*--strict stops"):
        taken(table, pool, tmp_path, strict=True)


def test_overlapping_segments_have_one_group(pool, tmp_path):
    recording(tmp_path)
    starts = {"a": "0,1", "b": "0.5,1.5", "c": "1.4,2", "d": "2,3"}
    rows = [
        f"r.wav,{'sad' if name in 'ac' else 'happy'},1,{starts[name]},{name}" for name in starts
    ]
    ingested = taken(
        written(tmp_path, "file,emotion,speaker,start,end,utterance", *rows), pool, tmp_path
    )
    assert ingested.utterances["group"].tolist() == ["a", "a", "a", "d"]
    assert ingested.notes == [
        "2 segments overlap another one of the same file; such segments are kept on one side of "
        "every split"
    ]
    assert ingested.without({"a": "why"}).utterances["group"].tolist() == ["b", "b", "d"]


def test_class_without_usable_recordings_is_named(pool, tmp_path):
    recording(tmp_path)
    (tmp_path / "empty.wav").write_bytes(b"")
    table = written(tmp_path, "file,emotion,speaker", "r.wav,sad,1", "empty.wav,happy,1")
    note = "classes without a usable recording are missing: happy"
    assert taken(table, pool, tmp_path).notes == [note]
