"""librosa's features frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench import features
from aser_bench.core.errors import UsageError
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.frames import COMPONENT, Frames

RATE = 16_000


def test_frames_equal_librosa(speech, plain):
    everything = Frames(parts="mfcc+chroma+mel")
    for name, signal in speech(4):
        expected = np.concatenate([*plain(signal).values()], axis=1)
        result = everything.extract(AudioSignal(signal, RATE))
        assert result.dtype == np.float32
        assert result.flags.c_contiguous
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4, err_msg=name)


def test_default_is_mfcc(tones, plain):
    result = COMPONENT.extract(AudioSignal(tones(1.0), RATE))
    assert result.shape == (32, 40) == (32, len(COMPONENT.columns))
    np.testing.assert_allclose(result, plain(tones(1.0))["mfcc"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "parts", ["mfcc", "chroma", "mel", "mfcc+chroma", "mfcc+mel", "chroma+mel", "mfcc+chroma+mel"]
)
def test_parts_are_columns_of_all_parts(parts, tones):
    selection = features.get(f"frames:parts={parts}")
    everything = Frames("mfcc+chroma+mel")
    signal = AudioSignal(tones(0.3), RATE)
    columns = [everything.columns.index(column) for column in selection.columns]
    assert columns == sorted(columns)
    np.testing.assert_array_equal(selection.extract(signal), everything.extract(signal)[:, columns])


@pytest.mark.parametrize("parts", ["", "mel+mfcc", "mfcc+mfcc", "mfcc+", "mfcc,mel", "pitch"])
def test_rejects_other_parts(parts):
    with pytest.raises(UsageError, match=r"parts=.* must be mfcc or chroma or mel or mfcc\+chroma"):
        features.get(f"frames:parts={parts}")


def test_tuning_of_frames(tones):
    signal = AudioSignal(tones(1.0), RATE)
    estimated, fixed = (Frames("chroma", tuning).extract(signal) for tuning in ("utterance", "0"))
    np.testing.assert_array_equal(estimated, signal.chroma("utterance"))
    np.testing.assert_array_equal(fixed, signal.chroma("0"))
    assert not np.array_equal(estimated, fixed)


def test_means_of_frames_equal_functionals(tones):
    signal = AudioSignal(tones(1.0), RATE)
    means = Frames("mfcc+chroma+mel").extract(signal).mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(
        features.get("functionals").extract(signal), means, rtol=1e-5, atol=1e-5
    )
