"""IEMOCAP: five dyadic sessions of ten actors, acted and improvised, with transcripts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError
from . import files
from .base import Corpus, Listing

LEFT_OUT = {
    "xxx": "on whose emotion the annotators did not agree (xxx)",
    "oth": "of some other emotion (oth)",
}
"""Labels that are no emotion, and what they mean."""

_UTTERANCE = re.compile(r"Ses(\d\d)[FM]_\w+_([FM])\d{3}")
_LABEL = re.compile(r"\[\s*[\d.]+\s*-\s*[\d.]+\s*\]\s+(\S+)\s+(\S+)")
_SPOKEN = re.compile(r"(\S+)\s+\[[^\]]*\]:(.*)")
_SEX = {"F": "female", "M": "male"}
_EXAMPLE = "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"


@dataclass
class _Read:
    """What the label files say: label, and file that says it, of each utterance."""

    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    refused: list[tuple[str, str]] = field(default_factory=list)
    odd: int = 0
    again: int = 0


class Iemocap(Corpus):
    """The layout as distributed: ``SessionN/dialog`` and ``SessionN/sentences``.

    Labels are those of ``EmoEvaluation/<dialogue>.txt``, on which the annotators agreed; the
    folders below it hold each annotator's own. A speaker is named by session and sex (``1F``):
    the ``F`` in ``Ses01F`` tells only which of the two wore the markers. Without the recordings
    the corpus is one of texts alone.
    """

    name = "iemocap"
    title = "Interactive Emotional Dyadic Motion Capture Database (IEMOCAP)"
    licence = "on request, for research alone"
    citation = (
        "C. Busso, M. Bulut, C.-C. Lee, A. Kazemzadeh, E. Mower, S. Kim, J. N. Chang, S. Lee and "
        "S. S. Narayanan (2008). IEMOCAP: interactive emotional dyadic motion capture database. "
        "Language Resources and Evaluation 42(4), 335-359. doi:10.1007/s10579-008-9076-6"
    )
    url = "https://doi.org/10.1007/s10579-008-9076-6"
    language = "en"

    def matches_name(self, stem: str) -> bool:
        """Tell whether a name is that of an utterance."""
        return _UTTERANCE.fullmatch(stem) is not None

    def scan(self, source: Path | None) -> Listing:
        """List the utterances under a folder; see `Corpus.scan`."""
        root = files.corpus_folder(source, self.name)
        sessions = _sessions(root)
        read = _labels(sessions, root)
        if not read.labels:
            raise files.no_files_error(self.name, _EXAMPLE, root, texts_allowed=True)
        audio = _recordings(sessions)
        texts = _transcripts(sessions)
        entries, refused, left_out = [], list(read.refused), Counter[str]()
        for utterance, (label, file) in read.labels.items():
            if label in LEFT_OUT:
                left_out[label] += 1
            elif audio and utterance not in audio:
                refused.append((f"{utterance}.wav", "there is no such recording"))
            else:
                try:
                    emotion = tables.canonical_emotion(label)
                except UsageError as error:
                    refused.append((file, f"{utterance}: {error}"))
                    continue
                entries.append(_entry(utterance, emotion, audio, texts))
        if not entries:
            why = ": ".join(refused[0]) if refused else "all labels are " + " or ".join(left_out)
            raise UsageError(f"corpus 'iemocap': nothing to use under {str(root)!r}: {why}")
        return files.build_listing(entries, root, refused, _notes(read, left_out, entries, audio))


def _entry(
    utterance: str, emotion: str, audio: dict[str, Path], texts: dict[str, str]
) -> files.Entry:
    session, who = str(int(utterance[3:5])), utterance[-4]  # Ses01F_impro01_M000: 1, M
    return files.Entry(
        audio.get(utterance),
        emotion,
        session + who,
        _SEX[who],
        texts.get(utterance, ""),
        utterance,
        session,
    )


def _sessions(root: Path) -> list[Path]:
    """Return the folders Session1 ... Session5: the given one, in it, or one folder deeper.

    The distribution holds some 100,000 files of motion capture, so that not all is walked.
    """
    found = [root] if re.fullmatch(r"session\d", root.name.lower()) else []
    places = [root, *_folders(root)]
    found += [
        one
        for place in places
        for one in _folders(place)
        if re.fullmatch(r"session\d", one.name.lower())
    ]
    return list(dict.fromkeys(found))


def _folders(place: Path) -> list[Path]:
    try:
        inside = sorted(place.iterdir())
    except OSError:  # may not be listed
        return []
    return [one for one in inside if _seen(one) and one.is_dir()]


def _seen(path: Path) -> bool:
    # macOS leaves a ._name of its own beside each file, and a folder of them in zip files.
    return not path.name.startswith(".") and path.name != "__MACOSX"


def _texts(sessions: list[Path], kind: str) -> Iterator[tuple[Path, list[str]]]:
    """Yield the files, with their lines, of a folder of texts; not those in folders below it."""
    for session in sessions:
        folder = session / "dialog" / kind
        for path in sorted(folder.glob("*.txt")):
            if _seen(path) and path.is_file():
                yield path, files.read_text(path).splitlines()


def _labels(sessions: list[Path], root: Path) -> _Read:
    read, torn = _Read(), set()
    for path, lines in _texts(sessions, "EmoEvaluation"):
        for match in filter(None, map(_LABEL.match, lines)):
            utterance, label = match[1], match[2].lower()
            file = files.relative_path(path, root)
            if not _UTTERANCE.fullmatch(utterance):
                read.odd += 1
            elif utterance not in read.labels:
                read.labels[utterance] = (label, file)
            elif read.labels[utterance][0] == label:
                read.again += 1
            else:
                torn.add(utterance)
                before, _ = read.labels[utterance]
                read.refused.append((file, f"{utterance} is labelled both {before} and {label}"))
    for utterance in torn:
        del read.labels[utterance]
    return read


def _transcripts(sessions: list[Path]) -> dict[str, str]:
    """Return what is said in each utterance.

    Other lines (a name alone, a breath with an id that ends in XX0) are passed over.
    """
    found: dict[str, str] = {}
    for _, lines in _texts(sessions, "transcriptions"):
        for match in filter(None, map(_SPOKEN.match, lines)):
            if _UTTERANCE.fullmatch(match[1]):
                found.setdefault(match[1], match[2].strip())
    return found


def _recordings(sessions: list[Path]) -> dict[str, Path]:
    """Return the recording of each utterance, whatever audio format it is kept in."""
    found: dict[str, Path] = {}
    for session in sessions:
        audio, _ = files.find_files(session / "sentences" / "wav")
        for path in files.lossless_first(audio):
            found.setdefault(files.nfc_stem(path), path)
    return found


def _notes(
    read: _Read, left_out: Counter[str], entries: list[files.Entry], audio: dict[str, Path]
) -> list[str]:
    silent = sum(not entry.text for entry in entries)
    counts = [
        *((left_out[label], f"utterances left out {what}") for label, what in LEFT_OUT.items()),
        (read.odd, "labels of something whose name is no utterance's left out"),
        (read.again, "second copies of a label left out"),
        (silent, "utterances without a transcript: their text is empty"),
    ]
    notes = [f"{count} {what}" for count, what in counts if count]
    if not audio:
        notes.append("there are no recordings: transcripts and labels alone")
    return notes


COMPONENT = Iemocap()
