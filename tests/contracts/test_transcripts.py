"""Contract of every registered transcriber."""

from __future__ import annotations

import dataclasses
import json
import pickle

import numpy as np
import pytest

from aser_bench import transcripts
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.transcripts.base import Transcriber, normalize

RATE = 16_000
NAMES = registry.names("transcripts")
SPECS = [spec for name in NAMES for spec in (name, *transcripts.get(name).variants)]
FROM_AUDIO = [spec for spec in SPECS if transcripts.get(spec).from_audio]
every_spec = pytest.mark.parametrize("spec", SPECS)
every_spec_from_audio = pytest.mark.parametrize("spec", FROM_AUDIO)


def noise(samples: int, level: float = 0.1) -> np.ndarray:
    return level * np.random.default_rng(samples).standard_normal(samples)


def tone(samples: int) -> np.ndarray:
    return 0.3 * np.sin(2 * np.pi * 220 / RATE * np.arange(samples))


SIGNALS = {
    "noise": noise(8000),
    "tone": tone(4001),
    "silence": np.zeros(8000),
    "one sample": np.array([0.5]),
    "two samples": np.array([0.5, -0.5]),
    "one silent sample": np.zeros(1),
    "no sample": np.zeros(0),
    "less than one frame": noise(409),
    "25 ms": noise(400),
    "0.1 s": noise(1600),
    "constant": np.full(4000, 0.25),
    "click": np.eye(1, 5000, 2500)[0],
    "very quiet": noise(4000, 1e-9),
    "smallest float32": np.full(4000, 1e-45),
    "beyond full scale": 3 * np.sign(noise(4000)),
}


def available(spec: str) -> Transcriber:
    transcriber = transcripts.get(spec)
    if transcriber.unavailable():
        pytest.skip(f"{spec}: {transcriber.unavailable()}")
    return transcriber


def test_transcribers_of_the_package_are_registered():
    assert {"reference", "pocketsphinx", "whisper"} <= set(NAMES)
    assert "reference" not in FROM_AUDIO


@every_spec
def test_attributes_are_complete_and_consistent(spec):
    transcriber = transcripts.get(spec)
    assert isinstance(transcriber, Transcriber)
    assert transcriber.name == spec.split(":")[0]
    assert transcriber.spec == spec
    assert transcriber.title
    assert "\n" not in transcriber.title
    assert transcriber.version >= 1
    assert transcriber.from_audio is (transcriber.real_time_factor > 0)
    assert isinstance(transcriber.languages, tuple)
    assert "\n" not in transcriber.unavailable()


@pytest.mark.parametrize("name", NAMES)
def test_options_are_fields_and_are_named_in_the_title(name):
    transcriber = transcripts.get(name)
    assert set(transcriber.options) == {field.name for field in dataclasses.fields(transcriber)}
    assert all(option in transcriber.title for option in transcriber.options)
    variants = [transcripts.get(spec) for spec in transcriber.variants]
    tested = {option for variant in variants for option in variant.changed_options()}
    assert tested == set(transcriber.options)


@every_spec
def test_can_be_pickled(spec):
    transcriber = transcripts.get(spec)
    assert pickle.loads(pickle.dumps(transcriber)) == transcriber


@every_spec
def test_unavailable_transcriber_raises_everywhere(spec):
    transcriber = transcripts.get(spec)
    if transcriber.unavailable():
        for use in (transcriber.identity, lambda: transcriber.transcribe([tone(4000)], RATE)):
            with pytest.raises(UsageError, match="cannot be used"):
                use()
    else:
        identity = transcriber.identity()
        assert json.loads(json.dumps(identity)) == identity
        assert identity[:2] == [transcriber.name, transcriber.version]


@every_spec_from_audio
@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
def test_any_signal_gives_normalized_words(spec, signal):
    transcriber = available(spec)
    signal = signal.astype(np.float32)
    signal.flags.writeable = False
    (words,) = transcriber.transcribe([signal], RATE)
    assert words == normalize(words)


@every_spec_from_audio
def test_digital_silence_gives_no_words(spec):
    assert available(spec).transcribe([np.zeros(16_000, np.float32)] * 2, RATE) == ["", ""]


@every_spec_from_audio
def test_rejects_another_sample_rate(spec):
    with pytest.raises(UsageError, match="needs signals at 16000 Hz, not at 8000 Hz"):
        available(spec).transcribe([tone(4000)], 8000)


@every_spec_from_audio
def test_no_signals_give_no_transcripts(spec):
    assert available(spec).transcribe([], RATE) == []
