"""From a list of files to utterances that can be used: open, compare, choose."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..core.errors import AudioError, UsageError
from . import audio


@dataclass(frozen=True)
class Inspection:
    """What was learnt by opening one recording.

    Attributes
    ----------
    samples_sha256 : str
        Hash (hex) of the decoded mono samples at 16 kHz, as little-endian float32; empty if
        refused. Equal recordings have equal hashes, whatever format they are kept in.
    duration_s : float
        Length in seconds.
    peak : float
        Largest absolute sample; 1.0 is full scale.
    source_rate : int
        The file's own sample rate, in Hz.
    reason : str
        Why the recording is refused, or empty.
    """

    samples_sha256: str = ""
    duration_s: float = 0.0
    peak: float = 0.0
    source_rate: int = 0
    reason: str = ""


def inspect_recording(path: str | Path) -> Inspection:
    """Open one recording; never raises for what is wrong with the recording itself.

    It can be pickled and holds no state, so that it may run in parallel.
    """
    try:
        signal, source_rate = audio.read_with_source_rate(path)
    except AudioError as error:
        return Inspection(reason=str(error))
    return Inspection(
        samples_sha256(signal),
        len(signal) / audio.SAMPLE_RATE,
        float(abs(signal).max()),
        source_rate,
    )


def samples_sha256(signal: np.ndarray) -> str:
    """Return the hash (hex) of a decoded signal (samples,) as little-endian float32."""
    return hashlib.sha256(signal.astype("<f4", copy=False).tobytes()).hexdigest()


def text_sha256(utterance: str, text: str) -> str:
    """Return what stands for `samples_sha256` where there is no recording.

    The name is part of it: two people who say the same words made no identical recordings.
    """
    return hashlib.sha256(f"{utterance}\0{text}".encode()).hexdigest()


def recording_groups(table: pd.DataFrame) -> pd.Series:
    """Return the group of each utterance: recordings with equal samples share one.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``utterance`` and ``samples_sha256``.

    Returns
    -------
    pandas.Series
        On the table's index: the first (by name) utterance with the same samples.

    Raises
    ------
    ValueError
        If an utterance has no hash: refused recordings must be dropped before.
    """
    if (table["samples_sha256"] == "").any() or table["samples_sha256"].isna().any():
        raise ValueError("an utterance without samples_sha256 cannot be grouped")
    return table.groupby("samples_sha256")["utterance"].transform("min").rename("group")


def conflicting_labels(table: pd.DataFrame) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Find identical recordings that carry different emotions.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``utterance``, ``emotion`` and ``samples_sha256``.

    Returns
    -------
    list of (utterances, emotions)
        For each such recording its utterances, sorted, and their emotions in that order.
    """
    found = []
    alike = table[table["samples_sha256"].duplicated(keep=False)]
    for _, same in alike.sort_values("utterance").groupby("samples_sha256"):
        if same["emotion"].nunique() > 1:
            found.append((tuple(same["utterance"]), tuple(same["emotion"])))
    return sorted(found)


def subset(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Choose ``n`` utterances, spread over speakers and emotions; the same ones every time.

    The choice walks along the diagonals of the grid of speakers x emotions, so that already a
    few utterances have several speakers and every emotion. A larger ``n`` contains the choice
    of a smaller one. Where the corpus has a split of its own, its parts take turns in proportion
    to their speakers.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``utterance``, ``speaker`` (empty where unknown) and ``emotion``, and
        perhaps ``split``.
    n : int
        How many; all if there are no more.

    Returns
    -------
    pandas.DataFrame
        The chosen rows, sorted by utterance, with a new index.

    Raises
    ------
    UsageError
        If ``n`` is below 1.
    """
    if n < 1:
        raise UsageError(f"a limit of {n} utterances leaves nothing to do; give 1 or more")
    ordered = table.sort_values("utterance", kind="stable")
    who = _speakers(ordered)
    turn = {cell: place for place, cell in enumerate(_diagonals(who, ordered["emotion"]))}
    cells = pd.Series(
        [turn[cell] for cell in zip(who, ordered["emotion"], strict=True)],
        index=ordered.index,
        dtype="int64",
    )
    # Every cell gives its first utterance before any gives its second.
    order = pd.DataFrame({"round": cells.groupby(cells).cumcount(), "cell": cells})
    chosen = order.sort_values(["round", "cell"], kind="stable").index[:n]
    return ordered.loc[ordered.index.isin(chosen)].reset_index(drop=True)


def _speakers(table: pd.DataFrame) -> list[tuple[float, str, str]]:
    """Return a key for each row's speaker within the split, which sorts the splits in turns."""
    splits = list(table["split"]) if "split" in table else [""] * len(table)
    pairs = list(zip(splits, table["speaker"], strict=True))
    place: dict[tuple[str, str], float] = {}
    for split in set(splits):
        speakers = sorted({speaker for other, speaker in pairs if other == split})
        for rank, speaker in enumerate(speakers):
            # Halfway into its share of the way from the first speaker to the last.
            place[split, speaker] = (rank + 0.5) / len(speakers)
    return [(place[split, speaker], split, speaker) for split, speaker in pairs]


def _diagonals(
    who: list[tuple[float, str, str]], emotion: pd.Series
) -> list[tuple[tuple[float, str, str], str]]:
    speakers, emotions = sorted(set(who)), sorted(set(emotion))
    if not speakers:
        return []
    # After lcm steps both lists are at their start together: shift one to go on.
    period = math.lcm(len(speakers), len(emotions))
    return [
        (
            speakers[(step + step // period) % len(speakers)],
            emotions[step % len(emotions)],
        )
        for step in range(len(speakers) * len(emotions))
    ]
