"""MELD as it is distributed: three tables, and clips whose numbers repeat across the splits."""

from __future__ import annotations

import subprocess

import pytest
from corpus_trees import MELD_HEADER, meld

from aser_bench.core import ffmpeg
from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.labels import apply_label_set
from aser_bench.evaluation.splits import split
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.study.config import CorpusChoice

ROWS = {
    "train": [("Hi, Joey!", "Ross", "joy", 0, 0), ("No.", "Joey", "anger", 0, 1)],
    "dev": [("Oh?", "Ross", "surprise", 0, 0)],
    "test": [("Fine.", "Mr. Geller", "neutral", 0, 0)],
}
PLACES = {
    "train": "train/train_splits",
    "dev": "dev/dev_splits_complete",
    "test": "test/output_repeated_splits_test",
}


def clips(root, **names):
    for part, found in names.items():
        for name in found:
            path = root / PLACES[part] / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
    return root


def test_rows_of_three_tables(tmp_path):
    found = load_corpus("meld", meld(tmp_path, **ROWS))
    assert found.utterances.to_numpy().tolist() == [
        ["dev_dia0_utt0", "", "surprised", "Ross", "", "Oh?", "dev"],
        ["test_dia0_utt0", "", "neutral", "Mr. Geller", "", "Fine.", "test"],
        ["train_dia0_utt0", "", "happy", "Ross", "", "Hi, Joey!", "train"],
        ["train_dia0_utt1", "", "angry", "Joey", "", "No.", "train"],
    ]
    assert list(found.utterances.columns)[-1] == "split"
    assert (found.refused, found.notes) == (
        [],
        ["there are no clips: transcripts and labels alone"],
    )


def test_clips_belong_to_the_split_of_their_folder(tmp_path):
    meld(tmp_path, **ROWS)
    clips(
        tmp_path,
        train=["dia0_utt0.mp4", "dia0_utt1.mp4", "._dia0_utt1.mp4", "dia7_utt7.mp4"],
        dev=["dia0_utt0.mp4"],
        test=["dia0_utt0.wav", "final_videos_testdia0_utt0.mp4"],
    )
    (tmp_path / "dia0_utt0.mp4").write_bytes(b"x")
    found = load_corpus("meld", tmp_path)
    files = [file.removeprefix(f"{tmp_path}/") for file in found.utterances["file"]]
    assert files == [
        "dev/dev_splits_complete/dia0_utt0.mp4",
        "test/output_repeated_splits_test/dia0_utt0.wav",
        "train/train_splits/dia0_utt0.mp4",
        "train/train_splits/dia0_utt1.mp4",
    ]
    assert found.notes == [
        "1 clips that no row of the tables names left out",
        "2 clips left out that are unlike train_splits/dia0_utt0.mp4",
        "the clips hold AAC already: a codec on them is transcoding",
    ]


def test_missing_clips_are_refused_by_name(tmp_path):
    clips(meld(tmp_path, **ROWS), train=["dia0_utt0.mp4"], test=["dia0_utt0.mp4"])
    found = load_corpus("meld", tmp_path)
    assert found.utterances["utterance"].tolist() == ["test_dia0_utt0", "train_dia0_utt0"]
    assert found.refused == [
        ("dev_sent_emo.csv row 2", "dev_dia0_utt0: there is no such clip"),
        ("train_sent_emo.csv row 3", "train_dia0_utt1: there is no such clip"),
    ]


def test_rows_that_cannot_be_used(tmp_path):
    rows = [
        ("a", "Ross", "joy", 0, 0),
        ("b", "Ross", "hapy", 0, 1),
        ("c", "", "joy", 0, 2),
        ("d", "Ross", "joy", "x", 3),
        ("e", "Ross", "sadness", 0, 0),
    ]
    found = load_corpus("meld", meld(tmp_path, train=rows))
    assert found.utterances["text"].tolist() == ["a"]
    assert [(place[-5:], reason) for place, reason in found.refused] == [
        ("row 5", "its Dialogue_ID or Utterance_ID is no number"),
        ("row 6", "train_dia0_utt0 stands in row 2 too"),
        ("row 3", "train_dia0_utt1: unknown emotion 'hapy'; did you mean 'happy'?"),
        ("row 4", "train_dia0_utt2: has no speaker"),
    ]
    assert found.notes[:2] == ["there is no dev_sent_emo.csv", "there is no test_sent_emo.csv"]


