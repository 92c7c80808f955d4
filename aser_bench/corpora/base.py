"""What a corpus is: a reader of one layout of recordings and labels on disk."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd


@dataclass
class Listing:
    """What a corpus found in its folder, before any recording is opened.

    Attributes
    ----------
    utterances : pandas.DataFrame
        Columns ``utterance`` (unique within the corpus), ``file`` (absolute path as str; empty
        in every row of a corpus of texts alone), ``emotion`` (a name of `tables.EMOTIONS`),
        ``speaker`` (empty where unknown), ``sex`` (``female``, ``male`` or empty), ``text``
        (what is said; empty where unknown); sorted by utterance. Where the corpus has them,
        ``session`` (of which the recordings were made) and ``split`` (``train``, ``dev`` or
        ``test``: the corpus's own) stand behind these.
    refused : list of (str, str)
        File (relative to the source) and reason, for each file that belongs to the corpus by
        its looks but cannot be used (an unknown emotion, say).
    notes : list of str
        What was left out on purpose, with its count: songs, second copies, other files.
    """

    utterances: pd.DataFrame
    refused: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class Corpus(ABC):
    """One corpus: how its names are read, and whose it is.

    Attributes
    ----------
    name : str
        The name on the command line.
    title, licence, citation, url : str
        Whose it is and under which terms; they are printed by ``list`` and go into the manifest.
    synthetic : bool
        Whether the speech was made by a machine; every table then says so.
    needs_source : bool
        Whether a folder or file must be given (``--corpus name=DIR``).
    language : str
        What is spoken, as two letters of ISO 639-1 (``en``, ``de``); empty where unknown.
        Speech recognition must know it.
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
            If the folder is missing or holds no file that looks like this corpus.
        """

    def matches_name(self, stem: str) -> bool:
        """Tell whether a file name (without extension) looks like this corpus.

        Only error messages use it, to say "these look like tess".
        """
        return False
