"""Protocols: which utterances train, tune and test, fold by fold.

A split is made of utterances, never of coded versions of them, so that all conditions of an
utterance share its fold. Identical recordings (one ``group``) stay on one side of any split.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ..errors import UsageError

FOLDS = 5
_DEV_PARTS = 8


@dataclass(frozen=True)
class Split:
    """One fold: row numbers of the utterances table, sorted, disjoint.

    ``dev`` is for models that must watch something while they train (to stop early). Under
    the speaker-disjoint protocols it is spared from the training speakers, and empty where
    there are too few of them; see `for_model`.
    """

    fold: int
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray


@dataclass(frozen=True)
class Protocol:
    """One protocol: a name, a line for ``list``, and the function that makes its folds.

    Attributes
    ----------
    speaker_disjoint : bool
        Whether no speaker stands on two sides of a split; dev is then spared from training.
        Otherwise dev is a part of the held-out utterances.
    """

    name: str
    title: str
    speaker_disjoint: bool
    make: Callable[[pd.DataFrame, int], Iterator[Split]]


def split(protocol: str, utterances: pd.DataFrame, seed: int) -> list[Split]:
    """Return the folds of a protocol.

    Parameters
    ----------
    protocol : str
        A name of `PROTOCOLS`.
    utterances : pandas.DataFrame
        With the columns ``emotion``, ``speaker`` and ``group``.
    seed : int
        Decides which speakers or utterances share a fold.

    Raises
    ------
    UsageError
        If the corpus has one emotion, or too few speakers or recordings for the protocol.
    """
    if utterances["emotion"].nunique() < 2:
        found = ", ".join(sorted(utterances["emotion"].unique())) or "none"
        raise UsageError(f"nothing to recognise: the corpus has one emotion only ({found})")
    return list(PROTOCOLS[protocol].make(utterances, seed))


def for_model(
    protocol: str, one: Split, uses_dev: bool, utterances: pd.DataFrame, seed: int
) -> Split:
    """Return the split as a model gets it.

    A model without use for a dev part is trained on what was spared for it from the training
    speakers: nobody's data lies idle. Where dev is a part of the held-out utterances (protocol
    ``paper``), no model is trained on it. A model that uses one where too few speakers are left
    to spare any gets a stratified eighth of the training recordings; `dev_shares_speakers` says
    so.

    Parameters
    ----------
    utterances, seed
        As `split` takes them.
    """
    if not uses_dev and PROTOCOLS[protocol].speaker_disjoint:
        return replace(one, train=np.union1d(one.train, one.dev), dev=one.dev[:0])
    if not uses_dev or len(one.dev):
        return one
    table = utterances.iloc[one.train]
    groups = pd.factorize(table["group"])[0]
    parts = min(_DEV_PARTS, len(np.unique(groups)))
    if parts < 2:
        return one
    dev = one.train[next(_stratified(table["emotion"], groups, parts, seed))]
    return replace(one, train=np.setdiff1d(one.train, dev), dev=dev)


def dev_shares_speakers(utterances: pd.DataFrame, one: Split) -> bool:
    """Whether a speaker stands both in training and in dev."""
    speaker = utterances["speaker"].to_numpy()
    known = np.setdiff1d(speaker[one.dev], [""])
    return bool(np.isin(known, speaker[one.train]).any())


def speaker_blocks(utterances: pd.DataFrame) -> np.ndarray:
    """Return a number for each row (rows,): rows of one speaker share it.

    So do speakers that share an identical recording, which must not be split either.
    """
    speaker = utterances["speaker"].to_numpy()
    block = pd.factorize(speaker)[0]
    for rows in utterances.groupby("group", sort=False).indices.values():
        for other in np.unique(block[rows])[1:]:
            block[block == other] = block[rows].min()
    return block


def inner_folds(
    protocol: str, utterances: pd.DataFrame, rows: np.ndarray, number: int, seed: int
) -> tuple[list[tuple[np.ndarray, np.ndarray]], str]:
    """Split a training set for the grid search.

    Speakers stay together under a speaker-disjoint protocol where training has two of them or
    more; identical recordings always do.

    Returns
    -------
    folds : list of (train, validation)
        Positions within ``rows``; empty where there are too few recordings.
    note : str
        Says when speakers had to be shared or nothing could be tuned, else empty.
    """
    table = utterances.iloc[rows]
    blocks, note = pd.factorize(table["group"])[0], ""
    if PROTOCOLS[protocol].speaker_disjoint:
        speakers = speaker_blocks(table)
        if len(np.unique(speakers)) > 1:
            blocks = speakers
        else:
            note = "tuned on inner folds of its one training speaker"
    number = min(number, len(np.unique(blocks)))
    if number < 2:
        return [], "too few recordings to tune on: the first candidate of the grid was taken"
    everything = np.arange(len(rows))
    folds = [
        (np.setdiff1d(everything, validation), validation)
        for validation in _stratified(table["emotion"], blocks, number, seed)
    ]
    return folds, note


def _by_speaker(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    blocks = _speakers_or_refuse(utterances, "speaker")
    number = min(FOLDS, len(np.unique(blocks)))
    for fold, test in enumerate(_stratified(utterances["emotion"], blocks, number, seed)):
        yield _with_dev(fold, blocks, test, seed)


def _leave_one_speaker_out(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    blocks = _speakers_or_refuse(utterances, "loso")
    for fold, block in enumerate(np.unique(blocks)):
        yield _with_dev(fold, blocks, np.flatnonzero(blocks == block), seed)


def _random(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five random folds; each held-out fifth is split 25:75, so train:dev:test = 8:0.5:1.5."""
    emotions = utterances["emotion"]
    groups = pd.factorize(utterances["group"])[0]
    if len(np.unique(groups)) < FOLDS * 4:
        raise UsageError(
            f"protocol 'paper' needs at least {FOLDS * 4} different recordings, "
            f"the corpus has {len(np.unique(groups))}"
        )
    rows = np.arange(len(utterances))
    for fold, held in enumerate(_stratified(emotions, groups, FOLDS, seed)):
        parts = min(4, len(np.unique(groups[held])))
        dev = held[:0]
        if parts > 1:  # else the fifth is one recording many times over, and none is spared
            own_seed = (seed + fold) % 2**32
            dev = held[next(_stratified(emotions.iloc[held], groups[held], parts, own_seed))]
        yield Split(fold, np.setdiff1d(rows, held), dev, np.setdiff1d(held, dev))


