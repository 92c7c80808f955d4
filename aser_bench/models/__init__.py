"""Models, one per file; `get` returns one by name."""

from __future__ import annotations

from ..core import registry
from .base import Model


def get(name: str) -> Model:
    """Return a built-in model, one registered by an entry point, or ``package.module:Name``.

    A dotted path may name a `Model` or a scikit-learn classifier, as a class or as an instance.

    Raises
    ------
    UsageError
        If there is no such model, its module cannot be imported, or the object is not a
        classifier.
    """
    from .external import as_model

    return as_model(name, registry.get("models", name))
