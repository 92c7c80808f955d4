"""Effects that espeak-ng does not have: breath, tremor, creak, spectral tilt, room and level."""

from __future__ import annotations

import numpy as np
from scipy.signal import butter, fftconvolve, sosfilt, sosfiltfilt

SAMPLE_RATE = 16_000
PEAK_LIMIT = 0.9


def decibels(value: float) -> float:
    """Return the amplitude factor of a level in decibels."""
    return float(10.0 ** (value / 20.0))


def rms(samples: np.ndarray) -> float:
    """Return the root mean square."""
    return float(np.sqrt(np.mean(samples**2)))


def envelope(samples: np.ndarray, cutoff_hz: float = 25.0) -> np.ndarray:
    """Return the smoothed, non-negative envelope of the samples."""
    sos = butter(2, cutoff_hz, fs=SAMPLE_RATE, output="sos")
    return np.maximum(sosfiltfilt(sos, np.abs(samples)), 0.0)


def active_level(samples: np.ndarray) -> float:
    """Return the root mean square of the parts with speech."""
    level = envelope(samples)
    return rms(samples[level > 0.1 * level.max()])


def trim(samples: np.ndarray, margin_s: float = 0.02) -> np.ndarray:
    """Remove the silence at both ends, with a margin so that soft consonants are kept."""
    loud = np.flatnonzero(np.abs(samples) > decibels(-50.0) * np.abs(samples).max())
    margin = int(margin_s * SAMPLE_RATE)
    return samples[max(loud[0] - margin, 0) : loud[-1] + margin]


def brighten(samples: np.ndarray, gain_db: float, corner_hz: float = 1500.0) -> np.ndarray:
    """Raise or lower the level above the corner frequency, which changes the spectral tilt."""
    sos = butter(1, corner_hz, "highpass", fs=SAMPLE_RATE, output="sos")
    return samples + (decibels(gain_db) - 1.0) * sosfilt(sos, samples)


def add_breath(samples: np.ndarray, level_db: float, rng: np.random.Generator) -> np.ndarray:
    """Add breath noise: above 2 kHz, with the envelope of the voice."""
    sos = butter(2, 2000.0, "highpass", fs=SAMPLE_RATE, output="sos")
    noise = sosfilt(sos, rng.standard_normal(samples.size)) * envelope(samples)
    return samples + noise * decibels(level_db) * active_level(samples) / max(rms(noise), 1e-9)


def add_tremor(samples: np.ndarray, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Modulate pitch and level irregularly at 5 to 8 Hz."""
    if depth <= 0.0:
        return samples
    time = np.arange(samples.size) / SAMPLE_RATE
    sos = butter(1, 3.0, fs=SAMPLE_RATE, output="sos")
    drift = np.cumsum(sosfilt(sos, rng.standard_normal(samples.size)))
    phase = 2.0 * np.pi * rng.uniform(5.0, 8.0) * time + rng.uniform(0.0, 2.0 * np.pi)
    phase += 1.5 * drift / max(np.abs(drift).max(), 1e-9)
    # A time shift of up to one millisecond changes the pitch by about 4 %.
    warped = np.interp(time + 0.001 * depth * np.sin(phase), time, samples)
    return warped * (1.0 + 0.35 * depth * np.sin(phase + 1.0))


def add_creak(samples: np.ndarray, depth: float, rng: np.random.Generator) -> np.ndarray:
    """Modulate the voice by slow pulses, with increasing depth towards the end."""
    if depth <= 0.0:
        return samples
    time = np.arange(samples.size) / SAMPLE_RATE
    wander = np.cumsum(rng.standard_normal(samples.size)) * 0.02
    pulses = 0.5 + 0.5 * np.cos(2.0 * np.pi * rng.uniform(32.0, 48.0) * time + wander)
    share = depth * np.linspace(0.45, 0.9, samples.size)
    return samples * (1.0 - share * (1.0 - pulses**2))


def reverberate(samples: np.ndarray, decay_s: float, rng: np.random.Generator) -> np.ndarray:
    """Add the reverberation of a small room."""
    length = int(decay_s * SAMPLE_RATE)
    tail = rng.standard_normal(length) * np.exp(-6.9 * np.arange(length) / length)
    tail *= 0.12 / np.sqrt(np.sum(tail**2))
    tail[: int(0.003 * SAMPLE_RATE)] = 0.0
    return samples + fftconvolve(samples, tail)[: samples.size]


def room_noise(count: int, level_db: float, tilt: float, rng: np.random.Generator) -> np.ndarray:
    """Return stationary noise with a power spectrum proportional to frequency ** -tilt."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    frequency = np.fft.rfftfreq(count, 1.0 / SAMPLE_RATE)
    spectrum *= np.maximum(frequency, 60.0) ** (-tilt / 2.0)
    noise = np.fft.irfft(spectrum, count)
    return noise * decibels(level_db) / rms(noise)


def pad(samples: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fade both ends over 5 ms and add 0.10 to 0.18 s of silence at each."""
    ramp = np.linspace(0.0, 1.0, int(0.005 * SAMPLE_RATE))
    faded = samples.copy()
    faded[: ramp.size] *= ramp
    faded[-ramp.size :] *= ramp[::-1]
    before, after = (int(s * SAMPLE_RATE) for s in rng.uniform(0.10, 0.18, 2))
    return np.pad(faded, (before, after))


def limit(samples: np.ndarray) -> np.ndarray:
    """Compress peaks to below ``PEAK_LIMIT``; samples below two thirds of it do not change."""
    knee = PEAK_LIMIT * 2.0 / 3.0
    over = np.maximum(np.abs(samples) - knee, 0.0)
    compressed = knee + (PEAK_LIMIT - knee) * np.tanh(over / (PEAK_LIMIT - knee))
    return np.where(over > 0.0, np.sign(samples) * compressed, samples)
