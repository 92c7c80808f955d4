"""How the words of a study file, a variable or a flag become the values of a `Study`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..codecs.specs import split_bitrate
from ..core.errors import UsageError, suggest


@dataclass(frozen=True)
class CorpusChoice:
    """A corpus and where it lies (None: it needs no folder)."""

    name: str
    source: str | None = None


@dataclass(frozen=True)
class CodecChoice:
    """A codec, its options or a chain (``opus:application=voip``, ``mp3:64+gsm``), and its
    bitrates in kbit/s (empty: it takes none, or has them in its name).
    """

    name: str
    bitrates: tuple[float, ...] = ()


def corpora(value: Any) -> tuple[CorpusChoice, ...]:
    """Read ``ravdess=DIR``, lists and mappings of such."""
    choices = []
    for item in _items(value):
        for name, source in item.items() if isinstance(item, dict) else [_pair(item)]:
            choices.append(CorpusChoice(str(name), str(source) if source else None))
    return _unique(choices, "corpus", [choice.name for choice in choices])


def codecs(value: Any) -> tuple[CodecChoice, ...]:
    """Read ``mp3``, ``gsm,g711``, ``[{mp3: [8, 64]}, opus:16]``."""
    choices = []
    for item in _items(value):
        for name, rates in item.items() if isinstance(item, dict) else [(item, ())]:
            choices.append(_codec(str(name), _bitrates(rates) if rates is not None else ()))
    return _unique(choices, "codec", [choice.name for choice in choices])


def _codec(spec: str, rates: tuple[float, ...]) -> CodecChoice:
    name, own = split_bitrate(spec)
    if own is None:
        return CodecChoice(spec, rates)
    if rates:
        raise UsageError(f"codec {spec!r} has its bitrate already: leave out --bitrates")
    return CodecChoice(name, _bitrates([own]))


def _bitrates(value: Any) -> tuple[float, ...]:
    rates = []
    for item in _items(value):
        try:
            rate = float(str(item).lower().removesuffix("k"))
        except ValueError:
            rate = math.nan
        if not math.isfinite(rate) or rate <= 0:
            raise UsageError(f"--bitrates: {item!r} is no bitrate in kbit/s (write 8,16,64)")
        rates.append(rate)
    return tuple(sorted(set(rates)))


def _pair(item: Any) -> tuple[str, str | None]:
    name, equals, source = str(item).partition("=")
    if not name:
        raise UsageError(f"--corpus {item}: a corpus's name must stand before the equals sign")
    if equals and not source:
        raise UsageError(f"--corpus {item}: a folder or file must follow the equals sign")
    return name, source or None


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _unique(choices: list, what: str, names: list[str]) -> tuple:
    if not choices:
        raise UsageError(f"the study names no {what}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{what} {twice[0]!r} is given twice")
    return tuple(choices)


def names(what: str, known: tuple[str, ...] = (), optional: bool = False) -> Any:
    """Return a parser of ``a,b``, each one of ``known`` where that is given."""

    def parse(value: Any) -> tuple[str, ...]:
        given = [str(item) for item in _items(value)]
        for name in given:
            if known and name not in known:
                raise UsageError(f"unknown {what} {name!r}{suggest(name, known)}")
        return () if optional and not given else _unique(given, what, given)

    return parse


def path(what: str) -> Any:
    """Return a parser of a file's name; nothing is None."""

    def parse(value: Any) -> str | None:
        if value is not None and not isinstance(value, str):
            raise UsageError(f"{what} must be the name of a file, not {value!r}")
        return value or None

    return parse


def one_of(what: str, known: Any) -> Any:
    """Return a parser of one of ``known``."""

    def parse(value: Any) -> str:
        if value not in tuple(known):  # a list, which a dict could not look up, is no name either
            raise UsageError(f"unknown {what} {value!r}{suggest(str(value), known)}")
        return str(value)

    return parse


def flag(what: str) -> Any:
    """Return a parser of true and false."""

    def parse(value: Any) -> bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if str(value).lower() not in words:
            raise UsageError(f"{what} must be true or false, not {value!r}")
        return words[str(value).lower()]

    return parse


def whole(what: str, least: int) -> Any:
    """Return a parser of a whole number of at least ``least``."""

    def parse(value: Any) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if number < least:
            raise UsageError(f"{what} must be a whole number of at least {least}, not {value!r}")
        return number

    return parse


def or_none(parse: Any) -> Any:
    """Return a parser that lets None through."""
    return lambda value: None if value is None else parse(value)
