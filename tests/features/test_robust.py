"""The robust feature set: equality with librosa, and stability under MP3 and inaudible noise."""

from __future__ import annotations

import librosa
import numpy as np
import pytest

from aser_bench import features
from aser_bench.codecs import roundtrip
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.robust import COMPONENT

RATE = 16_000


def by_librosa(signal: np.ndarray) -> np.ndarray:
    """Return the features by librosa; its parameter top_db is the floor."""
    mel = librosa.feature.melspectrogram(y=signal, sr=RATE)
    high, low = (librosa.power_to_db(mel, top_db=floor) for floor in (40.0, 60.0))
    chroma = librosa.feature.chroma_stft(y=signal, sr=RATE, tuning=0)
    power = np.abs(librosa.stft(signal)) ** 2
    weights = 40 + librosa.power_to_db(power.sum(axis=0), ref=np.max, amin=1e-10, top_db=40)
    mfcc = librosa.feature.mfcc(S=low, n_mfcc=40)
    values = [
        mfcc.mean(axis=1, dtype=np.float64),
        np.average(chroma.astype(np.float64), axis=1, weights=weights),
        high.mean(axis=1, dtype=np.float64),
    ]
    return np.concatenate([*values, librosa.feature.mfcc(S=high, n_mfcc=40).std(axis=1)])


def columns(start: str, end: str = "") -> np.ndarray:
    return np.array([name.startswith(start) and name.endswith(end) for name in COMPONENT.columns])


def test_columns_are_mfcc_chroma_log_mel_deviations():
    parts = [name.rsplit("_", 1)[0] for name in COMPONENT.columns[:180]]
    assert parts == ["mfcc"] * 40 + ["chroma"] * 12 + ["log_mel"] * 128
    assert all(name.endswith("_sd") for name in COMPONENT.columns[180:])
    assert len(COMPONENT.columns) == 220


def test_equals_librosa_on_real_speech(speech):
    for name, signal in speech(4):
        result = COMPONENT.extract(AudioSignal(signal, RATE))
        np.testing.assert_allclose(result, by_librosa(signal), rtol=1e-4, atol=1e-4, err_msg=name)


def test_level_changes_only_log_mel_and_the_first_mfcc(tones):
    loud, soft = (COMPONENT.extract(AudioSignal(tones(1.0) * gain, RATE)) for gain in (1.0, 0.5))
    changed = np.abs(loud - soft) > 1e-3
    assert changed[columns("log_mel")].all()
    np.testing.assert_allclose((loud - soft)[columns("log_mel")], 20 * np.log10(2), atol=1e-3)
    assert set(np.array(COMPONENT.columns)[changed & ~columns("log_mel")]) == {"mfcc_00"}


@pytest.fixture(scope="module")
def original_and_coded(tones):
    """Return functionals and robust features of voices, before and after MP3."""
    signals = [tones(1.0, seed) * np.float32(1 + seed / 4) for seed in range(8)]
    coded = [roundtrip(signal, RATE, "mp3", 64) for signal in signals]
    sets = ("functionals", "robust")
    return [features.extract(sets, batch, RATE) for batch in (signals, coded)]


def scaled_shift(original, coded, columns) -> np.ndarray:
    """Return the difference to the original in standard deviations of the coded values."""
    original, coded = (np.array(rows)[:, columns].astype(float) for rows in (original, coded))
    return np.abs(original - coded).mean(axis=0) / (coded.std(axis=0) + 1e-12)


def test_bands_without_power_after_mp3_shift_little(original_and_coded):
    original, coded = original_and_coded
    top = slice(176, 180)  # the last four mel bands, in either set
    shift = {name: scaled_shift(original[name], coded[name], top).max() for name in original}
    assert shift["functionals"] > 50
    assert shift["robust"] < 10


def test_inaudible_noise_changes_little(tones):
    """In pauses, the chroma of `functionals` are those of the noise."""
    signals = [
        np.concatenate([tones(1.0, seed), np.zeros(RATE, np.float32), 1e-5 * tones(0.5, seed + 8)])
        for seed in range(8)
    ]
    dithered = [roundtrip(signal.astype(np.float32), RATE, "dither:db=50") for signal in signals]
    sets = ("functionals", "robust", "robust:tuning=utterance")
    original, noisy = (features.extract(sets, batch, RATE) for batch in (signals, dithered))
    chroma = slice(40, 52)
    shift = {name: scaled_shift(original[name], noisy[name], chroma).max() for name in original}
    assert shift["robust"] < 0.02
    assert shift["functionals"] > 10 * shift["robust"]
    everything = scaled_shift(original["robust"], noisy["robust"], slice(None))
    assert everything.max() < 0.1


def test_silence_has_equal_weights():
    silent = COMPONENT.extract(AudioSignal(np.zeros(RATE, np.float32), RATE))
    assert np.isfinite(silent).all()
    assert (silent[columns("chroma")] == 0).all()
