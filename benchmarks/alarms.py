"""Count false and missed alarms of ``aser-bench check`` on real predictions.

    for s in $(seq 0 40); do
        aser-bench run --corpus ravdess=DIR --codec mp3 --bitrates 8,24,64 --seed $s --out seeds/$s
    done
    python benchmarks/alarms.py seeds/* [--figure docs/power.png]

False alarms: every pair of seeds is checked against each other (other folds, other random starts),
and, of each seed, half of the MLP's runs against the other half (the same folds, other random
starts). Missed alarms: a model is made to lose so many points of UAR at one condition, by breaking
utterances that it had right; the share of each speaker's differs by speaker, as real losses do. It
is set against itself before (same seed), against the other half of its runs, and against another
seed; on all speakers and on parts of them. docs/check.md holds what it prints and draws.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from aser_bench.baseline.compare import Comparison, PairedPredictions
from aser_bench.baseline.decide import assign_verdicts, pending_cell
from aser_bench.baseline.options import CheckOptions
from aser_bench.baseline.verdicts import INCONCLUSIVE, WORSE
from aser_bench.evaluation.outcomes import Cell, Key, Outcomes, Source, read

LOSSES = (0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.10)
SAME, STARTS, SEED = "same seed", "same folds, other random starts", "other seed"
FOLDS = {SAME: 0, STARTS: 0, SEED: 5}
"""How many folds another seed has drawn anew."""
SPEAKERS = (6, 12, 24)
ONE_CELL = "one cell"
UNEVEN = 0.7
"""RAVDESS's speakers at 8 kbit/s: .5 to .64 under clean training, .45 and .49 trained at 64."""
OPTIONS = CheckOptions()
FAILING = {"check": {WORSE}, "check --strict": {WORSE, INCONCLUSIVE}}


@dataclass(frozen=True)
class Check:
    """The comparisons of all cells, so that a changed cell alone has to be compared again."""

    cells: dict[Key, Comparison]

    def verdicts(self, changed: dict[Key, Comparison] | None = None) -> dict[Key, str]:
        """Return the verdict of every cell, some of them replaced."""
        now = {**self.cells, **(changed or {})}
        drafts = [pending_cell(key, one) for key, one in now.items()]
        return {cell.cell: cell.verdict for cell in assign_verdicts(drafts, OPTIONS)}


def compare(
    new: Outcomes, baseline: Outcomes, keys: Sequence[Key], redrawn: int
) -> dict[Key, Comparison]:
    """Compare cells that both sides have; see `PairedPredictions.compare`."""
    pairing = PairedPredictions(new, baseline)
    found = ((key, pairing.compare(key, OPTIONS.metric, OPTIONS.alpha, redrawn)) for key in keys)
    return {key: one for key, one in found if one is not None}


def halves(outcomes: Outcomes, rng: np.random.Generator) -> tuple[Outcomes, Outcomes]:
    """Deal the runs of each model to two sides; a model of one run is on both."""
    sides: list[dict[Key, Cell]] = [{}, {}]
    order = rng.permutation(max(len(cell.predicted) for cell in outcomes.cells.values()))
    for key, cell in outcomes.cells.items():
        number = len(cell.predicted)
        parts = np.array_split(order, 2) if number > 1 else [[0], [0]]
        for side, rows in zip(sides, parts, strict=True):
            side[key] = _rows(cell, rows)
    return Outcomes(outcomes.corpora, sides[0]), Outcomes(outcomes.corpora, sides[1])


def _rows(cell: Cell, rows: Sequence[int]) -> Cell:
    return Cell(cell.predicted[rows], cell.confidence[rows], cell.brier[rows])


def part(outcomes: Outcomes, speakers: int, rng: np.random.Generator) -> Outcomes:
    """Keep some speakers; of the others nothing counts as tested."""
    kept = {}
    for name, corpus in outcomes.corpora.items():
        chosen = rng.choice(len(corpus.speakers), min(speakers, len(corpus.speakers)), False)
        kept[name] = np.isin(corpus.speaker, chosen)
    cells = {
        key: replace(cell, predicted=np.where(kept[key[0]], cell.predicted, -1))
        for key, cell in outcomes.cells.items()
    }
    return Outcomes(outcomes.corpora, cells)


def worsened(
    outcomes: Outcomes, keys: Sequence[Key], loss: float, rng: np.random.Generator
) -> Outcomes:
    """Break utterances of some cells of a model so that it loses ``loss`` of UAR in the mean.

    The same utterances in all of these cells and runs. The share of each speaker is drawn from
    a gamma distribution whose standard deviation is `UNEVEN` of its mean.
    """
    corpus = outcomes.corpora[keys[0][0]]
    weights = rng.gamma(UNEVEN**-2, size=max(1, len(corpus.speakers)))
    luck = rng.random(len(corpus.utterances))
    other = rng.integers(1, len(corpus.emotions), len(corpus.utterances))
    cells = dict(outcomes.cells)
    for key in keys:
        said = cells[key].predicted
        tested = np.flatnonzero(said[0] >= 0)
        right = said == corpus.truth
        # Of all that is right, so that the mean over utterances (and classes of one size) fits.
        weight = weights / weights[corpus.speaker[tested]].mean()
        share = np.clip(loss / right[:, tested].mean() * weight, 0, 1)[corpus.speaker]
        wrong = (corpus.truth + other) % len(corpus.emotions)
        cells[key] = replace(cells[key], predicted=np.where(right & (luck < share), wrong, said))
    return Outcomes(outcomes.corpora, cells)


