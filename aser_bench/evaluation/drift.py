"""Shift of the features themselves under a codec."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

_ROUNDING = 1e-9


def drift(
    original: npt.NDArray[Any], coded: npt.NDArray[Any], names: Sequence[str]
) -> pd.DataFrame:
    r"""Return the shift of each feature in standard deviations of the original.

    .. math:: \mathrm{shift}_j = \overline{(x^c_j - x^o_j)} / s^o_j

    Parameters
    ----------
    original, coded : numpy.ndarray of shape (utterances, features)
        Features of the same utterances in the same order.
    names : sequence of str
        Names of the features.

    Returns
    -------
    pandas.DataFrame
        One row a feature: ``feature``; ``shift``; ``spread``, the root mean square of the single
        utterances' shifts, which also shows shifts that cancel in the mean; and ``sd_ratio``, the
        standard deviation at the condition over that of the original. NaN if a feature of the
        original is constant.
    """
    clean, degraded = original.astype(float), coded.astype(float)
    sd = clean.std(axis=0, ddof=1) if len(clean) > 1 else np.zeros(clean.shape[1])
    # Rounding errors of a constant are not a spread.
    varies = sd > _ROUNDING * np.abs(clean).max(axis=0, initial=0)
    divisor = np.where(varies, sd, np.nan)
    moved = (degraded - clean) / divisor
    ratio = (
        degraded.std(axis=0, ddof=1) / divisor if len(degraded) > 1 else np.full(len(sd), np.nan)
    )
    return pd.DataFrame(
        {
            "feature": list(names),
            "shift": moved.mean(axis=0),
            "spread": np.sqrt((moved**2).mean(axis=0)),
            "sd_ratio": ratio,
        }
    )
