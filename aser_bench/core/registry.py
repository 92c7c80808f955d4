"""Lookup of components by name: built-in files, entry points and dotted paths.

A file in ``aser_bench/<kind>/`` is a component if it defines ``COMPONENT``; its name is the
attribute ``name`` of that object. Other packages register components under the entry-point group
``aser_bench.<kind>``. ``package.module:Name`` names any object directly. An entry point or a
dotted path may lead to an instance, to a class that takes no arguments, or to a module that
defines ``COMPONENT``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any, TypeVar

from .errors import UsageError, suggest

KINDS = ("corpora", "codecs", "transcripts", "features", "models", "metrics", "protocols")
_SINGULAR = {
    "corpora": "corpus",
    "codecs": "codec",
    "transcripts": "transcriber",
    "features": "feature set",
    "models": "model",
    "metrics": "metric",
    "protocols": "protocol",
}

_LISTS = {
    "metrics": ("aser_bench.evaluation.metrics", "METRICS"),
    "protocols": ("aser_bench.evaluation.protocols", "PROTOCOLS"),
}
"""Kinds of which a component is an entry in a list instead of a file: module and attribute."""

Component = TypeVar("Component")


@cache
def builtins(kind: str) -> dict[str, Any]:
    """Return the built-in components of a kind by name."""
    if kind in _LISTS:
        path, attribute = _LISTS[kind]
        return {
            component.name: component
            for component in getattr(importlib.import_module(path), attribute)
        }
    package = importlib.import_module(f"aser_bench.{kind}")
    components = {}
    for module in pkgutil.iter_modules(package.__path__):
        component = getattr(
            importlib.import_module(f"{package.__name__}.{module.name}"), "COMPONENT", None
        )
        if component is not None:
            components[component.name] = component
    return components


@cache
def plugins(kind: str) -> dict[str, EntryPoint]:
    """Return the entry points of the group ``aser_bench.<kind>`` by name, without loading them."""
    return {point.name: point for point in entry_points(group=f"aser_bench.{kind}")}


def names(kind: str) -> list[str]:
    """Return the sorted names of all components of a kind (one of ``KINDS``)."""
    return sorted({*builtins(kind), *plugins(kind)})


def get(kind: str, name: str) -> Any:
    """Return the object with a name, as it was registered (an instance or a class).

    Raises
    ------
    UsageError
        If there is no such component, or its module cannot be imported.
    """
    if not isinstance(name, str):
        raise UsageError(f"the name of a {_SINGULAR[kind]} must be a string, not {name!r}")
    if name in builtins(kind):
        return builtins(kind)[name]
    if name in plugins(kind):
        return load(kind, name, plugins(kind)[name].value)
    if ":" in name:
        return load(kind, name, name)
    hint = suggest(name, names(kind))
    if "did you mean" not in hint:
        hint += "; install the package that defines another one, or write package.module:Name"
    raise UsageError(f"unknown {_SINGULAR[kind]} {name!r}{hint}")


def instance(kind: str, name: str, base: type[Component]) -> Component:
    """Return the component with a name; a class is instantiated without arguments.

    Parameters
    ----------
    kind : str
        One of ``KINDS``.
    name : str
        A built-in name, the name of an entry point, or ``package.module:Name``.
    base : type
        The base class of the kind, such as `aser_bench.codecs.base.Codec`.

    Raises
    ------
    UsageError
        As `get`, or if the object is neither an instance nor a subclass of ``base``, or the class
        cannot be instantiated without arguments.
    """
    return as_instance(kind, name, get(kind, name), base)


def as_instance(kind: str, name: str, target: Any, base: type[Component]) -> Component:
    """Return ``target``, or an instance of it if it is a class; see `instance`."""
    if isinstance(target, type) and issubclass(target, base):
        try:
            return target()
        except (Exception, SystemExit) as error:  # another package may raise anything
            raise UsageError(
                f"{_SINGULAR[kind]} {name!r} cannot be instantiated without arguments: "
                f"{reason(error)}"
            ) from error
    if not isinstance(target, base):
        raise UsageError(
            f"{name} is not a {_SINGULAR[kind]}: it must be an instance or a subclass of "
            f"{base.__module__}.{base.__qualname__}"
        )
    return target


@cache
def versions(packages: tuple[str, ...]) -> dict[str, str]:
    """Return the installed version of each distribution; looking one up reads a file."""
    return {package: version(package) for package in packages}


def load(kind: str, name: str, path: str) -> Any:
    """Return the object at ``package.module:Name``, or the ``COMPONENT`` of a module.

    Raises
    ------
    UsageError
        If the module cannot be imported or has no such attribute; the message names the component.
    """
    module, _, attribute = path.partition(":")
    try:
        target = importlib.import_module(module)
        for part in attribute.split(".") if ":" in path else ():
            target = getattr(target, part)
    except (Exception, SystemExit) as error:  # a module of another package may raise anything
        raise UsageError(f"{_SINGULAR[kind]} {name!r} cannot be loaded: {reason(error)}") from error
    return getattr(target, "COMPONENT", target)


def reason(error: BaseException) -> str:
    """Return an error of another package in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())