def test_broken_quotation_marks_are_mended(tmp_path):
    meld(tmp_path, train=[("It\u0092s \u0093fine\u0094\u0085", "Ross", "joy", 0, 0)])
    row = f"{MELD_HEADER}\n1,It\u2019s \u2026,Ross,joy,positive,1,0,1,1,,\n"
    (tmp_path / "dev_sent_emo.csv").write_bytes(row.encode("cp1252"))
    assert load_corpus("meld", tmp_path).utterances["text"].tolist() == [
        "It\u2019s \u2026",
        "It\u2019s \u201cfine\u201d\u2026",
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "'train_sent_emo.csv' has no column 'Utterance'; it is empty"),
        ("Text,Speaker,Emotion,Dialogue_ID,Utterance_ID\n", "no column 'Utterance'; "),
        (MELD_HEADER + "\n", "the tables hold no rows"),
        (MELD_HEADER + "\n1,Hi,Ross\n", "nothing to use .* no number"),
        (MELD_HEADER + "\n" + "x" * 200_000 + "\n", "not a table"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path, content, words):
    (tmp_path / "train_sent_emo.csv").write_text(content)
    with pytest.raises(UsageError, match=words):
        load_corpus("meld", tmp_path)


def test_a_folder_of_something_else(tmp_path):
    with pytest.raises(UsageError, match=r"no file like train_sent_emo\.csv .* folder is empty"):
        load_corpus("meld", tmp_path)
    clips(tmp_path, train=["dia0_utt0.mp4"])
    with pytest.raises(UsageError, match="these look like meld"):
        load_corpus("ravdess", tmp_path)
    (tmp_path / "a.csv").touch()
    (tmp_path / PLACES["train"] / "dia0_utt0.mp4").unlink()
    with pytest.raises(UsageError, match="none of its 1 files has such a name"):
        load_corpus("meld", tmp_path)


def test_the_real_tables(shared_corpora, tmp_path):
    found = load_corpus("meld", shared_corpora / "meld-text")
    table = found.utterances
    assert (found.refused, len(table)) == ([], 13708)
    assert table["split"].value_counts().to_dict() == {"train": 9989, "dev": 1109, "test": 2610}
    assert table["emotion"].value_counts()[:3].to_dict() == {
        "neutral": 6436,
        "happy": 2308,
        "surprised": 1636,
    }
    assert (table["text"] != "").all()
    four, _ = apply_label_set(table, "4")
    assert set(four["emotion"]) == {"angry", "happy", "neutral", "sad"}
    choice = CorpusChoice("meld", str(shared_corpora / "meld-text"))
    with Pool(1) as pool:
        every = ingest(choice, None, Cache(tmp_path), pool)
        few = ingest(choice, 60, Cache(tmp_path), pool)
    assert every.utterances["group"].is_unique
    (one,) = split("given", every.utterances, 0)
    assert [len(part) for part in (one.train, one.dev, one.test)] == [9989, 1109, 2610]
    (one,) = split("given", few.utterances, 0)
    assert len(one.train) > len(one.test) > len(one.dev) > 0


def test_real_speech_in_clips(shared_corpora, tmp_path):
    """A clip with a picture and AAC, one without sound, and one that is cut off."""
    names = ["dia0_utt0", "dia0_utt1", "dia0_utt2", "dia0_utt3"]
    emotions = ["joy", "anger", "joy", "anger"]
    rows = [
        ("Kids are talking by the door.", "Ross", emotion, 0, number)
        for number, emotion in enumerate(emotions)
    ]
    clips(meld(tmp_path / "meld", train=rows), train=[f"{name}.mp4" for name in names])
    folder = tmp_path / "meld" / PLACES["train"]
    speech = sorted((shared_corpora / "ravdess" / "Actor_01").iterdir())
    picture = ["-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=3"]
    for name, file in zip(names, speech, strict=False):
        sound = [] if name == "dia0_utt2" else ["-i", file]
        coded = ["-c:v", "mpeg4", "-c:a", "aac", "-shortest", folder / f"{name}.mp4"]
        command = [ffmpeg.binary(), "-v", "error", "-y", *picture, *sound, *coded]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    cut = folder / "dia0_utt3.mp4"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with Pool(1) as pool:
        found = ingest(CorpusChoice("meld", str(tmp_path / "meld")), None, Cache(tmp_path), pool)
    assert found.has_audio
    assert found.utterances["utterance"].tolist() == ["train_dia0_utt0", "train_dia0_utt1"]
    assert found.utterances["duration_s"].between(2, 4).all()
    reasons = {file.rpartition("/")[2]: reason for file, reason in found.refused}
    assert "no audio track" in reasons["dia0_utt2.mp4"]
    assert "cut off" in reasons["dia0_utt3.mp4"]
