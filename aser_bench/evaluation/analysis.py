"""From predictions to findings: the one place that calls everything else in this folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ..core.findings import CELLS, DRIFT, LEAKS, TRANSCRIPT_ERRORS, WER, Findings
from ..core.metrics import all_metrics
from . import bandwidth, codec_rows, confusion, intervals, leakage, losses, probability, robustness
from .metrics import on_confusions
from .outcomes import Cell, Corpus, Key, Outcomes, Source, read
from .pairs import pairs as all_pairs
from .pairs import side
from .wer import largest_errors

MARGIN = 0.02


def analyse(
    predictions: Sequence[Source],
    conditions: pd.DataFrame,
    *,
    drift: pd.DataFrame | None = None,
    leaks: pd.DataFrame | None = None,
    wer: pd.DataFrame | None = None,
    transcripts: pd.DataFrame | None = None,
    margin: float = MARGIN,
    unclustered: bool = False,
) -> Findings:
    """Compute everything that the report tells from predictions.

    Parameters
    ----------
    predictions : sequence of Source
        Files, read as one.
    conditions : pandas.DataFrame
        Columns ``tables.CONDITIONS``.
    drift, leaks : pandas.DataFrame, optional
        What only the run itself can know, columns `findings.DRIFT` and `findings.LEAKS`.
    wer, transcripts : pandas.DataFrame, optional
        What a run leaves where somebody listened, columns `findings.WER` and
        `findings.TRANSCRIPTS`.
    margin : float
        The largest loss that counts as none, as a fraction of the metric.
    unclustered : bool
        Whether intervals that ignore speakers stand beside the others.

    Raises
    ------
    UsageError
        If a file is none of predictions; see `outcomes.read`.
    """
    outcomes = read(predictions)
    found = list(all_pairs(outcomes))
    lost = losses.losses(found, margin, unclustered)
    return Findings(
        margin=margin,
        confidence=intervals.CONFIDENCE,
        cells=cells(outcomes),
        losses=lost,
        recalls=losses.recalls(found),
        confusions=losses.confusions(found),
        speakers=losses.speakers(found),
        robustness=codec_rows.robustness_rows(found, lost, conditions, margin),
        bandwidth=bandwidth.split(found, conditions),
        worst=losses.worst(found),
        drift=_given(drift, DRIFT),
        leaks=_given(leaks, LEAKS),
        leakage_effect=leakage.effect(outcomes),
        wer=_given(wer, WER),
        transcript_errors=_given(
            None if transcripts is None else largest_errors(transcripts), TRANSCRIPT_ERRORS
        ),
    )


def _given(table: pd.DataFrame | None, columns: Sequence[str]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns)) if table is None else table


def cells(outcomes: Outcomes) -> pd.DataFrame:
    """Return every cell's metrics over all its test utterances, columns `findings.CELLS`."""
    rows = [
        _cell(key, cell, outcomes.corpora[key[0]])
        for key, cell in outcomes.cells.items()
        if cell.tested.any()
    ]
    return pd.DataFrame(rows, columns=[*CELLS, *all_metrics()])


def _cell(key: Key, cell: Cell, corpus: Corpus) -> dict[str, Any]:
    corpus_name, features, model, protocol, train, test = key
    rows = np.flatnonzero(cell.tested)
    one = side(cell, corpus, rows)
    total = one.confusions.sum(axis=1)
    found = intervals.interval(one.confusions, confusion.uar)
    runs = zip(one.predicted == one.truth, one.confidence, strict=True)
    return {
        **dict(zip(CELLS, (corpus_name, features, model, protocol, train, test), strict=False)),
        "n_utterances": len(rows),
        "n_speakers": len(np.unique(one.speaker)) if corpus.speakers else 0,
        "n_runs": len(one.predicted),
        "chance": robustness.chance(one.truth),
        "ece": float(np.mean([probability.ece(*run) for run in runs])),
        "brier": float(cell.brier[:, rows].mean()),
        # By Student's t it would reach beyond what a share can be.
        "uar_low": float(np.clip(found.low, 0, 1)),
        "uar_high": float(np.clip(found.high, 0, 1)),
        **{
            name: float(np.mean(on_confusions(metric, corpus.emotions)(total)))
            for name, metric in all_metrics().items()
        },
    }
