"""Support vector machine (scikit-learn's SVC with kernel matrices) on standardised features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .base import Folds, Grid, Model, Settings, TrainingSize
from .gram.kernels import matrix_fits

_C = [0.0005, 0.001, 0.002, 0.01, 0.1, 1, 10]
_GAMMA = [0.001, 0.01, 0.1, 1]

_GRIDS: dict[str, Grid] = {
    "quick": [{"svc__kernel": ["linear"], "svc__C": [0.01, 0.1]}],
    "standard": [
        {"svc__kernel": ["linear"], "svc__C": [0.01, 0.1]},
        {"svc__kernel": ["rbf"], "svc__C": [1, 10, 100], "svc__gamma": [0.001]},
    ],
    # The grid of the widespread recipe, without the gammas of the linear kernel, which has none.
    "paper": [
        {"svc__kernel": ["linear"], "svc__C": _C},
        {"svc__kernel": ["rbf", "poly", "sigmoid"], "svc__C": _C, "svc__gamma": _GAMMA},
    ],
}


class Svm(Model):
    """SVC behind a StandardScaler; it is not random, so it is trained once per fold.

    The probabilities in the predictions are a softmax over the one-vs-rest decision values. They
    rank the classes, but are not calibrated.
    """

    name = "svm"
    title = "support vector machine (SVC), standardised features, grid search"

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the pipeline; ``seed`` is not used, since nothing is random."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        from .gram.classifier import GramSVC

        svc = GramSVC(cache_size=500)
        if settings.preset == "paper":
            svc.set_params(kernel="linear", gamma=0.001)
        if settings.class_weight != "none":
            svc.set_params(class_weight=settings.class_weight)
        return Pipeline([("scale", StandardScaler()), ("svc", svc)])

    def grid(self, settings: Settings) -> Grid:
        """Return the grid; the paper preset fixes the kernel, and only C is searched."""
        return [{"svc__C": _C}] if settings.preset == "paper" else _GRIDS[settings.effort]

    def search(
        self,
        candidates: Sequence[dict[str, Any]],
        features: np.ndarray,
        labels: np.ndarray,
        folds: Folds,
        settings: Settings,
        seed: int,
    ) -> np.ndarray:
        """Score the candidates with shared kernel matrices; see `gram.classifier.search`."""
        from .gram.classifier import search

        return search(self.estimator(settings, seed), candidates, features, labels, folds)

    def ignored_settings(self, settings: Settings) -> tuple[str, ...]:
        """Describe the settings that SVC ignores."""
        if settings.preset != "paper":
            return ()
        return ("svm: gamma 0.001 has no effect with a linear kernel",)

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return the approximate cost of one fit: SMO is quadratic in the training set's size."""
        if not matrix_fits(size.utterances):
            return 0.002 + 2.4e-9 * size.utterances**2 * size.columns
        return 0.005 + (5e-8 + 5e-11 * size.columns) * size.utterances**2


COMPONENT = Svm()
