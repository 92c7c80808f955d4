"""Coverage of intervals in simulated studies in which models are trained again and again.

    python benchmarks/retraining.py [--studies 1000] [--csv FILE]

Speakers are drawn from a population: each has an offset of its own, and an offset for each emotion.
A ridge classifier is trained on four fifths of the speakers and tested on the others, for the
original and for coded speech, and this is repeated with other folds. The loss that an interval has
to cover is that of the procedure: the mean over many training sets of as many other speakers, each
tested on many further speakers. The output is the share of studies of which the interval covers it,
by number of repeats. With one repeat the interval is conditional on the trained models. The tables
in docs/statistics.md are the output.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from aser_bench.evaluation import confusion, intervals

FOLDS, EMOTIONS = 5, 4
REPEATS = (1, 3, 5, 10)
SPEAKERS = (10, 24)
_PENALTY = 1.0
_TESTED = 40  # speakers on which a model of the true loss is tested


@dataclass(frozen=True)
class Population:
    """The distribution of speakers, and the way of training.

    Attributes
    ----------
    speakers : int
        Speakers of a study.
    matched : bool
        Whether the model for coded speech is trained on coded speech; by default it is the model
        that is trained on the original.
    columns : int
        Features.
    takes : int
        Utterances of each emotion and speaker.
    apart : float
        Standard deviation of the emotions' means, for each feature; the other numbers are relative
        to the standard deviation 1 of utterances.
    offset, habit : float
        Standard deviations of a speaker's offset, and of its offset for each emotion.
    """

    speakers: int
    matched: bool = False
    columns: int = 16
    takes: int = 4
    apart: float = 0.45
    offset: float = 0.5
    habit: float = 0.35

    @cached_property
    def means(self) -> np.ndarray:
        """The means of the emotions (emotions, columns), and the shift by the codec (columns,)."""
        rng = np.random.default_rng(0)
        return np.vstack(
            [
                self.apart * rng.standard_normal((EMOTIONS, self.columns)),
                0.36 * rng.standard_normal(self.columns),
            ]
        )

    @property
    def truth(self) -> np.ndarray:
        """The emotions of a speaker's utterances."""
        return np.repeat(np.arange(EMOTIONS), self.takes)

    def draw(self, speakers: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return original and coded features (speakers, utterances, columns + 1).

        The last column is constant.
        """
        truth, columns = self.truth, self.columns
        habits = self.habit * rng.standard_normal((speakers, EMOTIONS, columns))
        original = self.means[truth] + habits[:, truth]
        original = original + self.offset * rng.standard_normal((speakers, 1, columns))
        original = original + rng.standard_normal(original.shape)
        coded = 0.75 * original + self.means[-1] + 0.8 * rng.standard_normal(original.shape)
        coded = coded + 0.27 * rng.standard_normal((speakers, 1, columns))
        constant = np.ones((*original.shape[:2], 1))
        return np.dstack([original, constant]), np.dstack([coded, constant])


def train(features: np.ndarray, truth: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Train a ridge classifier on each choice of speakers.

    Parameters
    ----------
    features : numpy.ndarray of shape (speakers, utterances, columns)
    truth : numpy.ndarray of shape (utterances,)
    chosen : numpy.ndarray of shape (..., speakers)
        1 for the speakers of a training set, else 0.

    Returns
    -------
    numpy.ndarray of shape (..., columns, emotions)
    """
    products = np.einsum("sni,snj->sij", features, features)
    sums = np.einsum("sni,nk->sik", features, np.eye(EMOTIONS)[truth])
    whole, targets = (np.tensordot(chosen, part, 1) for part in (products, sums))
    return np.linalg.solve(whole + _PENALTY * np.eye(features.shape[-1]), targets)


def confusions(features: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return confusion matrices (..., speakers, emotions, emotions) of a model for each speaker."""
    predicted = (features @ weights).argmax(axis=-1)
    return np.einsum("ni,...nj->...ij", np.eye(EMOTIONS)[truth], np.eye(EMOTIONS)[predicted])


def draw(
    population: Population, repeats: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one study; return the confusions of coded and original (repeats, speakers, k, k)."""
    sides, truth = population.draw(population.speakers, rng), population.truth
    folds = np.array(
        [rng.permutation(np.arange(population.speakers) % FOLDS) for _ in range(repeats)]
    )
    chosen = (folds[:, None] != np.arange(FOLDS)[:, None]).astype(float)
    weights = [train(side, truth, chosen) for side in sides]
    models = (weights[1] if population.matched else weights[0], weights[0])
    coded, original = (
        confusions(side, truth, np.take_along_axis(model, folds[..., None, None], axis=1))
        for side, model in zip(sides[::-1], models, strict=True)
    )
    return coded, original


def true_difference(population: Population, trainings: int, seed: int = 1) -> float:
    """Return the mean difference in UAR over training sets of the size of a study's."""
    rng, truth = np.random.default_rng(seed), population.truth
    differences = []
    for number in range(trainings):
        left_out = len(np.arange(number % FOLDS, population.speakers, FOLDS))
        sides = population.draw(population.speakers - left_out, rng)
        weights = [train(side, truth, np.ones(len(side))) for side in sides]
        models = (weights[1] if population.matched else weights[0], weights[0])
        tested = population.draw(_TESTED, rng)[::-1]
        coded, original = (
            confusion.uar(confusions(side, truth, model).sum(axis=0))
            for side, model in zip(tested, models, strict=True)
        )
        differences.append(coded - original)
    return float(np.mean(differences))


def coverage(
    population: Population,
    studies: int,
    repeats: Sequence[int] = REPEATS,
    trainings: int = 1500,
    seed: int = 0,
) -> dict[int, float]:
    """Return the share of studies of which the interval covers the truth, by number of repeats."""
    rng, expected = np.random.default_rng(seed), true_difference(population, trainings)
    covered = []
    for _ in range(studies):
        coded, original = draw(population, max(repeats), rng)
        row = {}
        for number in repeats:
            measured = intervals.interval(
                coded[:number],
                confusion.uar,
                original[:number],
                repeats=intervals.Repeats.of_folds(number, FOLDS),
            )
            row[number] = measured.low <= expected <= measured.high
        covered.append(row)
    return {int(number): float(share) for number, share in pd.DataFrame(covered).mean().items()}


POPULATIONS = {
    "trained on the original": {},
    "trained at the condition": {"matched": True},
    "trained at the condition, 40 features": {"matched": True, "columns": 40, "offset": 0.8},
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--csv", metavar="FILE")
    options = parser.parse_args()
    rows = []
    for name, kinds in POPULATIONS.items():
        for speakers in SPEAKERS:
            shares = coverage(Population(speakers, **kinds), options.studies)
            rows.append({"training": name, "speakers": speakers, **shares})
            values = "  ".join(f"{100 * share:.1f}" for share in shares.values())
            print(f"{name}, {speakers} speakers, {REPEATS} repeats: {values}", flush=True)
    table = pd.DataFrame(rows)
    if options.csv:
        table.to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()
