"""What two sides of a check cannot tell of each other, in sentences."""

from __future__ import annotations

from .manifest_facts import enumerated, nameless, unsaid
from .reader import CheckInput


def unknown_facts(new: CheckInput, baseline: CheckInput) -> list[str]:
    """Return sentences on what cannot be told to differ or not, for want of files or keys."""
    bare = [side for side in (new, baseline) if side.manifest is None]
    found = _without("manifest", "corpora, encoders, settings and versions", bare)
    found += _unsaid(new, baseline)
    known = [side for side in (new, baseline) if side.manifest is not None]
    unlisted = [side for side in known if side.conditions is None]
    found += _without("conditions.csv", "encoders", unlisted)
    for side, other in ((new, baseline), (baseline, new)):
        if names := nameless(side, other):
            found.append(
                f"conditions.csv of {side.path} does not name the encoder of {enumerated(names)}; "
                f"whether it is that of {other.path} is not known"
            )
    if without := [str(side.path) for side in (new, baseline) if side.folds is None]:
        tell = "tell" if len(without) > 1 else "tells"
        found.append(
            f"{' and '.join(without)} {tell} scores only: of the folds, no more than their number"
        )
    return found


def _without(file: str, tells: str, sides: list[CheckInput]) -> list[str]:
    """Say in one sentence which sides lack a file."""
    paths = [str(side.path) for side in sides]
    if len(paths) == 2:
        return [
            f"neither {paths[0]} nor {paths[1]} has a {file} beside it: whether {tells} are "
            "the same is not known"
        ]
    return [
        f"{path} has no {file} beside it: whether {tells} are those of the other side is not known"
        for path in paths
    ]


def _unsaid(new: CheckInput, baseline: CheckInput) -> list[str]:
    """Say in one sentence a side what its manifest does not tell, and in one what neither does."""
    if new.manifest is None or baseline.manifest is None:
        return []
    ours, theirs = unsaid(new, baseline), unsaid(baseline, new)
    both = [what for what in ours if what in theirs]
    found = []
    if both:
        found.append(
            f"neither manifest tells {enumerated(both)}; whether these are the same is not known"
        )
    for side, lacks, other in ((new, ours, "the baseline"), (baseline, theirs, "the new results")):
        if alone := [what for what in lacks if what not in both]:
            found.append(
                f"the manifest of {side.path} does not tell {enumerated(alone)}; whether "
                f"these are as in {other} is not known"
            )
    return found
