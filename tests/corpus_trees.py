"""Factories of folders in the layouts of IEMOCAP, MELD and SAVEE, without their recordings."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path


def touch(root: Path, *names: str) -> Path:
    """Write files of one byte below a folder; listing a corpus opens no recording."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


MELD_HEADER = (
    "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,"
    "StartTime,EndTime"
)


def iemocap(root: Path, labels: Mapping[str, str], texts: Mapping[str, str] | None = None) -> Path:
    """Write the label and transcript files of utterances (id -> label, id -> text).

    Every utterance has a text unless ``texts`` is given. The utterances overlap in time, as in the
    distribution.
    """
    dialogues: dict[str, list[str]] = {}
    for utterance in labels:
        dialogues.setdefault(utterance.rpartition("_")[0], []).append(utterance)
    texts = {name: f"This is {name}." for name in labels} if texts is None else texts
    for dialogue, utterances in dialogues.items():
        folder = root / f"Session{int(dialogue[3:5])}" / "dialog"
        evaluation = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
        transcripts = []
        for number, name in enumerate(utterances):
            start, end = 6.2901 + number, 8.2357 + number
            evaluation += [
                f"[{start:.4f} - {end:.4f}]\t{name}\t{labels[name]}\t[2.5000, 2.5000, 2.5000]",
                "C-E2:\tNeutral;\t()",
                "C-F1:\tAnger; Frustration;\t(tired)",
                "A-E3:\tval 3; act 2; dom  2;\t()",
                "",
            ]
            if name in texts:
                transcripts.append(f"{name} [{start:08.4f}-{end:08.4f}]: {texts[name]}")
            breath = f"{name[:-4]}{name[-4]}XX0"
            transcripts += [f"{breath} [{end:08.4f}-{end:08.4f}]: [BREATHING]", f"{name[-4]}: Mhm."]
        for name_of_folder, lines, end_of_line in (
            ("EmoEvaluation", evaluation, "\n"),
            ("transcriptions", transcripts, "\r\n"),
        ):
            path = folder / name_of_folder / f"{dialogue}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes((end_of_line.join(lines) + end_of_line).encode())
    return root


def iemocap_wav(root: Path, utterance: str) -> Path:
    """Return the path of an utterance's recording; create its folder."""
    dialogue = utterance.rpartition("_")[0]
    folder = root / f"Session{int(utterance[3:5])}" / "sentences" / "wav" / dialogue
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{utterance}.wav"


def meld(root: Path, **rows: Sequence[tuple[str, str, str, int, int]]) -> Path:
    """Write the tables of the splits; a row is (text, speaker, emotion, dialogue, number)."""
    root.mkdir(parents=True, exist_ok=True)
    for split, content in rows.items():
        with (root / f"{split}_sent_emo.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(MELD_HEADER.split(","))
            for place, (text, speaker, emotion, dialogue, number) in enumerate(content, 1):
                writer.writerow(
                    [
                        place,
                        text,
                        speaker,
                        emotion,
                        "neutral",
                        dialogue,
                        number,
                        8,
                        21,
                        "00:16:16,059",
                        "00:16:21,731",
                    ]
                )
    return root


def savee(root: Path, name: str = "AudioData/{speaker}/{code}{number:02}.wav") -> Path:
    """Write the 480 files of SAVEE, named by ``name``, and the distribution's Info.txt."""
    for speaker in ("DC", "JE", "JK", "KL"):
        for code in ("a", "d", "f", "h", "n", "sa", "su"):
            for number in range(1, 31 if code == "n" else 16):
                touch(root, name.format(speaker=speaker, code=code, number=number))
    touch(root, "AudioData/Info.txt")
    return root
