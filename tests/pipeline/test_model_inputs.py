"""Inputs of models, loaded from the cache."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.models.dual.utterance import Utterance
from aser_bench.pipeline import model_inputs
from aser_bench.pipeline.cache import Cache

LENGTHS = (3, 1, 4)


@pytest.fixture
def cached(tmp_path):
    """Three utterances in two shards, as a run leaves them."""
    cache, rng = Cache(tmp_path), np.random.default_rng(0)
    frames = [rng.normal(size=(n, 2)).astype(np.float32) for n in LENGTHS]
    vectors = rng.normal(size=(3, 4)).astype(np.float32)
    texts = ["one", "", "three words here"]
    for name, rows in (("a", slice(0, 2)), ("b", slice(2, 3))):
        offsets = np.cumsum([0, *LENGTHS[rows]])
        values = np.concatenate(frames[rows])
        cache.save("features", f"frames-{name}", {"values": values, "offsets": offsets}, {})
        arrays = {"values": vectors[rows], "offsets": np.arange(len(vectors[rows]) + 1)}
        cache.save("features", f"vector-{name}", arrays, {})
        cache.save("transcripts", f"text-{name}", {}, {"texts": texts[rows]})
    return cache, frames, vectors, texts


def shards(*kinds: str) -> dict[str, tuple[str, ...]]:
    return {kind: (f"{kind}-a", f"{kind}-b") for kind in kinds}


def test_single_input_is_an_array(cached):
    cache, frames, vectors, _ = cached
    np.testing.assert_array_equal(model_inputs.load(cache, "original", shards("vector")), vectors)
    inputs = model_inputs.load(cache, "original", shards("frames"))
    assert inputs.dtype == object
    for one, other in zip(inputs, frames, strict=True):
        np.testing.assert_array_equal(one, other)


def test_several_inputs_are_utterances(cached):
    cache, frames, vectors, texts = cached
    inputs = model_inputs.load(cache, "original", shards("frames", "vector", "text"))
    assert inputs.dtype == object
    for i, one in enumerate(inputs):
        assert isinstance(one, Utterance)
        np.testing.assert_array_equal(one.frames, frames[i])
        np.testing.assert_array_equal(one.vector, vectors[i])
        assert one.text == texts[i]


def test_text_alone_is_utterances(cached):
    inputs = model_inputs.load(cached[0], "original", shards("text"))
    assert [tuple(one) for one in inputs] == [(None, None, text) for text in cached[3]]


def test_missing_entries_and_nan_are_errors(cached, tmp_path):
    cache = Cache(tmp_path)
    with pytest.raises(ValueError, match="removed from the cache"):
        model_inputs.load(cache, "mp3-8k", {"text": ("nowhere",)})
    cache.save("features", "bad", {"values": np.full((1, 4), np.nan), "offsets": [0, 1]}, {})
    with pytest.raises(ValueError, match="condition mp3-8k contain NaN"):
        model_inputs.load(cache, "mp3-8k", {"vector": ("bad",), "text": ("text-b",)})


def test_spread_of_frames_precedes_that_of_the_vector(cached):
    cache, frames, vectors, _ = cached
    by_frame = np.concatenate(frames).std(axis=0, dtype=np.float64)
    by_row = vectors.std(axis=0, dtype=np.float64)
    spread = {
        kinds: model_inputs.spread(model_inputs.load(cache, "original", shards(*kinds)))
        for kinds in (("frames",), ("vector",), ("text",), ("frames", "vector", "text"))
    }
    np.testing.assert_allclose(spread["frames",], by_frame)
    np.testing.assert_allclose(spread["vector",], by_row)
    assert spread["text",].shape == (0,)
    np.testing.assert_allclose(
        spread["frames", "vector", "text"], np.concatenate([by_frame, by_row])
    )
