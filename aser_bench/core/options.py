"""Options of components, such as ``opus:application=voip`` and ``functionals:tuning=0``.

A component with options is a frozen dataclass with a field for each option. A spec consists of
the name of the component and the options that differ from their defaults, separated by colons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from .errors import UsageError, suggest


@dataclass(frozen=True)
class Configurable:
    """Base class of components that may have options.

    Attributes
    ----------
    component_type : str
        Type of the component in error messages: ``codec``.
    name : str
        Name on the command line, without options.
    options : mapping of str to callable
        Option -> function that converts the text of a value. It raises ValueError, with a
        description of the valid values, if the text is not valid.
    variants : tuple of str
        Further specs (``opus:application=voip``) that the contract tests check.
    """

    component_type: ClassVar[str]
    name: ClassVar[str]
    options: ClassVar[Mapping[str, Callable[[str], Any]]] = {}
    variants: ClassVar[tuple[str, ...]] = ()

    @property
    def spec(self) -> str:
        """The name and the options that are set, as on the command line."""
        options = (f"{name}={format_option(v)}" for name, v in self.changed_options().items())
        return ":".join([self.name, *options])

    def changed_options(self) -> dict[str, Any]:
        """Return the options that differ from their defaults."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    def with_options(self, options: Mapping[str, str]) -> Self:
        """Return this component with options set.

        Raises
        ------
        UsageError
            If the component has no such option, or a value is not valid.
        """
        values = {}
        for option, text in options.items():
            if option not in self.options:
                hint = suggest(option, self.options) if self.options else "; it has no options"
                raise UsageError(
                    f"{self.component_type} {self.name} has no option {option!r}{hint}"
                )
            try:
                values[option] = self.options[option](text)
            except ValueError as error:
                raise UsageError(
                    f"{self.component_type} {self.name}: {option}={text} must be {error}"
                ) from error
        return replace(self, **values)


def split_spec(spec: str) -> tuple[list[str], dict[str, str]]:
    """Return the parts of a spec that are not options, and its options.

    Raises
    ------
    UsageError
        If an option is given twice.

    Examples
    --------
    >>> split_spec("package.module:Name:tuning=0")
    (['package.module', 'Name'], {'tuning': '0'})
    """
    parts: list[str] = []
    options: dict[str, str] = {}
    for part in spec.split(":"):
        option, equals, value = part.partition("=")
        if not equals:
            parts.append(part)
        elif option in options:
            raise UsageError(f"{spec!r} gives the option {option!r} twice")
        else:
            options[option] = value
    return parts, options


def choice(*values: str) -> Callable[[str], str]:
    """Return a converter for an option with a fixed set of values."""

    def convert(text: str) -> str:
        if text not in values:
            raise ValueError(" or ".join(values))
        return text

    return convert


def number(low: float, high: float, unit: str) -> Callable[[str], float]:
    """Return a converter for an option that is a number from ``low`` to ``high``."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g} ({unit})")
        return value

    return convert


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return a converter for an option that is a whole number from ``low`` to ``high``."""

    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text[:20]) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(text)

    return convert


def format_option(value: object) -> str:
    """Return the value of an option as in a spec: numbers with all their digits.

    Examples
    --------
    >>> format_option(64.0), format_option(12.65), format_option("voip")
    ('64', '12.65', 'voip')
    """
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value == int(value) else repr(value)
