"""From a corpus on disk to the utterances of a run: list, open, refuse, group, limit."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from .. import corpora
from ..core.errors import UsageError
from ..core.tables import SAMPLE_RATE, UTTERANCES, order_columns
from ..corpora.base import Corpus, Listing
from ..corpora.labels import apply_label_set
from ..corpora.prepare import (
    Inspection,
    conflicting_labels,
    inspect_recording,
    recording_groups,
    subset,
    text_sha256,
)
from ..study.parsing import CorpusChoice
from .cache import Cache, key
from .parallel import Pool

_READER_VERSION = 1  # raised when the same file would be decoded to other samples
_PIECE = 64


@dataclass(frozen=True)
class Ingested:
    """A corpus that is ready to be coded.

    Attributes
    ----------
    corpus : Corpus
        The component.
    utterances : pandas.DataFrame
        Columns `tables.UTTERANCES` and ``samples_sha256``, and ``session`` and ``split`` where
        the corpus has them; sorted by utterance. In a corpus of texts alone ``file`` is empty,
        ``duration_s`` 0, and ``samples_sha256`` that of name and text.
    refused : list of (str, str)
        File and reason of each recording that is left out (of a text: its utterance).
    notes : list of str
        What else a reader must know: songs left out, contradicting labels, no speakers.
    """

    corpus: Corpus
    utterances: pd.DataFrame
    refused: list[tuple[str, str]]
    notes: list[str]

    @property
    def sha256(self) -> str:
        """Hash (hex) of the decoded corpus: of every utterance's name, label and samples."""
        return self._hash("utterance", "emotion", "speaker", "samples_sha256")

    @property
    def texts_sha256(self) -> str:
        """Hash (hex) of what the corpus says was spoken: of every utterance's name and text."""
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
        """How many speakers there are; 0 where the corpus does not tell every one."""
        known = self.utterances["speaker"]
        return 0 if (known == "").any() else int(known.nunique())

    @property
    def has_audio(self) -> bool:
        """Whether there are recordings; a corpus has them for every utterance or for none."""
        return bool((self.utterances["file"] != "").any())

    def without(self, failures: Mapping[str, str]) -> Ingested:
        """Return the corpus less the utterances (name -> reason) that turned out unusable."""
        table = self.utterances
        bad = table["utterance"].isin(list(failures))
        lost = [
            (str(file or utterance), failures[str(utterance)])
            for file, utterance in zip(table["file"][bad], table["utterance"][bad], strict=True)
        ]
        left = table[~bad].reset_index(drop=True)
        left["group"] = recording_groups(left)
        return Ingested(self.corpus, left, [*self.refused, *lost], self.notes)


def ingest(
    choice: CorpusChoice,
    limit: int | None,
    cache: Cache,
    pool: Pool,
    strict: bool = False,
    say: Callable[[str], None] = lambda line: None,
    labels: str = "all",
) -> Ingested:
    """List a corpus, open every recording once, and leave out what cannot be used.

    Parameters
    ----------
    labels : str
        A name of `corpora.labels.LABEL_SETS`: which emotions are told apart. ``limit`` counts
        utterances of these.

    Raises
    ------
    UsageError
        If the corpus cannot be found, nothing of it can be used, ``labels`` leave fewer than
        two emotions, or ``strict`` is set and a recording has to be refused.
    """
    corpus = corpora.get(choice.name)
    listing = _relabelled(corpora.load_corpus(choice.name, choice.source), labels, choice.name)
    listing, incomplete = _complete(listing)
    table = listing.utterances
    if limit is not None:
        table = subset(table, limit)
    found = _inspect_all(table, cache, pool, choice.name, say)
    table = table.assign(
        corpus=choice.name,
        duration_s=[inspection.duration_s for inspection in found],
        samples_sha256=[inspection.samples_sha256 for inspection in found],
    )
    reasons = pd.Series([inspection.reason for inspection in found], index=table.index)
    bad = reasons != ""
    broken = zip(table["file"][bad], reasons[bad], strict=True)
    refused = [*listing.refused, *incomplete, *broken]
    _refuse_or_stop(choice.name, refused, int((~bad).sum()), strict)
    table = table[~bad].reset_index(drop=True)
    table["group"] = recording_groups(table)
    return Ingested(
        corpus, order_columns(table, UTTERANCES, choice.name), refused, _notes(listing, table)
    )


