"""Ingestion of a corpus: its usable utterances, with the hash and duration of each recording."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pandas as pd

from .. import corpora
from ..core.errors import UsageError
from ..core.tables import SAMPLE_RATE, UTTERANCES, order_columns
from ..corpora.audio import WHOLE, Segment, describe_peak, release_segments
from ..corpora.base import Corpus, Listing
from ..corpora.prepare import (
    Inspection,
    conflicting_labels,
    inspect_recording,
    recording_groups,
    segments_of,
    subset,
    text_sha256,
)
from ..study.parsing import CorpusChoice
from .cache import Cache, key
from .listing_checks import checked_labels, checked_speakers, without_incomplete
from .parallel import Pool

_READER_VERSION = 2  # raised when the same file would be decoded to other samples
_FILES_PER_TASK = 64
_MAX_SCALED_LINES = 20


@dataclass(frozen=True)
class Ingested:
    """A corpus that is ready to be encoded.

    Attributes
    ----------
    corpus : Corpus
        The component.
    utterances : pandas.DataFrame
        Columns ``tables.UTTERANCES`` and ``samples_sha256``, and ``session`` and ``split`` if the
        corpus has them; sorted by utterance. In a corpus without recordings, ``file`` is empty,
        ``duration_s`` is 0, and ``samples_sha256`` is the hash of name and text.
    refused : list of (str, str)
        File (or utterance, without recordings) and reason of each one that is left out.
    notes : list of str
        Lines below the tables of the corpus, on excluded recordings and conflicting labels.
    scaled : mapping of str to float
        File -> factor, for each recording above full scale.
    """

    corpus: Corpus
    utterances: pd.DataFrame
    refused: list[tuple[str, str]]
    notes: list[str]
    scaled: Mapping[str, float] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hash (hex) of the name, label, speaker and samples of every utterance."""
        return self._hash("utterance", "emotion", "speaker", "samples_sha256")

    @property
    def texts_sha256(self) -> str:
        """Hash (hex) of the name and reference transcript of every utterance."""
        return self._hash("utterance", "text")

    def _hash(self, *columns: str) -> str:
        text = self.utterances[list(columns)].to_csv(index=False, lineterminator="\n")
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def emotions(self) -> list[str]:
        """The emotions that occur, sorted."""
        return sorted(self.utterances["emotion"].unique())

    @property
    def speakers(self) -> int:
        """Number of speakers; 0 if the speaker of an utterance is unknown."""
        speakers = self.utterances["speaker"]
        return 0 if (speakers == "").any() else int(speakers.nunique())

    @property
    def has_audio(self) -> bool:
        """Whether there are recordings: either every utterance has one, or none has."""
        return bool((self.utterances["file"] != "").any())

    def without(self, failures: Mapping[str, str]) -> Ingested:
        """Return the corpus without some utterances (name -> reason), which count as refused."""
        table = self.utterances
        bad = table["utterance"].isin(list(failures))
        refused = [
            (str(file or utterance), failures[str(utterance)])
            for file, utterance in zip(table["file"][bad], table["utterance"][bad], strict=True)
        ]
        rest = table[~bad].reset_index(drop=True)
        rest["group"] = recording_groups(rest)
        files = set(rest["file"])
        scaled = {file: factor for file, factor in self.scaled.items() if file in files}
        return Ingested(self.corpus, rest, [*self.refused, *refused], self.notes, scaled)


