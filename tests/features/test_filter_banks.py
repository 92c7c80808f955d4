"""The filter banks compared with librosa's."""

from __future__ import annotations

import warnings

import librosa
import numpy as np
import pytest

from aser_bench.features import filter_banks

RATES = [4000, 8000, 16_000, 22_050, 44_100, 48_000]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("n_mels", [1, 26, 40, 100, 128, 512])
@pytest.mark.parametrize("n_fft", [512, 2048])
def test_mel_equals_librosa(rate, n_mels, n_fft):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some bands are narrower than the bins
        expected = librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=n_mels)
    result = filter_banks.mel(rate, n_fft, n_mels)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("n_chroma", [12, 24])
@pytest.mark.parametrize("tuning", [-0.5, -0.13, 0.0, 0.29, 0.49])
def test_chroma_equals_librosa(rate, n_chroma, tuning):
    expected = librosa.filters.chroma(sr=rate, n_fft=2048, tuning=tuning, n_chroma=n_chroma)
    result = filter_banks.chroma(rate, 2048, n_chroma, tuning)
    assert result.dtype == expected.dtype
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-9)
