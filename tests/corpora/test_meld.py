"""MELD as distributed: three tables, and clips with numbers that repeat across the splits."""

from __future__ import annotations

import subprocess

import pytest
from corpus_trees import MELD_HEADER, meld, touch

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
CLIP_FOLDERS = {
    "train": "train/train_splits",
    "dev": "dev/dev_splits_complete",
    "test": "test/output_repeated_splits_test",
}


def clips(root, **names):
    for split_name, clip_names in names.items():
        touch(root / CLIP_FOLDERS[split_name], *clip_names)
    return root


def test_rows_of_three_tables_are_read(tmp_path):
    listing = load_corpus("meld", meld(tmp_path, **ROWS))
    assert listing.utterances.to_numpy().tolist() == [
        ["dev_dia0_utt0", "", "surprised", "Ross", "", "Oh?", "dev"],
        ["test_dia0_utt0", "", "neutral", "Mr. Geller", "", "Fine.", "test"],
        ["train_dia0_utt0", "", "happy", "Ross", "", "Hi, Joey!", "train"],
        ["train_dia0_utt1", "", "angry", "Joey", "", "No.", "train"],
    ]
    assert list(listing.utterances.columns)[-1] == "split"
    assert (listing.refused, listing.notes) == (
        [],
        ["there are no clips: transcripts and labels only"],
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
    listing = load_corpus("meld", tmp_path)
    files = [file.removeprefix(f"{tmp_path}/") for file in listing.utterances["file"]]
    assert files == [
        "dev/dev_splits_complete/dia0_utt0.mp4",
        "test/output_repeated_splits_test/dia0_utt0.wav",
        "train/train_splits/dia0_utt0.mp4",
        "train/train_splits/dia0_utt1.mp4",
    ]
    assert listing.notes == [
        "1 clips without a row in the tables left out",
        "2 clips with names unlike train_splits/dia0_utt0.mp4 left out",
        "the clips are AAC: a codec applied to them is transcoding",
    ]


def test_rejects_rows_without_clip_if_others_have_one(tmp_path):
    clips(meld(tmp_path, **ROWS), train=["dia0_utt0.mp4"], test=["dia0_utt0.mp4"])
    listing = load_corpus("meld", tmp_path)
    assert listing.utterances["utterance"].tolist() == ["test_dia0_utt0", "train_dia0_utt0"]
    assert listing.refused == [
        ("dev_sent_emo.csv row 2", "dev_dia0_utt0: there is no such clip"),
        ("train_sent_emo.csv row 3", "train_dia0_utt1: there is no such clip"),
    ]


def test_rejects_invalid_rows(tmp_path):
    rows = [
        ("a", "Ross", "joy", 0, 0),
        ("b", "Ross", "hapy", 0, 1),
        ("c", "", "joy", 0, 2),
        ("d", "Ross", "joy", "x", 3),
        ("e", "Ross", "sadness", 0, 0),
    ]
    listing = load_corpus("meld", meld(tmp_path, train=rows))
    assert listing.utterances["text"].tolist() == ["a"]
    assert [(row[-5:], reason) for row, reason in listing.refused] == [
        ("row 5", "its Dialogue_ID or Utterance_ID is not a number"),
        ("row 6", "train_dia0_utt0 is in row 2 too"),
        ("row 3", "train_dia0_utt1: unknown emotion 'hapy'; did you mean 'happy'?"),
        ("row 4", "train_dia0_utt2: has no speaker"),
    ]
    assert listing.notes[:2] == ["there is no dev_sent_emo.csv", "there is no test_sent_emo.csv"]


def test_broken_quotation_marks_are_repaired(tmp_path):
    meld(tmp_path, train=[("It\u0092s \u0093fine\u0094\u0085", "Ross", "joy", 0, 0)])
    row = f"{MELD_HEADER}\n1,It\u2019s \u2026,Ross,joy,positive,1,0,1,1,,\n"
    (tmp_path / "dev_sent_emo.csv").write_bytes(row.encode("cp1252"))
    assert load_corpus("meld", tmp_path).utterances["text"].tolist() == [
        "It\u2019s \u2026",
        "It\u2019s \u201cfine\u201d\u2026",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "'train_sent_emo.csv' has no column 'Utterance'; it is empty"),
        ("Text,Speaker,Emotion,Dialogue_ID,Utterance_ID\n", "no column 'Utterance'; "),
        (MELD_HEADER + "\n", "the tables have no rows"),
        (MELD_HEADER + "\n1,Hi,Ross\n", "no usable row .* not a number"),
        (MELD_HEADER + "\n" + "x" * 200_000 + "\n", "not a table"),
    ],
)
def test_rejects_invalid_tables(tmp_path, content, message):
    (tmp_path / "train_sent_emo.csv").write_text(content)
    with pytest.raises(UsageError, match=message):
        load_corpus("meld", tmp_path)


