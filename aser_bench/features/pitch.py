"""F0 and voicing by sub-harmonic summation and the cheapest path through the candidates.

Hermes, Measurement of pitch by subharmonic summation, JASA 83 (1988), with the constants of
openSMILE's prosody features; each step was compared with openSMILE's output. librosa has no such
tracker: its pyin needs about 650 ms for 3.9 s of speech; its yin needs 15 ms, but does not decide
on voicing and differs from the tracker that the published dual encoders were trained with.
Importing librosa takes 1.3 s, and 13 s with an empty numba cache. Praat's trackers are GPL.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

LOWEST_HZ, HIGHEST_HZ, N_HARMONICS, COMPRESSION, VOICED = 52.0, 620.0, 15, 0.85, 0.7
"""Range of F0 (Hz), number of harmonics in a sum, factor from each harmonic to the next, and lowest
voicing of a candidate that counts as voiced."""

_BOTTOM_HZ = 25.0
"""Start of the logarithmic axis: sub-harmonics below the range of F0 compete as candidates."""
_N_CANDIDATES = 4
# Costs of a path: of a candidate, times one minus its voicing; of a decision that contradicts the
# voicing; per octave by which F0 moves; and of a voice onset or offset.
_LOCAL, _AGAINST, _JUMP, _TURN = 2.0, 8.0, 10.0, 10.0
# Frames per step: the arrays of one step stay in the processor's cache.
_FRAMES = 32


def track(magnitude: Floats, rate: int) -> tuple[Floats, Floats]:
    """Return F0 and voicing of each frame.

    Parameters
    ----------
    magnitude : numpy.ndarray
        Magnitude spectra, shape (frames, bins), from 0 Hz to half the rate.
    rate : int
        Sample rate in Hz.

    Returns
    -------
    f0, voicing : numpy.ndarray
        float64, shape (frames,). F0 in Hz, 0 in unvoiced frames. Voicing from 0 to 1: one minus the
        ratio of the average sum to the candidate's; in unvoiced frames, that of the best
        candidate.
    """
    frequency, voicing = candidates(magnitude, rate)
    chosen = cheapest_path(frequency, voicing)
    voiced = chosen < _N_CANDIDATES
    which = np.where(voiced, chosen, 0)[:, None]
    f0 = np.take_along_axis(frequency, which, axis=1)[:, 0]
    return np.where(voiced, f0, 0.0), np.take_along_axis(voicing, which, axis=1)[:, 0]


def candidates(magnitude: Floats, rate: int) -> tuple[Floats, Floats]:
    """Return the frequencies of the four highest sums of harmonics, and the voicing of each.

    Returns
    -------
    frequency, voicing : numpy.ndarray
        float64, shape (frames, 4), ordered by the height of the sum; 0 for missing candidates.
    """
    sums = harmonic_sums(magnitude, rate)
    inner = sums[:, 1:-1]
    heights = np.where((inner > sums[:, :-2]) & (inner >= sums[:, 2:]), inner, 0)
    top = np.argpartition(heights, -_N_CANDIDATES, axis=1)[:, -_N_CANDIDATES:]
    height = np.take_along_axis(heights, top, axis=1)
    order = np.argsort(-height, axis=1, kind="stable")
    top, height = (np.take_along_axis(values, order, axis=1) for values in (top, height))
    left, right = (np.take_along_axis(sums, top + shift, axis=1) for shift in (0, 2))
    valid = height > 0
    bend = np.where(valid, left + right - 2 * height, -1)
    place = top + 1 + (left - right) / 2 / np.where(bend < 0, bend, -1)
    frequency = _BOTTOM_HZ * 2.0 ** (place * _octaves(rate) / (sums.shape[1] - 1))
    valid &= (frequency >= LOWEST_HZ) & (frequency <= HIGHEST_HZ)
    voicing = np.maximum(0, 1 - sums.mean(axis=1, keepdims=True) / np.where(valid, height, 1))
    # Candidates in the range of F0 come first, still ordered by height.
    order = np.argsort(~valid, axis=1, kind="stable")
    selected = np.take_along_axis(valid, order, axis=1)
    frequency, voicing = (np.take_along_axis(a, order, axis=1) for a in (frequency, voicing))
    return np.where(selected, frequency, 0), np.where(selected, voicing, 0)


def harmonic_sums(magnitude: Floats, rate: int) -> Floats:
    """Return the sums of harmonics on a logarithmic axis, in the shape of ``magnitude``."""
    n_points = magnitude.shape[1]
    shifts = (np.log2(range(1, N_HARMONICS + 1)) * (n_points / _octaves(rate))).astype(int)
    to_octaves = _to_octaves(rate, n_points)
    sums = np.empty_like(magnitude)
    for start in range(0, len(magnitude), _FRAMES):
        spectrum = _peaks_alone(magnitude[start : start + _FRAMES]) @ to_octaves
        np.maximum(spectrum, 0, out=spectrum)
        total = sums[start : start + _FRAMES]
        total[:] = spectrum
        for shift in shifts[1:]:
            spectrum *= COMPRESSION
            total[:, : max(0, n_points - shift)] += spectrum[:, shift:]
    return np.asarray(np.divide(sums, N_HARMONICS, out=sums))


def cheapest_path(frequency: Floats, voicing: Floats) -> npt.NDArray[np.intp]:
    """Return the candidate of each frame, or ``4`` for unvoiced (a Viterbi search)."""
    n_frames, n = frequency.shape
    exists = frequency > 0
    local = np.full((n_frames, n + 1), np.inf)
    local[:, :n][exists] = (_LOCAL * (1 - voicing) + _AGAINST * (voicing < VOICED))[exists]
    local[:, n] = _AGAINST * (voicing.max(axis=1) >= VOICED)
    octave = np.log2(np.where(exists, frequency, 1))
    moves = np.full((n_frames - 1, n + 1, n + 1), _TURN)
    moves[:, :n, :n] = _JUMP * np.abs(octave[:-1, :, None] - octave[1:, None, :])
    moves[:, n, n] = 0
    moves += local[1:, None, :]
    cost, came_from = local[0], np.zeros((n_frames, n + 1), dtype=np.intp)
    for frame, move in enumerate(moves, start=1):
        total = cost[:, None] + move
        came_from[frame] = total.argmin(axis=0)
        cost = total.min(axis=0)
    chosen = np.empty(n_frames, dtype=np.intp)
    chosen[-1] = cost.argmin()
    for frame in range(n_frames - 1, 0, -1):
        chosen[frame - 1] = came_from[frame, chosen[frame]]
    return chosen


def _peaks_alone(magnitude: Floats) -> Floats:
    """Return spectra that are 0 except at local maxima and two bins on each side of them."""
    peak = np.zeros(magnitude.shape, dtype=bool)
    inner = magnitude[:, 1:-1]
    peak[:, 1:-1] = (inner > magnitude[:, :-2]) & (inner >= magnitude[:, 2:])
    peak[:, 0] = magnitude[:, 0] > magnitude[:, 1]
    selected = peak.copy()
    for reach in (1, 2):
        selected[:, reach:] |= peak[:, :-reach]
        selected[:, :-reach] |= peak[:, reach:]
    return np.where(selected, magnitude, 0)


def _octaves(rate: int) -> float:
    """Return the length of the logarithmic axis, up to half the rate, in octaves."""
    return float(np.log2(rate / 2 / _BOTTOM_HZ))


@cache
def _to_octaves(rate: int, n_bins: int) -> Floats:
    """Return the matrix that maps a spectrum to the logarithmic axis, (n_bins, n_bins), float32.

    It smooths, interpolates by a natural cubic spline, and applies an auditory weighting.
    """
    from scipy.interpolate import CubicSpline

    hertz = np.arange(n_bins) * rate / 2 / (n_bins - 1)
    points = _BOTTOM_HZ * 2.0 ** np.linspace(0, _octaves(rate), n_bins)
    # 0 Hz is not on a logarithmic axis: it is placed an octave below the first bin.
    axis = np.log2(np.maximum(hertz, hertz[1] / 2))
    spline = CubicSpline(axis, np.eye(n_bins), bc_type="natural")(np.log2(points)).T
    smooth = np.eye(n_bins) / 2 + (np.eye(n_bins, k=1) + np.eye(n_bins, k=-1)) / 4
    sensitivity = 0.5 + np.arctan(3 * np.log2(points / 32)) / np.pi  # auditory, by Hermes
    weights = smooth @ spline * sensitivity
    # A spline is not local, but its distant weights are tiny, and subnormal float32 numbers would
    # make the product ten times slower.
    return np.where(np.abs(weights) > 1e-7, weights, 0).astype(np.float32)
