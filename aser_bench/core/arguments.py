"""Checks of the values of arguments; the messages name the argument."""

from __future__ import annotations

from collections.abc import Collection
from numbers import Real
from os import PathLike, fsencode

from .errors import UsageError


def check_number(name: str, value: object) -> None:
    """Raise a `UsageError` unless a value is a number."""
    if not isinstance(value, Real):
        raise UsageError(f"{name} must be a number, not {value!r}")


def check_path(name: str, value: object) -> None:
    """Raise a `UsageError` unless a value is a path."""
    if not isinstance(value, str | PathLike):
        raise UsageError(f"{name} must be a path, not {value!r}")


def check_utf8(name: str, value: object) -> None:
    """Raise a `UsageError` for a path that cannot be written to a results file."""
    try:
        str(value).encode()
    except UnicodeEncodeError:
        text = fsencode(str(value)).decode(errors="backslashreplace")
        raise UsageError(
            f"{name} '{text}' is not UTF-8 and cannot be written to the results; rename it"
        ) from None


def check_sample_rate(value: object) -> None:
    """Raise a `UsageError` unless a value is a sample rate: a positive whole number."""
    if not isinstance(value, Real) or not float(value).is_integer() or float(value) <= 0:
        raise UsageError(f"rate must be a sample rate in Hz, such as 16000, not {value!r}")


def split_names(name: str, value: object) -> tuple[str, ...]:
    """Return the names in a list or in a string separated by commas, without duplicates.

    Parameters
    ----------
    name : str
        The argument, for error messages.
    value : str or collection of str

    Raises
    ------
    UsageError
        For any other value.

    Examples
    --------
    >>> split_names("formats", "csv, html"), split_names("formats", ["csv", "html"])
    (('csv', 'html'), ('csv', 'html'))
    """
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, Collection) or not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{name} must be a name or a list of names, not {value!r}")
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
