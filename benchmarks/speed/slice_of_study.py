"""Common input of both sides of `study.py`: grids, trainings, and the measurement of memory.

The libraries of neither side are imported here, because their import is part of the times.
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
"""A part of commonly used grids, with their redundant candidates."""


class Svm(svm.Svm):
    """The SVM of the package with the reduced grid."""

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return the reduced grid."""
        return [GRIDS["svm"]]


class Mlp(mlp.Mlp):
    """The MLP of the package with the reduced grid."""

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return the reduced grid."""
        return [GRIDS["mlp"]]


MODELS = {"svm": "slice_of_study:Svm", "mlp": "slice_of_study:Mlp", "lstm": "lstm"}


@dataclass(frozen=True)
class Cell:
    """A model, fold and training condition: row numbers, inner folds, and seeds of the runs."""

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
    """The work of the script: recordings with their labels, bitrates (kbit/s), and trainings."""

    files: list[Path]
    labels: np.ndarray
    bitrates: tuple[int, ...]
    cells: list[Cell]
    epochs: int
    ffmpeg: str


def needed(candidates: list[dict[str, Any]]) -> np.ndarray:
    """Return which candidates do not repeat another candidate, as bools (candidates,).

    Gamma has no effect on a linear kernel, the schedule of the learning rate has none on adam, and
    training for 50 epochs includes the network after 25 epochs.
    """
    selected: dict[tuple, int] = {}
    for index, candidate in enumerate(candidates):
        ignored = {"mlp__learning_rate", "mlp__max_iter"}
        if candidate.get("svc__kernel") == "linear":
            ignored.add("svc__gamma")
        key = tuple((name, candidate[name]) for name in sorted(candidate) if name not in ignored)
        other = candidates[selected.setdefault(key, index)]
        if candidate.get("mlp__max_iter", 0) > other.get("mlp__max_iter", 0):
            selected[key] = index
    return np.isin(np.arange(len(candidates)), list(selected.values()))


def peak_mb() -> float:
    """Return the peak resident memory of this process in MB."""
    try:  # getrusage may return the peak of the parent process
        text = Path("/proc/self/status").read_text(encoding="ascii")
        return float(text.partition("VmHWM:")[2].split()[0]) / 1024
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