def false_alarms(
    runs: Sequence[Outcomes], speakers: Sequence[int], rng: np.random.Generator
) -> Iterator[dict]:
    """Yield, check by check, whether it fails where nothing but chance differs.

    Every pair of seeds on all speakers, both ways; parts of the speakers once a pair.
    """
    keys = list(runs[0].cells)
    worlds = {
        STARTS: [halves(one, rng) for one in runs],
        SEED: list(combinations(runs, 2)),
    }
    for world, pairs in worlds.items():
        for one, two in pairs:
            for number in speakers:
                small = part(one, number, rng)
                for new, old in ((small, two), (two, small)):
                    compared = compare(new, old, keys, FOLDS[world])
                    found = set(Check(compared).verdicts().values())
                    for kind, failing in FAILING.items():
                        yield {
                            "world": world,
                            "speakers": number,
                            "by": kind,
                            "failed": bool(found & failing),
                        }


def spread(runs: Sequence[Outcomes]) -> pd.Series:
    """Return, by cell, how far seeds lie apart over what the spread of the speakers tells."""
    keys = list(runs[0].cells)
    found = [compare(one, two, keys, 0) for one, two in combinations(runs, 2)]
    squares = {
        key: (
            np.mean([pair[key].interval.estimate ** 2 for pair in found]),
            np.mean([pair[key].interval.error ** 2 for pair in found]),
        )
        for key in keys
    }
    return pd.Series({key: np.sqrt(one / two) for key, (one, two) in squares.items()})


def targets(keys: Sequence[Key], key: Key) -> dict[str, list[Key]]:
    """Return what "one condition" may mean: one cell, or the model wherever it was trained."""
    same = [k for k in keys if (*k[:4], k[5]) == (*key[:4], key[5])]
    return {ONE_CELL: [key], "the model, wherever trained": same}


def catches(
    pairs: Sequence[tuple[str, Outcomes, Outcomes]],
    speakers: Sequence[int],
    draws: int,
    rng: np.random.Generator,
) -> Iterator[dict]:
    """Yield, draw by draw, whether a loss was found."""
    for _ in range(draws):
        world, new, old = pairs[rng.integers(len(pairs))]
        number = int(rng.choice(speakers))
        small = part(new, number, rng)
        keys = list(small.cells)
        base = Check(compare(small, old, keys, FOLDS[world]))
        key = keys[rng.integers(len(keys))]
        for what, hit in targets(keys, key).items():
            for loss in LOSSES:
                changed = compare(worsened(small, hit, loss, rng), old, hit, FOLDS[world])
                found = base.verdicts(changed)
                for kind, failing in FAILING.items():
                    yield {
                        "world": world,
                        "speakers": number,
                        "lost in": what,
                        "loss": loss,
                        "by": kind,
                        "caught": any(found[k] in failing for k in hit),
                    }


def draw_power(table: pd.DataFrame, file: str) -> None:
    """Draw how often a loss is caught over its size, a line a number of speakers."""
    from matplotlib import pyplot as plt

    worlds = list(dict.fromkeys(table["world"]))
    shown = table[(table["by"] == "check") & (table["lost in"] == ONE_CELL)]
    figure, axes = plt.subplots(1, len(worlds), figsize=(10, 3.2), sharey=True)
    for axis, world in zip(axes, worlds, strict=True):
        own = shown[shown["world"] == world]
        for number, marker in zip(sorted(own["speakers"].unique()), "o^sD", strict=False):
            rows = own[own["speakers"] == number].groupby("loss")["caught"].mean()
            axis.plot(100 * rows.index, 100 * rows, marker=marker, label=f"{number} speakers")
        axis.axhline(95, color="grey", linewidth=0.8, linestyle=":")
        axis.set_title(world, fontsize=10)
        axis.set_xlabel("loss of UAR in one cell, points")
    axes[0].set_ylabel("checks that find it, %")
    axes[0].legend(frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--draws", type=int, default=1000, help="losses drawn in each world")
    parser.add_argument("--figure", metavar="FILE")
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    runs = [read([Source(folder / "predictions.parquet")]) for folder in options.folders]
    print(f"{len(runs)} seeds, {len(runs[0].cells)} cells each")
    apart = spread(runs)
    print(
        "differences between seeds over their standard error by speakers, without the factor "
        f"for folds drawn anew: {apart.min():.2f} to {apart.max():.2f}, median {apart.median():.2f}"
    )
    alarms = pd.DataFrame(false_alarms(runs, SPEAKERS, rng))
    _show(alarms, ["by", "world"], "speakers", "failed", "false alarms, % of checks")
    worlds = {
        SAME: [(one, one) for one in runs],
        STARTS: [halves(one, rng) for one in runs],
        SEED: list(combinations(runs, 2)),
    }
    found = [
        row
        for world, pairs in worlds.items()
        for row in catches([(world, *pair) for pair in pairs], SPEAKERS, options.draws, rng)
    ]
    power = pd.DataFrame(found)
    rows = ["by", "lost in", "world", "speakers"]
    _show(power, rows, "loss", "caught", "losses of so much UAR that are caught, %")
    if options.figure:
        draw_power(power, options.figure)


def _show(table: pd.DataFrame, rows: list[str], columns: str, value: str, title: str) -> None:
    by = table.groupby([*rows, columns], sort=False)[value]
    shares = by.mean().mul(100).unstack(columns).sort_index(axis=1)
    checks = int(by.size().min())
    print(f"\n{title} (at least {checks} checks a figure)")
    print(shares.to_string(float_format=lambda share: f"{share:.1f}"))


if __name__ == "__main__":
    main()
