"""Options of components: ``opus:application=voip``, ``functionals:tuning=0``.

A component with options is a frozen dataclass with a field for each of them. A spec is its name
and the options that differ from their defaults, between colons.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

from .errors import UsageError, suggest


@dataclass(frozen=True)
class Configurable:
    """A component that may have options.

    Attributes
    ----------
    component_type : str
        What it is, for messages: ``codec``.
    name : str
        The name on the command line, without options.
    options : mapping of str to callable
        Option -> what makes its value of a word and raises ValueError, with what it should
        be, for another word.
    variants : tuple of str
        Further specs (``opus:application=voip``) that the contract suite tests.
    """

    component_type: ClassVar[str]
    name: ClassVar[str]
    options: ClassVar[Mapping[str, Callable[[str], Any]]] = {}
    variants: ClassVar[tuple[str, ...]] = ()

    @property
    def spec(self) -> str:
        """The name and what its options are set to, as the command line takes it."""
        return ":".join(
            [self.name, *(f"{k}={format_option(v)}" for k, v in self.changed_options().items())]
        )

    def changed_options(self) -> dict[str, Any]:
        """Return the options that differ from their defaults."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    def with_options(self, options: Mapping[str, str]) -> Self:
        """Return this component with options set.

        Raises
        ------
        UsageError
            For an option that it does not have, or a value that the option does not take.
        """
        found = {}
        for option, word in options.items():
            if option not in self.options:
                hint = suggest(option, self.options) if self.options else "; it has none"
                raise UsageError(
                    f"{self.component_type} {self.name} has no option {option!r}{hint}"
                )
            try:
                found[option] = self.options[option](word)
            except ValueError as error:
                raise UsageError(
                    f"{self.component_type} {self.name}: {option}={word} must be {error}"
                ) from error
        return replace(self, **found)


def split_spec(spec: str) -> tuple[list[str], dict[str, str]]:
    """Return the words of a spec that are no options, and its options.

    Raises
    ------
    UsageError
        For an option that is given twice.

    Examples
    --------
    >>> split_spec("package.module:Name:tuning=0")
    (['package.module', 'Name'], {'tuning': '0'})
    """
    words, options = [], {}
    for word in spec.split(":"):
        option, equals, value = word.partition("=")
        if not equals:
            words.append(word)
        elif option in options:
            raise UsageError(f"{spec!r} gives the option {option!r} twice")
        else:
            options[option] = value
    return words, options


def choice(*words: str) -> Callable[[str], str]:
    """Return what reads an option that is one of some words."""

    def read(word: str) -> str:
        if word not in words:
            raise ValueError(" or ".join(words))
        return word

    return read


def number(low: float, high: float, unit: str) -> Callable[[str], float]:
    """Return what reads an option that is a number from ``low`` to ``high``."""

    def read(word: str) -> float:
        try:
            value = float(word)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ValueError(f"a number from {low:g} to {high:g} ({unit})")
        return value

    return read


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return what reads an option that is a whole number from ``low`` to ``high``."""

    def read(word: str) -> int:
        if not (word.isascii() and word.isdigit() and low <= int(word[:20]) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(word)

    return read


def format_option(value: Any) -> str:
    """Return an option's value as it stands in a spec: numbers with all their digits.

    Examples
    --------
    >>> format_option(64.0), format_option(12.65), format_option("voip")
    ('64', '12.65', 'voip')
    """
    if not isinstance(value, float):
        return str(value)
    return str(int(value)) if value == int(value) else repr(value)
