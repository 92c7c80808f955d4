"""Any scikit-learn classifier as a model: ``--models package.module:Name``."""

from __future__ import annotations

import hashlib
import inspect
import sys
from typing import Any

from ..core.errors import UsageError
from .base import Model, Settings


class External(Model):
    """A classifier class from elsewhere, used with its own defaults behind a StandardScaler.

    It is trained several times a fold if it takes a ``random_state``, and it weighs classes if it
    takes a ``class_weight``.
    """

    title = "a classifier from another package"

    def __init__(self, name: str, target: Any) -> None:
        if not inspect.isclass(target):
            raise UsageError(f"model {name!r} is no classifier class: give package.module:Name")
        if not _classifies(target):
            raise UsageError(f"model {name!r} is no classifier with fit and predict")
        self.name = name
        self.target = target
        parameters = inspect.signature(target).parameters
        self.is_random = "random_state" in parameters
        self._weighs = "class_weight" in parameters

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier behind a StandardScaler."""
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        given: dict[str, Any] = {"random_state": seed} if self.is_random else {}
        if self._weighs and settings.class_weight != "none":
            given["class_weight"] = settings.class_weight
        return Pipeline([("scale", StandardScaler()), ("model", self.target(**given))])

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return one empty candidate: nothing is searched."""
        return [{}]

    def ignored_settings(self, settings: Settings) -> tuple[str, ...]:
        """Say so where classes are to be weighed and the class cannot do it."""
        if self._weighs or settings.class_weight == "none":
            return ()
        return (f"{self.name}: {self.target.__name__} knows no class weights",)

    def identity(self, settings: Settings) -> dict[str, Any]:
        """Return the identity with the code of the class and its ancestors, and the version of
        the package they come from: an edited or upgraded class is another one.
        """
        ancestors = [one for one in inspect.getmro(self.target) if one.__module__ != "builtins"]
        package = sys.modules.get(self.target.__module__.partition(".")[0])
        made_of = [getattr(package, "__version__", ""), *map(_source, ancestors)]
        code = hashlib.sha256("\n".join(made_of).encode()).hexdigest()
        return {**super().identity(settings), "code": code}


def _classifies(target: type) -> bool:
    """Whether a class has fit and predict, and scikit-learn does not know it as something else."""
    from sklearn import base

    others = (base.RegressorMixin, base.ClusterMixin, base.OutlierMixin)
    if issubclass(target, others) and not issubclass(target, base.ClassifierMixin):
        return False
    return all(callable(getattr(target, method, None)) for method in ("fit", "predict"))


def _source(target: type) -> str:
    try:
        return inspect.getsource(target)
    except (OSError, TypeError):
        return ""


def as_model(name: str, found: Any) -> Model:
    """Return ``found`` if it is a `Model` (or a class of it), else a classifier wrapped as one."""
    if isinstance(found, Model):
        return found
    if inspect.isclass(found) and issubclass(found, Model):
        return found()
    return External(name, found)
