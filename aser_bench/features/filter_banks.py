"""Mel and chroma filter banks equal to the defaults of librosa 0.11.

librosa compiles about a dozen functions when its banks are first computed. That takes most of a
minute on a new machine, and happens once in each worker process. A test compares these banks with
librosa's.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Slaney's mel scale (Auditory Toolbox, 1998): linear up to 1 kHz, logarithmic above.
_HZ_PER_MEL, _KNEE_HZ = 200 / 3, 1000.0
_KNEE_MEL, _MELS_PER_NEPER = _KNEE_HZ / _HZ_PER_MEL, 27 / np.log(6.4)

# Ellis's chroma: the weight of a bin falls with its distance from a middle octave, as a Gaussian.
# Octave 0 starts at A0.
_MIDDLE_OCTAVE, _OCTAVES_WIDE = 5.0, 2.0
_A_HZ, _C_ABOVE_A = 440 / 16, 3


def mel(rate: int, n_fft: int, n_mels: int) -> npt.NDArray[np.float32]:
    """Return triangles of equal area from 0 Hz to half the rate, equally spaced in mel.

    Returns
    -------
    numpy.ndarray
        float32, shape (n_mels, 1 + n_fft / 2). Bands that are narrower than a bin may be all 0.
    """
    mels = np.linspace(0, _mel(rate / 2), n_mels + 2)
    linear, above = mels * _HZ_PER_MEL, np.maximum(mels - _KNEE_MEL, 0)
    edges = np.where(mels < _KNEE_MEL, linear, _KNEE_HZ * np.exp(above / _MELS_PER_NEPER))
    low, peak, high = (edges[start : start + n_mels, None] for start in range(3))
    hertz = np.arange(1 + n_fft // 2) * rate / n_fft
    rising, falling = (hertz - low) / (peak - low), (high - hertz) / (high - peak)
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * 2 / (high - low), dtype=np.float32)


def _mel(hertz: float) -> float:
    if hertz < _KNEE_HZ:
        return hertz / _HZ_PER_MEL
    return float(_KNEE_MEL + np.log(hertz / _KNEE_HZ) * _MELS_PER_NEPER)


def chroma(rate: int, n_fft: int, n_chroma: int, tuning: float) -> npt.NDArray[np.float32]:
    """Return the weight of each bin of a spectrum in each pitch class, from C upwards.

    Parameters
    ----------
    tuning : float
        Deviation from 440 Hz in fractions of a chroma bin.

    Returns
    -------
    numpy.ndarray
        float32, shape (n_chroma, 1 + n_fft / 2).
    """
    n_bins = 1 + n_fft // 2
    hertz = np.arange(1, n_bins + 1) * rate / n_fft
    pitch = n_chroma * np.log2(hertz / _A_HZ) - tuning  # in chroma bins above A0
    # 0 Hz has no pitch: librosa places it 1.5 octaves below the first bin, where its weight is low.
    pitch = np.concatenate([pitch[:1] - 1.5 * n_chroma, pitch])
    width = np.maximum(np.diff(pitch), 1)
    pitch = pitch[:n_bins]
    half = np.round(n_chroma / 2)
    distance = np.remainder(pitch - np.arange(n_chroma)[:, None] + half, n_chroma) - half
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    octaves_off = pitch / n_chroma - _MIDDLE_OCTAVE
    weights *= np.exp(-0.5 * (octaves_off / _OCTAVES_WIDE) ** 2)
    from_c = np.roll(weights, -_C_ABOVE_A * (n_chroma // 12), axis=0)
    return np.asarray(from_c, dtype=np.float32)
