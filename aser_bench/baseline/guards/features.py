"""The features guard: mean and standard deviation of each feature of the original recordings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..differences import find_differences
from ..options import CheckOptions
from ..reader import CheckInput
from ..sentences import join_sentences
from ..verdicts import CHANGED, SAME, WORSE, GuardCheck
from .rows import (
    abbreviate,
    exceeds,
    format_shift,
    missing_corpora,
    missing_file_rows,
    missing_row,
)

GUARD, FLAG = "features", "max-feature-shift"

_ROUNDING = 1e-6


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare mean and standard deviation of each feature, in the baseline's deviations."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.features is None or baseline.features is None:
        yield from missing_file_rows(GUARD, "features.csv", new.features, baseline.features)
        return
    now, then = _tables(new.features), _tables(baseline.features)
    corpora = {corpus for corpus, _ in now}
    yield from missing_corpora(GUARD, corpora, [corpus for corpus, _ in then], options.part)
    for (corpus, name), before in then.items():
        subject = f"{corpus} {name}"
        if (corpus, name) in now:
            declared = _declared(new, baseline, options, corpus, name)
            yield _compare(subject, now[corpus, name], before, tolerance, declared)
        elif corpus in corpora and not options.part:
            yield missing_row(GUARD, subject, f"feature set {name} is not in the new results")


def _tables(features: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    unique = features.drop_duplicates(["corpus", "features", "feature"])
    groups = unique.groupby(["corpus", "features"], sort=False)
    return {
        (str(corpus), str(name)): rows.drop_duplicates("feature")
        .set_index("feature")[["mean", "sd"]]
        .astype(float)
        for (corpus, name), rows in groups
    }


def _declared(
    new: CheckInput, baseline: CheckInput, options: CheckOptions, corpus: str, name: str
) -> str:
    """Describe declared differences that are not allowed."""
    differences = find_differences(new, baseline)
    descriptions = {
        "corpus": differences.corpus(corpus),
        "components": differences.component("features", name),
    }
    return join_sentences(text for name, text in descriptions.items() if name not in options.allow)


def _compare(
    subject: str, now: pd.DataFrame, before: pd.DataFrame, tolerance: float, declared: str
) -> GuardCheck:
    missing = [str(name) for name in before.index if name not in now.index]
    missing_note = (
        f"{len(missing)} of {len(before)} features are missing: {abbreviate(missing)}"
        if missing
        else ""
    )
    if missing and not declared:
        return missing_row(GUARD, subject, missing_note)
    before = before.drop(index=missing)
    if before.empty:
        return GuardCheck(GUARD, subject, CHANGED, f"{missing_note}; {declared}")
    now = now.loc[before.index]
    shifts = _shifts(now, before)
    moved = sum(exceeds(shift, tolerance) for shift in shifts)
    verdict = CHANGED if declared else WORSE if moved else SAME
    reason = _reason(now, before, shifts, tolerance, moved)
    if verdict == WORSE:
        reason += "; raise the feature set's version if this is intended"
    worst = int(np.argmax(shifts))
    return GuardCheck(
        GUARD,
        subject,
        verdict,
        join_sentences([missing_note, reason, declared]),
        _format_feature(before, worst),
        _format_feature(now, worst),
        FLAG,
    )


def _shifts(now: pd.DataFrame, before: pd.DataFrame) -> NDArray[np.floating[Any]]:
    """Return the shift of each feature (features,), in standard deviations of the baseline.

    Infinite if the baseline does not vary and the new results differ, and if a value is a number
    on one side only.
    """
    ours, theirs = now.to_numpy(), before.to_numpy()
    finite = np.isfinite(ours) & np.isfinite(theirs)
    equal = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    # The difference of infinities is NaN, so that these are only tested for equality.
    difference = np.abs(np.subtract(ours, theirs, where=finite, out=np.zeros_like(ours)))
    difference = difference.max(axis=1, initial=0)
    sd, scale = theirs[:, 1], np.abs(theirs[:, 0])
    varies = np.isfinite(sd) & (sd > 0)
    constant = np.where(difference > _ROUNDING * scale, np.inf, 0.0)
    shifts: NDArray[np.floating[Any]] = np.where(
        varies, difference / np.where(varies, sd, 1.0), constant
    )
    shifts[(~finite & ~equal).any(axis=1)] = np.inf
    return shifts


def _reason(
    now: pd.DataFrame,
    before: pd.DataFrame,
    shifts: NDArray[np.floating[Any]],
    tolerance: float,
    moved: int,
) -> str:
    """Describe the feature that shifted most, and count those that exceed the tolerance."""
    worst = int(np.argmax(shifts))
    shift, ours, theirs = shifts[worst], now.iloc[worst], before.iloc[worst]
    if not shift:
        return "no feature moved"
    if np.isfinite(shift):
        text = f"moved by {format_shift(shift, tolerance, 'SD', digits=2)}"
    elif ours.isna().any() or theirs.isna().any():
        text = "is not a number on one side"
    elif not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        text = "is infinite on one side"
    else:
        text = "moved although it was constant"
    count = f" ({moved} of {len(shifts)} moved)" if moved else ""
    return f"{before.index[worst]} {text}{count}"


def _format_feature(table: pd.DataFrame, row: int) -> str:
    mean, sd = table.iloc[row]
    return f"{table.index[row]}: mean {mean:.6g}, SD {sd:.6g}"
