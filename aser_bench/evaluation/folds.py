"""Functions that make the folds of the built-in protocols.

A split divides utterances, never coded versions of them, so that all conditions of an utterance
are in the same fold. Identical recordings (the same ``group``) are in one part of each split.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..core.errors import UsageError

FOLDS = 5
DEV_PARTS = 8
"""One of this many training speakers (or recordings) is used for dev."""

_YOON_DEV_SHARE = 0.3
"""Probability that a held-out recording is in dev, in the protocol ``yoon2018``."""


Rows = npt.NDArray[np.intp]
"""Row numbers of the utterances table, or a number for each row."""


@dataclass(frozen=True)
class Split:
    """One fold: row numbers of the utterances table, sorted, disjoint.

    ``dev`` is for models that monitor their training (to stop early). Under the speaker-disjoint
    protocols it is taken from the training speakers, and empty if there are too few of them; see
    `splits.for_model`.
    """

    fold: int
    train: Rows
    dev: Rows
    test: Rows


def speaker_blocks(utterances: pd.DataFrame) -> Rows:
    """Return a block number for each row (rows,): rows of one speaker have the same number.

    Speakers that share an identical recording are one block as well.
    """
    speakers, groups = (pd.factorize(utterances[name])[0] for name in ("speaker", "group"))
    return merge_blocks(speakers, groups)


def merge_blocks(blocks: Rows, ties: Rows) -> Rows:
    """Return blocks (rows,) merged where they share a tie (a value of ``ties`` (rows,))."""
    block = blocks.copy()
    shared = pd.Series(ties).duplicated(keep=False).to_numpy()
    for tie in pd.unique(ties[shared]):
        rows = np.flatnonzero(ties == tie)
        for other in np.unique(block[rows])[1:]:
            block[block == other] = block[rows].min()
    return block


def by_speaker(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five folds of speakers, or as many as there are speakers."""
    blocks = _require_speakers(utterances, "speaker")
    number = min(FOLDS, len(np.unique(blocks)))
    for fold, test in enumerate(stratified(utterances["emotion"], blocks, number, seed)):
        yield _with_dev(fold, blocks, test, seed)