def ingest(
    choice: CorpusChoice,
    limit: int | None,
    cache: Cache,
    pool: Pool,
    strict: bool = False,
    notify: Callable[[str], None] = lambda line: None,
    labels: str = "all",
    drop_unknown: bool = False,
) -> Ingested:
    """List a corpus, open every recording once, and leave out those that cannot be used.

    Recordings above full scale are divided by their peak (see `corpora.audio.read`), and named.

    Parameters
    ----------
    choice : CorpusChoice
    limit : int or None
        Number of utterances, after the selection of emotions by ``labels``.
    cache : Cache
        Holds the results for files that have not changed since.
    pool : Pool
        Opens the recordings.
    strict : bool
        Whether a recording that cannot be used, or that is above full scale, is an error.
    notify : callable
        Prints a line.
    labels : str
        Emotions that are distinguished, a key of `corpora.labels.LABEL_SETS`.
    drop_unknown : bool
        Whether utterances with labels that are not emotions may be left out even if a class is
        then missing.

    Raises
    ------
    UsageError
        If the corpus is not found or no recording of it can be used, if ``labels`` leave fewer
        than two emotions, if a class is missing without ``drop_unknown``, and with ``strict`` if
        a recording cannot be used or is above full scale.
    """
    corpus = corpora.get(choice.name)
    listing = corpora.load_corpus(choice.name, choice.source)
    listing = checked_labels(listing, labels, drop_unknown, choice.name)
    listing = checked_speakers(listing, strict, choice.name)
    listing, incomplete = without_incomplete(listing)
    table = listing.utterances
    if limit is not None:
        table = subset(table, limit)
    inspections = _inspect_all(table, cache, pool, choice.name, notify)
    table = table.assign(
        corpus=choice.name,
        duration_s=[inspection.duration_s for inspection in inspections],
        samples_sha256=[inspection.samples_sha256 for inspection in inspections],
    )
    reasons = pd.Series([inspection.reason for inspection in inspections], index=table.index)
    bad = reasons != ""
    names = table["file"] + (" (" + table["utterance"] + ")" if "start_s" in table else "")
    broken = zip(names[bad], reasons[bad], strict=True)
    refused = [*listing.refused, *incomplete, *broken]
    accepted = listing.unknown_labels.values() if drop_unknown else ()
    defects = [refusal for refusal in refused if not any(refusal in part for part in accepted)]
    _check_refused(choice.name, defects if strict else refused, int((~bad).sum()), strict)
    missing = sorted(set(table["emotion"]) - set(table["emotion"][~bad]))
    table = table[~bad].reset_index(drop=True)
    table["group"] = recording_groups(table)
    usable = [inspection for inspection in inspections if not inspection.reason]
    scaled = _scaled(choice.name, table, usable, strict, notify)
    notes = [*_notes(listing, table), *_notes_on_recordings(table, usable, scaled)]
    if missing:
        notes.append(f"classes without a usable recording are missing: {', '.join(missing)}")
    table = order_columns(table, UTTERANCES, choice.name)
    return Ingested(corpus, table, refused, notes, scaled)


def _check_refused(name: str, refused: list[tuple[str, str]], n_usable: int, strict: bool) -> None:
    if refused and strict:
        file, reason = refused[0]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise UsageError(f"corpus {name!r}: {file}: {reason}{more}; --strict stops here")
    if not n_usable:
        file, reason = refused[0] if refused else ("", "no recording")
        raise UsageError(f"corpus {name!r} has no usable recording; {file}: {reason}")


def _notes(listing: Listing, table: pd.DataFrame) -> list[str]:
    notes = list(listing.notes)
    copies = len(table) - table["samples_sha256"].nunique()
    if copies:
        notes.append(
            f"{copies} recording{'s are' if copies > 1 else ' is'} sample for sample identical to "
            "another one; such recordings are kept on one side of every split"
        )
    overlaps = len(table) - table["group"].nunique() - copies
    if overlaps:
        notes.append(
            f"{overlaps} segment{'s overlap' if overlaps > 1 else ' overlaps'} another one of the "
            "same file; such segments are kept on one side of every split"
        )
    for utterances, emotions in conflicting_labels(table):
        notes.append(
            f"identical recordings with different labels: {' = '.join(utterances)} "
            f"({' / '.join(emotions)})"
        )
    if "split" in table:
        parts = table.groupby("group")["split"].transform("nunique")
        if (parts > 1).any():
            notes.append(
                f"{(parts > 1).sum()} recordings have audio of one in another part of the "
                "corpus's own split: protocol given trains on none of them that is held out"
            )
    return notes


