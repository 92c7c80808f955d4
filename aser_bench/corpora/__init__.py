"""Corpora: where the recordings and their labels come from; one file a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Listing

__all__ = ["load_corpus"]


def load_corpus(name: str, source: str | Path | None = None) -> Listing:
    """List the utterances of a corpus without opening a recording.

    Parameters
    ----------
    name : str
        A built-in corpus (``demo``, ``ravdess``, ``tess``, ``emodb``, ``crema_d``, ``iemocap``,
        ``meld``, ``custom``, ``csv``), one that another package registers, or
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
    from ..core import registry

    corpus = registry.get("corpora", name)
    if isinstance(corpus, type):
        corpus = corpus()
    return corpus.scan(None if source is None else Path(source))
