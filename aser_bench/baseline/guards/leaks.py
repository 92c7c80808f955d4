"""The leaks guard: how much of what is tested stands in training too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..differences import seed_note
from ..manifest_facts import enumerated
from ..options import CheckOptions
from ..reader import CheckInput
from ..verdicts import CHANGED, INCONCLUSIVE, SAME, WORSE, GuardCheck
from .rows import exceeds, format_shift, missing_corpora, missing_file_rows, missing_row

GUARD, FLAG = "leaks", "max-leak"

_Where = tuple[str, str, str]


@dataclass(frozen=True)
class Leak:
    """Test utterances that training touches, all of them, and whether the corpus tells.

    ``blank`` is whether a number of them is not there, so that there is no share either.
    """

    touched: int
    tested: int
    known: bool
    blank: bool = False

    @property
    def share(self) -> float:
        """The part of the test utterances that is touched."""
        return self.touched / self.tested if self.tested else 0.0

    @property
    def value(self) -> str:
        """As people read it."""
        if self.blank or not self.known:
            return "not told"
        return f"{self.touched} of {self.tested} test utterances ({100 * self.share:.3g} %)"


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare the share of each kind of leak by corpus and protocol, all folds together."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.leaks is None or baseline.leaks is None:
        yield from missing_file_rows(
            GUARD, "leaks.csv", new.leaks is not None, baseline.leaks is not None
        )
        return
    now, then = _leaks(new.leaks), _leaks(baseline.leaks)
    corpora = {corpus for corpus, *_ in now}
    yield from missing_corpora(GUARD, corpora, [corpus for corpus, *_ in then], options.part)
    anew = seed_note(new, baseline)
    for where, before in then.items():
        what = "{} {}: {}".format(*where)
        if where in now:
            if before.known:
                yield _compare(what, where[2], now[where], before, tolerance, anew)
        elif where[0] in corpora and not options.part:
            yield missing_row(GUARD, what, "the new results do not tell it", before.value)


def _leaks(table: pd.DataFrame) -> dict[_Where, Leak]:
    # From a file the words True and False, from a run the values.
    told = table.assign(known=table["known"].astype(str) == "True")
    parts = told.groupby(["corpus", "protocol", "kind"], sort=False)
    return {
        (str(corpus), str(protocol), str(kind)): _leak(rows)
        for (corpus, protocol, kind), rows in parts
    }


def _leak(rows: pd.DataFrame) -> Leak:
    counts = rows[["utterances", "n_test"]].astype(float)
    known = bool(rows["known"].all())
    if not np.isfinite(counts.to_numpy()).all():
        return Leak(0, 0, known, blank=True)
    return Leak(int(counts["utterances"].sum()), int(counts["n_test"].sum()), known)


def _compare(
    what: str, kind: str, now: Leak, before: Leak, tolerance: float, anew: str
) -> GuardCheck:
    if now.known and (now.blank or before.blank):
        sides = {"the new results": now.blank, "the baseline": before.blank}
        who = enumerated(side for side, blank in sides.items() if blank)
        verdict = INCONCLUSIVE
        reason = f"leaks.csv of {who} does not tell the utterances of every fold"
    elif not now.known:
        verdict, reason = INCONCLUSIVE, f"the corpus no longer tells the {kind} of every recording"
    else:
        verdict, reason = _verdict(now.share - before.share, before, tolerance, anew)
    return GuardCheck(GUARD, what, verdict, reason, before.value, now.value, FLAG)


def _verdict(rise: float, before: Leak, tolerance: float, anew: str) -> tuple[str, str]:
    if rise <= 0:
        return SAME, "no more than before"
    # That any rise is more than none goes without saying.
    words = format_shift(rise, tolerance, "%", 100) if tolerance else f"{100 * rise:.3g} %"
    if not exceeds(rise, tolerance):
        return SAME, f"rose by {words} of the test utterances"
    if before.touched == 0:
        return WORSE, f"rose from none to {words} of the test utterances"
    said = f"rose by {words} of the test utterances"
    # Which of those that leak are drawn into one fold is chance.
    return (CHANGED, f"{said}; {anew}") if anew else (WORSE, said)
