"""Error rates of many comparisons, and coverage of the intervals of recalls, in simulated studies.

    python benchmarks/families.py [--studies 2000]

The first table has, for studies of 10 and 24 speakers with 8, 28 and 64 comparisons, the share of
studies without a loss in which any comparison is significant after Holm's correction of the t test
(the p of a loss in the package), and the power for a loss of 10 points of UAR: of one comparison
without correction, with Bonferroni's and with Holm's, and with Holm's correction of the permutation
test by speaker. The comparisons of a study share the original and a part of each speaker's effect,
or are independent. The second table has the coverage of the intervals of a difference of recalls.
The tables in docs/statistics.md are the output; they take about two minutes.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from aser_bench.evaluation import proportions

Array = npt.NDArray[Any]

CLASSES = 8
LEVEL = 0.05
LOSS = 0.10
_MOST_UTTERANCES = 2_000_000  # of all studies that are drawn together


@dataclass(frozen=True)
class Family:
    """The distribution of studies with several comparisons.

    Attributes
    ----------
    speakers, comparisons : int
    takes : int
        Utterances of each emotion and speaker (between 2 and 2 x takes - 1 if ``unequal``).
    loss : float
        Mean loss of each comparison.
    is_shared : bool
        Whether the comparisons have the same original, and correlated effects on a speaker.
    unequal : bool
        Whether speakers have unequally many utterances.
    """

    speakers: int
    comparisons: int
    takes: int = 6
    loss: float = 0.0
    is_shared: bool = True
    unequal: bool = False


def draw(family: Family, studies: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Return numbers of correct utterances and of all utterances, by speaker and emotion.

    The populations are those of benchmarks/simulation.py.

    Returns
    -------
    coded : numpy.ndarray of shape (studies, comparisons, speakers, CLASSES)
    original : numpy.ndarray of shape (studies, comparisons or 1, speakers, CLASSES)
    sizes : numpy.ndarray of shape (studies, 1, speakers, CLASSES)
    """
    groups, number = family.speakers, family.comparisons
    takes = np.full((studies, 1, groups, 1), family.takes)
    if family.unequal:
        takes = rng.integers(2, 2 * family.takes, takes.shape)
    present = np.arange(takes.max()) < takes[..., None]
    skill = np.clip(0.45 + 0.12 * rng.standard_normal((studies, 1, groups)), 0.15, 0.85)
    effect = rng.standard_normal((studies, number, groups))
    if family.is_shared:
        effect = np.sqrt(0.5) * (effect + rng.standard_normal((studies, 1, groups)))
    shape = (studies, number, groups, CLASSES, takes.max())
    of_original = (studies, 1 if family.is_shared else number, *shape[2:])
    difficulty = rng.random(of_original, dtype=np.float32)
    other = rng.random(shape, dtype=np.float32)
    coded = np.where(rng.random(shape, dtype=np.float32) < 0.6, difficulty, other)
    lowered = (skill - family.loss - 0.06 * effect)[..., None, None]
    return (
        ((coded < lowered) & present).sum(axis=-1),
        ((difficulty < skill[..., None, None]) & present).sum(axis=-1),
        np.broadcast_to(takes, (studies, 1, groups, CLASSES)),
    )


def p_values(coded: Array, original: Array, sizes: Array) -> Array:
    """Return the p of each comparison (studies, comparisons), as `Interval.p` of the UAR."""
    groups = coded.shape[-2]
    change = coded - original
    total, n = change.sum(axis=-2, keepdims=True), sizes.sum(axis=-2, keepdims=True)
    estimate = (total / n).mean(axis=(-2, -1))
    left = ((total - change) / (n - sizes)).mean(axis=-1)
    deviation = left - left.mean(axis=-1, keepdims=True)
    error = np.sqrt((groups - 1) / groups * (deviation**2).sum(axis=-1))
    of_speaker = sizes.sum(axis=-1)
    freedom = of_speaker.sum(axis=-1) ** 2 / (of_speaker**2).sum(axis=-1) - 1
    no_error = error < 1e-9
    t = estimate / np.where(no_error, 1.0, error)
    bound = np.minimum(2 * (1 - abs(estimate)) ** of_speaker.sum(axis=-1), 1)
    return np.where(no_error, bound, 2 * special.stdtr(freedom, -abs(t)))


def permutation_p_values(coded: Array, original: Array, sizes: Array) -> Array:
    """Return the p of the permutation test of equally large speakers, all signs enumerated."""
    groups = coded.shape[-2]
    change = ((coded - original) / sizes).mean(axis=-1)
    signs = 1 - 2 * ((np.arange(2 ** (groups - 1))[:, None] >> np.arange(groups)) & 1)
    sums = abs(change @ signs.T)
    return (sums >= sums[..., :1] - 1e-9).mean(axis=-1)


def holm(p: Array) -> Array:
    """Return the corrected p values of each study (studies, comparisons)."""
    order = p.argsort(axis=1)
    steps = np.take_along_axis(p, order, axis=1) * np.arange(p.shape[1], 0, -1)
    corrected = np.minimum(np.maximum.accumulate(steps, axis=1), 1)
    return np.take_along_axis(corrected, order.argsort(axis=1), axis=1)


