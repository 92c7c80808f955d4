"""Splits of all protocols: no speaker or recording is in two parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.evaluation.protocols import PROTOCOLS as BUILT_IN
from aser_bench.evaluation.splits import (
    FOLDS,
    dev_shares_speakers,
    for_model,
    inner_folds,
    speaker_blocks,
    split,
)

PROTOCOLS = {protocol.name: protocol for protocol in BUILT_IN}
EMOTIONS = ("angry", "happy", "neutral", "sad")
DISJOINT = [name for name, protocol in PROTOCOLS.items() if protocol.speaker_disjoint]
EXHAUSTIVE = ("speaker", "loso", "session")
RANDOM = ("paper", "yoon2018")
SEEDS = st.sampled_from([0, 1, 2**32 - 1]) | st.integers(0, 2**32 - 1)

every_protocol = pytest.mark.parametrize("protocol", PROTOCOLS)
every_disjoint_protocol = pytest.mark.parametrize("protocol", DISJOINT)
every_random_protocol = pytest.mark.parametrize("protocol", RANDOM)


def table(rows) -> pd.DataFrame:
    """Make a table of (speaker, emotion, group); its index is nothing to rely on.

    Each speaker has a session of their own, and every fourth row is dev, every fifth test.
    """
    frame = pd.DataFrame(rows, columns=["speaker", "emotion", "group"]).astype(str)
    number = np.arange(len(frame))
    frame["session"] = frame["speaker"]
    frame["split"] = np.where(number % 5 == 1, "test", np.where(number % 4, "train", "dev"))
    return frame.set_index(pd.Index(number[::-1] * 3))


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
    sessions = rng.integers(draw(st.integers(1, 4)), size=speakers)
    for row in np.flatnonzero(rng.random(size) < alike):
        group[row] = group[rng.integers(size)]
    who = rng.integers(speakers, size=size)
    frame = table(
        [
            (f"s{speaker}", EMOTIONS[emotion], f"g{one}")
            for speaker, emotion, one in zip(who, found, group, strict=True)
        ]
    )
    # A speaker may be heard in another session too.
    strays = rng.random(size) < draw(st.sampled_from([0.0, 0.05]))
    frame["session"] = np.where(strays, 0, sessions[who]).astype(str)
    return frame


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
@settings(max_examples=20, deadline=None)
@given(utterances=tables(), seed=SEEDS)
def test_no_speaker_or_recording_is_in_two_parts(protocol, utterances, seed):
    splits = splits_or_none(protocol, utterances, seed)
    if splits is None:
        return
    assert [one.fold for one in splits] == list(range(len(splits)))
    assert (len(splits) > 1) == (protocol != "given")
    for one in splits:
        assert len(one.train)
        assert len(one.test)
        assert_disjoint(sides(one), len(utterances))
        assert all(np.array_equal(part, np.sort(part)) for part in sides(one))
        assert_unsplit(utterances["group"], sides(one))
        if PROTOCOLS[protocol].speaker_disjoint:
            assert_unsplit(utterances["speaker"], sides(one))
        if protocol != "given":
            assert len(np.concatenate(sides(one))) == len(utterances)
        if protocol == "session":
            assert_unsplit(utterances["session"], [one.test, np.union1d(one.train, one.dev)])
    tested = np.concatenate([one.test for one in splits])
    assert len(np.unique(tested)) == len(tested)
    if protocol in EXHAUSTIVE:
        assert len(tested) == len(utterances)


@every_protocol
@settings(max_examples=8, deadline=None)
@given(utterances=tables(), seed=SEEDS)
def test_the_same_seed_gives_the_same_folds(protocol, utterances, seed):
    splits = splits_or_none(protocol, utterances, seed)
    again = splits_or_none(protocol, utterances.reset_index(drop=True), seed)
    assert (splits is None) == (again is None)
    assert splits is None or same(splits, again)


@every_protocol
@settings(max_examples=12, deadline=None)
@given(utterances=tables(), seed=SEEDS, number=st.integers(2, 5))
def test_inner_folds_split_only_the_training_set(protocol, utterances, seed, number):
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


@pytest.mark.parametrize("protocol", ["speaker", *RANDOM])
def test_another_seed_gives_other_folds(protocol):
    utterances = regular(10, takes=2)
    one, other = (
        [found.test.tolist() for found in split(protocol, utterances, seed)] for seed in (0, 1)
    )
    assert one != other


# Recordings that are alike


@every_disjoint_protocol
def test_speakers_who_share_a_recording_stay_together(protocol):
    utterances = regular(6)
    first = utterances["speaker"].isin(["s0"]).to_numpy().argmax()
    other = utterances["speaker"].isin(["s4"]).to_numpy().argmax()
    utterances.iloc[other, 2] = utterances.iloc[first, 2]
    together = utterances["speaker"].replace({"s4": "s0"})
    splits = split(protocol, utterances, 0)
    assert len(splits) == 5
    for one in splits:
        assert_unsplit(together, sides(one))


def test_shared_recordings_join_chains_of_speakers():
    rows = [("a", "x"), ("b", "y"), ("c", "x"), ("b", "z"), ("c", "z"), ("d", "v"), ("a", "w")]
    blocks = speaker_blocks(pd.DataFrame(rows, columns=["speaker", "group"]))
    assert len(set(blocks)) == 2
    assert len(set(blocks[[0, 1, 2, 3, 4, 6]])) == 1


@pytest.mark.parametrize("protocol", DISJOINT)
def test_speakers_who_all_share_one_recording_are_one(protocol):
    utterances = regular(3)
    utterances["group"] = "silence"
    with pytest.raises(UsageError, match="at least two speakers"):
        split(protocol, utterances, 0)


def test_a_fifth_of_one_recording_has_no_dev():
    rare = [(f"s{speaker}", f"e{n}", f"{speaker}/{n}") for speaker in range(4) for n in range(5)]
    utterances = table([*rare, *[("s0", "sad", "silence")] * 24])
    splits = split("paper", utterances, 0)
    silent = [one for one in splits if "silence" in set(utterances["group"].iloc[one.test])]
    assert [(len(one.dev), len(one.test)) for one in silent] == [(0, 24)]
    assert all(len(one.dev) and len(one.test) for one in splits if one is not silent[0])


@every_random_protocol
@pytest.mark.parametrize("seed", range(6))
def test_a_fifth_of_two_or_three_recordings_is_split(protocol, seed):
    utterances = regular(5, emotions=EMOTIONS[:2], takes=2)
    utterances = pd.concat([utterances, utterances.iloc[:10:2], utterances.iloc[:6:2]])
    splits = split(protocol, utterances, seed)
    assert len(splits) == FOLDS
    assert all(len(one.dev) and len(one.test) for one in splits)


# The protocols one by one


def test_speaker_makes_five_folds_of_24_speakers():
    utterances = regular(24)
    splits = split("speaker", utterances, 0)
    assert len(splits) == FOLDS == 5
    for one in splits:
        speakers = [utterances["speaker"].iloc[part].nunique() for part in sides(one)]
        assert speakers[2] in (4, 5)
        assert speakers[1] == round((24 - speakers[2]) / 8)
        for part in sides(one):
            assert utterances["emotion"].iloc[part].nunique() == len(EMOTIONS)


@pytest.mark.parametrize(("speakers", "folds"), [(2, 2), (3, 3), (4, 4), (5, 5), (6, 5), (11, 5)])
def test_speaker_makes_as_many_folds_as_there_are_speakers(speakers, folds):
    assert len(split("speaker", regular(speakers), 0)) == folds


@every_disjoint_protocol
def test_two_speakers_leave_no_dev(protocol):
    splits = split(protocol, regular(2, takes=3), 0)
    assert len(splits) == 2
    assert all(len(one.dev) == 0 for one in splits)
    np.testing.assert_array_equal(splits[0].train, splits[1].test)


@every_disjoint_protocol
@pytest.mark.parametrize(("speakers", "spared"), [(3, 0), (4, 1), (9, 1)])
def test_dev_needs_two_other_training_speakers(protocol, speakers, spared):
    utterances = regular(speakers)
    for one in split(protocol, utterances, 0):
        assert utterances["speaker"].iloc[one.dev].nunique() == spared
        assert utterances["speaker"].iloc[one.train].nunique() >= 2


def test_loso_tests_one_speaker_at_a_time():
    utterances = regular(7, takes=2)
    splits = split("loso", utterances, 0)
    tested = [set(utterances["speaker"].iloc[one.test]) for one in splits]
    assert all(len(speakers) == 1 for speakers in tested)
    assert set().union(*tested) == set(utterances["speaker"])
    assert len(splits) == 7


def test_yoon2018_draws_a_fold_for_each_recording():
    utterances = regular(24, takes=8)
    splits = split("yoon2018", utterances, 0)
    assert len(splits) == FOLDS
    np.testing.assert_array_equal(
        np.sort(np.concatenate([np.union1d(one.dev, one.test) for one in splits])),
        np.arange(len(utterances)),
    )
    shares = np.array([[len(part) for part in sides(one)] for one in splits]) / len(utterances)
    np.testing.assert_allclose(shares.mean(axis=0), [0.8, 0.06, 0.14], atol=0.01)
    assert np.unique(shares[:, 0]).size > 1  # the sizes vary
    held = [np.union1d(one.dev, one.test) for one in splits]
    counts = [utterances["emotion"].iloc[part].value_counts() for part in held]
    assert any(count.max() - count.min() > 5 for count in counts)  # not stratified


def test_shares_of_paper():
    utterances = regular(24, takes=8)
    splits = split("paper", utterances, 0)
    assert len(splits) == FOLDS
    for one in splits:
        shares = np.array([len(part) for part in sides(one)]) / len(utterances)
        np.testing.assert_allclose(shares, [0.8, 0.05, 0.15], atol=0.005)
        for part in sides(one):
            counts = utterances["emotion"].iloc[part].value_counts(normalize=True)
            np.testing.assert_allclose(counts, 1 / len(EMOTIONS), atol=0.03)


@every_random_protocol
def test_random_protocols_do_not_need_speakers(protocol):
    utterances = regular(5).assign(speaker="")
    assert len(split(protocol, utterances, 0)) == FOLDS


@every_random_protocol
def test_random_protocols_need_twenty_different_recordings(protocol):
    assert len(split(protocol, regular(5), 0)) == FOLDS
    words = rf"'{protocol}' needs at least 20 different recordings.* has 19"
    with pytest.raises(UsageError, match=words):
        split(protocol, regular(5).iloc[1:], 0)
    alike = regular(10).assign(group=[str(row // 4) for row in range(40)])
    with pytest.raises(UsageError, match="has 10"):
        split(protocol, alike, 0)


def dyads(sessions: int = 5, takes: int = 2) -> pd.DataFrame:
    """Two speakers a session, as in IEMOCAP."""
    utterances = regular(2 * sessions, takes)
    number = utterances["speaker"].str[1:].astype(int)
    return utterances.assign(session=(number // 2).astype(str))


def test_session_tests_one_session_at_a_time():
    utterances = dyads()
    splits = split("session", utterances, 0)
    assert len(splits) == 5
    for number, one in enumerate(splits):
        assert set(utterances["session"].iloc[one.test]) == {str(number)}
        assert [utterances["speaker"].iloc[part].nunique() for part in sides(one)] == [7, 1, 2]


def test_sessions_of_one_speaker_are_left_out_together():
    utterances = dyads()
    utterances.iloc[0, utterances.columns.get_loc("session")] = "3"
    splits = split("session", utterances, 0)
    tested = [sorted(set(utterances["session"].iloc[one.test])) for one in splits]
    assert sorted(tested) == [["0", "3"], ["1"], ["2"], ["4"]]
    # So are those that share an identical recording.
    utterances.iloc[-1, 2] = utterances.iloc[20, 2]
    assert len(split("session", utterances, 0)) == 3


@pytest.mark.parametrize(
    ("sessions", "words"),
    [
        (None, "needs the session of every utterance.*--protocol speaker"),
        ("", "needs the session of every utterance"),
        ("1", "at least two sessions that share no speaker: use --protocol speaker"),
    ],
)
def test_invalid_sessions_are_refused(sessions, words):
    utterances = dyads()
    changed = utterances.drop(columns="session")
    if sessions is not None:
        changed = utterances.assign(session=sessions)
    with pytest.raises(UsageError, match=words):
        split("session", changed, 0)


def test_given_uses_the_corpus_split():
    utterances = regular(6)
    (one,) = split("given", utterances, 0)
    for name, part in zip(("train", "dev", "test"), sides(one), strict=True):
        np.testing.assert_array_equal(part, np.flatnonzero(utterances["split"] == name))
    for uses_dev in (True, False):
        assert for_model("given", one, uses_dev, utterances, 0) is one
    folds, note = inner_folds("given", utterances, one.train, 3, 0)
    assert (len(folds), note) == (3, "")


def test_given_without_dev_uses_an_eighth_of_training():
    utterances = regular(8, takes=2)
    utterances["split"] = np.where(np.arange(len(utterances)) % 4 == 1, "test", "train")
    (one,) = split("given", utterances, 0)
    assert len(one.dev) == 0
    assert for_model("given", one, False, utterances, 0) is one
    own = for_model("given", one, True, utterances, 0)
    assert len(own.dev) == len(one.train) / 8
    assert sorted([*own.train, *own.dev]) == list(one.train)
    assert list(own.test) == list(one.test)


def test_given_removes_test_recordings_from_training():
    utterances = regular(5).assign(group=[f"g{row}" for row in range(20)])
    place = {name: np.flatnonzero(utterances["split"] == name) for name in ("train", "dev", "test")}
    twins = [
        (place["train"][0], place["test"][0]),
        (place["dev"][1], place["test"][1]),
        (place["train"][2], place["dev"][2]),
    ]
    for row, other in twins:
        utterances.iloc[row, 2] = utterances.iloc[other, 2]
    (one,) = split("given", utterances, 0)
    np.testing.assert_array_equal(one.test, place["test"])
    np.testing.assert_array_equal(one.dev, np.delete(place["dev"], 1))
    np.testing.assert_array_equal(one.train, np.delete(place["train"], [0, 2]))


@pytest.mark.parametrize(
    ("splits", "words"),
    [
        (None, r"own division into train, dev and test.*--protocol speaker.*--corpus csv=FILE"),
        (["train"] * 19 + [""], "own division into train, dev and test"),
        (["train"] * 20, "the corpus's own test part is empty; increase --limit"),
        (["test"] * 10 + ["dev"] * 10, "the corpus's own train part is empty"),
        (["train"] * 10 + ["valid"] * 10, "the column split has 'valid'"),
    ],
)
def test_invalid_corpus_splits_are_refused(splits, words):
    utterances = regular(5)
    changed = utterances.drop(columns="split")
    if splits is not None:
        changed = utterances.assign(split=splits)
    with pytest.raises(UsageError, match=words):
        split("given", changed, 0)


# What cannot be split


@every_protocol
def test_one_emotion_is_refused(protocol):
    with pytest.raises(UsageError, match=r"too few emotions.*sad"):
        split(protocol, regular(30, emotions=("sad",)), 0)


@every_protocol
def test_no_utterances_are_refused(protocol):
    with pytest.raises(UsageError, match="none"):
        split(protocol, regular(0), 0)


@every_disjoint_protocol
def test_one_speaker_is_refused_with_a_remedy(protocol):
    with pytest.raises(UsageError, match="use --protocol paper") as caught:
        split(protocol, regular(1, takes=9), 0)
    assert repr(protocol) in str(caught.value)
    assert "s0" in str(caught.value)


@every_disjoint_protocol
@pytest.mark.parametrize("unknown", [1, 24])
def test_unknown_speakers_are_refused_with_a_remedy(protocol, unknown):
    utterances = regular(6)
    utterances.iloc[:unknown, 0] = ""
    with pytest.raises(UsageError, match="use --protocol paper, or a table with speakers"):
        split(protocol, utterances, 0)


# Inner folds


@every_disjoint_protocol
def test_inner_folds_keep_speakers_together(protocol):
    utterances = regular(8, takes=2)
    one = split(protocol, utterances, 0)[0]
    folds, note = inner_folds(protocol, utterances, one.train, 3, 0)
    assert len(folds) == 3
    assert note == ""
    speakers = utterances["speaker"].iloc[one.train]
    for train, validation in folds:
        assert_unsplit(speakers, [train, validation])


@every_disjoint_protocol
def test_one_training_speaker_is_tuned_on_recordings(protocol):
    utterances = regular(2, takes=3)
    utterances.iloc[:3, 2], utterances.iloc[12:15, 2] = "a", "b"
    one = split(protocol, utterances, 0)[0]
    folds, note = inner_folds(protocol, utterances, one.train, 3, 0)
    assert len(folds) == 3
    assert "only training speaker" in note
    for fold in folds:
        assert_unsplit(utterances["group"].iloc[one.train], fold)


@every_random_protocol
def test_random_folds_are_tuned_on_random_folds(protocol):
    utterances = regular(6, takes=4)
    one = split(protocol, utterances, 0)[0]
    folds, note = inner_folds(protocol, utterances, one.train, 5, 0)
    assert len(folds) == 5
    assert note == ""
    speakers = utterances["speaker"].iloc[one.train].to_numpy()
    assert any(set(speakers[train]) & set(speakers[validation]) for train, validation in folds)


def test_fewer_training_speakers_than_inner_folds():
    utterances = regular(3)
    one = split("loso", utterances, 0)[0]
    folds, note = inner_folds("loso", utterances, one.train, 5, 0)
    assert (len(folds), note) == (2, "")


@every_protocol
def test_no_tuning_with_one_recording(protocol):
    utterances = regular(2).assign(group="the same")
    folds, note = inner_folds(protocol, utterances, np.arange(8), 3, 0)
    assert folds == []
    assert "too few recordings" in note


def test_inner_folds_depend_only_on_the_seed():
    utterances = regular(12)
    rows = np.arange(40)
    first, again, other = (
        [validation.tolist() for _, validation in inner_folds("paper", utterances, rows, 3, s)[0]]
        for s in (1, 1, 2)
    )
    assert first == again != other


@every_disjoint_protocol
def test_a_model_without_dev_trains_on_the_dev_speakers(protocol):
    utterances = regular(speakers=6)
    for one in split(protocol, utterances, 0):
        assert for_model(protocol, one, True, utterances, 0) is one
        whole = for_model(protocol, one, False, utterances, 0)
        assert sorted([*one.train, *one.dev]) == list(whole.train)
        assert len(whole.dev) == 0
        assert list(whole.test) == list(one.test)


@every_random_protocol
def test_no_model_trains_on_the_dev_part_of_a_random_protocol(protocol):
    utterances = regular(speakers=6, takes=2)
    for one in split(protocol, utterances, 0):
        assert for_model(protocol, one, False, utterances, 0) is one


def test_too_few_speakers_for_dev_use_an_eighth_of_recordings():
    utterances = regular(speakers=2, takes=6)
    for one in split("speaker", utterances, 0):
        assert not len(one.dev)
        own = for_model("speaker", one, True, utterances, 3)
        assert sorted([*own.train, *own.dev]) == list(one.train)
        assert len(own.dev) == pytest.approx(len(one.train) / 8, abs=2)
        assert list(own.test) == list(one.test)
        assert dev_shares_speakers(utterances, own)
        assert not dev_shares_speakers(utterances, one)
        groups = utterances["group"].to_numpy()
        assert not set(groups[own.train]) & set(groups[own.dev])
        again, other = (for_model("speaker", one, True, utterances, seed) for seed in (3, 4))
        assert list(again.dev) == list(own.dev) != list(other.dev)


def test_copies_of_one_recording_give_no_dev():
    utterances = regular(speakers=2, takes=6).assign(group="same")
    one = split("speaker", regular(speakers=2, takes=6), 0)[0]
    assert for_model("speaker", one, True, utterances, 0) is one