def test_rejects_folder_without_tables(tmp_path):
    with pytest.raises(UsageError, match=r"no file like train_sent_emo\.csv .* folder is empty"):
        load_corpus("meld", tmp_path)
    clips(tmp_path, train=["dia0_utt0.mp4"])
    with pytest.raises(UsageError, match="these look like meld"):
        load_corpus("ravdess", tmp_path)
    (tmp_path / "a.csv").touch()
    (tmp_path / CLIP_FOLDERS["train"] / "dia0_utt0.mp4").unlink()
    with pytest.raises(UsageError, match="none of its 1 files has such a name"):
        load_corpus("meld", tmp_path)


def test_real_tables(shared_corpora, tmp_path):
    listing = load_corpus("meld", shared_corpora / "meld-text")
    table = listing.utterances
    assert (listing.refused, len(table)) == ([], 13708)
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
        all_rows = ingest(choice, None, Cache(tmp_path), pool)
        limited = ingest(choice, 60, Cache(tmp_path), pool)
    assert all_rows.utterances["group"].is_unique
    (fold,) = split("given", all_rows.utterances, 0)
    assert [len(part) for part in (fold.train, fold.dev, fold.test)] == [9989, 1109, 2610]
    (fold,) = split("given", limited.utterances, 0)
    assert len(fold.train) > len(fold.test) > len(fold.dev) > 0


def test_real_speech_in_clips_is_ingested(shared_corpora, tmp_path):
    """Clips with video and AAC, one of them without audio and one truncated."""
    names = ["dia0_utt0", "dia0_utt1", "dia0_utt2", "dia0_utt3"]
    emotions = ["joy", "anger", "joy", "anger"]
    rows = [
        ("Kids are talking by the door.", "Ross", emotion, 0, number)
        for number, emotion in enumerate(emotions)
    ]
    clips(meld(tmp_path / "meld", train=rows), train=[f"{name}.mp4" for name in names])
    folder = tmp_path / "meld" / CLIP_FOLDERS["train"]
    speech = sorted((shared_corpora / "ravdess" / "Actor_01").iterdir())
    video = ["-f", "lavfi", "-i", "color=size=32x32:rate=5:duration=3"]
    for name, file in zip(names, speech, strict=False):
        sound = [] if name == "dia0_utt2" else ["-i", file]
        coded = ["-c:v", "mpeg4", "-c:a", "aac", "-shortest", folder / f"{name}.mp4"]
        command = [ffmpeg.binary(), "-v", "error", "-y", *video, *sound, *coded]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    cut = folder / "dia0_utt3.mp4"
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    with Pool(1) as pool:
        ingested = ingest(CorpusChoice("meld", str(tmp_path / "meld")), None, Cache(tmp_path), pool)
    assert ingested.has_audio
    assert ingested.utterances["utterance"].tolist() == ["train_dia0_utt0", "train_dia0_utt1"]
    assert ingested.utterances["duration_s"].between(2, 4).all()
    reasons = {file.rpartition("/")[2]: reason for file, reason in ingested.refused}
    assert "no audio track" in reasons["dia0_utt2.mp4"]
    assert "cut off" in reasons["dia0_utt3.mp4"]


@pytest.mark.parametrize("text", ['"Oh no', '"Oh no" he said'])
def test_unbalanced_quote_is_refused_by_row(tmp_path, text):
    rows = [f"{n},Well.,Ross,joy,positive,0,{n},1,1,0,1" for n in range(5)]
    rows[1] = rows[1].replace("Well.", text)
    rows[3] = rows[3].replace("Well.", 'he said"' if text == '"Oh no' else "Well.")
    (tmp_path / "train_sent_emo.csv").write_text("\n".join([MELD_HEADER, *rows]))
    with pytest.raises(UsageError, match=r"'train_sent_emo\.csv' has a quote in row 3"):
        load_corpus("meld", tmp_path)
