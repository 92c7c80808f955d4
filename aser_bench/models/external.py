"""scikit-learn classifiers as models: ``--models package.module:Name``."""

from __future__ import annotations

import hashlib
import inspect
import sys
from typing import Any

from ..core import registry
from ..core.errors import UsageError
from .base import Grid, Model, Settings


class ExternalClassifier(Model):
    """A classifier of another package behind a StandardScaler.

    It is trained several times per fold if it has a parameter ``random_state`` (also within a
    composite estimator), and with class weights if it has a parameter ``class_weight``.

    Parameters
    ----------
    name : str
        Name of the model: ``package.module:Name``.
    target : type or estimator
        A class, which is used with its default parameters, or an instance, which is cloned and
        keeps its other parameters.

    Raises
    ------
    UsageError
        If ``target`` is not a classifier, or an instance without ``get_params``.
    """

    title = "a classifier from another package"

    def __init__(self, name: str, target: Any) -> None:
        self.name = name
        self._class: type = target if inspect.isclass(target) else type(target)
        if not _is_classifier(self._class):
            raise UsageError(
                f"model {name!r} is not a classifier: give a class or an instance with fit and "
                "predict"
            )
        if inspect.isclass(target):
            self._prototype = None
            signature = inspect.signature(target).parameters.values()
            parameters = [parameter.name for parameter in signature]
            if required := [p.name for p in signature if _is_required(p)]:
                raise UsageError(
                    f"model {name!r} cannot be instantiated without {', '.join(required)}: give an "
                    "instance"
                )
        elif hasattr(target, "get_params"):
            self._prototype = target
            parameters = list(target.get_params())
        else:
            raise UsageError(
                f"model {name!r} is an instance without get_params: derive it from scikit-learn's "
                "BaseEstimator, or give its class"
            )
        self._seeds = [p for p in parameters if p.split("__")[-1] == "random_state"]
        self._weighs = "class_weight" in parameters
        self.is_random = bool(self._seeds)

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier behind a StandardScaler."""
        from sklearn.base import clone
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        parameters: dict[str, Any] = dict.fromkeys(self._seeds, seed)
        if self._weighs and settings.class_weight != "none":
            parameters["class_weight"] = settings.class_weight
        if self._prototype is None:
            classifier = self._class(**parameters)
        else:
            classifier = clone(self._prototype).set_params(**parameters)
        return Pipeline([("scale", StandardScaler()), ("model", classifier)])

    def grid(self, settings: Settings) -> Grid:
        """Return one empty candidate: nothing is searched."""
        return [{}]

    def ignored_settings(self, settings: Settings) -> tuple[str, ...]:
        """Report class weights if the classifier does not support them."""
        if self._weighs or settings.class_weight == "none":
            return ()
        return (f"{self.name}: {self._class.__name__} does not support class weights",)

    def identity(self, settings: Settings) -> dict[str, Any]:
        """Return the identity with a hash of the classifier's code.

        The hash covers the source of each class with its base classes, and the version of its
        package, so an edited or upgraded class has another identity.
        """
        code = hashlib.sha256("\n".join(map(_code, self._classes())).encode()).hexdigest()
        return {**super().identity(settings), "code": code}

    def _classes(self) -> list[type]:
        """Return the class, and those of the estimators within a composite instance."""
        params = self._prototype.get_params() if self._prototype is not None else {}
        parts = [type(params[name]) for name in sorted(params)]
        return [self._class, *(part for part in parts if hasattr(part, "get_params"))]


def _is_classifier(target: type) -> bool:
    """Whether a class has fit and predict and is not another type of scikit-learn estimator."""
    from sklearn import base

    others = (base.RegressorMixin, base.ClusterMixin, base.OutlierMixin)
    if issubclass(target, others) and not issubclass(target, base.ClassifierMixin):
        return False
    return all(callable(getattr(target, method, None)) for method in ("fit", "predict"))


def _code(target: type) -> str:
    """Return the version of a class's package and the source of the class and its bases."""
    bases = [base for base in inspect.getmro(target) if base.__module__ != "builtins"]
    package = sys.modules.get(target.__module__.partition(".")[0])
    return "\n".join([getattr(package, "__version__", ""), *map(_source, bases)])


def _source(target: type) -> str:
    try:
        return inspect.getsource(target)
    except (OSError, TypeError):
        return ""


def as_model(name: str, target: Any) -> Model:
    """Return a `Model`, or an instance of a class of models, or a classifier wrapped as a model.

    Raises
    ------
    UsageError
        If the class of a model cannot be instantiated without arguments, or ``target`` is not a
        classifier.
    """
    if isinstance(target, Model) or (inspect.isclass(target) and issubclass(target, Model)):
        return registry.as_instance("models", name, target, Model)  # type: ignore[type-abstract]
    return ExternalClassifier(name, target)


def _is_required(parameter: inspect.Parameter) -> bool:
    variable = (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    return parameter.default is parameter.empty and parameter.kind not in variable
