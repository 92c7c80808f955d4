"""Coverage of intervals and error rates of tests in simulated studies with a known loss.

    python benchmarks/simulation.py [--studies 1000] [--csv FILE]

The speakers of each study differ in how well they are recognised and in their loss; the mean loss
over all speakers is set. The output has, for several numbers of speakers: the coverage of the
package's interval, of a plain bootstrap over speakers (percentiles of 999 samples), and of the
interval that ignores speakers; how often the t test (the p of a loss), the permutation test by
speaker and McNemar's test are significant at the 5 % level; and how often a loss of exactly the
margin is classified as non-inferior. The table in docs/statistics.md is the output.
Many comparisons in one study are in benchmarks/families.py.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
import pandas as pd

from aser_bench.evaluation import confusion, intervals, robustness, significance

CLASSES = 8
MARGIN = 0.02
SPEAKERS = (3, 5, 10, 24)


@dataclass(frozen=True)
class Population:
    """The distribution that studies are drawn from.

    Attributes
    ----------
    speakers : int
    takes : int
        Utterances of each emotion and speaker (between 2 and 2 x takes - 1 if ``unequal``).
    between : float
        Standard deviation over speakers of the probability of a correct prediction.
    effects : float
        Standard deviation of the loss over speakers.
    loss : float
        Mean loss.
    folds : float
        Standard deviation of the loss over the five groups of speakers that share a fold's model.
    unequal : bool
        Whether speakers have unequally many utterances.
    """

    speakers: int
    takes: int = 6
    between: float = 0.12
    effects: float = 0.06
    loss: float = 0.0
    folds: float = 0.0
    unequal: bool = False


@dataclass(frozen=True)
class Study:
    """One study: true classes, speakers, and predictions with and without the codec."""

    truth: np.ndarray
    speaker: np.ndarray
    original: np.ndarray
    coded: np.ndarray


def draw(population: Population, rng: np.random.Generator) -> Study:
    """Draw one study; random differences between utterances are mostly shared by the conditions."""
    number = population.speakers
    takes = [population.takes] * number
    if population.unequal:
        takes = rng.integers(2, 2 * population.takes, number).tolist()
    speaker = np.repeat(np.arange(number), np.asarray(takes) * CLASSES)
    truth = np.concatenate([np.tile(np.arange(CLASSES), count) for count in takes])
    skill = np.clip(0.45 + population.between * rng.standard_normal(number), 0.15, 0.85)[speaker]
    cost = (population.loss + population.effects * rng.standard_normal(number))[speaker]
    cost = cost + (population.folds * rng.standard_normal(5))[speaker % 5]
    difficulty = rng.random(len(truth))
    coded = np.where(rng.random(len(truth)) < 0.6, difficulty, rng.random(len(truth)))
    return Study(
        truth,
        speaker,
        _predictions(truth, difficulty < skill, rng),
        _predictions(truth, coded < skill - cost, rng),
    )


def _predictions(truth: np.ndarray, correct: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    wrong = (truth + rng.integers(1, CLASSES, len(truth))) % CLASSES
    return np.where(correct, truth, wrong)


def evaluate(study: Study, loss: float, rng: np.random.Generator) -> dict[str, bool]:
    """Return the result of each method for a study with a given true loss."""
    coded, original = _by(study, study.speaker)
    clustered = intervals.interval(coded, confusion.uar, original)
    plain = intervals.interval(*_unclustered(study), clustered=False)
    low, high = _bootstrap(coded[0], original[0], rng)
    p = significance.permutation_test(coded, original, {"uar": confusion.uar})["uar"]
    changed = significance.mcnemar_test(study.original == study.truth, study.coded == study.truth)
    return {
        "interval covers": clustered.low <= -loss <= clustered.high,
        "plain bootstrap covers": low <= -loss <= high,
        "unclustered covers": plain.low <= -loss <= plain.high,
        "t test p <= 5 %": clustered.p <= 0.05,
        "permutation p <= 5 %": p <= 0.05,
        "McNemar p <= 5 %": changed <= 0.05,
        "non-inferior": robustness.decide(clustered.low, clustered.high, MARGIN) == "non-inferior",
    }


def _by(study: Study, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return tuple(
        confusion.by_cluster(study.truth, predicted[None], cluster, CLASSES)
        for predicted in (study.coded, study.original)
    )  # type: ignore[return-value]


def _unclustered(study: Study) -> tuple:
    coded, original = _by(study, intervals.random_clusters(len(study.truth)))
    return coded, confusion.uar, original


def _bootstrap(
    coded: np.ndarray, original: np.ndarray, rng: np.random.Generator
) -> tuple[float, float]:
    """Return the percentile interval of a plain bootstrap over speakers."""
    groups = len(coded)
    times = rng.multinomial(groups, [1 / groups] * groups, 999).astype(float)
    drawn = [
        confusion.uar((times @ side.reshape(groups, -1)).reshape(-1, CLASSES, CLASSES))
        for side in (coded, original)
    ]
    low, high = np.quantile(drawn[0] - drawn[1], [0.025, 0.975])
    return float(low), float(high)


def rates(population: Population, studies: int, seed: int = 0) -> dict[str, float]:
    """Return the share of studies with each result, over studies drawn from a population."""
    rng = np.random.default_rng(seed)
    results = [evaluate(draw(population, rng), population.loss, rng) for _ in range(studies)]
    shares = pd.DataFrame(results).mean()
    return {str(name): float(share) for name, share in shares.items()}


POPULATIONS = {
    "no loss": {},
    "no loss, unequal speakers": {"unequal": True},
    "loss of 2 points": {"loss": MARGIN},
    "no loss, folds differ by 2 points": {"folds": 0.02},
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    rows = [
        {"population": name, "speakers": n, **rates(Population(n, **kinds), options.studies)}
        for name, kinds in POPULATIONS.items()
        for n in SPEAKERS
    ]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda share: f"{100 * share:.1f}"))
    if options.csv:
        table.to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()
