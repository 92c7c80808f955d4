"""How far the features themselves move under a codec."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

_ROUNDING = 1e-9


def drift(original: np.ndarray, coded: np.ndarray, names: Sequence[str]) -> pd.DataFrame:
    r"""Return the shift of each feature in standard deviations of the original.

    .. math:: \mathrm{shift}_j = \overline{(x^c_j - x^o_j)} / s^o_j

    Parameters
    ----------
    original, coded : numpy.ndarray of shape (utterances, features)
        Of the same utterances in the same order.
    names : sequence of str
        Of the features.

    Returns
    -------
    pandas.DataFrame
        One row a feature: ``feature``; ``shift``; ``spread``, the root mean square of the single
        utterances' shifts, so that shifts which cancel in the mean show too; and ``sd_ratio``, the
        standard deviation at the condition over the original's. NaN where the original does not
        vary.
    """
    one, two = original.astype(float), coded.astype(float)
    sd = one.std(axis=0, ddof=1) if len(one) > 1 else np.zeros(one.shape[1])
    # What rounding leaves of a constant is no spread.
    known = sd > _ROUNDING * np.abs(one).max(axis=0, initial=0)
    divisor = np.where(known, sd, np.nan)
    moved = (two - one) / divisor
    ratio = two.std(axis=0, ddof=1) / divisor if len(two) > 1 else np.full(len(sd), np.nan)
    return pd.DataFrame(
        {
            "feature": list(names),
            "shift": moved.mean(axis=0),
            "spread": np.sqrt((moved**2).mean(axis=0)),
            "sd_ratio": ratio,
        }
    )
