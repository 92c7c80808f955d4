"""Corpora: where the recordings and their labels come from; one file a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Corpus, Listing

__all__ = ["get", "load_corpus"]


def get(name: str) -> Corpus:
    """Return a built-in corpus, one of an entry point, or ``package.module:Name``.

    Raises
    ------
    UsageError
        If there is no such corpus, or it cannot be loaded.
    """
    from ..core import registry
    from .base import Corpus

    return registry.instance("corpora", name, Corpus)


def load_corpus(name: str, source: str | Path | None = None) -> Listing:
    """List the utterances of a corpus without opening a recording.

    Parameters
    ----------
    name : str
        A built-in corpus (``demo``, ``ravdess``, ``tess``, ``emodb``, ``crema_d``, ``savee``,
        ``iemocap``, ``meld``, ``custom``, ``csv``), one that another package registers, or
        ``package.module:Name``.
    source : str or Path, optional
        Its folder, or its table for ``csv``; ``demo`` needs none.

    Returns
    -------
    Listing
        ``utterances`` (a table: utterance, file, emotion, speaker, sex, text[, session, split];
        ``file`` is empty throughout in a corpus of texts alone), ``refused``
        (file and reason) and ``notes`` (what was left out on purpose).

    Raises
    ------
    UsageError
        If there is no such corpus, or nothing of it under ``source``.
    """
    return get(name).scan(None if source is None else Path(source))
