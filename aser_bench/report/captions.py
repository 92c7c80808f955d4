"""Captions and footnotes of tables."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from ..core import tables
from ..core.context import Context
from ..core.findings import TRAININGS, Findings
from .sections import Key, Section
from .text import as_float, as_text, capitalised, enumeration, probability

FRACTIONS = (
    "Values are fractions, computed over the test utterances of all folds and averaged over runs"
)
FOLD_MEANS = (
    "Values are fractions: means over folds of the means over runs, because there are no "
    "predictions to compute values over the test utterances of all folds"
)
FOLD_COLUMN = (
    "mean ± SD over folds: mean and standard deviation over folds, after averaging over runs"
)
BITRATE = "kbit/s is the effective bitrate, read back from the coded stream"
POOLED = "Computed over the test utterances of all folds and averaged over runs"
POINTS = "Differences are in percentage points (negative: a loss), other values are fractions"


def title(section: Section, context: Context, what: str) -> str:
    """Return the title of a table."""
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
        The section of the table.
    context : Context
        The description of the run.
    keys : sequence of (model, train, test)
        The cells of the table.
    extra : iterable of str
        Further sentences, without full stop.
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
    """Return the sentences that explain a table of a corpus without models."""
    return _joined((_corpus(corpus, context), _study(context, ()), *extra))


def values(is_pooled: bool, findings: Findings, has_spread: bool = False) -> str:
    """Return the explanation of the values of a metric.

    Parameters
    ----------
    is_pooled : bool
        Whether there are predictions, so that the values are over all folds.
    findings : Findings
    has_spread : bool
        Whether the values are shown with their intervals, or means with standard deviations.
    """
    if not is_pooled:
        return f"{FOLD_MEANS}. ±: standard deviation over folds" if has_spread else FOLD_MEANS
    if not has_spread:
        return FRACTIONS
    return (
        f"{FRACTIONS}, with {100 * findings.confidence:g} % intervals (t distribution, jackknife "
        f"over speakers). {variation(findings)}"
    )


def missing_intervals(section: Section, keys: Iterable[Key]) -> tuple[str, ...]:
    """Return why values have no interval, or none by speaker, as footnotes."""
    rows = (section.pooled.get(key) for key in keys)
    reasons = dict.fromkeys(as_text(row.why) for row in rows if row is not None)
    return tuple(f"{capitalised(reason)}." for reason in reasons if reason)


def intervals(findings: Findings) -> str:
    """Return the explanation of the intervals of models' results."""
    return f"{speaker_intervals(findings)}. {variation(findings)}"


def speaker_intervals(findings: Findings) -> str:
    """Return the explanation of intervals that involve no training."""
    return f"{100 * findings.confidence:g} % intervals: t distribution, jackknife over speakers"


def variation(findings: Findings) -> str:
    """Return whether intervals include the variation of the training, as one sentence."""
    if findings.repeats == 1:
        return (
            "The folds are drawn once, so intervals do not include the variation of training sets "
            "and folds (--repeats)"
        )
    return (
        f"The folds are drawn {findings.repeats} times, and intervals include the variance over "
        "these repeats"
    )


def proportion_intervals(findings: Findings) -> str:
    """Return the explanation of the intervals of recalls."""
    return (
        f"{100 * findings.confidence:g} % intervals: Wilson limits of both recalls, combined by "
        f"Newcombe's method, with the jackknife over speakers. {variation(findings)}"
    )


def margin(findings: Findings) -> str:
    """Return the explanation of the margin."""
    return f"Margin: a loss of at most {100 * findings.margin:g} points is considered acceptable"