def rates(family: Family, studies: int, seed: int = 0) -> dict[str, float]:
    """Return the share of studies with any significant comparison, and of comparisons by test."""
    rng = np.random.default_rng(seed)
    size = family.comparisons * family.speakers * CLASSES * family.takes
    batch, parts, flips = max(1, _MOST_UTTERANCES // size), [], []
    # All signs of more speakers are too many.
    has_flips = family.speakers <= 10 and not family.unequal
    for start in range(0, studies, batch):
        counts = draw(family, min(batch, studies - start), rng)
        parts.append(p_values(*counts))
        if has_flips and family.loss:
            flips.append(permutation_p_values(*counts))
    p = np.concatenate(parts)
    corrected = holm(p)
    flipped = holm(np.concatenate(flips)) if flips else np.full((1, 1), np.nan)
    return {
        "any significant": float((corrected <= LEVEL).any(axis=1).mean()),
        "uncorrected": float((p <= LEVEL).mean()),
        "Bonferroni": float((p * p.shape[1] <= LEVEL).mean()),
        "Holm": float((corrected <= LEVEL).mean()),
        "permutation, Holm": float((flipped <= LEVEL).mean()) if flips else float("nan"),
    }


def coverage(
    recalls: tuple[float, float], speakers: int, takes: int, studies: int, seed: int = 0
) -> dict[str, float]:
    """Return the coverage of two intervals of a difference of recalls, and their mean widths.

    Speakers differ in both recalls (a probit-normal distribution with an intraclass correlation of
    .1 on the scale of the normal variable).

    Parameters
    ----------
    recalls : (float, float)
        Mean recalls of the original and of the condition.
    speakers : int
    takes : int
        Utterances of the emotion by each speaker; 0 for 1 to 11, unequally many.
    studies : int
    seed : int
    """
    rng = np.random.default_rng(seed)
    shape = (studies, speakers)
    sizes = np.full(shape, takes) if takes else rng.integers(1, 12, shape)
    spread = np.sqrt(0.1 / 0.9)
    first = rng.standard_normal(shape)
    second = 0.7 * first + np.sqrt(0.51) * rng.standard_normal(shape)
    difficulty = rng.random((*shape, sizes.max()))
    other = rng.random(difficulty.shape)
    coded = np.where(rng.random(difficulty.shape) < 0.6, difficulty, other)
    present = np.arange(sizes.max()) < sizes[..., None]
    correct = []
    for values, skill, recall in zip((difficulty, coded), (first, second), recalls, strict=True):
        scale = special.ndtri(recall) * np.sqrt(1 + spread**2)
        probability = special.ndtr(scale + spread * skill)
        correct.append(((values < probability[..., None]) & present).sum(axis=-1))
    low, high = proportions.difference_limits(correct[1], correct[0], sizes)
    truth = recalls[1] - recalls[0]
    plain_low, plain_high = _t_limits(correct[1], correct[0], sizes)
    return {
        "covers": float(((low <= truth + 1e-12) & (truth - 1e-12 <= high)).mean()),
        "t covers": float(((plain_low <= truth) & (truth <= plain_high)).mean()),
        "width": float((high - low).mean()),
        "t width": float((plain_high - plain_low).mean()),
    }


def _t_limits(coded: Array, original: Array, sizes: Array) -> tuple[Array, Array]:
    """Return the limits of the interval of Student's t, which can leave the possible range."""
    groups = sizes.shape[-1]
    change, n = coded - original, sizes.sum(axis=-1)
    total = change.sum(axis=-1)
    left = (total[..., None] - change) / (n[..., None] - sizes)
    deviation = left - left.mean(axis=-1, keepdims=True)
    error = np.sqrt((groups - 1) / groups * (deviation**2).sum(axis=-1))
    half = special.stdtrit(n**2 / (sizes**2).sum(axis=-1) - 1, 1 - LEVEL / 2) * error
    half = np.where(error < 1e-9, 1 - (LEVEL / 2) ** (1 / n), half)
    return total / n - half, total / n + half


RECALLS = ((0.5, 0.5), (0.6, 0.5), (0.95, 0.95), (0.95, 0.8), (0.03, 0.03), (0.2, 0.02))
RECALLS += ((0.97, 0.05),)


def family_table(studies: int) -> pd.DataFrame:
    """Return the family-wise error and the power of each kind of study."""
    rows = []
    kinds: dict[str, dict[str, Any]] = {
        "same original": {},
        "independent": {"is_shared": False},
        "same original, unequal speakers": {"unequal": True},
        "same original, 16 utterances each": {"takes": 2},
    }
    for kind, speakers, comparisons in product(kinds, (10, 24), (8, 28, 64)):
        family = Family(speakers, comparisons, **kinds[kind])
        error = rates(family, studies)["any significant"]
        power = rates(replace(family, loss=LOSS), max(1, studies // 10), seed=1)
        del power["any significant"]
        row = {"studies": kind, "speakers": speakers, "comparisons": comparisons}
        rows.append({**row, "family-wise error": error, **power})
    return pd.DataFrame(rows)


def recall_table(studies: int) -> pd.DataFrame:
    """Return the coverage of the intervals of recalls."""
    rows = [
        {
            "original": recalls[0],
            "coded": recalls[1],
            "speakers": speakers,
            "takes": takes or "1 to 11",
            **coverage(recalls, speakers, takes, studies),
        }
        for recalls, speakers, takes in product(RECALLS, (10, 24), (2, 8, 0))
    ]
    return pd.DataFrame(rows)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=2000)
    options = parser.parse_args()
    for table in (family_table(options.studies), recall_table(options.studies)):
        shares = table.select_dtypes(float).columns.difference(["original", "coded"])
        table[shares] = 100 * table[shares]
        print(table.to_string(index=False, float_format=lambda value: f"{value:.4g}"))


if __name__ == "__main__":
    main()