def _relabelled(listing: Listing, labels: str, name: str) -> Listing:
    try:
        table, notes = apply_label_set(listing.utterances, labels)
    except UsageError as error:
        raise UsageError(f"corpus {name!r}: {error}") from error
    return Listing(table, listing.refused, [*listing.notes, *notes])


def _complete(listing: Listing) -> tuple[Listing, list[tuple[str, str]]]:
    """Return the listing without what has nothing to be opened or read, and why (by name).

    A corpus has recordings or texts alone: in one table of results the two cannot be compared.
    """
    table = listing.utterances
    silent = table["file"] == ""
    if silent.all():
        bad, reason = table["text"] == "", "it has neither a recording nor a text"
    else:
        bad, reason = silent, "it has no recording, although other utterances have one"
    refused = [(str(name), reason) for name in table["utterance"][bad]]
    left = table[~bad].reset_index(drop=True)
    return Listing(left, listing.refused, listing.notes), refused


def _refuse_or_stop(name: str, refused: list[tuple[str, str]], left: int, strict: bool) -> None:
    if refused and strict:
        file, reason = refused[0]
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        raise UsageError(f"corpus {name!r}: {file}: {reason}{more}; --strict stops here")
    if not left:
        file, reason = refused[0] if refused else ("", "no recording")
        raise UsageError(f"corpus {name!r} holds no usable recording; {file}: {reason}")


def _notes(listing: Listing, table: pd.DataFrame) -> list[str]:
    notes = list(listing.notes)
    twins = len(table) - table["group"].nunique()
    if twins:
        notes.append(
            f"{twins} recording{'s are' if twins > 1 else ' is'} sample for sample identical to "
            "another one; such recordings are kept on one side of every split"
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
                f"{(parts > 1).sum()} recordings are identical to one in another part of the "
                "corpus's own split: protocol given trains on none of them that is held out"
            )
    return notes


def _inspect_all(
    table: pd.DataFrame, cache: Cache, pool: Pool, name: str, say: Callable[[str], None]
) -> list[Inspection]:
    """Open every file, but for those that were found usable and have not changed since."""
    files = table["file"].tolist()
    if not any(files):
        pairs = zip(table["utterance"], table["text"], strict=True)
        return [Inspection(text_sha256(*pair)) for pair in pairs]
    stamp = key("source", _READER_VERSION, SAMPLE_RATE, [_stamp(file) for file in files])
    entry = cache.load("sources", stamp)
    known = [Inspection(**found) for found in entry.meta["files"]] if entry else None
    # What was refused is opened again: the disk may have been away for a moment.
    left = [i for i in range(len(files)) if known is None or known[i].reason]
    if known is not None and not left:
        return known
    say(f"reading {len(left)} recordings of {name}")
    pieces = [left[start : start + _PIECE] for start in range(0, len(left), _PIECE)]
    found = dict(zip(range(len(files)), known or [], strict=False))
    for opened in pool.run(_inspect_piece, [[(i, files[i]) for i in piece] for piece in pieces]):
        found.update(opened)
    inspections = [found[i] for i in range(len(files))]
    cache.save("sources", stamp, {}, {"files": [asdict(one) for one in inspections]})
    return inspections


def _inspect_piece(piece: list[tuple[int, str]]) -> dict[int, Inspection]:
    return {index: inspect_recording(file) for index, file in piece}


def _stamp(file: str) -> list[str | int]:
    try:
        status = Path(file).stat()
    except OSError:
        return [file, 0, 0]
    return [file, status.st_size, status.st_mtime_ns]
