"""Base class of codecs, and the result of coding one signal."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from ..core.options import Configurable, format_option
from ..core.tables import Alias, Condition
from .bitrates import Bitrates
from .signals import Signal


@dataclass(frozen=True)
class CodedSignal:
    """One utterance after encoding and decoding.

    Attributes
    ----------
    signal : numpy.ndarray
        float32, shape (samples,): same number of samples as the source, lag 0, not clipped.
    kbps : float or None
        Bitrate in kbit/s, read from the encoded frames.
    stream : str
        sha256 (hex) of the encoded frames, for the comparison of streams; empty if there are none.
    file : bytes
        The encoded file. Empty if there is none, or if `Codec.roundtrip` did not need one (see
        `Codec.roundtrip_with_files`).
    suffix : str
        Suffix of the name of such a file: ``mp3``; empty if there is none.
    """

    signal: Signal
    kbps: float | None = None
    stream: str = ""
    file: bytes = b""
    suffix: str = ""


@dataclass(frozen=True)
class Codec(Configurable, ABC):
    """A codec, or a control that changes the signal without coding, such as a low-pass filter.

    A codec with options is a frozen dataclass with a field for each option; ``options`` maps
    their names to converters.

    Attributes
    ----------
    name : str
        Name on the command line.
    title : str
        Description in one line, for ``aser-bench list codecs``.
    takes_bitrates : bool
        Whether the codec needs ``--bitrates``.
    version : int or str
        Part of the cache key. It changes when the samples change although the encoder does not.
    options, variants
        See `aser_bench.core.options.Configurable`.
    keeps_waveform : bool
        Whether the output resembles the source sample by sample. The output of a vocoder does
        not; its delay is the delay of the envelope.
    integer_samples : bool
        Whether the codec works on 16-bit samples, as its standard requires, and clips at full
        scale.
    level_tolerance_db : float
        Largest deviation of the level beyond 1 dB, in dB, that the contract tests accept.
    lag_tolerance_samples : int
        Largest lag of a voice, in samples at 16 kHz, that the contract tests accept; the phase
        response of some codecs shifts low voices.
    max_padding : float
        Largest share of a frame that only fills it up to whole bytes.
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
        """The first part of the names of conditions: the name and the options that are set."""
        return "-".join([self.name, *map(format_option, self.changed_options().values())])

    def bitrates(self, rate: int) -> Bitrates | None:
        """Return the bitrates of the codec at a sample rate (Hz); None if it takes none."""
        return None

    def unavailable(self) -> str:
        """Return in one line why the codec cannot be used here; empty if it can."""
        return ""

    def stream_type(self, file: bytes) -> str:
        """Return the type of the stream in an encoded file, such as ``MPEG-2``.

        Empty if the codec has one type of stream only.
        """
        return ""

    @abstractmethod
    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan the conditions for bitrates (kbit/s) at a sample rate (Hz).

        Parameters
        ----------
        bitrates : sequence of float
            kbit/s.
        rate : int
            Sample rate of the signals in Hz.
        policy : {"promote", "clamp", "error"}
            Treatment of bitrates that the codec does not support at this rate; see
            `aser_bench.codecs.roundtrip`.

        Raises
        ------
        UsageError
            If a bitrate cannot be coded under this policy.
        """

    def engine(self) -> str:
        """Return the library that replaces the encoder where their results agree; often empty."""
        return ""

    @abstractmethod
    def encoder(self) -> str:
        """Return the name and version of the encoder; they are part of the cache key."""

    def roundtrip_with_files(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode like `roundtrip`, and always return files that any player reads."""
        return self.roundtrip(signals, rate, conditions)

    @abstractmethod
    def roundtrip(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode each signal at each condition.

        Parameters
        ----------
        signals : sequence of numpy.ndarray
            float32, shape (samples,), at ``rate`` Hz.
        rate : int
            Sample rate in Hz.
        conditions : sequence of Condition
            Conditions that `conditions` returned.

        Returns
        -------
        list of list of CodedSignal
            ``result[c][i]`` is signal ``i`` at condition ``c``.

        Raises
        ------
        CodecError
            If the encoder or decoder fails, or its output does not match the condition.
        """
