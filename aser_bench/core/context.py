"""Facts about a run that its tables and figures mention."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Context:
    """Facts about a run that its tables and figures mention.

    Attributes
    ----------
    study : str
        Name of the study.
    seed : int
        Seed from which the seed of every cell is derived.
    synthetic : tuple of str
        Corpora of synthetic speech; every table about them states it.
    titles : dict of str to str
        Corpus -> title for captions; a corpus without a title is called by its name.
    sizes : dict of str to (int, int)
        Corpus -> number of utterances and of speakers; 0 speakers if they are unknown.
    refused : dict of str to int
        Corpus -> number of refused recordings.
    notes : dict of str to tuple of str
        Corpus -> further lines for the notes below its tables.
    settings : str
        Settings of all models, such as ``effort standard`` or ``preset paper``.
    budgets : dict of str to str
        Model -> criterion that ends its training; shown with the name of the model.
    refitted : tuple of str
        Models of studies with ``refit_dev``: those with a dev part are retrained on train + dev.
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
    refitted: tuple[str, ...] = ()

    def title(self, corpus: str) -> str:
        """Return the title of a corpus, marked as synthetic speech if it is."""
        return self._marked(corpus, self.titles.get(corpus, corpus))

    def short_title(self, corpus: str) -> str:
        """Return the name of a corpus, marked in the same way; shorter than `title`."""
        return self._marked(corpus, corpus)

    def _marked(self, corpus: str, title: str) -> str:
        return f"{title} (synthetic speech)" if corpus in self.synthetic else title
