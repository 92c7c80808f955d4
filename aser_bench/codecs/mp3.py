"""MP3 (MPEG audio Layer III) at constant bitrates, coded by LAME through ffmpeg.

Planning is half of the work here. Each sample rate carries its own set of bitrates, and
ffmpeg takes the nearest without a word when it is asked for another; a condition must never
be called what it is not.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import CodecError, UsageError, suggest
from ..tables import Alias, Condition
from . import ffmpeg, mpeg
from .base import POLICIES, Codec, Coded
from .signals import RESAMPLER, checked, from_rate, to_rate

# libsndfile takes the encoder's delay away by the LAME tag and returns 0 to 46 samples too
# many. A frame or more means that the tag was missing, and then the signal is late by 1105.
_MAX_TAIL = 576


class Mp3(Codec):
    """MP3 by libmp3lame, constant bitrate, decoded to float by libsndfile."""

    name = "mp3"
    title = "MP3 (MPEG Layer III), LAME at constant bitrates"
    takes_bitrates = True

    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str = "promote"
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan the conditions, in ascending bitrate and each one once.

        Parameters
        ----------
        bitrates : sequence of float
            kbit/s.
        rate : int
            Sample rate of the signals in Hz. Where MP3 has no such rate, the nearest one is
            coded, and the signal is resampled there and back.
        policy : {"promote", "clamp", "error"}
            What to do with a bitrate that the rate does not carry: code it at a rate that
            does (twice, four times, half ...), code the nearest bitrate as ffmpeg does (and
            return an `Alias` for what was asked), or refuse.

        Raises
        ------
        UsageError
            If a bitrate cannot be coded under the policy, or the policy is unknown.
        """
        if policy not in POLICIES:
            raise UsageError(f"unknown bitrate policy {policy!r}{suggest(policy, POLICIES)}")
        asked = sorted({_positive(bitrate) for bitrate in bitrates})
        home = _nearest(rate, tuple(mpeg.BITRATES))
        if not asked:
            raise UsageError(f"mp3 needs bitrates; {_legal(home)}")
        planned: dict[str, Condition] = {}
        aliases = []
        for kbps in asked:
            codec_rate, coded = _place(kbps, home, policy)
            condition = _condition(coded, rate, home, codec_rate)
            planned[condition.name] = condition
            if coded != kbps:
                aliases.append(Alias(f"mp3-{kbps:g}k", kbps, same_as=condition.name))
        return sorted(planned.values(), key=lambda condition: condition.kbps or 0), aliases

    def encoder(self) -> str:
        """Return the version of LAME, which decides how a condition sounds."""
        return ffmpeg.encoder_version("libmp3lame")

    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[Coded]]:
        """Encode with LAME and decode with libsndfile; see `Codec.roundtrip`.

        Raises
        ------
        AudioError
            If a signal is empty, not mono, not finite or far beyond full scale.
        CodecError
            If ffmpeg fails, or the stream is not what its condition says.
        OSError
            If there is no room for scratch files.
        """
        sources = checked(signals)
        lengths = [len(source) for source in sources]
        result: list[list[Coded]] = [[] for _ in conditions]
        for codec_rate in sorted({condition.codec_rate_hz or 0 for condition in conditions}):
            chosen = [
                c for c in range(len(conditions)) if conditions[c].codec_rate_hz == codec_rate
            ]
            encodings = [ffmpeg.Encoding("libmp3lame", conditions[c].kbps, "mp3") for c in chosen]
            carried = [to_rate(source, rate, codec_rate) for source in sources]
            for batch in ffmpeg.batches(carried, codec_rate, len(chosen)):
                with ffmpeg.encoded(carried[batch], codec_rate, encodings) as paths:
                    for c, row in zip(chosen, paths, strict=True):
                        result[c] += [
                            _decoded(path, conditions[c], len(signal), rate, n)
                            for path, signal, n in zip(
                                row, carried[batch], lengths[batch], strict=True
                            )
                        ]
        return result


