"""The augmentation: its random choices, the shapes of its results, and audiomentations."""

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


def choices(augment: Augment, voice: np.ndarray, n: int = 40) -> list[tuple[bool, str]]:
    """Return the parameters of ``n`` calls: whether a codec was applied, and the condition."""
    parameters = []
    for _ in range(n):
        augment(voice, RATE)
        parameters.append((augment.parameters["should_apply"], augment.parameters["condition"]))
    return parameters


@pytest.mark.parametrize(
    ("spec", "arguments"),
    [("mp3:8", ("mp3", 8)), ("gsm", ("gsm",)), ("mp3:64+gsm", ("mp3:64+gsm",))],
)
def test_result_is_that_of_roundtrip(voice, spec, arguments):
    coded = Augment(spec, p=1.0)(voice, RATE)
    assert np.array_equal(coded, roundtrip(voice, RATE, *arguments))
    assert not np.array_equal(coded, voice)


def test_channels_are_coded_separately(voice):
    channels = np.stack([voice, 0.5 * voice[::-1]])
    coded = Augment("mp3:8", p=1.0)(channels, RATE)
    assert coded.shape == channels.shape
    for channel, source in zip(coded, channels, strict=True):
        assert np.array_equal(channel, roundtrip(source, RATE, "mp3", 8))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(8000,), (1, 8000), (2, 4000)])
def test_shape_and_dtype_are_those_of_the_source(voice, shape, dtype):
    samples = voice.reshape(shape).astype(dtype)
    before = samples.copy()
    coded = Augment("gain:db=6", p=1.0)(samples, RATE)
    assert coded.shape == shape
    assert coded.dtype == dtype
    assert np.array_equal(samples, before)  # the source is not changed


def test_other_sample_rates(voice):
    coded = Augment("mp3:64", p=1.0)(voice, 44_100)
    assert np.array_equal(coded, roundtrip(voice, 44_100, "mp3", 64))


def test_conditions_are_equally_frequent_and_p_is_the_probability(voice):
    parameters = choices(Augment(CHEAP, p=0.25, seed=1), voice, 800)
    applied = [condition for should_apply, condition in parameters if should_apply]
    assert 150 < len(applied) < 250
    assert all(30 < applied.count(spec) < 75 for spec in CHEAP)
    assert not any(should_apply for should_apply, _ in choices(Augment(CHEAP, p=0.0), voice))
    assert all(should_apply for should_apply, _ in choices(Augment(CHEAP, p=1.0), voice))


def test_same_seed_gives_the_same_choices(voice):
    first = choices(Augment(CHEAP, seed=3), voice)
    assert choices(Augment(CHEAP, seed=3), voice) == first
    assert choices(Augment(CHEAP, seed=4), voice) != first
    # The conditions do not depend on p.
    always = choices(Augment(CHEAP, p=1.0, seed=3), voice)
    assert [condition for _, condition in always] == [condition for _, condition in first]
    augment = Augment(CHEAP, seed=9)
    choices(augment, voice, 5)
    augment.reseed(3)
    assert choices(augment, voice) == first
    assert choices(Augment(CHEAP), voice) != choices(Augment(CHEAP), voice)


def test_global_random_state_is_not_changed(voice):
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    choices(Augment(CHEAP, seed=3), voice)
    assert np.array_equal(np.random.get_state()[1], before)


def test_copy_continues_the_random_choices(voice):
    augment = Augment(CHEAP, p=0.5, seed=3)
    choices(augment, voice, 7)
    copy = pickle.loads(pickle.dumps(augment))
    assert choices(copy, voice) == choices(augment, voice)


def _put_choices(augment, voice, queue):
    queue.put(choices(augment, voice))


@pytest.mark.parametrize("seed", [None, 3])
def test_forked_workers_differ_without_a_seed(voice, seed):
    fork = multiprocessing.get_context("fork")
    augment, queue = Augment(CHEAP, seed=seed), fork.Queue()
    workers = [fork.Process(target=_put_choices, args=(augment, voice, queue)) for _ in range(2)]
    for worker in workers:
        worker.start()
    first, second = queue.get(timeout=60), queue.get(timeout=60)
    for worker in workers:
        worker.join(60)
    assert (first == second) == (seed is not None)


def test_parameters_can_be_frozen(voice):
    augment = Augment(CHEAP, p=0.5, seed=1)
    augment.freeze_parameters()  # without earlier parameters, the first call chooses them
    (first,) = choices(augment, voice, 1)
    assert set(choices(augment, voice)) == {first}
    augment.unfreeze_parameters()
    assert len(set(choices(augment, voice))) > 2
    json.dumps(augment.serialize_parameters())


def test_repr_and_dictionary_contain_the_arguments():
    augment = Augment(["mp3:8", "gsm"], p=0.3, seed=7)
    copy = eval(repr(augment), {"Augment": Augment})
    assert repr(copy) == repr(augment)
    arguments = augment.to_dict_private()
    assert json.loads(json.dumps(arguments)) == arguments
    assert arguments["conditions"] == ["mp3:8", "gsm"]


@pytest.mark.parametrize(
    ("conditions", "options", "message"),
    [
        ("mp4:8", {}, "unknown codec 'mp4'"),
        ("mp3", {}, "needs a bitrate.*mp3:16"),
        (["mp3:8", "gsm:8"], {}, "takes no bitrate"),
        ([], {}, "no conditions"),
        ("gsm", {"p": 1.5}, "probability"),
    ],
)
def test_rejects_invalid_arguments(conditions, options, message):
    with pytest.raises(UsageError, match=message):
        Augment(conditions, **options)


def test_policy_for_a_bitrate_that_the_rate_does_not_support(voice):
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
def test_rejects_samples_that_are_not_audio(samples, message):
    with pytest.raises(AudioError, match=message):
        Augment("gain:db=6", p=1.0)(samples, RATE)


def test_works_in_pipelines_of_audiomentations(voice):
    audiomentations = pytest.importorskip("audiomentations")
    augment = Augment(["mp3:8"], p=1.0, seed=0)
    compose = audiomentations.Compose([augment, audiomentations.Shift(p=0.0)])
    expected = roundtrip(voice, RATE, "mp3", 8)
    assert np.array_equal(compose(samples=voice, sample_rate=RATE), expected)
    compose.freeze_parameters()
    assert np.array_equal(compose(voice, RATE), expected)
    compose.unfreeze_parameters()
    assert "mp3:8" in repr(compose)
    one_of = audiomentations.OneOf([augment])
    assert np.array_equal(one_of(samples=voice, sample_rate=RATE), expected)
    one_of.randomize_parameters(voice, RATE)
    assert np.array_equal(audiomentations.SomeOf(1, [augment])(voice, RATE), expected)
