"""What lossy codecs share: signals to the codec's rate, through ffmpeg, and back in time.

A codec declares what it carries, how ffmpeg encodes it, who decodes it, how late the decoder
is, and how its files tell their bitrate; all else happens here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from ..core import ffmpeg
from ..core.errors import CodecError, UsageError
from ..core.tables import Alias, Condition
from . import streams
from .base import Codec, CodedSignal
from .bitrates import (
    Bitrates,
    BitratesByRate,
    PlannedBitrate,
    aliases,
    format_kbps,
    nearest_rate,
    plan_bitrates,
)
from .payload import Payload
from .signals import RESAMPLER, check_signals, from_codec_rate, to_codec_rate


class LossyCodec(Codec):
    """A codec that ffmpeg encodes, and that libsndfile or ffmpeg decodes.

    Attributes
    ----------
    bitrates_by_rate : mapping
        Sample rate in Hz -> the bitrates that it carries.
    encoder_name : str
        ffmpeg's name of the encoder.
    suffix : str
        What names of its files end with.
    decoding : Decoding or None
        How ffmpeg decodes it; None: libsndfile does.
    delay : int
        Samples at the coded rate by which the decoder's output is late.
    tail : int
        Samples of silence that are coded behind the signal, so that its end comes out too.
    max_excess : int
        Samples at the coded rate fewer than which the decoder returns too many.
    loses_packets : bool
        Whether the files that `decode` reads are not those that were encoded.
    one_file_per_process : bool
        Whether ffmpeg must decode each file in a process of its own.
    """

    bitrates_by_rate: ClassVar[BitratesByRate]
    encoder_name: ClassVar[str]
    suffix: ClassVar[str]
    decoding: ClassVar[streams.Decoding | None] = None
    delay: ClassVar[int] = 0
    tail: ClassVar[int] = 0
    max_excess: ClassVar[int]
    loses_packets: ClassVar[bool] = False
    one_file_per_process: ClassVar[bool] = False

    @abstractmethod
    def encoding(self, condition: Condition) -> streams.Encoding:
        """Return how ffmpeg encodes a condition."""

    @abstractmethod
    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return what a coded file says of itself.

        Parameters
        ----------
        data : bytes
            The file.
        n : int
            How many samples were coded.
        condition : Condition
            What it should be.

        Raises
        ------
        CodecError
            If it is something else.
        """

    def bitrates(self, rate: int) -> Bitrates:
        """Return the bitrates that it carries at a sample rate (Hz)."""
        return self.bitrates_by_rate[nearest_rate(rate, self.bitrates_by_rate)]

    def decoding_for(self, condition: Condition) -> streams.Decoding | None:
        """Return how ffmpeg decodes a condition; None: libsndfile does."""
        return self.decoding

    def delay_for(self, condition: Condition) -> int:
        """Return by how many samples at the coded rate the decoder is late."""
        return self.delay

    def unavailable(self) -> str:
        """Return what the ffmpeg at hand lacks; see `Codec.unavailable`."""
        return ffmpeg.missing_coder(
            self.encoder_name, self.decoding.decoder if self.decoding else ""
        )

    def encoder(self) -> str:
        """Return the encoder's name and version."""
        return streams.encoder_version(self.encoder_name)

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str = "promote"
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan the conditions, in ascending bitrate and each one once.

        Parameters
        ----------
        bitrates : sequence of float
            kbit/s.
        rate : int
            Sample rate of the signals in Hz. Where the codec has no such rate, the nearest
            one is coded, and the signal is resampled there and back.
        policy : {"promote", "clamp", "error"}
            What to do with a bitrate that the rate does not carry: code it at a rate that
            does (twice, four times, half ...), code the nearest bitrate (and return an
            `Alias` for what was asked), or refuse.

        Raises
        ------
        UsageError
            If a bitrate cannot be coded under the policy, or the policy is unknown.
        """
        found = self._places(bitrates, rate, policy)
        planned = {place: self._condition(place, rate) for place in found}
        names = {place: condition.name for place, condition in planned.items()}
        unique = {condition.name: condition for condition in planned.values()}
        return (
            sorted(unique.values(), key=lambda condition: condition.kbps or 0),
            aliases(found, names, self.label) if self.takes_bitrates else [],
        )

    def _places(self, asked: Sequence[float], rate: int, policy: str) -> list[PlannedBitrate]:
        if self.takes_bitrates:
            return plan_bitrates(self.name, asked, rate, self.bitrates_by_rate, policy)
        if len(asked):
            raise UsageError(f"{self.name} has one bitrate only: name none")
        home = nearest_rate(rate, self.bitrates_by_rate)
        (only,) = self.bitrates_by_rate[home].values
        return [PlannedBitrate(only, home, only)]

    def _condition(self, place: PlannedBitrate, rate: int) -> Condition:
        home, mark = nearest_rate(rate, self.bitrates_by_rate), ""
        if place.rate != home:
            span = self.bitrates_by_rate[home].span
            mark = (
                f"coded at {place.rate / 1000:g} kHz, since {self.name.upper()} at "
                f"{home / 1000:g} kHz carries only {span} kbit/s: bandwidth "
                "and level differ from the other rows too"
            )
        name = self.label
        if self.takes_bitrates:
            name += f"-{format_kbps(place.kbps)}"
        params = (("resampler", RESAMPLER),) if place.rate != rate else ()
        return Condition(name, self.spec, float(place.kbps), place.rate, params, mark)

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode; see `Codec.roundtrip`.

        Raises
        ------
        AudioError
            If a signal is empty, not mono, not finite or far beyond full scale.
        CodecError
            If ffmpeg fails, or the stream is not what its condition says.
        OSError
            If there is no room for scratch files.
        """
        sources = check_signals(signals)
        result: list[list[CodedSignal]] = [[] for _ in conditions]
        for codec_rate in sorted({condition.codec_rate_hz or 0 for condition in conditions}):
            chosen = [
                c for c in range(len(conditions)) if conditions[c].codec_rate_hz == codec_rate
            ]
            encodings = [self.encoding(conditions[c]) for c in chosen]
            carried = [self._carried(source, rate, codec_rate) for source in sources]
            for batch in streams.batches(carried, codec_rate, len(chosen)):
                with streams.encode(carried[batch], codec_rate, encodings) as paths:
                    for c, row in zip(chosen, paths, strict=True):
                        result[c] += self._back(
                            row, carried[batch], sources[batch], rate, conditions[c]
                        )
        return result

    def _carried(self, source: np.ndarray, rate: int, codec_rate: int) -> np.ndarray:
        signal = to_codec_rate(source, rate, codec_rate)
        return np.pad(signal, (0, self.tail)) if self.tail else signal

    def _back(
        self,
        paths: Sequence[Path],
        carried: Sequence[np.ndarray],
        sources: Sequence[np.ndarray],
        rate: int,
        condition: Condition,
    ) -> list[CodedSignal]:
        """Read the files of one condition, and make sure that they are what it says."""
        files = [path.read_bytes() for path in paths]
        codec_rate = condition.codec_rate_hz or 0
        found = [
            self.read_payload(file, len(signal), condition)
            for file, signal in zip(files, carried, strict=True)
        ]
        files, signals = self.decode(paths, files, condition, sum(map(len, carried)) / codec_rate)
        coded = []
        for payload, file, signal, sent, source in zip(
            found, files, signals, carried, sources, strict=True
        ):
            wanted = self._cut(signal, len(sent), condition)
            back = from_codec_rate(wanted, codec_rate, rate, len(source))
            # Read again: of what was lost on the way, the bitrate was sent but not the stream.
            sha256 = payload.sha256
            if self.loses_packets:
                sha256 = self.read_payload(file, len(sent), condition).sha256
            coded.append(CodedSignal(back, payload.kbps, sha256, file, self.suffix))
        return coded

    def decode(
        self, paths: Sequence[Path], files: list[bytes], condition: Condition, seconds: float
    ) -> tuple[list[bytes], list[np.ndarray]]:
        """Return the files and the signals (float32, (samples,), at the coded rate) in them."""
        reading = self.decoding_for(condition)
        if reading is None:
            return files, [_by_libsndfile(path, condition) for path in paths]
        groups = [[path] for path in paths] if self.one_file_per_process else [paths]
        found = [streams.decode(group, reading, seconds) for group in groups]
        return files, [signal for group in found for signal in group]

    def _cut(self, signal: np.ndarray, n: int, condition: Condition) -> np.ndarray:
        """Cut the delay and what the decoder returned too many of."""
        delay = self.delay_for(condition)
        if not np.isfinite(signal).all():
            raise CodecError(f"{condition.name} was decoded to something else than audio")
        n -= self.tail
        if not delay + n <= len(signal) < n + self.tail + self.max_excess:
            raise CodecError(
                f"{condition.name} came back with {len(signal)} samples instead of {n}"
            )
        return signal[delay : delay + n]


def _by_libsndfile(path: Path, condition: Condition) -> np.ndarray:
    import soundfile

    try:
        signal, rate = soundfile.read(path, dtype="float32")
    except (soundfile.LibsndfileError, TypeError) as error:
        raise CodecError(f"{condition.name} cannot be decoded: {error}") from error
    if signal.ndim != 1 or rate != condition.codec_rate_hz:
        raise CodecError(f"{condition.name} was decoded to something else than mono audio")
    return signal
