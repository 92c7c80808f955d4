"""The leaks guard: the share of test utterances that are connected to the training data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..differences import seed_note
from ..options import CheckOptions
from ..reader import CheckInput
from ..sentences import enumerated
from ..verdicts import CHANGED, INCONCLUSIVE, SAME, WORSE, GuardCheck
from .rows import exceeds, format_shift, missing_corpora, missing_file_rows, missing_row

GUARD, FLAG = "leaks", "max-leak"

_CorpusProtocolKind = tuple[str, str, str]


@dataclass(frozen=True)
class Leak:
    """One kind of leak of a corpus and protocol, over all folds.

    Attributes
    ----------
    leaking, tested : int
        The number of test utterances of which the speaker, recording or sentence is in the
        training data, and of all test utterances.
    reported : bool
        Whether the corpus reports the speaker (recording, sentence) of every recording.
    incomplete : bool
        Whether the numbers of some fold are missing, so that there is no share.
    """

    leaking: int
    tested: int
    reported: bool
    incomplete: bool = False

    @property
    def share(self) -> float:
        """The share of the test utterances that leak."""
        return self.leaking / self.tested if self.tested else 0.0

    @property
    def text(self) -> str:
        """The numbers as text."""
        if self.incomplete or not self.reported:
            return "unknown"
        return f"{self.leaking} of {self.tested} test utterances ({100 * self.share:.3g} %)"


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare the share of each kind of leak by corpus and protocol, over all folds."""
    tolerance = options.tolerance(FLAG)
    if tolerance is None:
        return
    if new.leaks is None or baseline.leaks is None:
        yield from missing_file_rows(GUARD, "leaks.csv", new.leaks, baseline.leaks)
        return
    now, then = _leaks(new.leaks), _leaks(baseline.leaks)
    corpora = {corpus for corpus, *_ in now}
    yield from missing_corpora(GUARD, corpora, [corpus for corpus, *_ in then], options.part)
    seeds = seed_note(new, baseline)
    for where, before in then.items():
        subject = "{} {}: {}".format(*where)
        if where in now:
            if before.reported:
                yield _compare(subject, where[2], now[where], before, tolerance, seeds)
        elif where[0] in corpora and not options.part:
            yield missing_row(GUARD, subject, "the new results do not report it", before.text)


def _leaks(table: pd.DataFrame) -> dict[_CorpusProtocolKind, Leak]:
    # The texts True and False from a file, truth values from a run.
    table = table.assign(known=table["known"].astype(str) == "True")
    groups = table.groupby(["corpus", "protocol", "kind"], sort=False)
    return {
        (str(corpus), str(protocol), str(kind)): _leak(rows)
        for (corpus, protocol, kind), rows in groups
    }


def _leak(rows: pd.DataFrame) -> Leak:
    counts = rows[["utterances", "n_test"]].astype(float)
    reported = bool(rows["known"].all())
    if not np.isfinite(counts.to_numpy()).all():
        return Leak(0, 0, reported, incomplete=True)
    return Leak(int(counts["utterances"].sum()), int(counts["n_test"].sum()), reported)


def _compare(
    subject: str, kind: str, now: Leak, before: Leak, tolerance: float, seeds: str
) -> GuardCheck:
    if now.reported and (now.incomplete or before.incomplete):
        sides = {"the new results": now.incomplete, "the baseline": before.incomplete}
        incomplete = enumerated(side for side, is_incomplete in sides.items() if is_incomplete)
        verdict = INCONCLUSIVE
        reason = f"leaks.csv of {incomplete} lacks the utterances of some folds"
    elif not now.reported:
        verdict = INCONCLUSIVE
        reason = f"the corpus no longer reports the {kind} of every recording"
    else:
        verdict, reason = _decide(now.share - before.share, before, tolerance, seeds)
    return GuardCheck(GUARD, subject, verdict, reason, before.text, now.text, FLAG)


def _decide(rise: float, before: Leak, tolerance: float, seeds: str) -> tuple[str, str]:
    if rise <= 0:
        return SAME, "no more than before"
    # "more than 0 %" would add nothing.
    text = format_shift(rise, tolerance, "%", 100) if tolerance else f"{100 * rise:.3g} %"
    reason = f"rose by {text} of the test utterances"
    if not exceeds(rise, tolerance):
        return SAME, reason
    if before.leaking == 0:
        return WORSE, f"rose from none to {text} of the test utterances"
    # With another seed, other utterances with leaks are drawn into a fold.
    return (CHANGED, f"{reason}; {seeds}") if seeds else (WORSE, reason)
