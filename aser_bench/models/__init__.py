"""The models, one a file; `get` finds one by name."""

from __future__ import annotations

from ..core import registry
from .base import Model


def get(name: str) -> Model:
    """Return a built-in model, one of an entry point, or ``package.module:Name``."""
    from .external import as_model

    return as_model(name, registry.get("models", name))
