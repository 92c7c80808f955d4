"""Protocols: which utterances train, tune and test, fold by fold.

A split is made of utterances, never of coded versions of them, so that all conditions of an
utterance share its fold. Identical recordings (one ``group``) stay on one side of any split.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from .folds import DEV_PARTS, FOLDS, Split, speaker_blocks, stratified
from .protocols import PROTOCOLS

__all__ = [
    "FOLDS",
    "Split",
    "dev_shares_speakers",
    "for_model",
    "inner_folds",
    "speaker_blocks",
    "split",
]


def split(protocol: str, utterances: pd.DataFrame, seed: int) -> list[Split]:
    """Return the folds of a protocol.

    Parameters
    ----------
    protocol : str
        A name of `PROTOCOLS`.
    utterances : pandas.DataFrame
        With the columns ``emotion``, ``speaker`` and ``group``, and ``session`` or ``split``
        for the protocols that go by these.
    seed : int
        Decides which speakers or utterances share a fold.

    Raises
    ------
    UsageError
        If the corpus has one emotion, too few speakers or recordings for the protocol, or does
        not tell what it goes by.
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
    speakers: nobody's data lies idle. Where dev is a part of the held-out utterances
    (``paper``, ``yoon2018``) or the corpus's own (``given``), no model is trained on it. A model
    that uses one where too few speakers are left to spare any, or the corpus's own split has
    none, gets a stratified eighth of the training recordings; `dev_shares_speakers` says so.

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
    parts = min(DEV_PARTS, len(np.unique(groups)))
    if parts < 2:
        return one
    dev = one.train[next(stratified(table["emotion"], groups, parts, seed))]
    return replace(one, train=np.setdiff1d(one.train, dev), dev=dev)


def dev_shares_speakers(utterances: pd.DataFrame, one: Split) -> bool:
    """Whether a speaker stands both in training and in dev."""
    speaker = utterances["speaker"].to_numpy()
    known = np.setdiff1d(speaker[one.dev], [""])
    return bool(np.isin(known, speaker[one.train]).any())


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
        for validation in stratified(table["emotion"], blocks, number, seed)
    ]
    return folds, note
