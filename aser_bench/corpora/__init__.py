"""Corpora: recordings and their labels; one file for each corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .base import Corpus, Listing

__all__ = ["get", "load_corpus"]


def get(name: str) -> Corpus:
    """Return a corpus by its built-in name, its entry point, or ``package.module:Name``.

    Raises
    ------
    UsageError
        If there is no such corpus, or it cannot be loaded.
    """
    from ..core import registry
    from .base import Corpus

    # mypy rejects an abstract class as type[T] (python/mypy#4717); only subclasses are created.
    return registry.instance("corpora", name, Corpus)  # type: ignore[type-abstract]


def load_corpus(name: str, source: str | Path | None = None) -> Listing:
    """List the utterances of a corpus without opening a recording.

    Parameters
    ----------
    name : str
        A built-in corpus such as ``ravdess`` (``aser-bench list corpora`` shows all), the name of
        an entry point, or ``package.module:Name``.
    source : str or Path, optional
        Folder of the corpus, or the table for ``csv``; ``demo`` needs none.

    Returns
    -------
    Listing
        ``utterances`` (a table: utterance, file, emotion, speaker, sex, text[, session, split,
        start_s, end_s]; ``file`` is empty in all rows if the corpus has no recordings), ``refused``
        (file and reason), ``notes`` (counts of files left out by design) and ``unknown_labels``
        (label -> the members of ``refused`` that have it).

    Raises
    ------
    UsageError
        If there is no such corpus, or ``source`` has no file of it.
    """
    from ..core.arguments import check_path
    from ..core.errors import UsageError

    if source is not None:
        check_path("source", source)
    corpus = get(name)
    if source is None and corpus.needs_source:
        raise UsageError(f"corpus {name!r} needs its folder or file: write {name}=PATH")
    return corpus.scan(None if source is None else Path(source))