def _scaled(
    name: str,
    table: pd.DataFrame,
    inspections: Sequence[Inspection],
    strict: bool,
    notify: Callable[[str], None],
) -> dict[str, float]:
    """Return file and factor of each recording above full scale, after naming them."""
    scaled = {
        str(file): inspection.scaled_by
        for file, inspection in zip(table["file"], inspections, strict=True)
        if inspection.scaled_by != 1
    }
    for number, (file, factor) in enumerate(scaled.items()):
        peak = describe_peak(file, factor)
        if strict:
            more = f" (and {len(scaled) - 1} more)" if len(scaled) > 1 else ""
            raise UsageError(
                f"corpus {name!r}: {peak}{more}; scale the recordings, or leave out --strict, and "
                "each is divided by its peak"
            )
        if number < _MAX_SCALED_LINES:
            notify(f"scaled: {peak}: divided by its peak")
    if len(scaled) > _MAX_SCALED_LINES:
        remaining = len(scaled) - _MAX_SCALED_LINES
        notify(f"scaled: {remaining} more; manifest.json lists all of them")
    return scaled


def _notes_on_recordings(
    table: pd.DataFrame, inspections: Sequence[Inspection], scaled: Mapping[str, float]
) -> list[str]:
    notes = []
    if scaled:
        file = min(scaled, key=lambda name: scaled[name])
        were = "recordings were" if len(scaled) > 1 else "recording was"
        notes.append(
            f"{len(scaled)} {were} above full scale and divided by the peak (up to "
            f"{1 / scaled[file]:.4g}, in {Path(file).name}): 16-bit codecs clip such samples"
        )
    unstated = [
        utterance
        for utterance, inspection in zip(table["utterance"], inspections, strict=True)
        if not inspection.states_length
    ]
    if unstated:
        state = "recordings do" if len(unstated) > 1 else "recording does"
        notes.append(
            f"{len(unstated)} {state} not state the length (for example {unstated[0]}): one that "
            "is cut off may not be recognised"
        )
    return notes


def _inspect_all(
    table: pd.DataFrame, cache: Cache, pool: Pool, name: str, notify: Callable[[str], None]
) -> list[Inspection]:
    """Open every file, except those that were usable before and have not changed since."""
    files = table["file"].tolist()
    if not any(files):
        pairs = zip(table["utterance"], table["text"], strict=True)
        return [Inspection(text_sha256(*pair)) for pair in pairs]
    segments = segments_of(table)
    parts = [list(segment) for segment in segments] if set(segments) != {WHOLE} else []
    states = [_size_and_time(file) for file in files]
    source = key("source", _READER_VERSION, SAMPLE_RATE, states, *([str(parts)] if parts else []))
    entry = cache.load("sources", source)
    earlier = [Inspection(**values) for values in entry.meta["files"]] if entry else None
    # Refused files are opened again: a disk may have been unavailable.
    pending = [i for i in range(len(files)) if earlier is None or earlier[i].reason]
    if earlier is not None and not pending:
        return earlier
    notify(f"reading {len(pending)} recordings of {name}")
    tasks = [
        [(i, files[i], segments[i]) for i in pending[start : start + _FILES_PER_TASK]]
        for start in range(0, len(pending), _FILES_PER_TASK)
    ]
    results = dict(enumerate(earlier or []))
    for opened in pool.run(_inspect_files, tasks):
        results.update(opened)
    inspections = [results[i] for i in range(len(files))]
    cache.save("sources", source, {}, {"files": [asdict(inspection) for inspection in inspections]})
    return inspections


def _inspect_files(files: list[tuple[int, str, Segment]]) -> dict[int, Inspection]:
    inspections = {index: inspect_recording(file, segment) for index, file, segment in files}
    release_segments()
    return inspections


def _size_and_time(file: str) -> list[str | int]:
    try:
        status = Path(file).stat()
    except OSError:
        return [file, 0, 0]
    return [file, status.st_size, status.st_mtime_ns]
