"""Find components by name: built-ins by file, other people's by entry point or dotted path.

A file in ``aser_bench/<kind>/`` is a component when it defines ``COMPONENT``; its name is
the component's ``name``. Other packages register theirs under the entry-point group
``aser_bench.<kind>``. ``package.module:Name`` names any object directly.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import entry_points, version
from typing import Any

from .errors import UsageError, suggest

KINDS = ("corpora", "codecs", "transcripts", "features", "models")
_SINGULAR = {
    "corpora": "corpus",
    "codecs": "codec",
    "transcripts": "transcriber",
    "features": "feature set",
    "models": "model",
}


@cache
def _builtins(kind: str) -> dict[str, Any]:
    package = importlib.import_module(f"aser_bench.{kind}")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        component = getattr(
            importlib.import_module(f"{package.__name__}.{module.name}"), "COMPONENT", None
        )
        if component is not None:
            found[component.name] = component
    return found


@cache
def _plugins(kind: str) -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=f"aser_bench.{kind}")}


def names(kind: str) -> list[str]:
    """Return the sorted names of all components of a kind (one of ``KINDS``)."""
    return sorted({*_builtins(kind), *_plugins(kind)})


def get(kind: str, name: str) -> Any:
    """Return the component ``name`` of a kind.

    Raises
    ------
    UsageError
        If there is no such component, or its module cannot be imported.
    """
    if name in _builtins(kind):
        return _builtins(kind)[name]
    if name in _plugins(kind):
        return _load(kind, name, _plugins(kind)[name].value)
    if ":" in name:
        return _load(kind, name, name)
    raise UsageError(f"unknown {_SINGULAR[kind]} {name!r}{suggest(name, names(kind))}")


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the installed version of each distribution; looking one up reads a file."""
    return {package: version(package) for package in packages}


def _load(kind: str, name: str, path: str) -> Any:
    module, _, attribute = path.partition(":")
    try:
        target = importlib.import_module(module)
        for part in attribute.split("."):
            target = getattr(target, part)
    except Exception as error:  # a module of somebody else's may raise whatever it likes
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UsageError(f"{_SINGULAR[kind]} {name!r} cannot be loaded: {reason}") from error
    return getattr(target, "COMPONENT", target)
