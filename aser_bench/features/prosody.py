"""Five prosody descriptors every 10 ms, and seven functionals of each.

Eyben, Real-time Speech and Music Classification (Springer, 2016), chapter 2, describes them; the
constants are those of openSMILE's prosody features.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import numpy.typing as npt

from . import pitch
from .framing import band_edges, frames, hertz, mel_triangles, transform_size

Floats = npt.NDArray[np.floating]

FRAME_S, LOUDNESS_FRAME_S, AUDIBLE = 0.055, 0.020, 0.0008
"""Frame lengths (s) for pitch and loudness, and RMS below which a frame has no F0 and voicing."""

_A0_HZ = 27.5
_N_BANDS, _LOWEST_HZ, _HIGHEST_HZ, _COMPRESSION = 26, 20.0, 8000.0, 0.33
_BAND_FLOOR = 1e-9
_APERIODIC = 1e-6  # share of periodic power that is rounding noise of float32
_LAG_REACH_S = 0.25e-3  # distance from the period within which the autocorrelation may peak


def descriptors(signal: Floats, rate: int) -> dict[str, Floats]:
    """Return F0, log F0, voicing, HNR and loudness, each smoothed over three frames.

    Parameters
    ----------
    signal : numpy.ndarray
        Shape (samples,), full scale is 1.
    rate : int
        Sample rate in Hz.

    Returns
    -------
    dict of str to numpy.ndarray
        ``f0`` (Hz), ``log_f0`` (semitones above 27.5 Hz), ``voicing`` (0 to 1), ``hnr`` (dB) and
        ``loudness``: float64, shape (frames,). Except for the loudness, undefined values are 0. The
        loudness has a few more frames, since its frames are shorter.
    """
    from scipy import fft

    windowed = frames(np.asarray(signal, dtype=np.float32), rate, FRAME_S)
    windowed = windowed * _gauss(windowed.shape[1])
    n_fft = transform_size(windowed.shape[1])
    magnitude = np.abs(fft.rfft(windowed, n_fft, axis=1))
    f0, voicing = pitch.track(magnitude, rate)
    audible = np.sqrt(np.mean(np.square(windowed), axis=1)) >= AUDIBLE
    ratio = harmonics_to_noise(magnitude, f0, rate)
    f0, voicing = np.where(audible, f0, 0), np.where(audible, voicing, 0)
    semitones = np.where(f0 > 0, 12 * np.log2(np.where(f0 > 0, f0, _A0_HZ) / _A0_HZ), 0)
    pitched = {"f0": f0, "log_f0": semitones, "voicing": voicing, "hnr": ratio}
    contours = {name: smoothed(values, values != 0) for name, values in pitched.items()}
    loud = loudness(signal, rate)
    return {**contours, "loudness": smoothed(loud, np.ones(len(loud), dtype=bool))}


def harmonics_to_noise(magnitude: Floats, f0: Floats, rate: int) -> Floats:
    """Return the harmonics-to-noise ratio in dB, 0 where it is undefined.

    The ratio compares the autocorrelation's peak at the period with the rest of its value at lag
    0. It is undefined without an F0, and for a frame with an F0 but no periodic power: a single
    quantisation step in digital silence, which every codec removes. openSMILE returns about -80 dB
    there, which are rounding errors.

    Returns
    -------
    numpy.ndarray
        float64, shape (frames,).
    """
    from scipy import fft

    voiced = np.flatnonzero(f0 > 0)
    ratio = np.zeros(len(f0))
    correlation = fft.irfft(np.square(magnitude[voiced], dtype=np.float64), axis=1)
    reach = round(_LAG_REACH_S * rate)
    lags = np.round(rate / f0[voiced]).astype(int)[:, None] + np.arange(-reach, reach + 1)
    lags = np.minimum(lags, correlation.shape[1] // 2)
    peak = np.take_along_axis(correlation, lags, axis=1).max(axis=1)
    # A frame with an F0 has spectral peaks and therefore power: no division by zero.
    share = np.clip(peak / correlation[:, 0], _APERIODIC, 1 - _APERIODIC)
    ratio[voiced] = np.where(share > _APERIODIC, 10 * np.log10(share / (1 - share)), 0)
    return ratio


def loudness(signal: Floats, rate: int) -> Floats:
    """Return the mean over mel bands of their power, with auditory weights, to the power of 0.33.

    Returns
    -------
    numpy.ndarray
        float64, shape (frames,): frames of 20 ms every 10 ms.
    """
    from scipy import fft

    samples = frames(np.asarray(signal, dtype=np.float32), rate, LOUDNESS_FRAME_S)
    window, bank, weights = _loudness_tables(rate, samples.shape[1])
    spectrum = fft.rfft(samples * window, 2 * (len(bank) - 1), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    bands = np.maximum(power @ bank, _BAND_FLOOR) * weights
    return np.asarray((bands**_COMPRESSION).mean(axis=1, dtype=np.float64))


def smoothed(values: Floats, defined: Floats) -> Floats:
    """Return a moving mean over three frames that ignores undefined frames.

    Examples
    --------
    >>> values = np.array([3.0, 1.0, 0.0, 4.0])
    >>> smoothed(values, values != 0)
    array([2., 2., 0., 4.])
    """
    ones = np.ones(3)
    total = np.convolve(np.where(defined, values, 0), ones)[1:-1]
    return np.where(defined, total / np.maximum(np.convolve(defined, ones)[1:-1], 1), 0)


def functionals(values: Floats) -> list[float]:
    """Return the `FUNCTIONALS` of values over time, in their order; 0 for no values."""
    if not len(values):
        return [0.0] * len(FUNCTIONALS)
    return [function(values) for function in FUNCTIONALS.values()]


def _slope(values: Floats) -> float:
    time = np.arange(len(values)) - (len(values) - 1) / 2
    return float(time @ values / max(float(time @ time), 1.0))


def _centroid(values: Floats) -> float:
    total, size = float(values.sum()), float(np.abs(values).sum())
    if abs(total) <= 1e-6 * size:  # positive and negative values cancel: undefined
        return 0.0
    return float(np.arange(len(values)) @ values) / total / len(values)


FUNCTIONALS: dict[str, Callable[[Floats], float]] = {
    "mean": lambda values: float(np.mean(values)),
    "sd": lambda values: float(np.std(values)),
    "slope": _slope,
    "centroid": _centroid,
    "p10": lambda values: float(np.percentile(values, 10)),
    "p90": lambda values: float(np.percentile(values, 90)),
    "range": lambda values: float(np.subtract(*np.percentile(values, (90, 10)))),
}


@cache
def _gauss(length: int) -> Floats:
    middle = (length - 1) / 2
    weights = np.exp(-0.5 * ((np.arange(length) - middle) / (0.4 * middle)) ** 2)
    return np.asarray(weights, dtype=np.float32)


@cache
def _loudness_tables(rate: int, length: int) -> tuple[Floats, Floats, Floats]:
    """Return the window, the filter bank, and the auditory weight of each band."""
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    bank = mel_triangles(rate, transform_size(length), _N_BANDS, _LOWEST_HZ, _HIGHEST_HZ)
    middles = hertz(band_edges(rate, _N_BANDS, _LOWEST_HZ, _HIGHEST_HZ)[1:-1])
    weights = _equal_loudness(middles).astype(np.float32)
    return window.astype(np.float32), bank.astype(np.float32), weights


def _equal_loudness(frequency: Floats) -> Floats:
    """Return the equal-loudness weights of Hermansky (JASA 87, 1990) with a roll-off at 4.6 kHz.

    The scale is that of openSMILE.
    """
    w = np.square(2 * np.pi * frequency)
    curve = (w + 56.8e6) * np.square(w) / (np.square(w + 6.3e6) * (w + 0.38e9))
    return np.asarray(curve / (0.17 * (1 + (frequency / 4605.88) ** 7)))
