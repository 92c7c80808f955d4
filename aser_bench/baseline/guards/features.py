"""The features guard: whether the features of the original recordings are what they were."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ..differences import find_differences
from ..options import CheckOptions
from ..reader import CheckInput
from ..verdicts import CHANGED, SAME, WORSE, GuardCheck
from .rows import abbreviate, exceeds, format_shift, missing_corpora, missing_file_rows, missing_row

GUARD, FLAG = "features", "max-feature-shift"

_ROUNDING = 1e-6


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare mean and spread of each feature, in the baseline's standard deviations."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.features is None or baseline.features is None:
        yield from missing_file_rows(
            GUARD, "features.csv", new.features is not None, baseline.features is not None
        )
        return
    now, then = _tables(new.features), _tables(baseline.features)
    corpora = {corpus for corpus, _ in now}
    yield from missing_corpora(GUARD, corpora, [corpus for corpus, _ in then], options.part)
    for (corpus, name), before in then.items():
        what = f"{corpus} {name}"
        if (corpus, name) in now:
            declared = _declared(new, baseline, options, corpus, name)
            yield _compare(what, now[corpus, name], before, tolerance, declared)
        elif corpus in corpora and not options.part:
            yield missing_row(GUARD, what, f"the new results hold no feature set {name}")


def _tables(features: pd.DataFrame) -> dict[tuple[str, str], pd.DataFrame]:
    once = features.drop_duplicates(["corpus", "features", "feature"])
    parts = once.groupby(["corpus", "features"], sort=False)
    return {
        (str(corpus), str(name)): rows.drop_duplicates("feature")
        .set_index("feature")[["mean", "sd"]]
        .astype(float)
        for (corpus, name), rows in parts
    }


def _declared(
    new: CheckInput, baseline: CheckInput, options: CheckOptions, corpus: str, name: str
) -> str:
    """Say what is known to differ and not allowed to."""
    known = find_differences(new, baseline)
    found = {"corpus": known.corpus(corpus), "components": known.component("features", name)}
    return "; ".join(said for kind, said in found.items() if said and kind not in options.allow)


def _compare(
    what: str, now: pd.DataFrame, before: pd.DataFrame, tolerance: float, declared: str
) -> GuardCheck:
    lost = [str(name) for name in before.index if name not in now.index]
    missing = f"{len(lost)} of {len(before)} features gone: {abbreviate(lost)}" if lost else ""
    if lost and not declared:
        return missing_row(GUARD, what, missing)
    kept = before.drop(index=lost)
    if kept.empty:
        return GuardCheck(GUARD, what, CHANGED, f"{missing}; {declared}")
    same = now.loc[kept.index]
    shifts = _shifts(same, kept)
    worst = int(np.argmax(shifts))
    moved = sum(exceeds(shift, tolerance) for shift in shifts)
    reason = _said(kept.iloc[worst], same.iloc[worst], shifts[worst], tolerance, moved, len(shifts))
    verdict = CHANGED if declared else WORSE if moved else SAME
    if verdict == WORSE:
        reason += "; raise the feature set's version if that is wanted"
    return GuardCheck(
        GUARD,
        what,
        verdict,
        "; ".join(filter(None, [missing, reason, declared])),
        _value(kept, worst),
        _value(same, worst),
        FLAG,
    )


def _shifts(now: pd.DataFrame, before: pd.DataFrame) -> np.ndarray:
    """Return how far each feature moved (features,), in standard deviations of the baseline.

    Infinity where the baseline does not vary and the new results are others, and where a number
    came or went.
    """
    ours, theirs = now.to_numpy(), before.to_numpy()
    finite = np.isfinite(ours) & np.isfinite(theirs)
    equal = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    # Subtracting infinities is no use; whether they are the same is.
    difference = np.abs(np.subtract(ours, theirs, where=finite, out=np.zeros_like(ours)))
    difference = difference.max(axis=1, initial=0)
    sd, scale = theirs[:, 1], np.abs(theirs[:, 0])
    varies = np.isfinite(sd) & (sd > 0)
    still = np.where(difference > _ROUNDING * scale, np.inf, 0.0)
    shifts = np.where(varies, difference / np.where(varies, sd, 1.0), still)
    shifts[(~finite & ~equal).any(axis=1)] = np.inf
    return shifts


def _said(
    before: pd.Series, now: pd.Series, shift: float, tolerance: float, moved: int, of: int
) -> str:
    if not shift:
        return "not one moved"
    if np.isfinite(shift):
        how = f"moved by {format_shift(shift, tolerance, 'SD', digits=2)}"
    elif now.isna().any() or before.isna().any():
        how = "is no number on one side"
    elif not (np.isfinite(now).all() and np.isfinite(before).all()):
        how = "is infinite on one side"
    else:
        how = "moved though it never varied"
    return f"{before.name} {how} ({moved} of {of} moved)" if moved else f"{before.name} {how}"


def _value(table: pd.DataFrame, place: int) -> str:
    mean, sd = table.iloc[place]
    return f"{table.index[place]}: mean {mean:.6g}, SD {sd:.6g}"
