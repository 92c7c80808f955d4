"""False-alarm and miss rates of ``aser-bench check``, measured on real predictions.

    for s in $(seq 0 40); do
        aser-bench run --corpus ravdess=DIR --codec mp3 --bitrates 8,24,64 --seed $s --out seeds/$s
    done
    python benchmarks/alarms.py seeds/* [--figure docs/power.png]

False alarms: every pair of seeds is checked against each other (other folds and random initial
values), and, for each seed, half of the MLP's runs against the other half (the same folds, other
random initial values).

Misses: a model is made to lose a given number of points of UAR at one condition, by making correct
predictions wrong. The share differs between speakers, as it does in real losses. The result is
checked against the unchanged predictions (same seed), against the other half of the runs, and
against another seed, on all speakers and on some of them. docs/check.md has the tables and the
figure.
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
SAME, STARTS, SEED = "same seed", "same folds, other initial values", "another seed"
REDRAWN_FOLDS = {SAME: 0, STARTS: 0, SEED: 5}
"""The number of folds that differ between the two sides."""
SPEAKERS = (6, 12, 24)
ONE_CELL = "one cell"
SPEAKER_VARIATION = 0.7
"""Coefficient of variation of the loss over speakers.

That of RAVDESS at 8 kbit/s is .50 to .64 with clean training, and .45 and .49 with training at 64.
"""
OPTIONS = CheckOptions()
FAILING = {"check": {WORSE}, "check --strict": {WORSE, INCONCLUSIVE}}


@dataclass(frozen=True)
class Check:
    """The comparisons of all cells, so that only changed cells have to be compared again."""

    comparisons: dict[Key, Comparison]

    def verdicts(self, changed: dict[Key, Comparison] | None = None) -> dict[Key, str]:
        """Return the verdict of every cell, with some comparisons replaced."""
        comparisons = {**self.comparisons, **(changed or {})}
        pending = [pending_cell(key, comparison) for key, comparison in comparisons.items()]
        return {cell.cell: cell.verdict for cell in assign_verdicts(pending, OPTIONS)}


def compare(
    new: Outcomes, baseline: Outcomes, keys: Sequence[Key], redrawn_folds: int
) -> dict[Key, Comparison]:
    """Compare cells of two sides; see `PairedPredictions.compare`."""
    paired = PairedPredictions(new, baseline)
    comparisons = {
        key: paired.compare(key, OPTIONS.metric, OPTIONS.alpha, redrawn_folds) for key in keys
    }
    return {key: comparison for key, comparison in comparisons.items() if comparison is not None}


def split_runs(outcomes: Outcomes, rng: np.random.Generator) -> tuple[Outcomes, Outcomes]:
    """Split the runs of each model into two halves; a model with one run is in both."""
    halves: list[dict[Key, Cell]] = [{}, {}]
    order = rng.permutation(max(len(cell.predicted) for cell in outcomes.cells.values()))
    for key, cell in outcomes.cells.items():
        parts = np.array_split(order, 2) if len(cell.predicted) > 1 else [[0], [0]]
        for half, runs in zip(halves, parts, strict=True):
            half[key] = Cell(cell.predicted[runs], cell.confidence[runs], cell.brier[runs])
    return Outcomes(outcomes.corpora, halves[0]), Outcomes(outcomes.corpora, halves[1])


def some_speakers(outcomes: Outcomes, number: int, rng: np.random.Generator) -> Outcomes:
    """Return the outcomes of randomly chosen speakers; utterances of the others are untested."""
    chosen = {}
    for name, corpus in outcomes.corpora.items():
        speakers = rng.choice(len(corpus.speakers), min(number, len(corpus.speakers)), False)
        chosen[name] = np.isin(corpus.speaker, speakers)
    cells = {
        key: replace(cell, predicted=np.where(chosen[key[0]], cell.predicted, -1))
        for key, cell in outcomes.cells.items()
    }
    return Outcomes(outcomes.corpora, cells)


def with_loss(
    outcomes: Outcomes, keys: Sequence[Key], loss: float, rng: np.random.Generator
) -> Outcomes:
    """Make correct predictions of some cells wrong, so that the mean loss of UAR is ``loss``.

    The same utterances are used in all of these cells and runs. The share of each speaker is drawn
    from a gamma distribution with the coefficient of variation `SPEAKER_VARIATION`.
    """
    corpus = outcomes.corpora[keys[0][0]]
    weights = rng.gamma(SPEAKER_VARIATION**-2, size=max(1, len(corpus.speakers)))
    uniform = rng.random(len(corpus.utterances))
    offset = rng.integers(1, len(corpus.emotions), len(corpus.utterances))
    wrong = (corpus.truth + offset) % len(corpus.emotions)
    cells = dict(outcomes.cells)
    for key in keys:
        predicted = cells[key].predicted
        tested = np.flatnonzero(predicted[0] >= 0)
        correct = predicted == corpus.truth
        # Relative to the correct predictions, so that the mean over utterances (and over classes
        # of equal size) is right.
        weight = weights / weights[corpus.speaker[tested]].mean()
        share = np.clip(loss / correct[:, tested].mean() * weight, 0, 1)[corpus.speaker]
        changed = np.where(correct & (uniform < share), wrong, predicted)
        cells[key] = replace(cells[key], predicted=changed)
    return Outcomes(outcomes.corpora, cells)


def false_alarms(
    runs: Sequence[Outcomes], speakers: Sequence[int], rng: np.random.Generator
) -> Iterator[dict[str, object]]:
    """Yield, for each check of results that differ by chance only, whether it fails.

    Every pair is checked both ways, for each number of speakers.
    """
    keys = list(runs[0].cells)
    pairs_by_setting = {
        STARTS: [split_runs(outcomes, rng) for outcomes in runs],
        SEED: list(combinations(runs, 2)),
    }
    for setting, pairs in pairs_by_setting.items():
        for first, second in pairs:
            for number in speakers:
                part = some_speakers(first, number, rng)
                for new, old in ((part, second), (second, part)):
                    check = Check(compare(new, old, keys, REDRAWN_FOLDS[setting]))
                    verdicts = set(check.verdicts().values())
                    for command, failing in FAILING.items():
                        yield {
                            "setting": setting,
                            "speakers": number,
                            "command": command,
                            "failed": bool(verdicts & failing),
                        }


def seed_spread(runs: Sequence[Outcomes]) -> pd.Series:
    """Return, by cell, the root mean square difference of two seeds over its standard error."""
    keys = list(runs[0].cells)
    pairs = [compare(first, second, keys, 0) for first, second in combinations(runs, 2)]
    spread = {}
    for key in keys:
        intervals = [pair[key].interval for pair in pairs]
        squares = np.mean([interval.estimate**2 for interval in intervals])
        spread[key] = np.sqrt(squares / np.mean([interval.error**2 for interval in intervals]))
    return pd.Series(spread)


def affected_cells(keys: Sequence[Key], key: Key) -> dict[str, list[Key]]:
    """Return the cells that a loss affects: one cell, or those of a model at one condition."""
    same_test = [other for other in keys if (*other[:4], other[5]) == (*key[:4], key[5])]
    return {ONE_CELL: [key], "all cells tested at the condition": same_test}


def detections(
    pairs: Sequence[tuple[str, Outcomes, Outcomes]],
    speakers: Sequence[int],
    draws: int,
    rng: np.random.Generator,
) -> Iterator[dict[str, object]]:
    """Yield, for each random draw of a loss, whether a check detects it."""
    for _ in range(draws):
        setting, new, old = pairs[rng.integers(len(pairs))]
        number = int(rng.choice(speakers))
        part = some_speakers(new, number, rng)
        keys = list(part.cells)
        check = Check(compare(part, old, keys, REDRAWN_FOLDS[setting]))
        key = keys[rng.integers(len(keys))]
        for where, affected in affected_cells(keys, key).items():
            for loss in LOSSES:
                lossy = with_loss(part, affected, loss, rng)
                changed = compare(lossy, old, affected, REDRAWN_FOLDS[setting])
                verdicts = check.verdicts(changed)
                for command, failing in FAILING.items():
                    yield {
                        "setting": setting,
                        "speakers": number,
                        "loss in": where,
                        "loss": loss,
                        "command": command,
                        "detected": any(verdicts[key] in failing for key in affected),
                    }


def draw_power(table: pd.DataFrame, file: str) -> None:
    """Draw the share of detected losses over their size, one line for each number of speakers."""
    from matplotlib import pyplot as plt

    settings = list(dict.fromkeys(table["setting"]))
    shown = table[(table["command"] == "check") & (table["loss in"] == ONE_CELL)]
    figure, axes = plt.subplots(1, len(settings), figsize=(10, 3.2), sharey=True)
    for axis, setting in zip(axes, settings, strict=True):
        rows = shown[shown["setting"] == setting]
        for number, marker in zip(sorted(rows["speakers"].unique()), "o^sD", strict=False):
            share = rows[rows["speakers"] == number].groupby("loss")["detected"].mean()
            axis.plot(100 * share.index, 100 * share, marker=marker, label=f"{number} speakers")
        axis.axhline(95, color="grey", linewidth=0.8, linestyle=":")
        axis.set_title(setting, fontsize=10)
        axis.set_xlabel("loss of UAR in one cell, points")
    axes[0].set_ylabel("checks that detect it, %")
    axes[0].legend(frameon=False, fontsize=9)
    figure.tight_layout()
    figure.savefig(file, dpi=110)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path, help="results folders, one for each seed")
    parser.add_argument("--draws", type=int, default=1000, help="losses drawn in each setting")
    parser.add_argument("--figure", metavar="FILE")
    arguments = parser.parse_args()
    rng = np.random.default_rng(0)
    runs = [read([Source(folder / "predictions.parquet")]) for folder in arguments.folders]
    print(f"{len(runs)} seeds, {len(runs[0].cells)} cells each")
    ratio = seed_spread(runs)
    print(
        "differences between seeds over their standard error by speakers, without the factor "
        f"for other folds: {ratio.min():.2f} to {ratio.max():.2f}, median {ratio.median():.2f}"
    )
    alarms = pd.DataFrame(false_alarms(runs, SPEAKERS, rng))
    _print(alarms, ["command", "setting"], "speakers", "failed", "false alarms, % of checks")
    pairs_by_setting = {
        SAME: [(outcomes, outcomes) for outcomes in runs],
        STARTS: [split_runs(outcomes, rng) for outcomes in runs],
        SEED: list(combinations(runs, 2)),
    }
    power = pd.DataFrame(
        row
        for setting, pairs in pairs_by_setting.items()
        for row in detections([(setting, *pair) for pair in pairs], SPEAKERS, arguments.draws, rng)
    )
    rows = ["command", "loss in", "setting", "speakers"]
    _print(power, rows, "loss", "detected", "detected losses of UAR by size, %")
    if arguments.figure:
        draw_power(power, arguments.figure)


def _print(table: pd.DataFrame, rows: list[str], columns: str, value: str, title: str) -> None:
    groups = table.groupby([*rows, columns], sort=False)[value]
    shares = groups.mean().mul(100).unstack(columns).sort_index(axis=1)
    print(f"\n{title} (each from at least {int(groups.size().min())} checks)")
    print(shares.to_string(float_format=lambda share: f"{share:.1f}"))


if __name__ == "__main__":
    main()