def comparisons(rows: Iterable[Any]) -> str:
    """Return the numbers of comparisons by training, those of controls apart.

    Parameters
    ----------
    rows : iterable of named tuple
        Rows of losses or recalls: fields training, family and comparisons.
    """
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        size = as_float(row.comparisons)
        if size > 0:
            counts.setdefault(as_text(row.family), {})[str(row.training)] = int(size)
    controls = counts.pop("controls", {})
    parts = [
        f"{_sizes_by_training(sizes)} comparison{'s' * (set(sizes.values()) != {1})}"
        for sizes in counts.values()
    ]
    if controls:
        parts.append(f"controls are a family of their own: {_sizes_by_training(controls)}")
    return "; ".join(parts)


def _sizes_by_training(sizes: Mapping[str, int]) -> str:
    if len(set(sizes.values())) == 1:
        return str(next(iter(sizes.values())))
    return ", ".join(f"{name} {sizes[name]}" for name in TRAININGS if name in sizes)


def dagger(rows: Iterable[Any], what: str = "models and conditions with this metric") -> str:
    """Return the meaning of a dagger; ``rows`` are those of the comparisons."""
    sizes = comparisons(rows)
    return (
        "significant loss compared with the original: t test by speaker (the t of the interval), "
        f"p below 5 % after Holm's correction for all {what} and training"
        f"{f' ({sizes})' if sizes else ''}."
    )


def explain_tests(rows: Iterable[Any], what: str = "models and conditions with this metric") -> str:
    """Return the explanation of the tests; ``rows`` are those of the comparisons."""
    sizes = comparisons(rows)
    if not sizes:
        return ""
    return f"Test: t test by speaker, Holm's correction for all {what} and training ({sizes})"


def tested(row: Mapping[Hashable, Any]) -> str:
    """Describe the result of the test of one comparison, a row of losses or recalls.

    A loss of which the interval is below 0 is not called insignificant: the test of this
    comparison alone finds it, and only the correction for the other comparisons does not.
    """
    reason = as_text(row["not_tested"])
    if reason:
        return f"not tested: {reason}"
    size, p = as_float(row["comparisons"]), as_float(row["p_holm"])
    correction = "Holm's correction"
    if size > 0:
        correction += f" for {plural(int(size), 'comparison')}"
    value = f" (p {probability(p)})" if math.isfinite(p) else ""
    if row["significant"] == True:  # noqa: E712 (NaN is not true)
        return f"significant after {correction}{value}"
    if as_float(row["high"]) < 0:
        return f"a loss by its own interval, but not after {correction}{value}"
    return f"not significant after {correction}{value}"


def trainings(shown: Iterable[str]) -> str:
    """Return the explanations of the trainings in a table."""
    chosen = set(shown)
    return ". ".join(f"{name}: {text}" for name, text in TRAININGS.items() if name in chosen)


def _joined(sentences: Iterable[str]) -> str:
    return " ".join(f"{sentence}." for sentence in sentences if sentence)


def _study(context: Context, models: Iterable[str]) -> str:
    """Return the study and its settings, and those of the models in the table."""
    models_by_budget: dict[str, dict[str, None]] = {}
    for model in models:
        models_by_budget.setdefault(context.budgets.get(model, ""), {}).setdefault(model)
    budgets = [
        f"{' and '.join(names)}: {budget}" for budget, names in models_by_budget.items() if budget
    ]
    parts = (f"Study {context.study}", f"seed {context.seed}", context.settings, *budgets)
    return ", ".join(filter(None, parts))


def footnotes(corpus: str, context: Context) -> tuple[str, ...]:
    """Return the notes about a corpus, which are below each of its tables."""
    refused = context.refused.get(corpus, 0)
    recordings = "recording was" if refused == 1 else "recordings were"
    lines = [f"{refused} {recordings} refused and not used."] if refused else []
    return (*lines, *(note for note in context.notes.get(corpus, ()) if note))


def note(corpus: str, context: Context, notes: Iterable[str]) -> str:
    """Return the footnotes of a row in one line, for the machine-readable formats."""
    texts = ["Synthetic speech."] if corpus in context.synthetic else []
    return " ".join(dict.fromkeys(" ".join(text.split()) for text in (*texts, *notes)))


