"""How the folds of each protocol are made; `splits` says which protocols there are.

A split is made of utterances, never of coded versions of them, so that all conditions of an
utterance share its fold. Identical recordings (one ``group``) stay on one side of any split.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..core.errors import UsageError

FOLDS = 5
DEV_PARTS = 8
"""One in so many training speakers (or recordings) is spared for dev."""


@dataclass(frozen=True)
class Split:
    """One fold: row numbers of the utterances table, sorted, disjoint.

    ``dev`` is for models that must watch something while they train (to stop early). Under
    the speaker-disjoint protocols it is spared from the training speakers, and empty where
    there are too few of them; see `splits.for_model`.
    """

    fold: int
    train: np.ndarray
    dev: np.ndarray
    test: np.ndarray


def speaker_blocks(utterances: pd.DataFrame) -> np.ndarray:
    """Return a number for each row (rows,): rows of one speaker share it.

    So do speakers that share an identical recording, which must not be split either.
    """
    speakers, groups = (pd.factorize(utterances[name])[0] for name in ("speaker", "group"))
    return joined(speakers, groups)


def joined(blocks: np.ndarray, ties: np.ndarray) -> np.ndarray:
    """Return the blocks (rows,) as fewer ones: blocks with a row of the same tie are one."""
    block = blocks.copy()
    shared = pd.Series(ties).duplicated(keep=False).to_numpy()
    for tie in pd.unique(ties[shared]):
        rows = np.flatnonzero(ties == tie)
        for other in np.unique(block[rows])[1:]:
            block[block == other] = block[rows].min()
    return block


def by_speaker(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five folds of speakers, or as many as there are speakers."""
    blocks = _speakers_or_refuse(utterances, "speaker")
    number = min(FOLDS, len(np.unique(blocks)))
    for fold, test in enumerate(stratified(utterances["emotion"], blocks, number, seed)):
        yield _with_dev(fold, blocks, test, seed)


def leave_one_speaker_out(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Each speaker in turn."""
    blocks = _speakers_or_refuse(utterances, "loso")
    for fold, block in enumerate(np.unique(blocks)):
        yield _with_dev(fold, blocks, np.flatnonzero(blocks == block), seed)


def leave_one_session_out(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Each session in turn; sessions that share a speaker are left out together."""
    if "session" not in utterances or (utterances["session"] == "").any():
        raise UsageError(
            "protocol 'session' needs every utterance's session, and the corpus does not tell "
            "it: use --protocol speaker, or a table with a column session (--corpus csv=FILE)"
        )
    blocks = _speakers_or_refuse(utterances, "session")
    sessions = joined(pd.factorize(utterances["session"])[0], blocks)
    if len(np.unique(sessions)) < 2:
        raise UsageError(
            "protocol 'session' needs two sessions or more that share no speaker: "
            "use --protocol speaker"
        )
    for fold, session in enumerate(np.unique(sessions)):
        yield _with_dev(fold, blocks, np.flatnonzero(sessions == session), seed)


def paper(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five random folds; each held-out fifth is split 25:75, so train:dev:test = 8:0.5:1.5."""
    return _random("paper", 4, 1, utterances, seed)


def yoon2018(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five random folds; each held-out fifth is split 30:70, so train:dev:test = 8:0.6:1.4."""
    return _random("yoon2018", 10, 3, utterances, seed)


def _random(
    name: str, parts: int, dev_parts: int, utterances: pd.DataFrame, seed: int
) -> Iterator[Split]:
    """Five random stratified folds; ``dev_parts`` of ``parts`` of what is held out are dev."""
    emotions = utterances["emotion"]
    groups = pd.factorize(utterances["group"])[0]
    if len(np.unique(groups)) < FOLDS * 4:
        raise UsageError(
            f"protocol {name!r} needs at least {FOLDS * 4} different recordings, "
            f"the corpus has {len(np.unique(groups))}"
        )
    rows = np.arange(len(utterances))
    for fold, held in enumerate(stratified(emotions, groups, FOLDS, seed)):
        # Fewer parts where the fifth has fewer recordings; none is spared of a single one.
        number = min(parts, len(np.unique(groups[held])))
        dev = held[:0]
        if number > 1:
            own_seed = (seed + fold) % 2**32
            found = list(stratified(emotions.iloc[held], groups[held], number, own_seed))
            spared = min(max(1, round(number * dev_parts / parts)), len(found) - 1)
            dev = held[np.sort(np.concatenate([dev, *found[:spared]]))]
        yield Split(fold, np.setdiff1d(rows, held), dev, np.setdiff1d(held, dev))


def given(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """The corpus's own parts, as one fold.

    Its test part stays whole, so that it is the one of which others report. Recordings that
    are identical to one of it are taken out of training and dev, and those identical to one of
    dev out of training.
    """
    if "split" not in utterances or (utterances["split"] == "").any():
        raise UsageError(
            "protocol 'given' needs the corpus's own division into train, dev and test, and the "
            "corpus does not tell it: use --protocol speaker or paper, or a table with a column "
            "split (--corpus csv=FILE)"
        )
    strange = sorted(set(utterances["split"]) - {"train", "dev", "test"})
    if strange:
        raise UsageError(
            f"protocol 'given': the column split holds {strange[0]!r}; it knows train, dev, test"
        )
    part, group = utterances["split"].to_numpy(), pd.factorize(utterances["group"])[0]
    test, dev = part == "test", part == "dev"
    dev &= ~np.isin(group, group[test])
    train = (part == "train") & ~np.isin(group, group[test | dev])
    for name, rows in (("train", train), ("test", test)):
        if not rows.any():
            raise UsageError(
                f"protocol 'given': there is nothing in the corpus's own {name} part; take more "
                "utterances if there is a --limit, else use --protocol speaker"
            )
    yield Split(0, *(np.flatnonzero(rows) for rows in (train, dev, test)))


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
        dev_blocks = order[: max(1, round(len(left) / DEV_PARTS))]
    dev = np.flatnonzero(np.isin(blocks, dev_blocks))
    train = np.setdiff1d(np.flatnonzero(np.isin(blocks, left)), dev)
    return Split(fold, train, dev, test)


def stratified(
    emotions: pd.Series, blocks: np.ndarray, number: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield the rows of each part: ``number`` parts at most, each with its share of emotions.

    Rows of one block (rows,) stay together.
    """
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
