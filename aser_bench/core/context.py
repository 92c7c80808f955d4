"""What a reader must know of a run to read its tables."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """What a reader must know of a run to read its tables.

    Attributes
    ----------
    study : str
        The study's name.
    seed : int
        The seed that every cell's own seed is derived from.
    synthetic : tuple of str
        Corpora whose speech was made by a machine; every table of theirs says so.
    titles : dict of str to str
        Corpus -> the title that stands in captions; the name itself where it is missing.
    sizes : dict of str to (int, int)
        Corpus -> utterances, speakers; 0 speakers where the corpus does not tell them.
    refused : dict of str to int
        Corpus -> recordings that were refused.
    notes : dict of str to tuple of str
        Corpus -> further lines that stand below its tables.
    settings : str
        What holds for every model, such as ``effort standard`` or ``preset paper``.
    budgets : dict of str to str
        Model -> what ends its training; stands where the model stands.
    """

    study: str
    seed: int
    synthetic: tuple[str, ...] = ()
    titles: dict[str, str] = field(default_factory=dict)
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    settings: str = ""
    budgets: dict[str, str] = field(default_factory=dict)

    def title(self, corpus: str) -> str:
        """Return the corpus's title, with ``(synthetic speech)`` behind it where it is."""
        return self._told(corpus, self.titles.get(corpus, corpus))

    def short_title(self, corpus: str) -> str:
        """Return the same with the corpus's name, for where there is little room."""
        return self._told(corpus, corpus)

    def _told(self, corpus: str, title: str) -> str:
        return f"{title} (synthetic speech)" if corpus in self.synthetic else title