def _corpus(corpus: str, context: Context) -> str:
    if corpus not in context.sizes:
        return ""
    utterances, speakers = context.sizes[corpus]
    from_speakers = plural(speakers, "speaker") if speakers else "unknown speakers"
    return f"{plural(utterances, 'utterance')} of {from_speakers}"


def _folds(cells: Sequence[Any]) -> str:
    counts = sorted({int(cell.n_folds) for cell in cells} - {0})
    if not counts:
        return ""
    few, many = counts[0], counts[-1]
    repeats = max(int(cell.n_repeats) for cell in cells)
    text = plural(many, "fold") if few == many else f"{few} to {many} folds"
    return f"{text} in {repeats} repeats" if repeats > 1 else text


def _sizes(keys: Sequence[Key], cells: Sequence[Any]) -> str:
    """Return the sizes of the training, development and test sets, by model if they differ."""
    # Training on the pool of all conditions has another size, which does not describe the split.
    pairs = list(zip(keys, cells, strict=True))
    plain = [(key, cell) for key, cell in pairs if key[1] != tables.MULTI] or pairs
    models: dict[str, list[str]] = {}
    for model in dict.fromkeys(model for (model, _, _), _ in plain):
        of_model = [cell for key, cell in plain if key[0] == model]
        means = pd.DataFrame(of_model)[["train_size", "dev_size", "test_size"]].astype(float).mean()
        if not means.isna().any():
            models.setdefault("/".join(f"{mean:.0f}" for mean in means), []).append(model)
    if not models:
        return ""
    text = "; ".join(
        size if len(models) == 1 else f"{size} for {', '.join(names)}"
        for size, names in models.items()
    )
    return f"Train/dev/test {text} utterances per fold on average"


def training_parts(sections: Sequence[Section], context: Context) -> tuple[str, ...]:
    """Return which models are trained on train + dev and which on train, if they differ.

    Models without early stopping are trained on dev too if it was taken from the training speakers.

    Parameters
    ----------
    sections : sequence of Section
        Sections of one corpus of which the tables can be compared.
    context : Context

    Returns
    -------
    tuple of str
        One sentence for each protocol in which models differ.
    """
    protocols = dict.fromkeys(section.protocol for section in sections)
    sentences = []
    for protocol in protocols:
        of_protocol = [section for section in sections if section.protocol == protocol]
        if text := _training_parts(of_protocol, context):
            prefix = f"Protocol {protocol}: " if len(protocols) > 1 else ""
            sentences.append(capitalised(f"{prefix}{text}."))
    return tuple(sentences)


def _training_parts(sections: Sequence[Section], context: Context) -> str:
    dev_size: dict[str, float] = {}
    for (model, _, _), cell in (pair for section in sections for pair in section.cells.items()):
        if not math.isnan(cell.dev_size):  # NaN if all results failed
            dev_size[model] = max(dev_size.get(model, 0.0), float(cell.dev_size))
    with_dev = [model for model, size in dev_size.items() if not size]
    others = [model for model in dev_size if model not in with_dev]
    groups = {
        "trained on train + dev": with_dev,
        "retrained on train + dev": [model for model in others if model in context.refitted],
        "trained on train alone": [model for model in others if model not in context.refitted],
    }
    texts = [f"{part}: {enumeration(models)}" for part, models in groups.items() if models]
    return "; ".join(texts) if len(texts) > 1 else ""


def _runs(keys: Sequence[Key], cells: Sequence[Any]) -> str:
    runs: dict[str, int] = {}
    for (model, _, _), cell in zip(keys, cells, strict=True):
        runs[model] = max(runs.get(model, 0), int(cell.n_runs))
    counts = [f"{model} {count}" for model, count in runs.items() if count]
    return f"Runs per fold: {', '.join(counts)}" if counts else ""


def plural(count: int, noun: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "fold"), plural(5, "fold")
    ('1 fold', '5 folds')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
