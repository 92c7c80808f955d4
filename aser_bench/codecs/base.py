"""What a codec is: it plans conditions and takes signals there and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import numpy as np

from ..errors import UsageError, suggest
from ..tables import Alias, Condition
from .bitrates import Bitrates


@dataclass(frozen=True)
class Coded:
    """One utterance after the round trip.

    Attributes
    ----------
    signal : numpy.ndarray
        float32, shape (samples,): exactly as many samples as went in, lag 0, not clipped.
    kbps : float or None
        The bitrate read back from the frames that were written, in kbit/s.
    stream : str
        sha256 of the coded audio frames (hex), to tell identical streams; empty if none.
    file : bytes
        The coded file as the encoder wrote it; empty if there is none, or `roundtrip` had no
        need of one (see `Codec.with_files`).
    suffix : str
        What such a file's name ends with: ``mp3``; empty if none.
    """

    signal: np.ndarray
    kbps: float | None = None
    stream: str = ""
    file: bytes = b""
    suffix: str = ""


@dataclass(frozen=True)
class Codec(ABC):
    """One codec, or one control that treats the signal (a low-pass filter, say).

    A codec with options is a frozen dataclass with a field for each of them, and names in
    ``options`` the function that reads it.

    Attributes
    ----------
    name : str
        The name on the command line.
    title : str
        One line for ``list``.
    takes_bitrates : bool
        Whether ``--bitrates`` belong to it.
    version : int or str
        Raised whenever the same encoder gives other samples: a part of the key in the store.
    options : mapping of str to callable
        Option -> what makes its value of a word and raises ValueError, with what it should
        be, for another word.
    variants : tuple of str
        Further specs (``opus:application=voip``) that the contract suite tests.
    waveform : bool
        Whether it keeps the waveform. A vocoder keeps but the sound of it: no sample of its
        output resembles the source's, and its delay is that of the envelope.
    integer : bool
        Whether it works on 16-bit samples, as its standard says: what is beyond full scale
        clips, there as here.
    waver_db : float
        How far over 1 dB the level of what it keeps may stray, in dB.
    waver_samples : int
        How many samples (at 16 kHz) a voice may be out of time, because of what its phase does.
    padding : float
        The largest share of a frame that only fills it up to whole bytes.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int | str] = 1
    takes_bitrates: ClassVar[bool] = True
    options: ClassVar[Mapping[str, Callable[[str], Any]]] = {}
    variants: ClassVar[tuple[str, ...]] = ()
    waveform: ClassVar[bool] = True
    integer: ClassVar[bool] = False
    waver_db: ClassVar[float] = 0.0
    waver_samples: ClassVar[int] = 0
    padding: ClassVar[float] = 0.0

    @property
    def spec(self) -> str:
        """The name and what its options are set to, as the command line takes it."""
        return ":".join([self.name, *(f"{k}={_word(v)}" for k, v in self._set().items())])

    @property
    def label(self) -> str:
        """What the names of its conditions start with: the name and options that are set."""
        return "-".join([self.name, *map(_word, self._set().values())])

    def _set(self) -> dict[str, Any]:
        """Return the options that differ from their defaults."""
        values = {field.name: (getattr(self, field.name), field.default) for field in fields(self)}
        return {name: value for name, (value, default) in values.items() if value != default}

    def configured(self, options: Mapping[str, str]) -> Self:
        """Return this codec with options set.

        Raises
        ------
        UsageError
            For an option that it does not have, or a value that the option does not take.
        """
        found = {}
        for option, word in options.items():
            if option not in self.options:
                hint = suggest(option, self.options) if self.options else "; it has none"
                raise UsageError(f"codec {self.name} has no option {option!r}{hint}")
            try:
                found[option] = self.options[option](word)
            except ValueError as error:
                raise UsageError(f"codec {self.name}: {option}={word} must be {error}") from error
        return replace(self, **found)

    def bitrates(self, rate: int) -> Bitrates | None:
        """Return the bitrates that it carries at a sample rate (Hz), None where it has none."""
        return None

    def unavailable(self) -> str:
        """Return why it cannot be used here, in one line; empty if it can."""
        return ""

    def describe(self, file: bytes) -> str:
        """Return which kind of its streams a coded file (`Coded.file`) holds, in one word.

        Empty where there is one kind only.
        """
        return ""

    @abstractmethod
    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan the conditions for bitrates (kbit/s) at a sample rate (Hz) under a policy.

        Raises
        ------
        UsageError
            If a bitrate cannot be coded under this policy.
        """

    def engine(self) -> str:
        """Return what does the encoder's work instead of it where both agree; mostly empty."""
        return ""

    @abstractmethod
    def encoder(self) -> str:
        """Return the encoder's name and version: a part of every condition's identity."""

    def with_files(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[Coded]]:
        """As `roundtrip`, and each file is there and plays in time in any player."""
        return self.roundtrip(signals, rate, conditions)

    @abstractmethod
    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[Coded]]:
        """Take each signal through each condition; ``result[c][i]`` is signal i at condition c.

        Parameters
        ----------
        signals : sequence of numpy.ndarray
            float32, shape (samples,), at ``rate`` Hz.

        Raises
        ------
        CodecError
            If the encoder or decoder fails or returns something else than was asked for.
        """


def one_of(*words: str) -> Callable[[str], str]:
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


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return what reads an option that is a whole number from ``low`` to ``high``."""

    def read(word: str) -> int:
        if not (word.isascii() and word.isdigit() and low <= int(word[:20]) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(word)

    return read


def number_word(value: float) -> str:
    """Return a number with all its digits and without an exponent's sign.

    Examples
    --------
    >>> number_word(64.0), number_word(12.65)
    ('64', '12.65')
    """
    return str(int(value)) if value == int(value) else repr(value)


def _word(value: Any) -> str:
    return number_word(value) if isinstance(value, float) else str(value)
