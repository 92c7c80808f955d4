"""Computation of all findings from predictions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import (
    CELLS,
    DRIFT,
    FOLDS,
    LEAKS,
    TRANSCRIPT_ERRORS,
    WER,
    Findings,
    cell_columns,
)
from ..core.metrics import Metric, all_metrics
from . import (
    bandwidth,
    codec_rows,
    fold_classes,
    intervals,
    leakage,
    losses,
    noise,
    probability,
    robustness,
)
from . import recalls as recall_rows
from .metrics import on_confusions
from .outcomes import Cell, Corpus, Key, Outcomes, Source, read
from .pairs import pairs as all_pairs
from .pairs import repeats_of, side
from .wer import largest_errors

MARGIN = 0.02


def analyse(
    predictions: Sequence[Source],
    conditions: pd.DataFrame,
    *,
    drift: pd.DataFrame | None = None,
    leaks: pd.DataFrame | None = None,
    folds: pd.DataFrame | None = None,
    wer: pd.DataFrame | None = None,
    transcripts: pd.DataFrame | None = None,
    controls: Collection[tuple[str, str]] = (),
    margin: float = MARGIN,
    unclustered: bool = False,
) -> Findings:
    """Return the findings of one or more files of predictions.

    Parameters
    ----------
    predictions : sequence of Source
        Files, which are read as if they were one.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    drift, leaks : pandas.DataFrame, optional
        Tables that predictions do not contain, columns `findings.DRIFT` and `findings.LEAKS`.
    folds : pandas.DataFrame, optional
        Columns `findings.FOLDS`; completed from the predictions where it lacks a protocol.
    wer, transcripts : pandas.DataFrame, optional
        Results of transcribers, columns `findings.WER` and `findings.TRANSCRIPTS`.
    controls : collection of (str, str)
        Corpus and condition of each control; controls are a family of comparisons of their own.
    margin : float
        The largest tolerated loss, as a fraction of the metric.
    unclustered : bool
        Whether intervals that ignore speakers are added.

    Raises
    ------
    UsageError
        If a file does not contain predictions; see `outcomes.read`.
    """
    outcomes = read(predictions)
    comparisons = list(all_pairs(outcomes))
    loss_table = losses.losses(comparisons, margin, unclustered, controls)
    return Findings(
        margin=margin,
        confidence=intervals.CONFIDENCE,
        repeats=max((cell.repeats for cell in outcomes.cells.values()), default=1),
        cells=cells(outcomes),
        losses=loss_table,
        recalls=recall_rows.recalls(comparisons, controls),
        confusions=losses.confusions(comparisons),
        speakers=losses.speakers(comparisons),
        robustness=codec_rows.robustness_rows(comparisons, loss_table, conditions, margin),
        bandwidth=bandwidth.split(comparisons, conditions),
        noise=noise.noise(comparisons, loss_table, conditions),
        worst=losses.worst(comparisons),
        drift=_table_or_empty(drift, DRIFT),
        leaks=_table_or_empty(leaks, LEAKS),
        folds=fold_classes.completed(
            _table_or_empty(folds, FOLDS), {(key[0], key[3]) for key in outcomes.cells}, predictions
        ),
        leakage_effect=leakage.effect(outcomes),
        wer=_table_or_empty(wer, WER),
        transcript_errors=_table_or_empty(
            None if transcripts is None else largest_errors(transcripts), TRANSCRIPT_ERRORS
        ),
    )


def _table_or_empty(table: pd.DataFrame | None, columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)) if table is None else table


def cells(outcomes: Outcomes) -> pd.DataFrame:
    """Return each cell's metrics over all its test utterances, columns `findings.cell_columns`."""
    rows = [
        _cell(key, cell, outcomes.corpora[key[0]])
        for key, cell in outcomes.cells.items()
        if cell.tested.any()
    ]
    return pd.DataFrame(rows, columns=list(cell_columns(all_metrics())))


def _cell(key: Key, cell: Cell, corpus: Corpus) -> dict[str, Any]:
    corpus_name, features, model, protocol, train, test = key
    rows = np.flatnonzero(cell.tested)
    tested = side(cell, corpus, rows)
    has_speakers = bool(corpus.speakers)
    measured = {
        metric: intervals.interval(
            tested.confusions,
            on_confusions(metric, corpus.emotions),
            clustered=has_speakers,
            repeats=repeats_of(cell),
        )
        for metric in all_metrics().values()
    }
    reasons = dict.fromkeys(interval.why for interval in measured.values() if interval.why)
    runs = [
        (predicted[counted] == tested.truth[counted], confidence[counted])
        for predicted, confidence in zip(tested.predicted, tested.confidence, strict=True)
        for counted in [predicted >= 0]
    ]
    return {
        **dict(zip(CELLS, (corpus_name, features, model, protocol, train, test), strict=False)),
        "n_utterances": len(rows),
        "n_speakers": len(np.unique(tested.speaker)) if has_speakers else 0,
        "n_runs": cell.runs,
        "chance": robustness.chance(tested.truth),
        "ece": float(np.mean([probability.ece(*run) for run in runs])),
        "brier": float(cell.brier[:, rows][tested.predicted >= 0].mean()),
        "why": "; ".join(reasons) or ("" if has_speakers else losses.UNKNOWN),
        **{
            name: value
            for metric, interval in measured.items()
            for name, value in _columns(metric, interval).items()
        },
    }


def _columns(metric: Metric, interval: intervals.Interval) -> dict[str, float]:
    """Return the columns of a metric; an interval of Student's t can exceed the metric's range."""
    low, high = np.clip((interval.low, interval.high), *metric.bounds)
    return {
        metric.name: interval.estimate,
        f"{metric.name}_low": float(low),
        f"{metric.name}_high": float(high),
    }
