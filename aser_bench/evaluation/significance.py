"""Significance tests of two conditions on the same utterances, and their correction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ..core.metrics import OfConfusion
from .confusion import Counts, Floats

FAMILY = ("corpus", "features", "protocol", "training", "family")
"""Columns of which equal values are one family of comparisons, beside the metric."""

CODECS, CONTROLS = "codecs", "controls"
"""Values of the column ``family``."""

_PERMUTATIONS = 9999
_EXACT_UP_TO = 13  # speakers: 2^13 = 8192 ways to swap them


def permutation_test(
    first: Counts, second: Counts, metrics: Mapping[str, OfConfusion]
) -> dict[str, float]:
    """Test whether two conditions differ, by swapping them speaker by speaker.

    If the codec has no effect, the two results of each speaker can be exchanged. Up to 13
    speakers all exchanges are evaluated, else 9999 random ones and the observed one (Phipson and
    Smyth, Permutation p-values should never be zero, 2010). The statistic is the difference of
    the metric of the summed confusion matrices of all runs.

    Parameters
    ----------
    first, second : numpy.ndarray of shape (runs, clusters, k, k)
        Confusion matrices of the same utterances; the numbers of runs may differ.
    metrics : mapping of str to callable
        Functions of confusion matrices (..., k, k) -> (...), by name. They share the exchanges.

    Returns
    -------
    dict of str to float
        Two-sided p of each metric; NaN for one speaker, or if the metric is NaN. With G speakers
        no p is below 2 / 2^G.
    """
    mean_first, mean_second = first.mean(axis=0), second.mean(axis=0)
    groups, classes = mean_first.shape[:2]
    if groups < 2:
        return dict.fromkeys(metrics, float("nan"))
    total = mean_first.sum(0) + mean_second.sum(0)
    swaps = _swaps(groups)
    moved = (swaps @ (mean_second - mean_first).reshape(groups, -1)).reshape(-1, classes, classes)
    # Rounding must not leave negative counts.
    left = np.clip(mean_first.sum(0) + moved, 0, total)
    right = total - left
    exact = groups <= _EXACT_UP_TO
    p = {}
    for name, metric in metrics.items():
        observed = abs(float(metric(mean_first.sum(0)) - metric(mean_second.sum(0))))
        if np.isnan(observed):
            p[name] = observed  # a metric of another package has no value
            continue
        as_large = int((np.abs(metric(left) - metric(right)) >= observed - 1e-9).sum())
        p[name] = as_large / len(swaps) if exact else (as_large + 1) / (len(swaps) + 1)
    return p


def smallest_permutation_p(clusters: int) -> float:
    """Return the smallest p that `permutation_test` can have.

    Examples
    --------
    >>> smallest_permutation_p(5), smallest_permutation_p(24)
    (0.0625, 0.0001)
    """
    if clusters < 2:
        return float("nan")
    return 2.0 ** (1 - clusters) if clusters <= _EXACT_UP_TO else 1 / (_PERMUTATIONS + 1)


def mcnemar_test(first: ArrayLike, second: ArrayLike) -> float:
    """Exact McNemar test of the utterances that are correct at only one of two conditions.

    The test treats utterances as independent. Utterances of one speaker are not, so it reports
    too many differences.

    Parameters
    ----------
    first, second : array_like of shape (n,), bool
        Whether each utterance is classified correctly at each condition.

    Returns
    -------
    float
        Two-sided p, from the binomial distribution of the utterances that changed.

    Examples
    --------
    >>> mcnemar_test([True] * 9 + [False], [False] * 9 + [True])
    0.021484375
    """
    from scipy import special

    first_correct, second_correct = np.asarray(first, dtype=bool), np.asarray(second, dtype=bool)
    lost, gained = (
        int((first_correct & ~second_correct).sum()),
        int((~first_correct & second_correct).sum()),
    )
    # Both tails of a fair coin. scipy.stats has the same test but takes a second to import.
    return min(1.0, 2 * float(special.bdtr(min(lost, gained), lost + gained, 0.5)))


def holm(p_values: ArrayLike) -> Floats:
    """Correct the p values of one family for their number (Holm 1979).

    Parameters
    ----------
    p_values : array_like of shape (m,)
        A NaN means that nothing was tested: it stays NaN and does not count.

    Returns
    -------
    numpy.ndarray of shape (m,)

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, dtype=float)
    corrected = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = p[order] * (len(order) - np.arange(len(order)))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return corrected


def add_corrected(table: pd.DataFrame, family: Sequence[str]) -> pd.DataFrame:
    """Return a table with the columns ``p_holm`` and ``comparisons``.

    Parameters
    ----------
    table : pandas.DataFrame
        The column ``p``, NaN where nothing was tested, and the columns of ``family``.
    family : sequence of str
        Columns of which equal values are one family of comparisons.

    Returns
    -------
    pandas.DataFrame
        ``p_holm`` is corrected for the number of tests in the family, which is ``comparisons``.
    """
    p = table["p"].astype(float)
    corrected = pd.Series(np.nan, index=table.index)
    comparisons = pd.Series(0, index=table.index)
    for _, places in table.groupby(list(family), sort=False).groups.items():
        corrected[places] = holm(p[places])
        comparisons[places] = int(p[places].notna().sum())
    return table.assign(p_holm=corrected, comparisons=comparisons)


@cache
def _swaps(groups: int) -> Floats:
    """Return which clusters each exchange swaps (exchanges, groups), 0 or 1."""
    if groups <= _EXACT_UP_TO:
        ways = np.arange(2**groups)[:, None] >> np.arange(groups)
        return (ways & 1).astype(float)
    return np.random.default_rng(groups).integers(0, 2, (_PERMUTATIONS, groups)).astype(float)
