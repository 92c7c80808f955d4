"""Base class of codecs that ffmpeg encodes: resampling, encoding, decoding and alignment.

A codec declares its bitrates, the settings of ffmpeg for encoding and decoding, the delay of the
decoder, and how the bitrate is read from a file.
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
from .signals import RESAMPLER, Signal, check_signals, from_codec_rate, to_codec_rate


class LossyCodec(Codec):
    """A codec that ffmpeg encodes, and that libsndfile or ffmpeg decodes.

    Attributes
    ----------
    bitrates_by_rate : mapping
        Sample rate in Hz -> supported bitrates.
    encoder_name : str
        ffmpeg's name of the encoder.
    suffix : str
        Suffix of the names of its files.
    decoding : Decoding or None
        Settings of ffmpeg for the decoder; None if libsndfile decodes the files.
    delay : int
        Delay of the decoder's output in samples at the coded rate.
    tail : int
        Samples of silence that are encoded after the signal, so that its end is decoded too.
    max_excess : int
        Exclusive upper limit of the surplus samples (at the coded rate) from the decoder.
    loses_packets : bool
        Whether `decode` changes the encoded files before it decodes them.
    one_file_per_process : bool
        Whether ffmpeg must decode each file in a separate process.
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
        """Return the settings of ffmpeg for the encoding of a condition."""

    @abstractmethod
    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate and the hash of an encoded file.

        Parameters
        ----------
        data : bytes
            The file.
        n : int
            Number of encoded samples.
        condition : Condition
            The condition of the file.

        Raises
        ------
        CodecError
            If the file does not match its condition.
        """

    def bitrates(self, rate: int) -> Bitrates:
        """Return the bitrates that are supported at a sample rate (Hz)."""
        return self.bitrates_by_rate[nearest_rate(rate, self.bitrates_by_rate)]

    def decoding_for(self, condition: Condition) -> streams.Decoding | None:
        """Return the settings of ffmpeg for a condition; None if libsndfile decodes it."""
        return self.decoding

    def delay_for(self, condition: Condition) -> int:
        """Return the delay of the decoder at a condition, in samples at the coded rate."""
        return self.delay

    def unavailable(self) -> str:
        """Return which coder the ffmpeg in use lacks; see `Codec.unavailable`."""
        decoder = self.decoding.decoder if self.decoding else ""
        return ffmpeg.missing_coder(self.encoder_name, decoder)

    def encoder(self) -> str:
        """Return the name and version of the encoder."""
        return streams.encoder_version(self.encoder_name)

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str = "promote"
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan the conditions, in ascending order of the bitrate and without duplicates.

        Parameters
        ----------
        bitrates : sequence of float
            kbit/s.
        rate : int
            Sample rate of the signals in Hz. If the codec does not support it, the signals are
            resampled to the nearest supported rate and back.
        policy : {"promote", "clamp", "error"}
            Treatment of a bitrate that is not supported at this rate: ``promote`` codes it at a
            rate that supports it (a factor of 2, 4, 0.5 ...), ``clamp`` codes the nearest
            bitrate and returns an `Alias` for the requested one, ``error`` raises an error.

        Raises
        ------
        UsageError
            If a bitrate cannot be coded under the policy, or the policy is unknown.
        """
        plans = self._plan(bitrates, rate, policy)
        planned = {plan: self._condition(plan, rate) for plan in plans}
        names = {plan: condition.name for plan, condition in planned.items()}
        unique = {condition.name: condition for condition in planned.values()}
        return (
            sorted(unique.values(), key=lambda condition: condition.kbps or 0),
            aliases(plans, names, self.label) if self.takes_bitrates else [],
        )

    def _plan(self, bitrates: Sequence[float], rate: int, policy: str) -> list[PlannedBitrate]:
        supported = self.bitrates_by_rate
        if self.takes_bitrates:
            return plan_bitrates(self.name, bitrates, rate, supported, policy)
        if len(bitrates):
            raise UsageError(f"{self.name} has a single bitrate: leave out the bitrate")
        codec_rate = nearest_rate(rate, supported)
        (kbps,) = supported[codec_rate].values
        return [PlannedBitrate(kbps, codec_rate, kbps)]

    def _condition(self, plan: PlannedBitrate, rate: int) -> Condition:
        codec_rate, mark = nearest_rate(rate, self.bitrates_by_rate), ""
        if plan.rate != codec_rate:
            span = self.bitrates_by_rate[codec_rate].span
            mark = (
                f"coded at {plan.rate / 1000:g} kHz, since {self.name.upper()} at "
                f"{codec_rate / 1000:g} kHz carries only {span} kbit/s: bandwidth "
                "and level differ from the other rows too"
            )
        name = self.label
        if self.takes_bitrates:
            name += f"-{format_kbps(plan.kbps)}"
        params = (("resampler", RESAMPLER),) if plan.rate != rate else ()
        return Condition(name, self.spec, float(plan.kbps), plan.rate, params, mark)

    def roundtrip(
        self, signals: Sequence[Signal], rate: int, conditions: Sequence[Condition]
    ) -> list[list[CodedSignal]]:
        """Encode and decode; see `Codec.roundtrip`.

        Raises
        ------
        AudioError
            If a signal is empty, not mono, not finite or far beyond full scale.
        CodecError
            If ffmpeg fails, or a stream does not match its condition.
        OSError
            If there is no space for temporary files.
        """
        sources = check_signals(signals)
        result: list[list[CodedSignal]] = [[] for _ in conditions]
        for codec_rate in sorted({condition.codec_rate_hz or 0 for condition in conditions}):
            indices = [
                c for c, condition in enumerate(conditions) if condition.codec_rate_hz == codec_rate
            ]
            encodings = [self.encoding(conditions[c]) for c in indices]
            inputs = [self._encoder_input(source, rate, codec_rate) for source in sources]
            for batch in streams.batches(inputs, codec_rate, len(indices)):
                with streams.encode(inputs[batch], codec_rate, encodings) as paths:
                    for c, row in zip(indices, paths, strict=True):
                        result[c] += self._decode_batch(
                            row, inputs[batch], sources[batch], rate, conditions[c]
                        )
        return result

    def _encoder_input(self, source: Signal, rate: int, codec_rate: int) -> Signal:
        signal = to_codec_rate(source, rate, codec_rate)
        return np.pad(signal, (0, self.tail)) if self.tail else signal

    def _decode_batch(
        self,
        paths: Sequence[Path],
        inputs: Sequence[Signal],
        sources: Sequence[Signal],
        rate: int,
        condition: Condition,
    ) -> list[CodedSignal]:
        """Decode the files of one condition, and check that they match it.

        ``inputs`` are the signals that were encoded, ``sources`` the same at the rate ``rate``.
        """
        files = [path.read_bytes() for path in paths]
        codec_rate = condition.codec_rate_hz or 0
        payloads = [
            self.read_payload(file, len(signal), condition)
            for file, signal in zip(files, inputs, strict=True)
        ]
        seconds = sum(map(len, inputs)) / codec_rate
        files, signals = self.decode(paths, files, condition, seconds)
        coded = []
        for payload, file, signal, encoded, source in zip(
            payloads, files, signals, inputs, sources, strict=True
        ):
            aligned = self._align(signal, len(encoded), condition)
            decoded = from_codec_rate(aligned, codec_rate, rate, len(source))
            sha256 = payload.sha256
            if self.loses_packets:
                # The bitrate is that of the sent packets, the stream that of the received ones.
                sha256 = self.read_payload(file, len(encoded), condition).sha256
            coded.append(CodedSignal(decoded, payload.kbps, sha256, file, self.suffix))
        return coded

    def decode(
        self, paths: Sequence[Path], files: list[bytes], condition: Condition, seconds: float
    ) -> tuple[list[bytes], list[Signal]]:
        """Decode the files of a condition.

        Parameters
        ----------
        paths : sequence of pathlib.Path
            The encoded files.
        files : list of bytes
            Their contents.
        condition : Condition
            Their condition.
        seconds : float
            Total duration of the audio, for the time limit.

        Returns
        -------
        files : list of bytes
            Contents of the files that were decoded.
        signals : list of numpy.ndarray
            float32, shape (samples,), at the coded rate.
        """
        decoding = self.decoding_for(condition)
        if decoding is None:
            return files, [_read_by_libsndfile(path, condition) for path in paths]
        groups = [[path] for path in paths] if self.one_file_per_process else [paths]
        decoded = [streams.decode(group, decoding, seconds) for group in groups]
        return files, [signal for group in decoded for signal in group]

    def _align(self, signal: Signal, n: int, condition: Condition) -> Signal:
        """Remove the delay and the surplus samples from a decoded signal.

        ``n`` is the number of encoded samples, with the tail.
        """
        delay = self.delay_for(condition)
        if not np.isfinite(signal).all():
            raise CodecError(f"{condition.name} was decoded to samples that are not finite")
        n -= self.tail
        least, most = delay + n, n + self.tail + self.max_excess - 1
        if not least <= len(signal) <= most:
            raise CodecError(
                f"{condition.name} was decoded to {len(signal)} samples; expected {least} to {most}"
            )
        return signal[delay : delay + n]


def _read_by_libsndfile(path: Path, condition: Condition) -> Signal:
    import soundfile

    try:
        signal, rate = soundfile.read(path, dtype="float32")
    except (soundfile.LibsndfileError, TypeError) as error:
        raise CodecError(f"{condition.name} cannot be decoded: {error}") from error
    if signal.ndim != 1 or rate != condition.codec_rate_hz:
        raise CodecError(
            f"{condition.name} was not decoded to mono audio at {condition.codec_rate_hz} Hz"
        )
    decoded: Signal = signal
    return decoded
