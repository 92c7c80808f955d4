"""Checks and conversions of signals before encoding and after decoding."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError, CodecError

Signal = npt.NDArray[np.float32]
"""A mono signal, float32, shape (samples,); full scale is 1."""

RESAMPLER = "soxr HQ"
"""The resampler of all codecs; it is in the parameters of conditions that need it."""

MAX_PEAK = 100.0
"""Largest accepted absolute sample value (full scale is 1). Beyond it, LAME fails, or reports
success and writes noise."""


def check_signals(signals: Sequence[npt.ArrayLike]) -> list[Signal]:
    """Return the signals as float32 of shape (samples,), ready for an encoder.

    Raises
    ------
    AudioError
        If a signal is empty, not mono, not finite, or far beyond full scale.
    """
    checked = []
    for signal in signals:
        mono = _mono_float32(signal)
        if not len(mono):
            raise AudioError("the signal has no samples")
        peak = float(np.abs(mono).max())
        if peak > MAX_PEAK:
            raise AudioError(f"the samples reach {peak:g}, but full scale is 1")
        checked.append(mono)
    return checked


def to_codec_rate(signal: Signal, rate: int, codec_rate: int) -> Signal:
    """Return a signal at the sample rate of the codec.

    Both rates are in Hz. The result is long enough for `from_codec_rate` to restore the length.
    """
    if rate == codec_rate:
        return signal
    import soxr

    # At a lower rate, rounding to whole samples may lose the last samples of the source.
    extra = 0 if codec_rate > rate else -(-rate // codec_rate) + 1
    resampled: Signal = soxr.resample(np.pad(signal, (0, extra)), rate, codec_rate, "HQ")
    return resampled


def from_codec_rate(signal: Signal, codec_rate: int, rate: int, n: int) -> Signal:
    """Return a decoded signal at the sample rate of its source (Hz), cut to ``n`` samples.

    Raises
    ------
    CodecError
        If the signal is shorter than its source.
    """
    if rate != codec_rate:
        import soxr

        signal = soxr.resample(signal, codec_rate, rate, "HQ")
    if len(signal) < n:
        raise CodecError(f"the codec returned {len(signal)} of {n} samples")
    return np.ascontiguousarray(signal[:n], dtype=np.float32)


def to_int16(signal: Signal) -> npt.NDArray[np.int16]:
    """Return a signal (samples,) as 16-bit samples, clipped at full scale."""
    scaled = np.rint(np.asarray(signal, np.float64) * 2**15)
    return scaled.clip(-(2**15), 2**15 - 1).astype(np.int16)


def _mono_float32(signal: npt.ArrayLike) -> Signal:
    try:
        array = np.ascontiguousarray(signal, dtype=np.float32)
    except (TypeError, ValueError):
        raise AudioError("the signal is not an array of numbers") from None
    if array.ndim != 1:
        raise AudioError(f"expected a mono signal of shape (samples,), got {array.shape}")
    if not np.isfinite(array).all():
        raise AudioError("the signal contains NaN or infinity")
    return array
