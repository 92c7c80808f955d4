"""Which emotions are told apart: all that a corpus has, or a set that studies agree on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ..core.errors import UsageError, suggest
from ..core.tables import EMOTIONS


@dataclass(frozen=True)
class LabelSet:
    """Emotions to tell apart, and what of a corpus counts as which.

    Attributes
    ----------
    name, title : str
        The word on the command line, and a line for people.
    mapping : mapping of str to str
        An emotion of the corpus to its name in the set; what stands not here is left out.
    """

    name: str
    title: str
    mapping: Mapping[str, str]


LABEL_SETS = {
    one.name: one
    for one in (
        LabelSet("all", "every emotion that the corpus has", {name: name for name in EMOTIONS}),
        LabelSet(
            "4",
            "angry, happy (excited counts as happy), neutral, sad",
            {
                "angry": "angry",
                "happy": "happy",
                "excited": "happy",
                "neutral": "neutral",
                "sad": "sad",
            },
        ),
    )
}
"""The sets of emotions by name."""


def apply_label_set(table: pd.DataFrame, labels: str) -> tuple[pd.DataFrame, list[str]]:
    """Take a corpus' emotions to those of a label set.

    Parameters
    ----------
    table : pandas.DataFrame
        With the column ``emotion``.
    labels : str
        A name of `LABEL_SETS`.

    Returns
    -------
    table : pandas.DataFrame
        The rows whose emotion is in the set, under its name there, with a new index.
    notes : list of str
        What was merged and what was left out, with counts.

    Raises
    ------
    UsageError
        If there is no such set, or it leaves fewer than two emotions.
    """
    if labels not in LABEL_SETS:
        raise UsageError(f"unknown label set {labels!r}{suggest(labels, LABEL_SETS)}")
    names = LABEL_SETS[labels].mapping
    known = table["emotion"].isin(list(names))
    left = table[known].reset_index(drop=True)
    was = left["emotion"]
    left = left.assign(emotion=was.map(dict(names)).astype(was.dtype))
    if not known.all() and left["emotion"].nunique() < 2:
        found = ", ".join(sorted(left["emotion"].unique())) or "none"
        raise UsageError(
            f"nothing to recognise: label set {labels!r} ({LABEL_SETS[labels].title}) leaves one "
            f"emotion at most ({found}); take --labels all"
        )
    notes = [
        f"label set {labels}: {count} {emotion} count as {names[str(emotion)]}"
        for emotion, count in was[was != left["emotion"]].value_counts().sort_index().items()
    ]
    out = table["emotion"][~known].value_counts().sort_index()
    if len(out):
        each = ", ".join(f"{emotion} {count}" for emotion, count in out.items())
        notes.append(f"label set {labels}: {out.sum()} utterances left out ({each})")
    return left, notes
