"""Batches of utterances of different lengths: completeness, order and padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.models.recurrent.batches import Scaler, epoch_batches, pad, pool, sub_batches

many_lengths = st.lists(st.integers(1, 3000), min_size=1, max_size=300).map(np.array)


@given(many_lengths, st.integers(1, 70), st.integers(0, 5))
def test_epoch_contains_each_utterance_once(lengths, size, seed):
    batches = list(epoch_batches(lengths, size, np.random.default_rng(seed)))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert all(0 < len(batch) <= size for batch in batches)


def test_epochs_differ_and_are_reproducible():
    lengths = np.random.default_rng(0).integers(50, 150, 200)
    rng = np.random.default_rng(1)
    first, second = (np.concatenate(list(epoch_batches(lengths, 64, rng))) for _ in range(2))
    assert not np.array_equal(first, second)
    again = np.concatenate(list(epoch_batches(lengths, 64, np.random.default_rng(1))))
    np.testing.assert_array_equal(first, again)


def test_utterances_of_a_batch_have_similar_lengths():
    lengths = np.random.default_rng(0).integers(50, 250, 1024)
    batches = list(epoch_batches(lengths, 64, np.random.default_rng(1)))
    frames = sum(lengths[batch].max() * len(batch) for batch in batches)
    assert frames < 1.15 * lengths.sum()
    assert 1.6 * lengths.sum() < 250 * len(lengths)  # padding all utterances to the longest


@given(many_lengths, st.integers(1, 70), st.integers(1, 5000))
def test_sub_batches_contain_each_utterance_once_within_limits(lengths, size, frames):
    parts = list(sub_batches(lengths, size, frames))
    assert sorted(np.concatenate(parts)) == list(range(len(lengths)))
    for rows in parts:
        assert len(rows) <= size
        assert len(rows) == 1 or lengths[rows].max() * len(rows) <= frames


def test_long_utterance_does_not_pad_short_ones():
    lengths = np.array([3, 1875, 4, 3])
    first, last = sub_batches(lengths, 64, 2000)
    assert sorted(first) == [0, 2, 3]
    assert last.tolist() == [1]


def test_padding_is_zero_after_the_end():
    frames, lengths = pad([np.ones((2, 3)), 2 * np.ones((4, 3))])
    assert (frames.shape, frames.dtype, lengths.tolist()) == ((4, 2, 3), np.float32, [2, 4])
    np.testing.assert_array_equal(frames[:, 0, 0], [1, 1, 0, 0])
    np.testing.assert_array_equal(frames[:, 1, 2], [2, 2, 2, 2])


@given(st.integers(1, 40), st.integers(1, 9))
def test_pool_returns_means(length, number):
    frames = np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32)
    averaged = pool(frames, number)
    expected = [frames[i : i + number].mean(axis=0) for i in range(0, length, number)]
    assert averaged.dtype == np.float32
    np.testing.assert_allclose(averaged, expected, rtol=1e-5, atol=1e-6)


def test_scaler_uses_every_frame_without_padding():
    rng = np.random.default_rng(0)
    utterances = [rng.normal(3, 2, size=(n, 4)).astype(np.float32) for n in (1, 50, 700)]
    for frames in utterances:
        frames[:, 3] = 7  # a constant column
    scaler = Scaler(utterances)
    frames = np.concatenate([scaler(utterance) for utterance in utterances])
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(frames.std(axis=0), [1, 1, 1, 0], atol=1e-5)


def test_pool_of_fewer_frames_than_the_pool_size():
    np.testing.assert_allclose(pool(np.array([[1.0], [2.0]]), 8), [[1.5]])


@pytest.mark.parametrize("size", [1, 7, 64])
def test_corpus_smaller_than_a_batch(size):
    batches = list(epoch_batches(np.full(5, 10), size, np.random.default_rng(0)))
    assert len(batches) == -(-5 // size)
