"""Measure what a codec did to a signal: level, delay, bandwidth and noise.

All measures take float signals of shape (samples,) and are nan where the source is silent,
for then there is nothing to measure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

DROP_DB = 20.0
"""How far a coded spectrum must lie under its source's to count as cut off."""

FLOOR_DB = 80.0
"""How far under its peak a source's spectrum still has energy worth comparing."""

SAME_WAVEFORM = 0.25
"""The least correlation (of first differences) at which a delay can be told."""

QUIET_DB = 60.0
"""How far under its loudest bin a source's spectrogram is still compared; nothing counts as
quieter than that, so that what a codec leaves out is a finite distance away."""

_SEGMENT = 2048
_FRAME_S = 0.032


@dataclass(frozen=True)
class Audit:
    """What a codec did to one signal.

    Attributes
    ----------
    gain_db : float
        Level of the coded signal over its source's.
    lag_samples : float
        Delay of the coded signal; positive = late.
    bandwidth_hz : float
        From here up, the coded spectrum lies 20 dB or more under its source's.
    snr_db : float
        Source to error, after the gain is taken out: `si_sdr_db`.
    """

    gain_db: float
    lag_samples: float
    bandwidth_hz: float
    snr_db: float


def audit(reference: np.ndarray, signal: np.ndarray, rate: int) -> Audit:
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


def gain_db(reference: np.ndarray, signal: np.ndarray) -> float:
    """Return the least-squares level of ``signal`` over ``reference`` in dB.

    20 log10(<reference, signal> / <reference, reference>); -inf when the coded signal is
    silent, nan when the source is or when the two are in opposite phase.
    """
    gain = _gain(*_pair(reference, signal))
    return 20 * math.log10(gain) if gain > 0 else (-math.inf if gain == 0 else math.nan)