def _speakers_or_refuse(utterances: pd.DataFrame, protocol: str) -> np.ndarray:
    if (utterances["speaker"] == "").any():
        raise UsageError(
            f"protocol {protocol!r} needs every utterance's speaker, and the corpus does not "
            "tell it: use --protocol paper, or a table with speakers (--corpus csv=FILE)"
        )
    blocks = speaker_blocks(utterances)
    if len(np.unique(blocks)) < 2:
        raise UsageError(
            f"protocol {protocol!r} needs two speakers or more, and the corpus has one "
            f"({utterances['speaker'].iloc[0]}): use --protocol paper"
        )
    return blocks


def _with_dev(fold: int, blocks: np.ndarray, test: np.ndarray, seed: int) -> Split:
    """Spare every eighth training speaker (at least one) for dev, if two others remain."""
    left = np.setdiff1d(np.unique(blocks), blocks[test])
    dev_blocks = np.array([], dtype=int)
    if len(left) >= 3:
        order = np.random.default_rng([seed, fold]).permutation(left)
        dev_blocks = order[: max(1, round(len(left) / _DEV_PARTS))]
    dev = np.flatnonzero(np.isin(blocks, dev_blocks))
    train = np.setdiff1d(np.flatnonzero(np.isin(blocks, left)), dev)
    return Split(fold, train, dev, test)


def _stratified(
    emotions: pd.Series, blocks: np.ndarray, number: int, seed: int
) -> Iterator[np.ndarray]:
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    # Stratifying is refused where no emotion has as many utterances as there are folds.
    rare = emotions.value_counts().max() < number
    kind = GroupKFold if rare else StratifiedGroupKFold
    splitter = kind(number, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Rare emotions are spread as far as they go; the tables count train, dev and test.
        warnings.filterwarnings("ignore", message="The least populated class")
        for _, test in splitter.split(np.zeros(len(emotions)), emotions, blocks):
            if len(test):
                yield test


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        Protocol(
            "speaker",
            "five speaker-disjoint folds (fewer where there are fewer speakers), dev too",
            True,
            _by_speaker,
        ),
        Protocol(
            "paper",
            "the study's: five random stratified folds, train : dev : test = 8 : 0.5 : 1.5",
            False,
            _random,
        ),
        Protocol("loso", "leave one speaker out", True, _leave_one_speaker_out),
    )
}