def _positive(bitrate: float) -> float:
    if not math.isfinite(bitrate) or bitrate <= 0:
        raise UsageError(f"{bitrate} is not a bitrate in kbit/s")
    return float(bitrate)


def _nearest(value: float, known: Sequence[int]) -> int:
    """Return the nearest of the known values, the lower of two that are equally near."""
    return min(sorted(known), key=lambda one: abs(one - value))


def _legal(rate: int) -> str:
    here = ", ".join(map(str, mpeg.BITRATES[rate]))
    return f"at {rate} Hz MP3 carries {here} kbit/s"


def _family(home: int) -> list[int]:
    """Return the rates an octave or more from ``home``, nearest first and upwards first."""
    octaves = {rate: math.log2(rate / home) for rate in mpeg.BITRATES}
    found = [rate for rate, octave in octaves.items() if octave and octave == round(octave)]
    return sorted(found, key=lambda rate: (abs(octaves[rate]), -rate))


def _place(kbps: float, home: int, policy: str) -> tuple[int, int]:
    """Return the sample rate (Hz) and the bitrate (kbit/s) that ``kbps`` is coded at."""
    if kbps in mpeg.BITRATES[home]:
        return home, int(kbps)
    if policy == "clamp":
        return home, _nearest(int(kbps), mpeg.BITRATES[home])  # ffmpeg cuts to whole kbit/s
    others = [rate for rate in _family(home) if kbps in mpeg.BITRATES[rate]]
    if policy == "promote" and others:
        return others[0], int(kbps)
    message = f"mp3 cannot be {kbps:g} kbit/s: {_legal(home)}"
    for rate in _family(home) if policy == "promote" else ():
        message += f"; {_legal(rate)}"
    if others:
        message += f"; at {others[0]} Hz it could be (--bitrate-policy promote)"
    raise UsageError(message)


def _condition(kbps: int, rate: int, home: int, codec_rate: int) -> Condition:
    mark = ""
    if codec_rate != home:
        low, high = mpeg.BITRATES[home][0], mpeg.BITRATES[home][-1]
        mark = (
            f"coded at {codec_rate / 1000:g} kHz, since MP3 at {home / 1000:g} kHz carries only "
            f"{low} to {high} kbit/s: bandwidth and level differ from the other rows too"
        )
    params = (("resampler", RESAMPLER),) if codec_rate != rate else ()
    return Condition(f"mp3-{kbps}k", "mp3", float(kbps), codec_rate, params, mark)


def _decoded(path: Path, condition: Condition, n_coded: int, rate: int, n: int) -> Coded:
    """Decode one file, and make sure that it is what its condition says."""
    import soundfile

    codec_rate = condition.codec_rate_hz or 0
    info = mpeg.parse(path.read_bytes())
    if (info.kbps, info.sample_rate) != (condition.kbps, codec_rate):
        raise CodecError(
            f"{condition.name} was asked for at {codec_rate} Hz, but the encoder wrote "
            f"{info.kbps:g} kbit/s at {info.sample_rate} Hz"
        )
    try:
        signal, decoded_rate = soundfile.read(path, dtype="float32")
    except (soundfile.LibsndfileError, TypeError) as error:
        raise CodecError(f"{condition.name} cannot be decoded: {error}") from error
    if signal.ndim != 1 or decoded_rate != codec_rate or not np.isfinite(signal).all():
        raise CodecError(f"{condition.name} was decoded to something else than mono audio")
    if not n_coded <= len(signal) < n_coded + _MAX_TAIL:
        raise CodecError(
            f"{condition.name} came back with {len(signal)} samples instead of {n_coded}"
        )
    signal = from_rate(signal[:n_coded], codec_rate, rate, n)
    return Coded(signal, info.kbps, info.frames_sha256)


COMPONENT = Mp3()
