"""Measures of the effect of a codec on a signal: level, delay, bandwidth and noise.

All measures take float signals of shape (samples,). They are nan if the source is silent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .signals import Signal

DROP_DB = 20.0
"""Attenuation in dB from which a frequency counts as cut off."""

FLOOR_DB = 80.0
"""Frequencies of the source this far below the spectral peak, in dB, are not compared."""

SAME_WAVEFORM = 0.25
"""Smallest correlation (of first differences) at which a delay can be determined."""

QUIET_DB = 60.0
"""Bins of the source this far below the loudest bin, in dB, are not compared. It is also the lower
limit of the coded spectrum, so that the distance of bins that a codec removes is finite."""

FloatSignal = npt.NDArray[np.floating]
"""A mono signal, float, shape (samples,)."""

_Array = npt.NDArray[np.float64]

_SEGMENT = 2048
_FRAME_S = 0.032


@dataclass(frozen=True)
class Audit:
    """Effect of a codec on one signal.

    Attributes
    ----------
    gain_db : float
        Level of the coded signal relative to its source in dB.
    lag_samples : float
        Delay of the coded signal in samples; positive if it is late.
    bandwidth_hz : float
        Frequency in Hz above which the coded spectrum is at least 20 dB below its source.
    snr_db : float
        Ratio of source to error after removal of the gain, in dB: `si_sdr_db`.
    """

    gain_db: float
    lag_samples: float
    bandwidth_hz: float
    snr_db: float


def audit(reference: FloatSignal, signal: FloatSignal, rate: int) -> Audit:
    """Return all measures of a coded ``signal`` against its source ``reference`` at ``rate`` Hz.

    Examples
    --------
    >>> noise = np.random.default_rng(0).standard_normal(16_000)
    >>> audit(noise, 0.5 * noise, 16_000)  # doctest: +ELLIPSIS
    Audit(gain_db=-6.02..., lag_samples=0, bandwidth_hz=8000.0, snr_db=...)
    """
    return Audit(
        gain_db(reference, signal),
        lag_samples(reference, signal),
        bandwidth_hz(reference, signal, rate),
        si_sdr_db(reference, signal),
    )


def gain_db(reference: FloatSignal, signal: FloatSignal) -> float:
    """Return the least-squares level of ``signal`` relative to ``reference`` in dB.

    20 log10(<reference, signal> / <reference, reference>); -inf if the coded signal is silent,
    nan if the source is silent or the two have opposite phase.
    """
    gain = _gain(*_pair(reference, signal))
    return 20 * math.log10(gain) if gain > 0 else (-math.inf if gain == 0 else math.nan)


def match_level(reference: FloatSignal, signal: Signal) -> Signal:
    """Return ``signal`` at the level of ``reference``; unchanged if `gain_db` is not finite."""
    gain = gain_db(reference, signal)
    return signal / np.float32(10 ** (gain / 20)) if np.isfinite(gain) else signal


def lag_samples(reference: FloatSignal, signal: FloatSignal, max_lag: int = 2000) -> float:
    """Return the delay of ``signal`` in whole samples, positive if it is late.

    The delay is the lag of the highest cross-correlation of the first differences within
    ``max_lag`` samples. Differences are used because speech codecs remove frequencies below the
    voice. That shifts the phase of a low voice by up to 5 samples (once in 14 by 87), but not the
    phase of higher frequencies. The result is nan if the signals are too dissimilar (a correlation
    below `SAME_WAVEFORM`), as with vocoders.
    """
    from scipy import fft

    source, coded = (np.diff(array, prepend=0) for array in _pair(reference, signal))
    if not source.any() or not coded.any():
        return math.nan
    reach = min(max_lag, len(source) - 1)
    size = fft.next_fast_len(len(source) + reach, real=True)
    # Single precision is twice as fast and accurate enough to find a maximum. The signals are
    # scaled, so that very quiet ones do not underflow.
    source_spectrum, coded_spectrum = (
        fft.rfft((array / np.abs(array).max()).astype(np.float32), size)
        for array in (source, coded)
    )
    correlation = fft.irfft(coded_spectrum * np.conj(source_spectrum), size)
    near = np.concatenate([correlation[size - reach :], correlation[: reach + 1]])
    best = int(np.argmax(near))
    powers = (float(np.sum((array / np.abs(array).max()) ** 2)) for array in (source, coded))
    if near[best] < SAME_WAVEFORM * math.sqrt(math.prod(powers)):
        return math.nan
    return best - reach


def bandwidth_hz(reference: FloatSignal, signal: FloatSignal, rate: int) -> float:
    """Return the frequency in Hz above which the codec removes the source.

    That is the lowest frequency above which the long-term spectrum (Welch, Hann, 2048 samples) of
    ``signal``, after removal of the gain, is at least `DROP_DB` below that of ``reference``.
    Frequencies at which the source is more than `FLOOR_DB` below its peak do not count. The result
    is ``rate`` / 2 if the codec keeps all frequencies, and 0 if it keeps none.
    """
    source, coded = _pair(reference, signal)
    if not source.any():
        return math.nan
    before, after = _spectrum(source), _spectrum(coded)
    audible = np.flatnonzero(before > before.max() * 10 ** (-FLOOR_DB / 10))
    ratio = after[audible] / before[audible]
    level = _level(ratio, before[audible])
    kept = audible[(ratio > level * 10 ** (-DROP_DB / 10)) & (ratio > 0)]
    if not len(kept):
        return 0.0
    if kept[-1] == audible[-1]:
        return rate / 2
    return float((kept[-1] + 1) * rate / 2 / (len(before) - 1))


def _level(ratio: _Array, energy: _Array) -> float:
    """Return the power gain in the pass band: the 90 % quantile of the ratio, weighted by energy.

    The least-squares gain does not work here: if the codec removes most of the energy, that gain
    is the loss of energy, not the gain in the pass band.
    """
    order = np.argsort(ratio)
    below = np.cumsum(energy[order])
    return float(ratio[order[np.searchsorted(below, 0.9 * below[-1])]])


def si_sdr_db(reference: FloatSignal, signal: FloatSignal) -> float:
    """Return 10 log10 of source power over error power in dB, after removal of the gain.

    The target is the source times its least-squares gain; the error is the difference from it.
    That is the scale-invariant signal-to-distortion ratio (Le Roux, Wisdom, Erdogan & Hershey
    2019, "SDR - half-baked or well done?") without removal of the mean, so an offset counts as an
    error. The result is inf if only the level differs, and -inf if the coded signal is silent.
    """
    source, coded = _pair(reference, signal)
    gain = _gain(source, coded)
    if not math.isfinite(gain):
        return math.nan
    target = gain * source
    error, power = float(np.sum((coded - target) ** 2)), float(np.sum(target**2))
    if not power:
        return -math.inf
    return 10 * math.log10(power / error) if error else math.inf


snr_db = si_sdr_db
"""The same measure by its name in `Audit`."""


def log_spectral_distance_db(reference: FloatSignal, signal: FloatSignal, rate: int) -> float:
    """Return the distance of the short-time spectra in dB: 0 if only the level differs.

    In frames of 32 ms (Hann, overlapping by half), the root mean square over frequency of the
    difference of the log power spectra (Gray & Markel 1976, "Distance measures for speech
    processing"), then the mean over frames. Only bins of the source within `QUIET_DB` of its
    loudest bin count, and the coded spectrum is limited to that range.

    The level is removed by equal total power. The least-squares gain would work only for codecs
    that keep the waveform, not for vocoders.
    """
    source, coded = _pair(reference, signal)
    if not source.any():
        return math.nan
    length = max(2, round(_FRAME_S * rate))
    before = _powers(source / np.abs(source).max(), length)
    if not before.any():  # a few samples at the edge of the window, where it is 0
        return math.nan
    after = _powers(coded / (np.abs(coded).max() or 1.0), length)
    total, floor = after.sum(dtype=np.float64), before.max() * 10 ** (-QUIET_DB / 10)
    if total:
        after *= before.sum(dtype=np.float64) / total
    audible = before >= floor
    ratio = np.where(audible, before, 1) / np.where(audible, np.maximum(after, floor), 1)
    bins = audible.sum(axis=1)
    squares = np.sum((10 * np.log10(ratio)) ** 2, axis=1)[bins > 0] / bins[bins > 0]
    return float(np.sqrt(squares).mean(dtype=np.float64))


def _pair(reference: FloatSignal, signal: FloatSignal) -> tuple[_Array, _Array]:
    source, coded = np.asarray(reference, np.float64), np.asarray(signal, np.float64)
    if source.ndim != 1 or source.shape != coded.shape or not len(source):
        raise ValueError(f"cannot compare signals of shape {source.shape} and {coded.shape}")
    return source, coded


def _spectrum(signal: _Array) -> _Array:
    """Return the mean power spectrum (bins,) of Hann-windowed segments that overlap by half."""
    return np.asarray(_powers(signal, _SEGMENT).mean(axis=0, dtype=np.float64))


def _powers(signal: _Array, length: int) -> npt.NDArray[np.float32]:
    """Return the power spectrogram (frames, bins) with Hann windows that overlap by half."""
    from scipy import fft

    padded = np.pad(signal, (0, max(0, length - len(signal)))).astype(np.float32)
    segments = np.lib.stride_tricks.sliding_window_view(padded, length)[:: length // 2]
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    spectrum = fft.rfft(segments * window)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)


def _gain(source: _Array, coded: _Array) -> float:
    # Sums instead of BLAS products, because their last digits depend on the number of threads.
    power = float(np.sum(source * source))
    return float(np.sum(source * coded)) / power if power else math.nan
