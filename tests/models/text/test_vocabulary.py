"""Rows of words: reproducible and never empty."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.models.text.vocabulary import EMPTY, MAX_TOKENS, PADDING, UNKNOWN, Vocabulary

token_lists = st.lists(st.lists(st.text("abcä'", min_size=1, max_size=3), max_size=8), max_size=20)


def test_words_are_ordered_by_frequency_and_alphabet():
    vocabulary = Vocabulary.of([["b", "a", "c"], ["c", "d"], ["c"]])
    assert vocabulary.words == ("c", "a", "b", "d")
    assert len(vocabulary) == 7


def test_rare_words_are_unvocabulary():
    vocabulary = Vocabulary.of([["oh", "no"], ["oh"]], at_least=2)
    assert vocabulary.words == ("oh",)
    assert vocabulary.encode(["oh", "no"]).tolist() == [3, UNKNOWN]


@given(token_lists, st.randoms(use_true_random=False))
def test_order_of_texts_does_not_matter(texts, random):
    shuffled = random.sample(texts, len(texts))
    assert Vocabulary.of(texts) == Vocabulary.of(shuffled)


@given(token_lists, st.lists(st.text("abcdä'", min_size=1, max_size=3), max_size=200))
def test_encoded_rows_belong_to_their_words(texts, tokens):
    vocabulary = Vocabulary.of(texts)
    rows = vocabulary.encode(tokens)
    assert rows.dtype == np.int32
    assert 1 <= len(rows) <= MAX_TOKENS
    assert rows.max() < len(vocabulary)
    assert PADDING not in rows
    if not tokens:
        assert rows.tolist() == [EMPTY]
    for token, row in zip(tokens, rows, strict=False):
        assert (
            row == UNKNOWN if token not in vocabulary.words else vocabulary.words[row - 3] == token
        )


def test_long_texts_are_truncated():
    vocabulary = Vocabulary.of([["a", "b"]])
    assert vocabulary.encode(["a"] * 300).tolist() == [3] * MAX_TOKENS
    assert vocabulary.encode(["a", "b", "a"], most=2).tolist() == [3, 4]
    with pytest.raises(ValueError, match="at least one"):
        vocabulary.encode(["a"], most=0)


def test_special_rows_are_not_words():
    empty = Vocabulary.of([])
    assert (len(empty), empty.words) == (3, ())
    assert sorted({PADDING, UNKNOWN, EMPTY}) == [0, 1, 2]
    assert empty.encode(["word"]).tolist() == [UNKNOWN]


def test_can_be_pickled_and_is_immutable():
    vocabulary = Vocabulary.of([["a", "b"], ["b"]])
    before = pickle.dumps(vocabulary)
    vocabulary.encode(["a"])
    assert pickle.dumps(vocabulary) == before
    again = pickle.loads(before)
    assert again == vocabulary
    assert hash(again) == hash(vocabulary)
    assert again.encode(["b", "a"]).tolist() == [3, 4]
    with pytest.raises(AttributeError):
        vocabulary.words = ()


def test_rejects_repeated_words():
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(("a", "b", "a"))
