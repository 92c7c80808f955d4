"""Base class of corpora: readers of a layout of recordings and labels on disk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ..core.errors import UnknownLabelError, UsageError

Refusal = tuple[str, str]
"""File (relative to the source) and reason."""


class Refusals(list[Refusal]):
    """Refused files with their reasons, and which of them have an unknown label.

    Attributes
    ----------
    unknown_labels : dict of str to list of (str, str)
        Label that is not an emotion -> the refusals of the utterances that have it.
    """

    def __init__(self, refusals: Iterable[Refusal] = ()) -> None:
        super().__init__(refusals)
        self.unknown_labels: dict[str, list[Refusal]] = {}

    def add(self, file: str, error: UsageError, prefix: str = "") -> None:
        """Refuse a file because of an error, with a text in front of the message."""
        self.append((file, f"{prefix}{error}"))
        if isinstance(error, UnknownLabelError):
            self.unknown_labels.setdefault(error.label, []).append(self[-1])


@dataclass
class Listing:
    """The utterances of a corpus, listed without opening a recording.

    Attributes
    ----------
    utterances : pandas.DataFrame
        One row per utterance, sorted by ``utterance``. Columns ``utterance`` (name, unique within
        the corpus), ``file`` (absolute path as str; empty in all rows if the corpus has no
        recordings), ``emotion`` (a name of `core.tables.EMOTIONS`), ``speaker`` (empty if
        unknown), ``sex`` (``female``, ``male`` or empty) and ``text`` (the spoken words; empty if
        unknown). If the corpus defines them, ``session`` (recording session) and ``split``
        (``train``, ``dev`` or ``test``) follow; if utterances are segments of recordings,
        ``start_s`` and ``end_s`` (seconds from the start of the file as float; NaN is its end).
    refused : list of (str, str)
        File (relative to the source) and reason, for each file that looks like a part of the
        corpus but cannot be used (for example because its emotion is unknown).
    notes : list of str
        Counts of files left out by design, such as songs, duplicates and other files.
    unknown_labels : dict of str to list of (str, str)
        Label that is not an emotion -> the members of ``refused`` that have it.
    """

    utterances: pd.DataFrame
    refused: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unknown_labels: dict[str, list[Refusal]] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Return one line with the numbers of utterances and of refused files."""
        return f"Listing({len(self.utterances)} utterances, {len(self.refused)} refused)"


class Corpus(ABC):
    """A corpus: the reader of its layout, its source and its terms of use.

    Attributes
    ----------
    name : str
        Name on the command line.
    title, licence, citation, url : str
        Full name, terms of use, publication and web address, for ``list`` and the manifest.
    synthetic : bool
        Whether the speech is synthetic; the captions of all tables then state it.
    needs_source : bool
        Whether a folder or file must be given (``--corpus name=DIR``).
    language : str
        Spoken language as an ISO 639-1 code (``en``, ``de``); empty if unknown. Transcribers that
        support certain languages only check it.
    """

    name: str
    title: str
    licence: str
    citation: str
    url: str = ""
    synthetic: bool = False
    needs_source: bool = True
    language: str = ""

    @abstractmethod
    def scan(self, source: Path | None) -> Listing:
        """List the utterances under ``source`` without opening a recording.

        Raises
        ------
        UsageError
            If the folder is missing or has no file that looks like this corpus.
        """

    def matches_name(self, stem: str) -> bool:
        """Return whether a file name (without extension) looks like this corpus.

        It is used for the hint in error messages ("these look like tess").
        """
        return False
