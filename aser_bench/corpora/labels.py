"""Label sets: all emotions of a corpus, or a subset that published studies use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from ..core.errors import UsageError, suggest
from ..core.tables import EMOTIONS, similar_emotion
from .base import Listing, Refusal


@dataclass(frozen=True)
class LabelSet:
    """A set of emotion classes and the mapping of a corpus's emotions to them.

    Attributes
    ----------
    name, title : str
        Value of ``--labels``, and a description.
    mapping : mapping of str to str
        Class of each emotion of a corpus; utterances with other emotions are left out.
    """

    name: str
    title: str
    mapping: Mapping[str, str]


LABEL_SETS = {
    label_set.name: label_set
    for label_set in (
        LabelSet("all", "all emotions of the corpus", {name: name for name in EMOTIONS}),
        LabelSet(
            "4",
            "angry, happy (including excited), neutral, sad",
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
"""Label sets by name."""


_MISSPELLED_SHARE = 0.1
"""Largest number of utterances with a misspelled label, relative to the correct one."""


def removed_classes(listing: Listing) -> dict[str, list[Refusal]]:
    """Return the unknown labels that would be classes, and the refusals of their utterances.

    All utterances of an unknown label are refused, so its class is missing in every result. A label
    that is similar to an emotion of the corpus and rare beside it is a misspelling of it instead:
    the class remains.
    """
    counts = listing.utterances["emotion"].value_counts()
    return {
        label: refusals
        for label, refusals in sorted(listing.unknown_labels.items())
        if len(refusals) > _MISSPELLED_SHARE * counts.get(similar_emotion(label), 0)
    }


def check_unknown_labels(listing: Listing, drop_unknown: bool) -> Listing:
    """Return a listing without the refusals of unknown labels, which a note then counts.

    Parameters
    ----------
    listing : Listing
    drop_unknown : bool
        Whether the utterances of unknown labels may be left out.

    Raises
    ------
    UsageError
        If a class would be missing and ``drop_unknown`` is false.
    """
    removed = listing.unknown_labels if drop_unknown else removed_classes(listing)
    if not removed:
        return listing
    counts = sorted(((len(refusals), label) for label, refusals in removed.items()), reverse=True)
    n_removed = sum(count for count, _ in counts)
    if drop_unknown:
        labels = ", ".join(f"{label!r} {count}" for count, label in counts)
        what = (
            "utterance with an unknown label"
            if n_removed == 1
            else "utterances with unknown labels"
        )
        note = f"{n_removed} {what} left out (--drop-unknown): {labels}"
        return replace(listing, notes=[*listing.notes, note])
    labels = ", ".join(f"{label!r} ({count}{_hint(label)})" for count, label in counts)
    raise UsageError(
        f"{n_removed} of {len(listing.utterances) + len(listing.refused)} utterances "
        f"{'has an unknown label' if n_removed == 1 else 'have unknown labels'}, and no utterance "
        f"of {'this label' if n_removed == 1 else 'these labels'} would remain: {labels}; write "
        "names of emotions, or leave these utterances out with --drop-unknown"
    )


def _hint(label: str) -> str:
    similar = similar_emotion(label)
    return f", did you mean {similar!r}?" if similar else ""


def apply_label_set(table: pd.DataFrame, labels: str) -> tuple[pd.DataFrame, list[str]]:
    """Replace the emotions of a corpus by the classes of a label set.

    Parameters
    ----------
    table : pandas.DataFrame
        With the column ``emotion``.
    labels : str
        A name of `LABEL_SETS`.

    Returns
    -------
    table : pandas.DataFrame
        The rows whose emotion is in the set, with its class as emotion and a new index.
    notes : list of str
        Counts of the utterances with another class name, and of those left out.

    Raises
    ------
    UsageError
        If there is no such set, or fewer than two classes remain.
    """
    if labels not in LABEL_SETS:
        raise UsageError(f"unknown label set {labels!r}{suggest(labels, LABEL_SETS)}")
    label_set = LABEL_SETS[labels]
    in_set = table["emotion"].isin(list(label_set.mapping))
    emotions = table["emotion"][in_set].reset_index(drop=True)
    classes = emotions.map(dict(label_set.mapping)).astype(emotions.dtype)
    if not in_set.all() and classes.nunique() < 2:
        remaining = ", ".join(sorted(classes.unique())) or "none"
        raise UsageError(
            f"too few emotions: label set {labels!r} ({label_set.title}) leaves fewer than two "
            f"emotions ({remaining}); use --labels all"
        )
    notes = [
        f"label set {labels}: {count} {emotion} count as {label_set.mapping[str(emotion)]}"
        for emotion, count in emotions[emotions != classes].value_counts().sort_index().items()
    ]
    excluded = table["emotion"][~in_set].value_counts().sort_index()
    if len(excluded):
        counts = ", ".join(f"{emotion} {count}" for emotion, count in excluded.items())
        notes.append(f"label set {labels}: {excluded.sum()} utterances left out ({counts})")
    return table[in_set].reset_index(drop=True).assign(emotion=classes), notes