def leave_one_speaker_out(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Each speaker in turn."""
    blocks = _require_speakers(utterances, "loso")
    for fold, block in enumerate(np.unique(blocks)):
        yield _with_dev(fold, blocks, np.flatnonzero(blocks == block), seed)


def leave_one_session_out(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Each session in turn; sessions that share a speaker are left out together."""
    if "session" not in utterances or (utterances["session"] == "").any():
        raise UsageError(
            "protocol 'session' needs the session of every utterance, and the corpus does not have "
            "it: use --protocol speaker, or a table with a column session (--corpus csv=FILE)"
        )
    blocks = _require_speakers(utterances, "session")
    sessions = merge_blocks(pd.factorize(utterances["session"])[0], blocks)
    if len(np.unique(sessions)) < 2:
        raise UsageError(
            "protocol 'session' needs at least two sessions that share no speaker: "
            "use --protocol speaker"
        )
    for fold, session in enumerate(np.unique(sessions)):
        yield _with_dev(fold, blocks, np.flatnonzero(sessions == session), seed)


def paper(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five random stratified folds; each fifth is split 25:75, so train:dev:test = 8:0.5:1.5."""
    emotions = utterances["emotion"]
    groups = _require_recordings("paper", utterances)
    rows = np.arange(len(utterances))
    for fold, held in enumerate(stratified(emotions, groups, FOLDS, seed)):
        # Fewer parts if the fifth has fewer recordings; a single recording gives no dev.
        number = min(4, len(np.unique(groups[held])))
        dev = held[:0]
        if number > 1:
            fold_seed = (seed + fold) % 2**32
            parts = list(stratified(emotions.iloc[held], groups[held], number, fold_seed))
            dev = held[parts[0]] if len(parts) > 1 else dev
        yield Split(fold, np.setdiff1d(rows, held), dev, np.setdiff1d(held, dev))


def yoon2018(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """Five random folds that are not stratified; 30 % of a held-out fifth are dev, 70 % test.

    As in the authors' code, each recording draws its fold, and whether it is in dev or in test of
    this fold. So the sizes vary; train:dev:test = 8:0.6:1.4 on average. Folds are drawn again until
    each has a dev and a test part.
    """
    groups = _require_recordings("yoon2018", utterances)
    rows, rng = np.arange(len(utterances)), np.random.default_rng(seed)
    while True:
        folds = rng.integers(FOLDS, size=groups.max() + 1)
        is_dev = rng.random(groups.max() + 1) < _YOON_DEV_SHARE
        if len({*zip(folds, is_dev, strict=True)}) == 2 * FOLDS:
            break
    for fold in range(FOLDS):
        held, dev = folds[groups] == fold, is_dev[groups]
        yield Split(fold, rows[~held], rows[held & dev], rows[held & ~dev])


def _require_recordings(protocol: str, utterances: pd.DataFrame) -> Rows:
    """Return the group number of each row (rows,), of at least 20 different recordings."""
    groups: Rows = pd.factorize(utterances["group"])[0]
    n_groups = len(np.unique(groups))
    if n_groups < FOLDS * 4:
        raise UsageError(
            f"protocol {protocol!r} needs at least {FOLDS * 4} different recordings, "
            f"the corpus has {n_groups}"
        )
    return groups


def given(utterances: pd.DataFrame, seed: int) -> Iterator[Split]:
    """The corpus's own parts, as one fold.

    The test part is complete, so that results are comparable with published ones. Recordings
    that are identical to one in test are removed from training and dev, and those identical to
    one in dev from training.
    """
    if "split" not in utterances or (utterances["split"] == "").any():
        raise UsageError(
            "protocol 'given' needs the corpus's own division into train, dev and test, and the "
            "corpus does not have it: use --protocol speaker or paper, or a table with a column "
            "split (--corpus csv=FILE)"
        )
    unknown = sorted(set(utterances["split"]) - {"train", "dev", "test"})
    if unknown:
        raise UsageError(
            f"protocol 'given': the column split has {unknown[0]!r}; its values must be train, dev "
            "or test"
        )
    part, group = utterances["split"].to_numpy(), pd.factorize(utterances["group"])[0]
    test, dev = part == "test", part == "dev"
    dev &= ~np.isin(group, group[test])
    train = (part == "train") & ~np.isin(group, group[test | dev])
    for name, rows in (("train", train), ("test", test)):
        if not rows.any():
            raise UsageError(
                f"protocol 'given': the corpus's own {name} part is empty; increase --limit if "
                "it is set, else use --protocol speaker"
            )
    yield Split(0, *(np.flatnonzero(rows) for rows in (train, dev, test)))


def _require_speakers(utterances: pd.DataFrame, protocol: str) -> Rows:
    if (utterances["speaker"] == "").any():
        raise UsageError(
            f"protocol {protocol!r} needs the speaker of every utterance, and the corpus does not "
            "have it: use --protocol paper, or a table with speakers (--corpus csv=FILE)"
        )
    blocks = speaker_blocks(utterances)
    if len(np.unique(blocks)) < 2:
        raise UsageError(
            f"protocol {protocol!r} needs at least two speakers, and the corpus has one "
            f"({utterances['speaker'].iloc[0]}): use --protocol paper"
        )
    return blocks


def _with_dev(fold: int, blocks: Rows, test: Rows, seed: int) -> Split:
    """Use every eighth training speaker (at least one) for dev, if two others remain."""
    left = np.setdiff1d(np.unique(blocks), blocks[test])
    dev_blocks = np.array([], dtype=int)
    if len(left) >= 3:
        order = np.random.default_rng([seed, fold]).permutation(left)
        dev_blocks = order[: max(1, round(len(left) / DEV_PARTS))]
    dev = np.flatnonzero(np.isin(blocks, dev_blocks))
    train = np.setdiff1d(np.flatnonzero(np.isin(blocks, left)), dev)
    return Split(fold, train, dev, test)


def stratified(emotions: pd.Series, blocks: Rows, number: int, seed: int) -> Iterator[Rows]:
    """Yield the rows of each part: at most ``number`` parts, each with its share of emotions.

    Rows of one block (rows,) stay together.
    """
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    # StratifiedGroupKFold refuses fewer utterances of each emotion than folds.
    rare = emotions.value_counts().max() < number
    splitter_class = GroupKFold if rare else StratifiedGroupKFold
    splitter = splitter_class(number, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # Rare emotions are missing in some parts; the tables count train, dev and test.
        warnings.filterwarnings("ignore", message="The least populated class")
        for _, test in splitter.split(np.zeros(len(emotions)), emotions, blocks):
            if len(test):
                yield test
