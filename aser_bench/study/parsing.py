"""Parsers of the values in a study file, an environment variable or a flag."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ..codecs.specs import split_bitrate
from ..core.errors import UsageError, suggest

T = TypeVar("T")
Parser = Callable[[Any], T]

_BOOLEANS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


@dataclass(frozen=True)
class CorpusChoice:
    """A corpus of a study.

    Attributes
    ----------
    name : str
    source : str or None
        Its folder or file; None for a corpus that needs none.
    """

    name: str
    source: str | None = None


@dataclass(frozen=True)
class CodecChoice:
    """A codec of a study.

    Attributes
    ----------
    name : str
        A codec with its options, or a chain (``opus:application=voip``, ``mp3:64+gsm``).
    bitrates : tuple of float
        Bitrates in kbit/s; empty if the codec takes none or has them in its name.
    """

    name: str
    bitrates: tuple[float, ...] = ()


def corpora(value: Any) -> tuple[CorpusChoice, ...]:
    """Parse ``ravdess=DIR``, or lists and mappings of corpora.

    Examples
    --------
    >>> corpora("demo,ravdess=data")
    (CorpusChoice(name='demo', source=None), CorpusChoice(name='ravdess', source='data'))
    """
    choices = []
    for item in _items(value):
        if isinstance(item, CorpusChoice):
            item = {item.name: item.source}
        for name, source in item.items() if isinstance(item, Mapping) else [_name_and_source(item)]:
            choices.append(CorpusChoice(str(name), str(source) if source else None))
    _check_unique("corpus", [choice.name for choice in choices])
    return tuple(choices)


def codecs(value: Any) -> tuple[CodecChoice, ...]:
    """Parse ``mp3``, ``gsm,g711``, or ``[{mp3: [8, 64]}, opus:16]``."""
    choices = []
    for item in _items(value):
        if isinstance(item, CodecChoice):
            item = {item.name: item.bitrates}
        for name, rates in item.items() if isinstance(item, Mapping) else [(item, ())]:
            choices.append(_codec(str(name), _bitrates(rates) if rates is not None else ()))
    _check_unique("codec", [choice.name for choice in choices])
    return tuple(choices)


def _codec(spec: str, rates: tuple[float, ...]) -> CodecChoice:
    name, rate = split_bitrate(spec)
    if rate is None:
        return CodecChoice(spec, rates)
    if rates:
        raise UsageError(f"codec {spec!r} has its bitrate already: leave out the bitrates")
    return CodecChoice(name, _bitrates([rate]))


def _bitrates(value: Any) -> tuple[float, ...]:
    rates = []
    for item in _items(value):
        try:
            rate = float(str(item).lower().removesuffix("k"))
        except ValueError:
            rate = math.nan
        if not math.isfinite(rate) or rate <= 0:
            raise UsageError(f"bitrates: {item!r} is not a bitrate in kbit/s (write 8,16,64)")
        rates.append(rate)
    return tuple(sorted(set(rates)))


def _name_and_source(item: Any) -> tuple[str, str | None]:
    name, equals, source = str(item).partition("=")
    if not name:
        raise UsageError(f"corpus {item!r}: write the name of the corpus before the equals sign")
    if equals and not source:
        raise UsageError(f"corpus {item!r}: write a folder or file after the equals sign")
    return name, source or None


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _check_unique(noun: str, names: Sequence[str]) -> None:
    if not names:
        raise UsageError(f"the study has no {noun}")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise UsageError(f"{noun} {repeated[0]!r} is given twice")


def names(
    noun: str, choices: Collection[str] = (), may_be_empty: bool = False
) -> Parser[tuple[str, ...]]:
    """Return a parser of names in a list or separated by commas.

    Parameters
    ----------
    noun : str
        Type of the names, for error messages.
    choices : collection of str
        Valid names; if empty, any name is valid.
    may_be_empty : bool
        Whether there may be no name.
    """

    def parse(value: Any) -> tuple[str, ...]:
        given = tuple(str(item) for item in _items(value))
        for name in given:
            if choices and name not in choices:
                raise UsageError(f"unknown {noun} {name!r}{suggest(name, choices)}")
        if given or not may_be_empty:
            _check_unique(noun, given)
        return given

    return parse


def path(key: str) -> Parser[str | None]:
    """Return a parser of a file name; an empty one becomes None."""

    def parse(value: Any) -> str | None:
        if value is not None and not isinstance(value, str | Path):
            raise UsageError(f"{key} must be the name of a file, not {value!r}")
        return str(value) if value else None

    return parse


def one_of(noun: str, choices: Collection[str]) -> Parser[str]:
    """Return a parser of one of several names."""

    def parse(value: Any) -> str:
        if value not in tuple(
            choices
        ):  # a tuple, since YAML may have a list, which is not hashable
            raise UsageError(f"unknown {noun} {value!r}{suggest(str(value), choices)}")
        return str(value)

    return parse


def boolean(key: str) -> Parser[bool]:
    """Return a parser of true and false."""

    def parse(value: Any) -> bool:
        if str(value).lower() not in _BOOLEANS:
            raise UsageError(f"{key} must be true or false, not {value!r}")
        return _BOOLEANS[str(value).lower()]

    return parse


def integer(key: str, least: int) -> Parser[int]:
    """Return a parser of an integer of at least ``least``."""

    def parse(value: Any) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if number < least:
            raise UsageError(f"{key} must be an integer of at least {least}, not {value!r}")
        return number

    return parse


def optional(parse: Parser[T]) -> Parser[T | None]:
    """Return a parser that accepts None, too."""
    return lambda value: None if value is None else parse(value)
