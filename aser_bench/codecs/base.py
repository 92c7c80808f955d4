"""What a codec is: it plans conditions and takes signals there and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..core.options import Configurable, format_option
from ..core.tables import Alias, Condition
from .bitrates import Bitrates


@dataclass(frozen=True)
class CodedSignal:
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
        need of one (see `Codec.roundtrip_with_files`).
    suffix : str
        What such a file's name ends with: ``mp3``; empty if none.
    """

    signal: np.ndarray
    kbps: float | None = None
    stream: str = ""
    file: bytes = b""
    suffix: str = ""


@dataclass(frozen=True)
class Codec(Configurable, ABC):
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
        Raised whenever the same encoder gives other samples: a part of the key in the cache.
    options, variants
        See `aser_bench.core.options.Configurable`.
    keeps_waveform : bool
        Whether it keeps the waveform. A vocoder keeps but the sound of it: no sample of its
        output resembles the source's, and its delay is that of the envelope.
    integer_samples : bool
        Whether it works on 16-bit samples, as its standard says: what is beyond full scale
        clips, there as here.
    level_tolerance_db : float
        How far over 1 dB the level of what it keeps may stray, in dB.
    lag_tolerance_samples : int
        How many samples (at 16 kHz) a voice may be out of time, because of what its phase does.
    max_padding : float
        The largest share of a frame that only fills it up to whole bytes.
    """

    component_type = "codec"
    title: ClassVar[str]
    version: ClassVar[int | str] = 1
    takes_bitrates: ClassVar[bool] = True
    keeps_waveform: ClassVar[bool] = True
    integer_samples: ClassVar[bool] = False
    level_tolerance_db: ClassVar[float] = 0.0
    lag_tolerance_samples: ClassVar[int] = 0
    max_padding: ClassVar[float] = 0.0

    @property
    def label(self) -> str:
        """What the names of its conditions start with: the name and options that are set."""
        return "-".join([self.name, *map(format_option, self.changed_options().values())])

    def bitrates(self, rate: int) -> Bitrates | None:
        """Return the bitrates that it carries at a sample rate (Hz), None where it has none."""
        return None

    def unavailable(self) -> str:
        """Return why it cannot be used here, in one line; empty if it can."""
        return ""

    def stream_type(self, file: bytes) -> str:
        """Return which kind of its streams a coded file (`CodedSignal.file`) holds, in one word.

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

    def roundtrip_with_files(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """As `roundtrip`, and each file is there and plays in time in any player."""
        return self.roundtrip(signals, rate, conditions)

    @abstractmethod
    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
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
