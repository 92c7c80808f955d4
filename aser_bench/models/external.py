"""Any scikit-learn classifier as a model: ``--models package.module:Name``."""

from __future__ import annotations

import hashlib
import inspect
from typing import Any

from ..errors import UsageError
from .base import Model


class External(Model):
    """A classifier class from elsewhere, used with its own defaults behind a StandardScaler.

    It is trained several times a fold if it takes a ``random_state``.
    """

    title = "a classifier from another package"

    def __init__(self, name: str, target: Any) -> None:
        if not all(callable(getattr(target, method, None)) for method in ("fit", "predict")):
            raise UsageError(f"model {name!r} is no classifier: it has no fit and predict")
        self.name = name
        self.target = target
        self.random = "random_state" in inspect.signature(target).parameters

    def estimator(self, preset: str, seed: int) -> Any:
        """Return the classifier behind a StandardScaler."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        settings = {"random_state": seed} if self.random else {}
        return Pipeline([("scale", StandardScaler()), ("model", self.target(**settings))])

    def grid(self, preset: str, effort: str) -> list[dict[str, list]]:
        """Return one empty candidate: nothing is searched."""
        return [{}]

    def identity(self) -> dict[str, Any]:
        """Return the identity with the class's own code in it: an edited class is another one."""
        try:
            code = inspect.getsource(self.target)
        except (OSError, TypeError):
            code = ""
        return {**super().identity(), "code": hashlib.sha256(code.encode()).hexdigest()}


def as_model(name: str, found: Any) -> Model:
    """Return ``found`` if it is a `Model` (or a class of it), else a classifier wrapped as one."""
    if isinstance(found, Model):
        return found
    if inspect.isclass(found) and issubclass(found, Model):
        return found()
    return External(name, found)
