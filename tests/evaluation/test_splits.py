"""No protocol lets a speaker or a recording stand on two sides of a split."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aser_bench.errors import UsageError
from aser_bench.evaluation.splits import FOLDS, PROTOCOLS, inner_folds, speaker_blocks, split

EMOTIONS = ("angry", "happy", "neutral", "sad")
DISJOINT = [name for name, protocol in PROTOCOLS.items() if protocol.speaker_disjoint]
EXHAUSTIVE = ("speaker", "loso")
SEEDS = st.sampled_from([0, 1, 2**32 - 1]) | st.integers(0, 2**32 - 1)

every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
every_disjoint_protocol = pytest.mark.parametrize("protocol", DISJOINT)


def table(rows) -> pd.DataFrame:
    """Make a table of (speaker, emotion, group); its index is nothing to rely on."""
    frame = pd.DataFrame(rows, columns=["speaker", "emotion", "group"]).astype(str)
    return frame.set_index(pd.Index(np.arange(len(frame))[::-1] * 3))


def regular(speakers: int, takes: int = 1, emotions=EMOTIONS) -> pd.DataFrame:
    return table(
        [
            (f"s{speaker}", emotion, f"{speaker}/{emotion}/{take}")
            for speaker in range(speakers)
            for emotion in emotions
            for take in range(takes)
        ]
    )


@st.composite
def tables(draw) -> pd.DataFrame:
    """Any corpus: few or many speakers, rare emotions, recordings that are identical."""
    speakers = draw(st.integers(1, 8))
    emotions = draw(st.integers(2, 4))
    size = draw(st.integers(2, 60))
    alike = draw(st.sampled_from([0.0, 0.1, 0.5]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = rng.dirichlet(np.full(emotions, draw(st.sampled_from([0.3, 5.0]))))
    found = rng.choice(emotions, size, p=weights)
    found[:2] = [0, 1]
    group = np.arange(size)
    for row in np.flatnonzero(rng.random(size) < alike):
        group[row] = group[rng.integers(size)]
    return table(
        [
            (f"s{speaker}", EMOTIONS[emotion], f"g{one}")
            for speaker, emotion, one in zip(
                rng.integers(speakers, size=size), found, group, strict=True
            )
        ]
    )


def sides(one) -> list[np.ndarray]:
    return [one.train, one.dev, one.test]


def assert_disjoint(parts, size: int) -> None:
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together)
    assert np.all((together >= 0) & (together < size))


def assert_unsplit(values, parts) -> None:
    """No value is found on two sides."""
    found = [set(np.asarray(values)[part]) for part in parts]
    assert len(set().union(*found)) == sum(map(len, found))


def same(one, two) -> bool:
    return len(one) == len(two) and all(
        a.fold == b.fold
        and all(np.array_equal(x, y) for x, y in zip(sides(a), sides(b), strict=True))
        for a, b in zip(one, two, strict=True)
    )


def splits_or_none(protocol, utterances, seed):
    try:
        return split(protocol, utterances, seed)
    except UsageError:
        return None


# Any corpus


@every_protocol
@settings(max_examples=250, deadline=None)
@given(utterances=tables(), seed=SEEDS)
def test_nothing_straddles_a_split(protocol, utterances, seed):
    splits = splits_or_none(protocol, utterances, seed)
    if splits is None:
        return
    assert [one.fold for one in splits] == list(range(len(splits)))
    assert len(splits) > 1
    for one in splits:
        assert len(one.train)
        assert len(one.test)
        assert_disjoint(sides(one), len(utterances))
        assert all(np.array_equal(part, np.sort(part)) for part in sides(one))
        assert_unsplit(utterances["group"], sides(one))
        if PROTOCOLS[protocol].speaker_disjoint:
            assert_unsplit(utterances["speaker"], sides(one))
        assert len(np.concatenate(sides(one))) == len(utterances)
    tested = np.concatenate([one.test for one in splits])
    assert len(np.unique(tested)) == len(tested)
    if protocol in EXHAUSTIVE:
        assert len(tested) == len(utterances)


@every_protocol
@settings(max_examples=15, deadline=None)
@given(utterances=tables(), seed=SEEDS)
def test_the_same_seed_gives_the_same_folds(protocol, utterances, seed):
    splits = splits_or_none(protocol, utterances, seed)
    again = splits_or_none(protocol, utterances.reset_index(drop=True), seed)
    assert (splits is None) == (again is None)
    assert splits is None or same(splits, again)


@every_protocol
@settings(max_examples=40, deadline=None)
@given(utterances=tables(), seed=SEEDS, number=st.integers(2, 5))
def test_inner_folds_split_the_training_set_alone(protocol, utterances, seed, number):
    splits = splits_or_none(protocol, utterances, seed)
    for one in (splits or [])[:2]:
        folds, note = inner_folds(protocol, utterances, one.train, number, seed)
        part = utterances.iloc[one.train]
        assert folds or note
        assert len(folds) <= number
        for train, validation in folds:
            assert len(train)
            assert len(validation)
            assert len(train) + len(validation) == len(one.train)
            assert_disjoint([train, validation], len(one.train))
            assert_unsplit(part["group"], [train, validation])
            if PROTOCOLS[protocol].speaker_disjoint and not note:
                assert_unsplit(part["speaker"], [train, validation])
        if folds:
            validated = np.sort(np.concatenate([validation for _, validation in folds]))
            np.testing.assert_array_equal(validated, np.arange(len(one.train)))
