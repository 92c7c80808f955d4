"""Lenient reading of JSON values: a value of another type than the expected one is None."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")

_LARGEST_COUNT = 2**53  # integers up to here are exact as floats, too
_DEEPEST = 32
"""Levels of lists and objects; a manifest of a run has about five."""


def parse(text: str) -> Any:
    """Return the value of a JSON text; NaN and infinite numbers are read as null.

    Raises
    ------
    ValueError
        If the text is not JSON or is nested too deeply.
    """
    try:
        value = json.loads(text, parse_constant=_null, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not _is_shallow(value):
        raise ValueError("it is nested too deeply")
    return value


def _null(name: str) -> None:
    """Read NaN and Infinity, which are not JSON, as null."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        children = [list(v.values()) if isinstance(v, Mapping) else v for v in level]
        level = [item for items in children if isinstance(items, list) for item in items]
        if not level:
            return True
    return False


def required_object(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the object of a name.

    Raises
    ------
    ValueError
        If there is none.
    """
    value = content.get(name)
    if not isinstance(value, Mapping):
        raise ValueError(f"it has no object {name!r}")
    return value


def object_or_empty(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one for any other value."""
    return value if isinstance(value, Mapping) else {}


def text(value: Any) -> str | None:
    """Return a string."""
    return value if isinstance(value, str) else None


def flag(value: Any) -> bool | None:
    """Return a boolean."""
    return value if isinstance(value, bool) else None


def count(value: Any) -> int | None:
    """Return a number of things.

    Examples
    --------
    >>> count(24), count(True), count("24"), count(-1)
    (24, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def seconds(value: Any) -> float | None:
    """Return a duration."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None  # false for NaN


def factor(value: Any) -> float | None:
    """Return a factor that is not negative.

    Examples
    --------
    >>> factor(0.25), factor("0.25"), factor(-1)
    (0.25, None, None)
    """
    return seconds(value)


def version(value: Any) -> int | str | None:
    """Return a version: an integer or a string that is not empty."""
    is_version = isinstance(value, int | str) and not isinstance(value, bool) and value != ""
    return value if is_version else None


def each(value: Any, read: Callable[[Any], T | None]) -> dict[str, T] | None:
    """Return an object without the values that cannot be read."""
    if not isinstance(value, Mapping):
        return None
    pairs = ((name, read(item)) for name, item in value.items())
    return {name: item for name, item in pairs if item is not None}


def each_or_none(value: Any, read: Callable[[Any], T | None]) -> dict[str, T | None] | None:
    """Return an object, with None for values that cannot be read."""
    if not isinstance(value, Mapping):
        return None
    return {name: read(item) for name, item in value.items()}


def items(value: Any, read: Callable[[Any], T | None]) -> tuple[T, ...] | None:
    """Return a list of which every item can be read."""
    if not isinstance(value, list):
        return None
    readable = [item for item in map(read, value) if item is not None]
    return tuple(readable) if len(readable) == len(value) else None
