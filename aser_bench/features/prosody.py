"""Five descriptors of prosody each 10 ms, and seven functionals of each.

Eyben, Real-time Speech and Music Classification (Springer, 2016), chapter 2, describes them; the
constants are those that openSMILE uses for its prosody features.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from . import pitch
from .framing import band_edges, frames, hertz, mel_triangles, transform_size

FRAME_S, LOUDNESS_FRAME_S, AUDIBLE = 0.055, 0.020, 0.0008
"""Frames for pitch and for loudness, and the RMS below which a frame has neither F0 nor voicing."""

_A0_HZ = 27.5
_N_BANDS, _LOWEST_HZ, _HIGHEST_HZ, _COMPRESSION = 26, 20.0, 8000.0, 0.33
_BAND_FLOOR = 1e-9
_APERIODIC = 1e-6  # a share of periodic power that is none, next to float32's noise
_LAG_REACH_S = 0.25e-3  # how far from the period the peak of the autocorrelation is looked for


def descriptors(signal: np.ndarray, rate: int) -> dict[str, np.ndarray]:
    """Return F0, its logarithm, voicing, HNR and loudness, each smoothed over three frames.

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
        ``loudness``: float64, shape (frames,). All but the loudness are 0 where they are not
        defined; the loudness has a few frames more, since its frames are shorter.
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
    found = {name: smoothed(values, values != 0) for name, values in pitched.items()}
    heard = loudness(signal, rate)
    return {**found, "loudness": smoothed(heard, np.ones(len(heard), dtype=bool))}


def harmonics_to_noise(magnitude: np.ndarray, f0: np.ndarray, rate: int) -> np.ndarray:
    """Return the harmonics-to-noise ratio in dB, 0 where it is not defined.

    It is the height of the autocorrelation's peak at the period, against what is missing to
    the one at lag 0. It is not defined without an F0, and where there is an F0 but nothing
    periodic: so it is with a single step of the quantiser in digital silence, which any codec
    does away with. openSMILE gives some -80 dB of rounding errors there.

    Returns
    -------
    numpy.ndarray
        float64, shape (frames,).
    """
    from scipy import fft

    voiced = np.flatnonzero(f0 > 0)
    found = np.zeros(len(f0))
    correlation = fft.irfft(np.square(magnitude[voiced], dtype=np.float64), axis=1)
    reach = round(_LAG_REACH_S * rate)
    lags = np.round(rate / f0[voiced]).astype(int)[:, None] + np.arange(-reach, reach + 1)
    lags = np.minimum(lags, correlation.shape[1] // 2)
    peak = np.take_along_axis(correlation, lags, axis=1).max(axis=1)
    # A frame with an F0 has a spectrum with peaks, so it has power.
    share = np.clip(peak / correlation[:, 0], _APERIODIC, 1 - _APERIODIC)
    found[voiced] = np.where(share > _APERIODIC, 10 * np.log10(share / (1 - share)), 0)
    return found


def loudness(signal: np.ndarray, rate: int) -> np.ndarray:
    """Return the mean over mel bands of their power, weighted as the ear hears, to the 0.33.

    Returns
    -------
    numpy.ndarray
        float64, shape (frames,): frames of 20 ms each 10 ms.
    """
    from scipy import fft

    samples = frames(np.asarray(signal, dtype=np.float32), rate, LOUDNESS_FRAME_S)
    window, bank, heard = _loudness_tables(rate, samples.shape[1])
    spectrum = fft.rfft(samples * window, 2 * (len(bank) - 1), axis=1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    bands = np.maximum(power @ bank, _BAND_FLOOR) * heard
    return (bands**_COMPRESSION).mean(axis=1, dtype=np.float64)


def smoothed(values: np.ndarray, defined: np.ndarray) -> np.ndarray:
    """Return a moving mean over three frames of which only the defined ones count.

    Examples
    --------
    >>> values = np.array([3.0, 1.0, 0.0, 4.0])
    >>> smoothed(values, values != 0)
    array([2., 2., 0., 4.])
    """
    ones = np.ones(3)
    total = np.convolve(np.where(defined, values, 0), ones)[1:-1]
    return np.where(defined, total / np.maximum(np.convolve(defined, ones)[1:-1], 1), 0)


def functionals(values: np.ndarray) -> list[float]:
    """Return what ``FUNCTIONALS`` name, in their order, of values over time; 0 without any."""
    if not len(values):
        return [0.0] * len(FUNCTIONALS)
    return [float(function(values)) for function in FUNCTIONALS.values()]


def _slope(values: np.ndarray) -> float:
    time = np.arange(len(values)) - (len(values) - 1) / 2
    return float(time @ values / max(float(time @ time), 1.0))


def _centroid(values: np.ndarray) -> float:
    total, size = float(values.sum()), float(np.abs(values).sum())
    if abs(total) <= 1e-6 * size:  # ups and downs in balance, as dB may be: it has none
        return 0.0
    return float(np.arange(len(values)) @ values) / total / len(values)


FUNCTIONALS: dict[str, Callable[[np.ndarray], float]] = {
    "mean": np.mean,
    "sd": np.std,
    "slope": _slope,
    "centroid": _centroid,
    "p10": lambda values: np.percentile(values, 10),
    "p90": lambda values: np.percentile(values, 90),
    "range": lambda values: np.subtract(*np.percentile(values, (90, 10))),
}


@cache
def _gauss(length: int) -> np.ndarray:
    middle = (length - 1) / 2
    return np.exp(-0.5 * ((np.arange(length) - middle) / (0.4 * middle)) ** 2).astype(np.float32)


@cache
def _loudness_tables(rate: int, length: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the window, the bank of bands, and how well the ear hears each of them."""
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(length) / (length - 1))
    bank = mel_triangles(rate, transform_size(length), _N_BANDS, _LOWEST_HZ, _HIGHEST_HZ)
    middles = hertz(band_edges(rate, _N_BANDS, _LOWEST_HZ, _HIGHEST_HZ)[1:-1])
    heard = _heard(middles).astype(np.float32)
    return window.astype(np.float32), bank.astype(np.float32), heard


def _heard(frequency: np.ndarray) -> np.ndarray:
    """Return the equal-loudness weights of Hermansky (JASA 87, 1990) with a roll-off at 4.6 kHz.

    They are scaled as openSMILE scales them.
    """
    w = np.square(2 * np.pi * frequency)
    curve = (w + 56.8e6) * np.square(w) / (np.square(w + 6.3e6) * (w + 0.38e9))
    return curve / (0.17 * (1 + (frequency / 4605.88) ** 7))
