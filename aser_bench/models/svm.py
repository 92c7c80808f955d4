"""Support vector machine (scikit-learn's SVC) on standardised features."""

from __future__ import annotations

from typing import Any

from .base import Model

_C = [0.0005, 0.001, 0.002, 0.01, 0.1, 1, 10]
_GAMMA = [0.001, 0.01, 0.1, 1]

_GRIDS: dict[str, list[dict[str, list]]] = {
    "quick": [{"svc__kernel": ["linear"], "svc__C": [0.01, 0.1]}],
    "standard": [
        {"svc__kernel": ["linear"], "svc__C": [0.01, 0.1]},
        {"svc__kernel": ["rbf"], "svc__C": [1, 10, 100], "svc__gamma": [0.001]},
    ],
    # The folk recipe's grid; gamma means nothing to a linear kernel and is not repeated there.
    "paper": [
        {"svc__kernel": ["linear"], "svc__C": _C},
        {"svc__kernel": ["rbf", "poly", "sigmoid"], "svc__C": _C, "svc__gamma": _GAMMA},
    ],
}


class Svm(Model):
    """SVC behind a StandardScaler; it has no random start, so one run a fold says it all.

    The probabilities in the predictions are a softmax over its one-vs-rest decision values:
    an order of confidence, not calibrated.
    """

    name = "svm"
    title = "support vector machine (SVC), standardised features, grid search"

    def estimator(self, preset: str, seed: int) -> Any:
        """Return the pipeline; ``seed`` is not used, since nothing in it is drawn."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler
        from sklearn.svm import SVC

        fixed = {"kernel": "linear", "gamma": 0.001} if preset == "paper" else {}
        return Pipeline([("scale", StandardScaler()), ("svc", SVC(cache_size=500, **fixed))])

    def grid(self, preset: str, effort: str) -> list[dict[str, list]]:
        """Return the grid; the paper preset fixes the kernel and leaves C to be searched."""
        return [{"svc__C": _C}] if preset == "paper" else _GRIDS[effort]

    def inert(self, preset: str) -> tuple[str, ...]:
        """Name what SVC ignores of the study's settings."""
        if preset != "paper":
            return ()
        return ("svm: gamma 0.001 has no meaning for a linear kernel",)

    def seconds(self, n_train: int, n_features: int) -> float:
        """Return roughly what one fit costs (SMO grows with the square of the training set)."""
        return 0.002 + 2.4e-9 * n_train**2 * n_features


COMPONENT = Svm()
