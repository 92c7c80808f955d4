"""Rows of words: the same from run to run, and never none."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.models.text.vocabulary import EMPTY, MAX_TOKENS, PADDING, UNKNOWN, Vocabulary

token_lists = st.lists(st.lists(st.text("abcä'", min_size=1, max_size=3), max_size=8), max_size=20)


def test_frequent_words_come_first_and_then_the_alphabet():
    known = Vocabulary.of([["b", "a", "c"], ["c", "d"], ["c"]])
    assert known.words == ("c", "a", "b", "d")
    assert len(known) == 7


def test_rare_words_are_unknown():
    known = Vocabulary.of([["oh", "no"], ["oh"]], at_least=2)
    assert known.words == ("oh",)
    assert known.encode(["oh", "no"]).tolist() == [3, UNKNOWN]


@given(token_lists, st.randoms(use_true_random=False))
def test_the_order_of_the_texts_does_not_matter(texts, random):
    shuffled = random.sample(texts, len(texts))
    assert Vocabulary.of(texts) == Vocabulary.of(shuffled)


@given(token_lists, st.lists(st.text("abcdä'", min_size=1, max_size=3), max_size=200))
def test_rows_are_rows_of_the_matrix_and_stand_for_their_word(texts, tokens):
    known = Vocabulary.of(texts)
    rows = known.encode(tokens)
    assert rows.dtype == np.int32
    assert 1 <= len(rows) <= MAX_TOKENS
    assert rows.max() < len(known)
    assert PADDING not in rows
    if not tokens:
        assert rows.tolist() == [EMPTY]
    for token, row in zip(tokens, rows, strict=False):
        assert row == UNKNOWN if token not in known.words else known.words[row - 3] == token


def test_long_texts_are_cut():
    known = Vocabulary.of([["a", "b"]])
    assert known.encode(["a"] * 300).tolist() == [3] * MAX_TOKENS
    assert known.encode(["a", "b", "a"], most=2).tolist() == [3, 4]
    with pytest.raises(ValueError, match="at least one"):
        known.encode(["a"], most=0)


def test_the_three_special_rows_are_not_words():
    empty = Vocabulary.of([])
    assert (len(empty), empty.words) == (3, ())
    assert sorted({PADDING, UNKNOWN, EMPTY}) == [0, 1, 2]
    assert empty.encode(["word"]).tolist() == [UNKNOWN]


def test_it_survives_a_pickle_and_cannot_be_changed():
    known = Vocabulary.of([["a", "b"], ["b"]])
    before = pickle.dumps(known)
    known.encode(["a"])
    assert pickle.dumps(known) == before
    again = pickle.loads(before)
    assert again == known
    assert hash(again) == hash(known)
    assert again.encode(["b", "a"]).tolist() == [3, 4]
    with pytest.raises(AttributeError):
        known.words = ()


def test_a_word_has_one_row():
    with pytest.raises(ValueError, match="twice"):
        Vocabulary(("a", "b", "a"))
