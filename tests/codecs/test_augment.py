"""The augmentation: what it draws, that it keeps shapes, and that others can call it."""

from __future__ import annotations

import json
import multiprocessing
import pickle

import numpy as np
import pytest

from aser_bench.codecs import roundtrip
from aser_bench.codecs.augment import Augment
from aser_bench.core.errors import AudioError, UsageError

RATE = 16_000
CHEAP = [f"gain:db={db}" for db in (-6, -3, 3, 6)]


@pytest.fixture(scope="module")
def voice() -> np.ndarray:
    return (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)


def drawn(augment: Augment, voice: np.ndarray, n: int = 40) -> list[tuple]:
    found = []
    for _ in range(n):
        augment(voice, RATE)
        found.append((augment.parameters["should_apply"], augment.parameters["condition"]))
    return found


@pytest.mark.parametrize(
    ("spec", "same"),
    [("mp3:8", ("mp3", 8)), ("gsm", ("gsm",)), ("mp3:64+gsm", ("mp3:64+gsm",))],
)
def test_it_does_what_roundtrip_does(voice, spec, same):
    coded = Augment(spec, p=1.0)(voice, RATE)
    assert np.array_equal(coded, roundtrip(voice, RATE, *same))
    assert not np.array_equal(coded, voice)


def test_each_channel_goes_through_by_itself(voice):
    both = np.stack([voice, 0.5 * voice[::-1]])
    coded = Augment("mp3:8", p=1.0)(both, RATE)
    assert coded.shape == both.shape
    for channel, source in zip(coded, both, strict=True):
        assert np.array_equal(channel, roundtrip(source, RATE, "mp3", 8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(8000,), (1, 8000), (2, 4000)])
def test_shape_and_dtype_stay(voice, shape, dtype):
    samples = voice.reshape(shape).astype(dtype)
    before = samples.copy()
    coded = Augment("gain:db=6", p=1.0)(samples, RATE)
    assert coded.shape == shape
    assert coded.dtype == dtype
    assert np.array_equal(samples, before)  # the source is not written to


def test_other_rates(voice):
    coded = Augment("mp3:64", p=1.0)(voice, 44_100)
    assert np.array_equal(coded, roundtrip(voice, 44_100, "mp3", 64))


def test_every_condition_is_drawn_as_often_as_p_says(voice):
    found = drawn(Augment(CHEAP, p=0.25, seed=1), voice, 800)
    applied = [condition for should, condition in found if should]
    assert 150 < len(applied) < 250
    assert all(30 < applied.count(spec) < 75 for spec in CHEAP)
    assert not any(should for should, _ in drawn(Augment(CHEAP, p=0.0), voice))
    assert all(should for should, _ in drawn(Augment(CHEAP, p=1.0), voice))


def test_the_same_seed_draws_the_same(voice):
    first = drawn(Augment(CHEAP, seed=3), voice)
    assert drawn(Augment(CHEAP, seed=3), voice) == first
    assert drawn(Augment(CHEAP, seed=4), voice) != first
    # p decides whether, not what
    likely = drawn(Augment(CHEAP, p=1.0, seed=3), voice)
    assert [what for _, what in likely] == [what for _, what in first]
    augment = Augment(CHEAP, seed=9)
    drawn(augment, voice, 5)
    augment.reseed(3)
    assert drawn(augment, voice) == first
    assert drawn(Augment(CHEAP), voice) != drawn(Augment(CHEAP), voice)


def test_the_draws_of_others_are_not_touched(voice):
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    drawn(Augment(CHEAP, seed=3), voice)
    assert np.array_equal(np.random.get_state()[1], before)


def test_a_copy_goes_on_where_it_was(voice):
    augment = Augment(CHEAP, p=0.5, seed=3)
    drawn(augment, voice, 7)
    copy = pickle.loads(pickle.dumps(augment))
    assert drawn(copy, voice) == drawn(augment, voice)


def _in_a_worker(augment, voice, queue):
    queue.put(drawn(augment, voice))


@pytest.mark.parametrize("seed", [None, 3])
def test_forked_workers(voice, seed):
    fork = multiprocessing.get_context("fork")
    augment, queue = Augment(CHEAP, seed=seed), fork.Queue()
    workers = [fork.Process(target=_in_a_worker, args=(augment, voice, queue)) for _ in range(2)]
    for worker in workers:
        worker.start()
    one, two = queue.get(timeout=60), queue.get(timeout=60)
    for worker in workers:
        worker.join(60)
    assert (one == two) == (seed is not None)


def test_parameters_can_be_frozen(voice):
    augment = Augment(CHEAP, p=0.5, seed=1)
    augment.freeze_parameters()  # with nothing drawn yet, the first call draws
    (first,) = drawn(augment, voice, 1)
    assert set(drawn(augment, voice)) == {first}
    augment.unfreeze_parameters()
    assert len(set(drawn(augment, voice))) > 2
    json.dumps(augment.serialize_parameters())


def test_it_says_what_it_is():
    augment = Augment(["mp3:8", "gsm"], p=0.3, seed=7)
    again = eval(repr(augment), {"Augment": Augment})
    assert repr(again) == repr(augment)
    plain = augment.to_dict_private()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["conditions"] == ["mp3:8", "gsm"]


@pytest.mark.parametrize(
    ("conditions", "more", "message"),
    [
        ("mp4:8", {}, "unknown codec 'mp4'"),
        ("mp3", {}, "needs a bitrate.*mp3:16"),
        (["mp3:8", "gsm:8"], {}, "takes no bitrate"),
        ([], {}, "no condition"),
        ("gsm", {"p": 1.5}, "probability"),
    ],
)
def test_what_cannot_be_drawn_is_refused_when_it_is_made(conditions, more, message):
    with pytest.raises(UsageError, match=message):
        Augment(conditions, **more)


def test_a_bitrate_that_the_rate_does_not_carry(voice):
    assert Augment("mp3:256", p=1.0)(voice, RATE).shape == voice.shape
    with pytest.raises(UsageError, match="cannot code 256"):
        Augment("mp3:256", p=1.0, policy="error")(voice, RATE)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((2, 2, 100), np.float32), "shape"),
        (np.zeros((100, 2), np.float32), "channels, samples"),
        (np.float32(0), "shape"),
        (np.zeros(100, np.int16), "float"),
        (np.zeros(0, np.float32), "no samples"),
        (np.full(100, np.nan, np.float32), "NaN"),
    ],
)
def test_what_is_no_audio_is_refused(samples, message):
    with pytest.raises(AudioError, match=message):
        Augment("gain:db=6", p=1.0)(samples, RATE)


def test_in_a_pipeline_of_audiomentations(voice):
    audiomentations = pytest.importorskip("audiomentations")
    augment = Augment(["mp3:8"], p=1.0, seed=0)
    compose = audiomentations.Compose([augment, audiomentations.Shift(p=0.0)])
    wanted = roundtrip(voice, RATE, "mp3", 8)
    assert np.array_equal(compose(samples=voice, sample_rate=RATE), wanted)
    compose.freeze_parameters()
    assert np.array_equal(compose(voice, RATE), wanted)
    compose.unfreeze_parameters()
    assert "mp3:8" in repr(compose)
    one = audiomentations.OneOf([augment])
    assert np.array_equal(one(samples=voice, sample_rate=RATE), wanted)
    one.randomize_parameters(voice, RATE)
    assert np.array_equal(audiomentations.SomeOf(1, [augment])(voice, RATE), wanted)
