"""One suite over every registered transcriber: being registered is what puts it under test."""

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
LISTENING = [spec for spec in SPECS if transcripts.get(spec).from_audio]
every_spec = pytest.mark.parametrize("spec", SPECS)
every_listener = pytest.mark.parametrize("spec", LISTENING)


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
    "a frame less": noise(409),
    "25 ms": noise(400),
    "0.1 s": noise(1600),
    "constant": np.full(4000, 0.25),
    "a click": np.eye(1, 5000, 2500)[0],
    "very quiet": noise(4000, 1e-9),
    "as quiet as it gets": np.full(4000, 1e-45),
    "overshooting": 3 * np.sign(noise(4000)),
}


def listener(spec: str) -> Transcriber:
    one = transcripts.get(spec)
    if one.unavailable():
        pytest.skip(f"{spec}: {one.unavailable()}")
    return one


def test_the_transcribers_of_the_package_are_registered():
    assert {"reference", "pocketsphinx", "whisper"} <= set(NAMES)
    assert "reference" not in LISTENING


@every_spec
def test_a_transcriber_says_what_it_is(spec):
    one = transcripts.get(spec)
    assert isinstance(one, Transcriber)
    assert one.name == spec.split(":")[0]
    assert one.spec == spec
    assert one.title
    assert "\n" not in one.title
    assert one.version >= 1
    assert one.from_audio is (one.seconds_per_second > 0)
    assert isinstance(one.languages, tuple)
    assert "\n" not in one.unavailable()


@pytest.mark.parametrize("name", NAMES)
def test_options_are_fields_and_the_title_names_them(name):
    one = transcripts.get(name)
    assert set(one.options) == {field.name for field in dataclasses.fields(one)}
    assert all(option in one.title for option in one.options)
    tried = {option for spec in one.variants for option in transcripts.get(spec).changed_options()}
    assert tried == set(one.options)


@every_spec
def test_it_travels_to_worker_processes(spec):
    one = transcripts.get(spec)
    assert pickle.loads(pickle.dumps(one)) == one


@every_spec
def test_what_cannot_be_used_says_so_in_every_way(spec):
    one = transcripts.get(spec)
    if one.unavailable():
        for use in (one.identity, lambda: one.transcribe([tone(4000)], RATE)):
            with pytest.raises(UsageError, match="cannot be used"):
                use()
    else:
        assert json.loads(json.dumps(one.identity())) == one.identity()
        assert one.identity()[:2] == [one.name, one.version]


@every_listener
@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
def test_any_signal_gives_words_or_nothing(spec, signal):
    one = listener(spec)
    signal = signal.astype(np.float32)
    signal.flags.writeable = False
    (heard,) = one.transcribe([signal], RATE)
    assert heard == normalize(heard)


@every_listener
def test_nobody_hears_a_word_in_silence(spec):
    assert listener(spec).transcribe([np.zeros(16_000, np.float32)] * 2, RATE) == ["", ""]


@every_listener
def test_another_rate_is_refused(spec):
    with pytest.raises(UsageError, match="listens at 16000 Hz, not at 8000 Hz"):
        listener(spec).transcribe([tone(4000)], 8000)


@every_listener
def test_no_signal_gives_no_words(spec):
    assert listener(spec).transcribe([], RATE) == []
