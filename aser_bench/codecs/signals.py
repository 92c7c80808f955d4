"""What every codec does with signals before and after the coder: check, resample, fit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.errors import AudioError, CodecError

RESAMPLER = "soxr HQ"
"""What codecs resample with; it stands in the parameters of conditions that need it."""

MAX_PEAK = 100.0
"""Samples beyond this (full scale is 1) are not audio in float; LAME fails on them, or worse,
reports success and writes noise."""


def check_signals(signals: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the signals as float32 of shape (samples,) that an encoder can be given.

    Raises
    ------
    AudioError
        If one is empty, not mono, not finite, or far beyond full scale.
    """
    found = []
    for signal in signals:
        mono = _mono_float32(signal)
        if not len(mono):
            raise AudioError("the signal has no samples")
        peak = float(np.abs(mono).max())
        if peak > MAX_PEAK:
            raise AudioError(f"the samples reach {peak:g}, but full scale is 1")
        found.append(mono)
    return found


def to_codec_rate(signal: np.ndarray, rate: int, codec_rate: int) -> np.ndarray:
    """Return a signal (samples,) at the codec's rate, long enough for the way back (Hz)."""
    if rate == codec_rate:
        return signal
    import soxr

    # Downwards, rounding to whole samples may cost the way back its last ones.
    extra = 0 if codec_rate > rate else -(-rate // codec_rate) + 1
    return soxr.resample(np.pad(signal, (0, extra)), rate, codec_rate, "HQ")


def from_codec_rate(signal: np.ndarray, codec_rate: int, rate: int, n: int) -> np.ndarray:
    """Return a coded signal at its source's rate (Hz) and length (``n`` samples).

    Raises
    ------
    CodecError
        If it is shorter than its source.
    """
    if rate != codec_rate:
        import soxr

        signal = soxr.resample(signal, codec_rate, rate, "HQ")
    if len(signal) < n:
        raise CodecError(f"the codec returned {len(signal)} of {n} samples")
    return np.ascontiguousarray(signal[:n], dtype=np.float32)


def to_int16(signal: np.ndarray) -> np.ndarray:
    """Return a signal (samples,) as 16-bit samples; what is beyond full scale clips."""
    scaled = np.rint(np.asarray(signal, np.float64) * 2**15)
    return scaled.clip(-(2**15), 2**15 - 1).astype(np.int16)


def _mono_float32(signal: np.ndarray) -> np.ndarray:
    array = np.ascontiguousarray(signal, dtype=np.float32)
    if array.ndim != 1:
        raise AudioError(f"expected a mono signal of shape (samples,), got {array.shape}")
    if not np.isfinite(array).all():
        raise AudioError("the signal holds NaN or infinity")
    return array
