"""IEMOCAP: five dyadic sessions of ten actors, scripted and improvised, with transcripts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError
from . import files, tree
from .base import Corpus, Listing, Refusals

EXCLUDED_LABELS = {
    "xxx": "without agreement of the annotators (xxx)",
    "oth": "with another emotion (oth)",
}
"""Labels that are not emotions, and their meanings."""

_UTTERANCE = re.compile(r"Ses(\d\d)[FM]_\w+_([FM])\d{3}")
_LABEL = re.compile(r"\[\s*[\d.]+\s*-\s*[\d.]+\s*\]\s+(\S+)\s+(\S+)")
_TRANSCRIPT = re.compile(r"(\S+)\s+\[[^\]]*\]:(.*)")
_SEX = {"F": "female", "M": "male"}
_EXAMPLE = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"


@dataclass
class _LabelFiles:
    """Contents of the label files.

    Attributes
    ----------
    labels : dict of str to (str, str)
        Label of each utterance, and the file that has it.
    refused : list of (str, str)
        Files and reasons of utterances with contradictory labels.
    unknown_names : int
        Number of labels of other things than utterances.
    duplicates : int
        Number of repeated labels.
    """

    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unknown_names: int = 0
    duplicates: int = 0


class Iemocap(Corpus):
    """The layout as distributed: ``SessionN/dialog`` and ``SessionN/sentences``.

    Labels are the consensus labels in ``EmoEvaluation/<dialogue>.txt``, not those of single
    annotators in the folders below. A speaker is named by session and sex (``1F``): the ``F`` in
    ``Ses01F`` only gives the sex of the speaker with the motion-capture markers. Without the
    recordings the corpus consists of texts.
    """

    name = "iemocap"
    title = "Interactive Emotional Dyadic Motion Capture Database (IEMOCAP)"
    licence = "on request, for research only"
    citation = (
        "C. Busso, M. Bulut, C.-C. Lee, A. Kazemzadeh, E. Mower, S. Kim, J. N. Chang, S. Lee and "
        "S. S. Narayanan (2008). IEMOCAP: interactive emotional dyadic motion capture database. "
        "Language Resources and Evaluation 42(4), 335-359. doi:10.1007/s10579-008-9076-6"
    )
    url = "https://doi.org/10.1007/s10579-008-9076-6"
    language = "en"

    def matches_name(self, stem: str) -> bool:
        """Return whether a file name is the name of an utterance."""
        return _UTTERANCE.fullmatch(stem) is not None

    def scan(self, source: Path | None) -> Listing:
        """List the utterances under a folder; see `Corpus.scan`."""
        root = files.corpus_folder(source, self.name)
        sessions = _sessions(root)
        label_files = _read_labels(sessions, root)
        if not label_files.labels:
            raise files.no_files_error(self.name, _EXAMPLE, root, texts_allowed=True)
        audio = _recordings(sessions)
        texts = _transcripts(sessions)
        entries, refused, excluded = [], Refusals(label_files.refused), Counter[str]()
        for utterance, (label, file) in label_files.labels.items():
            if label in EXCLUDED_LABELS:
                excluded[label] += 1
            elif audio and utterance not in audio:
                refused.append((f"{utterance}.wav", "there is no such recording"))
            else:
                try:
                    emotion = tables.canonical_emotion(label)
                except UsageError as error:
                    refused.add(file, error, f"{utterance}: ")
                    continue
                entries.append(_entry(utterance, emotion, audio, texts))
        if not entries:
            why = ": ".join(refused[0]) if refused else "all labels are " + " or ".join(excluded)
            raise UsageError(f"corpus 'iemocap': no usable utterance under {str(root)!r}: {why}")
        return files.build_listing(
            entries, root, refused, _notes(label_files, excluded, entries, audio)
        )


def _entry(
    utterance: str, emotion: str, audio: dict[str, Path], texts: dict[str, str]
) -> files.Entry:
    session, sex = str(int(utterance[3:5])), utterance[-4]  # Ses01F_impro01_M000: 1, M
    return files.Entry(
        audio.get(utterance),
        emotion,
        session + sex,
        _SEX[sex],
        texts.get(utterance, ""),
        utterance,
        session,
    )


def _sessions(root: Path) -> list[Path]:
    """Return the folders Session1 ... Session5: ``root`` itself, or up to two levels below it.

    Not all folders are searched: the distribution has about 100,000 files of motion capture.
    """
    below = tree.subfolders(root)
    candidates = [root, *below, *(path for parent in below for path in tree.subfolders(parent))]
    return [folder for folder in candidates if re.fullmatch(r"session\d", folder.name.lower())]


def _text_files(sessions: list[Path], name: str) -> Iterator[tuple[Path, list[str]]]:
    """Yield the text files, with their lines, in ``dialog/<name>`` but not in folders below it."""
    for session in sessions:
        for path in tree.files_in(session / "dialog" / name):
            if path.name.endswith(".txt"):
                yield path, files.read_text(path).splitlines()


def _read_labels(sessions: list[Path], root: Path) -> _LabelFiles:
    label_files, contradictory = _LabelFiles(), set()
    for path, lines in _text_files(sessions, "EmoEvaluation"):
        for match in filter(None, map(_LABEL.match, lines)):
            utterance, label = match[1], match[2].lower()
            file = files.relative_path(path, root)
            if not _UTTERANCE.fullmatch(utterance):
                label_files.unknown_names += 1
            elif utterance not in label_files.labels:
                label_files.labels[utterance] = (label, file)
            elif label_files.labels[utterance][0] == label:
                label_files.duplicates += 1
            else:
                contradictory.add(utterance)
                first, _ = label_files.labels[utterance]
                reason = f"{utterance} is labelled both {first} and {label}"
                label_files.refused.append((file, reason))
    for utterance in contradictory:
        del label_files.labels[utterance]
    return label_files


def _transcripts(sessions: list[Path]) -> dict[str, str]:
    """Return the transcript of each utterance.

    Other lines (a speaker's name without an utterance, a breath with an id ending in XX0) are
    ignored.
    """
    transcripts: dict[str, str] = {}
    for _, lines in _text_files(sessions, "transcriptions"):
        for match in filter(None, map(_TRANSCRIPT.match, lines)):
            if _UTTERANCE.fullmatch(match[1]):
                transcripts.setdefault(match[1], match[2].strip())
    return transcripts


def _recordings(sessions: list[Path]) -> dict[str, Path]:
    """Return the recording of each utterance, in any audio format."""
    recordings: dict[str, Path] = {}
    for session in sessions:
        audio, _ = files.find_files(session / "sentences" / "wav")
        for path in files.lossless_first(audio):
            recordings.setdefault(files.nfc_stem(path), path)
    return recordings


def _notes(
    label_files: _LabelFiles,
    excluded: Counter[str],
    entries: list[files.Entry],
    audio: dict[str, Path],
) -> list[str]:
    without_text = sum(not entry.text for entry in entries)
    counts = [
        *(
            (excluded[label], f"utterances {meaning} left out")
            for label, meaning in EXCLUDED_LABELS.items()
        ),
        (label_files.unknown_names, "labels that do not belong to an utterance left out"),
        (label_files.duplicates, "duplicates of a label left out"),
        (without_text, "utterances without a transcript: their text is empty"),
    ]
    notes = [f"{count} {description}" for count, description in counts if count]
    if not audio:
        notes.append("there are no recordings: transcripts and labels only")
    return notes


COMPONENT = Iemocap()
