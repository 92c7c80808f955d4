"""The sentences above and below a table: what it shows and what it stands on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from ..core import tables
from ..core.context import Context
from ..core.findings import TRAININGS, Findings
from .sections import Key, Section

SPREAD = "Fractions; mean ± standard deviation over folds of the means over runs"
SPREADLESS = "Fractions; mean over folds of the means over runs"
BITRATE = "kbit/s is the effective bitrate, read back from the coded stream"
POOLED = "Over all test utterances of all folds, mean over runs"
POINTS = "Differences are in percentage points, a loss is negative; all else in fractions"


def title(section: Section, context: Context, what: str) -> str:
    """Return the line that names a table."""
    return (
        f"{context.title(section.corpus)}, {section.features}, protocol {section.protocol}: {what}"
    )


def caption(
    section: Section, context: Context, keys: Sequence[Key], extra: Iterable[str] = ()
) -> str:
    """Return the sentences that explain a table.

    Parameters
    ----------
    section : Section
        The table's section.
    context : Context
        What the run tells of itself.
    keys : sequence of (model, train, test)
        The cells of the table.
    extra : iterable of str
        Sentences that stand behind the facts, without full stop.
    """
    cells = [section.cells[key] for key in keys]
    sentences = [
        _corpus(section.corpus, context),
        _folds(cells),
        _sizes(keys, cells),
        _runs(keys, cells),
        _study(context, (model for model, _, _ in keys)),
        *extra,
    ]
    return _joined(sentences)


def brief(corpus: str, context: Context, extra: Iterable[str] = ()) -> str:
    """Return the sentences that explain a table of a corpus in which no model stands."""
    return _joined((_corpus(corpus, context), _study(context, ()), *extra))


def intervals(findings: Findings) -> str:
    """Return what the intervals are."""
    return f"{100 * findings.confidence:g} % intervals: t on the jackknife over speakers"


def margin(findings: Findings) -> str:
    """Return which losses count as none."""
    return f"Margin: a loss of at most {100 * findings.margin:g} points counts as none"


def dagger(counts: Mapping[str, int]) -> str:
    """Return what an asterisk means; ``counts`` is comparisons by way of training."""
    sizes = {training: counts[training] for training in TRAININGS if training in counts}
    said = ", ".join(f"{training} {count}" for training, count in sizes.items())
    if len(set(sizes.values())) == 1:
        said = str(next(iter(sizes.values())))
    return (
        "significant loss against the original: permutation test by speaker, below 5 % after "
        "Holm's correction over all models and conditions of this metric and way of training "
        f"({said} comparisons)."
    )


def trainings(shown: Iterable[str]) -> str:
    """Return what the ways of training are that stand in a table."""
    chosen = set(shown)
    return ". ".join(f"{one}: {words}" for one, words in TRAININGS.items() if one in chosen)


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _study(context: Context, models: Iterable[str]) -> str:
    """Name the study with its settings, and those of the models that stand in the table."""
    alike: dict[str, dict[str, None]] = {}
    for model in models:
        alike.setdefault(context.budgets.get(model, ""), {}).setdefault(model)
    budgets = [f"{' and '.join(names)}: {said}" for said, names in alike.items() if said]
    said = (f"Study {context.study}", f"seed {context.seed}", context.settings, *budgets)
    return ", ".join(filter(None, said))


def footnotes(corpus: str, context: Context) -> tuple[str, ...]:
    """Return the notes of a corpus that stand below each of its tables."""
    refused = context.refused.get(corpus, 0)
    are = "recording was" if refused == 1 else "recordings were"
    lines = [f"{refused} {are} refused and take no part."] if refused else []
    return (*lines, *(note for note in context.notes.get(corpus, ()) if note))


def note(corpus: str, context: Context, notes: Iterable[str]) -> str:
    """Return in one line what stands in footnotes elsewhere, for a row that machines read."""
    said = ["Synthetic speech."] if corpus in context.synthetic else []
    return " ".join(dict.fromkeys(" ".join(one.split()) for one in (*said, *notes)))


def _corpus(corpus: str, context: Context) -> str:
    if corpus not in context.sizes:
        return ""
    utterances, speakers = context.sizes[corpus]
    said = plural(speakers, "speaker") if speakers else "unknown speakers"
    return f"{plural(utterances, 'utterance')} of {said}"


def _folds(cells: Sequence[Any]) -> str:
    counts = sorted({int(cell.n_folds) for cell in cells} - {0})
    if not counts:
        return ""
    few, many = counts[0], counts[-1]
    return plural(many, "fold") if few == many else f"{few} to {many} folds"


def _sizes(keys: Sequence[Key], cells: Sequence[Any]) -> str:
    """Say how many utterances train, tune and test; by model where they differ."""
    # The pool of all conditions is another size, and says nothing of the split.
    pairs = list(zip(keys, cells, strict=True))
    plain = [(key, cell) for key, cell in pairs if key[1] != tables.MULTI] or pairs
    models: dict[str, list[str]] = {}
    for model in dict.fromkeys(model for (model, _, _), _ in plain):
        own = [cell for key, cell in plain if key[0] == model]
        means = pd.DataFrame(own)[["train_size", "dev_size", "test_size"]].astype(float).mean()
        if not means.isna().any():
            models.setdefault("/".join(f"{mean:.0f}" for mean in means), []).append(model)
    if not models:
        return ""
    said = "; ".join(
        size if len(models) == 1 else f"{size} for {', '.join(names)}"
        for size, names in models.items()
    )
    return f"Train/dev/test {said} utterances a fold on average"


def _runs(keys: Sequence[Key], cells: Sequence[Any]) -> str:
    runs: dict[str, int] = {}
    for (model, _, _), cell in zip(keys, cells, strict=True):
        runs[model] = max(runs.get(model, 0), int(cell.n_runs))
    said = [f"{model} {count}" for model, count in runs.items() if count]
    return f"Runs a fold: {', '.join(said)}" if said else ""


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "fold"), plural(5, "fold")
    ('1 fold', '5 folds')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
