"""librosa's features frame by frame."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench import features
from aser_bench.core.errors import UsageError
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.frames import COMPONENT, Frames

RATE = 16_000


def test_frames_are_librosas(speech, plain):
    everything = Frames(parts="mfcc+chroma+mel")
    for name, signal in speech(4):
        expected = np.concatenate([*plain(signal).values()], axis=1)
        found = everything.extract(AudioSignal(signal, RATE))
        assert found.dtype == np.float32
        assert found.flags.c_contiguous
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4, err_msg=name)


def test_mfcc_alone_are_the_default(tones, plain):
    found = COMPONENT.extract(AudioSignal(tones(1.0), RATE))
    assert found.shape == (32, 40) == (32, len(COMPONENT.columns))
    np.testing.assert_allclose(found, plain(tones(1.0))["mfcc"], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "parts", ["mfcc", "chroma", "mel", "mfcc+chroma", "mfcc+mel", "chroma+mel", "mfcc+chroma+mel"]
)
def test_parts_stand_beside_each_other(parts, tones):
    some = features.get(f"frames:parts={parts}")
    everything = Frames("mfcc+chroma+mel")
    sound = AudioSignal(tones(0.3), RATE)
    places = [everything.columns.index(column) for column in some.columns]
    assert places == sorted(places)
    np.testing.assert_array_equal(some.extract(sound), everything.extract(sound)[:, places])


@pytest.mark.parametrize("parts", ["", "mel+mfcc", "mfcc+mfcc", "mfcc+", "mfcc,mel", "pitch"])
def test_other_parts_are_refused(parts):
    with pytest.raises(UsageError, match=r"parts=.* must be mfcc or chroma or mel or mfcc\+chroma"):
        features.get(f"frames:parts={parts}")


def test_tuning_is_an_option_of_frames_too(tones):
    sound = AudioSignal(tones(1.0), RATE)
    estimated, fixed = (Frames("chroma", tuning).extract(sound) for tuning in ("utterance", "0"))
    np.testing.assert_array_equal(estimated, sound.chroma("utterance"))
    np.testing.assert_array_equal(fixed, sound.chroma("0"))
    assert not np.array_equal(estimated, fixed)


def test_the_means_of_the_frames_are_the_functionals(tones):
    sound = AudioSignal(tones(1.0), RATE)
    means = Frames("mfcc+chroma+mel").extract(sound).mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(
        features.get("functionals").extract(sound), means, rtol=1e-5, atol=1e-5
    )
