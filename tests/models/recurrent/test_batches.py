"""Batches of unequal lengths: nothing is lost, nothing is padded more than it must be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.models.recurrent.batches import Scaler, epoch_batches, pad, pool, sub_batches

many_lengths = st.lists(st.integers(1, 3000), min_size=1, max_size=300).map(np.array)


@given(many_lengths, st.integers(1, 70), st.integers(0, 5))
def test_an_epoch_holds_each_utterance_once(lengths, size, seed):
    batches = list(epoch_batches(lengths, size, np.random.default_rng(seed)))
    assert sorted(np.concatenate(batches)) == list(range(len(lengths)))
    assert all(0 < len(batch) <= size for batch in batches)


def test_an_epoch_is_another_one_each_time_and_the_same_for_the_same_seed():
    lengths = np.random.default_rng(0).integers(50, 150, 200)
    rng = np.random.default_rng(1)
    first, second = (np.concatenate(list(epoch_batches(lengths, 64, rng))) for _ in range(2))
    assert not np.array_equal(first, second)
    again = np.concatenate(list(epoch_batches(lengths, 64, np.random.default_rng(1))))
    np.testing.assert_array_equal(first, again)


def test_batches_hold_utterances_of_about_one_length():
    lengths = np.random.default_rng(0).integers(50, 250, 1024)
    batches = list(epoch_batches(lengths, 64, np.random.default_rng(1)))
    frames = sum(lengths[batch].max() * len(batch) for batch in batches)
    assert frames < 1.15 * lengths.sum()
    assert 1.6 * lengths.sum() < 250 * len(lengths)  # what padding all to the longest would be


@given(many_lengths, st.integers(1, 70), st.integers(1, 5000))
def test_pieces_hold_each_utterance_once_within_bounds(lengths, size, frames):
    found = list(sub_batches(lengths, size, frames))
    assert sorted(np.concatenate(found)) == list(range(len(lengths)))
    for piece in found:
        assert len(piece) <= size
        assert len(piece) == 1 or lengths[piece].max() * len(piece) <= frames


def test_a_minute_does_not_pad_what_is_short():
    lengths = np.array([3, 1875, 4, 3])
    first, last = sub_batches(lengths, 64, 2000)
    assert sorted(first) == [0, 2, 3]
    assert last.tolist() == [1]


def test_padding_is_zero_and_behind():
    frames, lengths = pad([np.ones((2, 3)), 2 * np.ones((4, 3))])
    assert (frames.shape, frames.dtype, lengths.tolist()) == ((4, 2, 3), np.float32, [2, 4])
    np.testing.assert_array_equal(frames[:, 0, 0], [1, 1, 0, 0])
    np.testing.assert_array_equal(frames[:, 1, 2], [2, 2, 2, 2])


@given(st.integers(1, 40), st.integers(1, 9))
def test_pooled_frames_are_means(length, number):
    frames = np.random.default_rng(length).normal(size=(length, 3)).astype(np.float32)
    found = pool(frames, number)
    expected = [frames[i : i + number].mean(axis=0) for i in range(0, length, number)]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_the_scaler_knows_every_frame_and_no_padding():
    rng = np.random.default_rng(0)
    utterances = [rng.normal(3, 2, size=(n, 4)).astype(np.float32) for n in (1, 50, 700)]
    for one in utterances:
        one[:, 3] = 7  # never changes
    scaler = Scaler(utterances)
    frames = np.concatenate([scaler(one) for one in utterances])
    np.testing.assert_allclose(frames.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(frames.std(axis=0), [1, 1, 1, 0], atol=1e-5)


def test_pooling_an_utterance_shorter_than_the_pool():
    np.testing.assert_allclose(pool(np.array([[1.0], [2.0]]), 8), [[1.5]])


@pytest.mark.parametrize("size", [1, 7, 64])
def test_a_corpus_smaller_than_a_batch_is_one_batch_or_more(size):
    batches = list(epoch_batches(np.full(5, 10), size, np.random.default_rng(0)))
    assert len(batches) == -(-5 // size)
