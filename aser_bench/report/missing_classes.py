"""Sentences and table rows about classes that the training or test part of a fold lacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from .text import enumeration

_MOST_SENTENCES = 4


@dataclass(frozen=True)
class MissingClass:
    """A class without utterances in one part of some folds.

    Attributes
    ----------
    part : str
        ``test`` or ``training``; ``training without dev`` if only the dev part has the class.
    emotion : str
    folds : tuple of int
        Numbers as in the column ``fold`` of the scores.
    """

    part: str
    emotion: str
    folds: tuple[int, ...]


def sentences(folds: pd.DataFrame, corpus: str, protocol: str) -> tuple[str, ...]:
    """Return the notes about the folds of a protocol; empty if every fold has every class.

    Parameters
    ----------
    folds : pandas.DataFrame
        Columns ``findings.FOLDS``.
    corpus, protocol : str
    """
    rows = _of_protocol(folds, corpus, protocol)
    number = rows["emotion"].nunique()
    missing = list(_missing(rows))
    return (
        *_test_sentences([each for each in missing if each.part == "test"], number, rows),
        *_training_sentences([each for each in missing if each.part != "test"]),
    )


def table(folds: pd.DataFrame) -> Iterator[tuple[str, str, MissingClass]]:
    """Yield corpus, protocol and each class that a part of a fold lacks."""
    pairs = folds[["corpus", "protocol"]].drop_duplicates()
    for corpus, protocol in pairs.itertuples(index=False, name=None):
        for missing in _missing(_of_protocol(folds, corpus, protocol)):
            yield str(corpus), str(protocol), missing


def _of_protocol(folds: pd.DataFrame, corpus: str, protocol: str) -> pd.DataFrame:
    return folds[(folds["corpus"] == corpus) & (folds["protocol"] == protocol)]


def _missing(rows: pd.DataFrame) -> Iterator[MissingClass]:
    # NaN, in results of earlier versions, is not 0.
    no_train, no_dev = rows["n_train"] == 0, rows["n_dev"] == 0
    parts = {
        "test": rows["n_test"] == 0,
        "training": no_train & no_dev,
        "training without dev": no_train & ~no_dev,
    }
    for part, chosen in parts.items():
        for emotion, lacking in rows[chosen].groupby("emotion", sort=False):
            yield MissingClass(part, str(emotion), tuple(sorted(map(int, lacking["fold"]))))


def _by_fold(missing: Sequence[MissingClass]) -> dict[tuple[str, ...], list[int]]:
    """Return the folds that lack the same classes, by these classes."""
    emotions: dict[int, list[str]] = {}
    for each in missing:
        for fold in each.folds:
            emotions.setdefault(fold, []).append(each.emotion)
    folds: dict[tuple[str, ...], list[int]] = {}
    for fold in sorted(emotions):
        folds.setdefault(tuple(emotions[fold]), []).append(fold)
    return folds


def _test_sentences(
    missing: Sequence[MissingClass], number: int, rows: pd.DataFrame
) -> Iterator[str]:
    groups = _by_fold(missing)
    if not groups:
        return
    if len(groups) > _MOST_SENTENCES:
        counts = sorted({number - len(emotions) for emotions in groups})
        some = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        yield (
            f"The test parts of {sum(map(len, groups.values()))} of {rows['fold'].nunique()} folds "
            f"lack classes (see folds.csv): the UAR of such a fold is the mean over {some} of "
            f"{number} classes."
        )
    else:
        for emotions, folds in groups.items():
            is_single = len(folds) == 1
            part = "its test part" if is_single else "their test parts"
            uar = "its UAR" if is_single else "the UAR of each"
            yield (
                f"{_folds(folds)} no {_quoted(emotions)} in {part}: {uar} is the mean over "
                f"{number - len(emotions)} of {number} classes."
            )
    tested = rows.groupby("emotion", sort=False)["n_test"].sum()
    untested = [str(emotion) for emotion in tested.index[tested == 0]]
    if untested:
        yield (
            f"No fold tests {_quoted(untested)}: the UAR over all folds is the mean over "
            f"{number - len(untested)} of {number} classes."
        )
    elif rows["fold"].nunique() > 1:
        yield f"The UAR over all folds is the mean over all {number} classes."


def _training_sentences(missing: Sequence[MissingClass]) -> Iterator[str]:
    for part, models in (("training", ""), ("training without dev", " that train without dev")):
        groups = _by_fold([each for each in missing if each.part == part])
        where = part.replace("training", "training part", 1)
        if len(groups) > _MOST_SENTENCES:
            yield (
                f"{sum(map(len, groups.values()))} folds lack classes in the {where} (see "
                f"folds.csv): models of such a fold{models} cannot recognise them."
            )
            continue
        for emotions, folds in groups.items():
            fold = "this fold" if len(folds) == 1 else "these folds"
            yield (
                f"{_folds(folds)} no {_quoted(emotions)} in the {where}: models of {fold}{models} "
                f"cannot recognise {'it' if len(emotions) == 1 else 'them'}."
            )


def _folds(folds: Sequence[int]) -> str:
    names = enumeration([str(fold) for fold in folds])
    return f"Fold {names} has" if len(folds) == 1 else f"Folds {names} have"


def _quoted(emotions: Sequence[str]) -> str:
    return enumeration([f"'{emotion}'" for emotion in emotions], "or")
