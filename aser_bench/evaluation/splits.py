"""Splits of a corpus by a protocol: the utterances that train, tune and test, fold by fold.

A split divides utterances, never coded versions of them, so that all conditions of an utterance
are in the same fold. Identical recordings (the same ``group``) are in one part of each split.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from ..core import registry
from ..core.errors import UsageError
from .folds import DEV_PARTS, FOLDS, Rows, Split, speaker_blocks, stratified
from .protocols import get_protocol

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
        Name of a protocol; see `protocols.get_protocol`.
    utterances : pandas.DataFrame
        With the columns ``emotion``, ``speaker`` and ``group``, and ``session`` or ``split``
        for the protocols that use them.
    seed : int
        Decides which speakers or utterances share a fold.

    Raises
    ------
    UsageError
        If the corpus has only one emotion, has too few speakers or recordings for the protocol,
        or lacks the labels that the protocol uses; or if the protocol returns splits that are not
        valid.
    """
    if utterances["emotion"].nunique() < 2:
        emotions = ", ".join(sorted(utterances["emotion"].unique())) or "none"
        raise UsageError(f"too few emotions: the corpus has only one ({emotions})")
    rule = get_protocol(protocol)
    try:
        splits = list(rule.make(utterances, seed))
    except UsageError:
        raise
    except Exception as error:  # a protocol of another package may raise anything
        raise UsageError(f"protocol {protocol!r} failed: {registry.reason(error)}") from error
    if reason := _invalid(protocol, splits, utterances):
        raise UsageError(f"protocol {protocol!r} does not give valid splits: {reason}")
    return splits


def _invalid(protocol: str, splits: Sequence[Split], utterances: pd.DataFrame) -> str:
    """Return why splits, which another package may have made, cannot be used; empty if they can."""
    if not splits:
        return "there are none"
    if others := [item for item in splits if not isinstance(item, Split)]:
        return f"{type(others[0]).__name__} is not aser_bench.evaluation.folds.Split"
    if len({candidate.fold for candidate in splits}) < len(splits):
        return "two of them have the same fold number"
    columns = {"recording": "group"}
    if get_protocol(protocol).speaker_disjoint:
        columns["speaker"] = "speaker"
    for candidate in splits:
        parts = {"training": candidate.train, "dev": candidate.dev, "test": candidate.test}
        rows = np.concatenate([*parts.values()])
        if not len(candidate.train) or not len(candidate.test):
            return f"fold {candidate.fold} has no utterances for training or for test"
        if rows.min() < 0 or rows.max() >= len(utterances) or len(np.unique(rows)) < len(rows):
            return f"fold {candidate.fold} has row numbers that are too large or occur twice"
        for what, column in columns.items():
            values = {name: {*utterances[column].iloc[part]} for name, part in parts.items()}
            for name, other in itertools.combinations(parts, 2):
                if shared := sorted(map(str, values[name] & values[other] - {""})):
                    fold = f"fold {candidate.fold}"
                    return f"{fold} has the {what} {shared[0]!r} in {name} and in {other}"
    return ""


def for_model(
    protocol: str, protocol_split: Split, uses_dev: bool, utterances: pd.DataFrame, seed: int
) -> Split:
    """Return the split that a model is trained with.

    A model that does not use the dev part is also trained on it if it was taken from the training
    speakers. If dev is a part of the held-out utterances (``paper``, ``yoon2018``) or the corpus's
    own (``given``), no model is trained on it. A model that uses dev but whose split has none, for
    lack of speakers or because the corpus's own split has none, gets a stratified eighth of the
    training recordings; see `dev_shares_speakers`.

    Parameters
    ----------
    utterances, seed
        As `split` takes them.
    """
    if not uses_dev and get_protocol(protocol).speaker_disjoint:
        return replace(
            protocol_split,
            train=np.union1d(protocol_split.train, protocol_split.dev),
            dev=protocol_split.dev[:0],
        )
    if not uses_dev or len(protocol_split.dev):
        return protocol_split
    table = utterances.iloc[protocol_split.train]
    groups = pd.factorize(table["group"])[0]
    parts = min(DEV_PARTS, len(np.unique(groups)))
    if parts < 2:
        return protocol_split
    dev = protocol_split.train[next(stratified(table["emotion"], groups, parts, seed))]
    return replace(protocol_split, train=np.setdiff1d(protocol_split.train, dev), dev=dev)


def dev_shares_speakers(utterances: pd.DataFrame, model_split: Split) -> bool:
    """Whether a speaker is both in training and in dev."""
    speaker = utterances["speaker"].to_numpy()
    dev_speakers = np.setdiff1d(speaker[model_split.dev], [""])
    return bool(np.isin(dev_speakers, speaker[model_split.train]).any())


def inner_folds(
    protocol: str, utterances: pd.DataFrame, rows: Rows, number: int, seed: int
) -> tuple[list[tuple[Rows, Rows]], str]:
    """Split a training set for the grid search.

    Speakers stay together under a speaker-disjoint protocol if training has at least two;
    identical recordings always stay together.

    Returns
    -------
    folds : list of (train, validation)
        Positions within ``rows``; empty if there are too few recordings.
    note : str
        Note that speakers are shared or nothing was tuned; usually empty.
    """
    table = utterances.iloc[rows]
    blocks, note = pd.factorize(table["group"])[0], ""
    if get_protocol(protocol).speaker_disjoint:
        speakers = speaker_blocks(table)
        if len(np.unique(speakers)) > 1:
            blocks = speakers
        else:
            note = "tuned on inner folds of its only training speaker"
    number = min(number, len(np.unique(blocks)))
    if number < 2:
        return [], "too few recordings to tune on: the first candidate of the grid was taken"
    everything = np.arange(len(rows))
    folds = [
        (np.setdiff1d(everything, validation), validation)
        for validation in stratified(table["emotion"], blocks, number, seed)
    ]
    return folds, note
