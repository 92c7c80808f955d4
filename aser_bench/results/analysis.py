"""The analysis of results folders that have been read."""

from __future__ import annotations

from ..core.findings import Findings
from ..evaluation import analysis
from ..evaluation.analysis import MARGIN
from .components import is_control
from .merge import MergedResults

__all__ = ["MARGIN", "analyse"]


def analyse(material: MergedResults, margin: float = MARGIN, unclustered: bool = False) -> Findings:
    """Return the tables of a report, computed from predictions.

    Parameters
    ----------
    material : MergedResults
        One results folder, or several merged.
    margin : float
        The largest loss that is tolerated, as a fraction (0.02 is two points of UAR).
    unclustered : bool
        Whether intervals that ignore speakers are added.
    """
    codecs = material.conditions[["corpus", "condition", "codec"]]
    controls = [
        (corpus, condition)
        for corpus, condition, codec in codecs.itertuples(index=False, name=None)
        if is_control(codec)
    ]
    return analysis.analyse(
        material.sources,
        material.conditions,
        drift=material.drift,
        leaks=material.leaks,
        folds=material.folds,
        wer=material.wer,
        transcripts=material.transcripts,
        controls=controls,
        margin=margin,
        unclustered=unclustered,
    )
