"""What both sides of `study.py` are given: the grids, the trainings, and how memory is read.

Neither side's libraries are imported here, so that neither pays for the other's.
"""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aser_bench.models import mlp, svm
from aser_bench.models.base import Settings

GRIDS: dict[str, dict[str, list]] = {
    "svm": {
        "svc__kernel": ["linear", "rbf", "poly", "sigmoid"],
        "svc__C": [0.01, 0.1, 1, 10],
        "svc__gamma": [0.001, 0.01, 0.1],
    },
    "mlp": {
        "mlp__alpha": [0.001, 0.01],
        "mlp__learning_rate": ["constant", "adaptive"],
        "mlp__max_iter": [25, 50],
    },
}
"""A slice of the folk recipe's grids, with what repeats itself in them."""


class Svm(svm.Svm):
    """The package's SVM over the slice of the grid."""

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return the slice."""
        return [GRIDS["svm"]]


class Mlp(mlp.Mlp):
    """The package's MLP over the slice of the grid."""

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return the slice."""
        return [GRIDS["mlp"]]


MODELS = {"svm": "slice_of_study:Svm", "mlp": "slice_of_study:Mlp", "lstm": "lstm"}


@dataclass(frozen=True)
class Cell:
    """One model on one fold at one training condition: row numbers, inner folds, runs' seeds."""

    model: str
    condition: str
    fold: int
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray
    folds: list[tuple[np.ndarray, np.ndarray]]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """What the script is to do: recordings with their labels, kbit/s, and trainings."""

    files: list[Path]
    labels: np.ndarray
    bitrates: tuple[int, ...]
    cells: list[Cell]
    epochs: int
    ffmpeg: str


def needed(candidates: list[dict[str, Any]]) -> np.ndarray:
    """Say which candidates are no repetition of another one: bools (candidates,).

    Gamma means nothing to a linear kernel, the schedule of the learning rate nothing to adam,
    and the network after 25 epochs is one on its way to 50.
    """
    kept: dict[tuple, int] = {}
    for place, one in enumerate(candidates):
        ignored = {"mlp__learning_rate", "mlp__max_iter"}
        if one.get("svc__kernel") == "linear":
            ignored.add("svc__gamma")
        same = tuple((name, one[name]) for name in sorted(one) if name not in ignored)
        other = candidates[kept.setdefault(same, place)]
        if one.get("mlp__max_iter", 0) > other.get("mlp__max_iter", 0):
            kept[same] = place
    return np.isin(np.arange(len(candidates)), list(kept.values()))


def peak_mb() -> float:
    """Return the most memory that this process has had resident, in MB."""
    try:  # getrusage would say that of the process which started this one, if that had more
        text = Path("/proc/self/status").read_text(encoding="ascii")
        return float(text.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
