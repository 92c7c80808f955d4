"""Comparison of a model's UAR on the original with chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import confusion, intervals, robustness
from .pairs import Pair

INDEPENDENT = "this interval treats utterances as independent"


@dataclass(frozen=True)
class OriginalUar:
    """The UAR of a model on the original, its interval, and the UAR of guessing.

    Attributes
    ----------
    value, low, high : float
        NaN limits if there is no interval.
    chance : float
        1 over the number of classes that occur.
    note : str
        Why the interval is not by speaker; usually empty.
    """

    value: float
    low: float
    high: float
    chance: float
    note: str = ""

    @property
    def at_chance(self) -> bool:
        """Whether the lower limit is not above chance."""
        return self.low <= self.chance


def original_uar(pair: Pair) -> OriginalUar:
    """Return the UAR on the original of a pair, with an interval also for fewer than 3 speakers.

    Without an interval by speaker it is the one that treats utterances as independent. That one is
    too narrow, so it never calls a model at chance that an interval by speaker would not.
    """
    repeats = pair.repeats
    uar, note = intervals.interval(pair.original.confusions, confusion.uar, repeats=repeats), ""
    if not np.isfinite(uar.low):
        uar = intervals.interval(
            pair.original.unclustered, confusion.uar, clustered=False, repeats=repeats
        )
        note = INDEPENDENT
    elif not pair.corpus.speakers:
        note = INDEPENDENT
    low, high = np.clip((uar.low, uar.high), 0, 1)
    chance = robustness.chance(pair.original.truth)
    return OriginalUar(uar.estimate, float(low), float(high), chance, note)