def match_level(reference: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Return ``signal`` brought to the level of ``reference``; as it is where `gain_db` is none."""
    gain = gain_db(reference, signal)
    return signal / np.float32(10 ** (gain / 20)) if np.isfinite(gain) else signal


def lag_samples(reference: np.ndarray, signal: np.ndarray, max_lag: int = 2000) -> float:
    """Return the delay of ``signal`` in whole samples, positive when it is late.

    The place of the highest cross-correlation of the first differences within ``max_lag``
    samples to either side. Differences, since speech codecs take away what lies under the
    voice, and that turns the phase of a low voice by up to 5 samples (once in 14 by 87) while
    all that is above stays in time. nan where the two resemble each other too little to tell
    (a correlation under `SAME_WAVEFORM`): a vocoder keeps no waveform.
    """
    from scipy import fft

    source, coded = (np.diff(some, prepend=0) for some in _pair(reference, signal))
    if not source.any() or not coded.any():
        return math.nan
    reach = min(max_lag, len(source) - 1)
    size = fft.next_fast_len(len(source) + reach, real=True)
    # Single precision is twice as fast and far more than a maximum needs; scaled, so that
    # very quiet signals do not underflow.
    one, two = (
        fft.rfft((some / np.abs(some).max()).astype(np.float32), size) for some in (source, coded)
    )
    product = two * np.conj(one)
    correlation = fft.irfft(product, size)
    near = np.concatenate([correlation[size - reach :], correlation[: reach + 1]])
    best = int(np.argmax(near))
    powers = (float(np.sum((some / np.abs(some).max()) ** 2)) for some in (source, coded))
    if near[best] < SAME_WAVEFORM * math.sqrt(math.prod(powers)):
        return math.nan
    return best - reach


def bandwidth_hz(reference: np.ndarray, signal: np.ndarray, rate: int) -> float:
    """Return the frequency in Hz from which on the codec keeps nothing of the source.

    That is the lowest frequency above which the long-term spectrum (Welch, Hann, 2048 samples)
    of ``signal``, its level taken out, lies `DROP_DB` or more under that of ``reference``.
    Only where the source has energy: not further than `FLOOR_DB` under its highest band.
    ``rate`` / 2 when the codec keeps everything, 0 when it keeps nothing.
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


def _level(ratio: np.ndarray, energy: np.ndarray) -> float:
    """Return the power gain of the bands that pass: the 90 % quantile weighted by energy.

    The least-squares gain would not do: where most of the energy is cut off, it is that loss.
    """
    order = np.argsort(ratio)
    below = np.cumsum(energy[order])
    return float(ratio[order[np.searchsorted(below, 0.9 * below[-1])]])


def si_sdr_db(reference: np.ndarray, signal: np.ndarray) -> float:
    """Return 10 log10 of source power over error power in dB, after the gain is taken out.

    The source times its least-squares gain is what was wanted, all else is error. That is the
    scale-invariant signal-to-distortion ratio (Le Roux, Wisdom, Erdogan & Hershey 2019, "SDR -
    half-baked or well done?") of the signals as they are: no mean is taken away, so an offset
    counts as an error. inf when nothing but the level changed, -inf when nothing is left.
    """
    source, coded = _pair(reference, signal)
    gain = _gain(source, coded)
    if not math.isfinite(gain):
        return math.nan
    wanted = gain * source
    error, power = float(np.sum((coded - wanted) ** 2)), float(np.sum(wanted**2))
    if not power:
        return -math.inf
    return 10 * math.log10(power / error) if error else math.inf


snr_db = si_sdr_db
"""The name that it has in `Audit`: the same formula."""


def log_spectral_distance_db(reference: np.ndarray, signal: np.ndarray, rate: int) -> float:
    """Return how far apart the short-time spectra lie in dB: 0 where only the level differs.

    In frames of 32 ms (Hann, overlapping by half) the root mean square over frequency of the
    difference of the log power spectra (Gray & Markel 1976, "Distance measures for speech
    processing"), then the mean over frames. Only bins count where the source lies within
    `QUIET_DB` of its loudest one, and the coded spectrum counts as no quieter than that.

    The level is taken out by equal total power. The least-squares gain would do for codecs that
    keep the waveform only; of a vocoder's output it says next to nothing.
    """
    source, coded = _pair(reference, signal)
    if not source.any():
        return math.nan
    length = max(2, round(_FRAME_S * rate))
    before = _powers(source / np.abs(source).max(), length)
    if not before.any():  # a few samples where the window is still shut
        return math.nan
    after = _powers(coded / (np.abs(coded).max() or 1.0), length)
    total, floor = after.sum(dtype=np.float64), before.max() * 10 ** (-QUIET_DB / 10)
    if total:
        after *= before.sum(dtype=np.float64) / total
    heard = before >= floor
    ratio = np.where(heard, before, 1) / np.where(heard, np.maximum(after, floor), 1)
    bins = heard.sum(axis=1)
    squares = np.sum((10 * np.log10(ratio)) ** 2, axis=1)[bins > 0] / bins[bins > 0]
    return float(np.sqrt(squares).mean(dtype=np.float64))


def _pair(reference: np.ndarray, signal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    source, coded = np.asarray(reference, np.float64), np.asarray(signal, np.float64)
    if source.ndim != 1 or source.shape != coded.shape or not len(source):
        raise ValueError(f"cannot compare signals of shape {source.shape} and {coded.shape}")
    return source, coded


def _spectrum(signal: np.ndarray) -> np.ndarray:
    """Return the mean power spectrum (bins,) of Hann-windowed segments that overlap by half."""
    return np.asarray(_powers(signal, _SEGMENT).mean(axis=0, dtype=np.float64))


def _powers(signal: np.ndarray, length: int) -> np.ndarray:
    """Return the power spectrogram (frames, bins) in Hann windows that overlap by half."""
    from scipy import fft

    padded = np.pad(signal, (0, max(0, length - len(signal)))).astype(np.float32)
    segments = np.lib.stride_tricks.sliding_window_view(padded, length)[:: length // 2]
    window = np.hanning(length + 1)[:-1].astype(np.float32)
    spectrum = fft.rfft(segments * window)
    return np.asarray(spectrum.real**2 + spectrum.imag**2)


def _gain(source: np.ndarray, coded: np.ndarray) -> float:
    # Sums, not BLAS products, whose last digits depend on the number of threads.
    power = float(np.sum(source * source))
    return float(np.sum(source * coded)) / power if power else math.nan
