"""Preparation of listed recordings: inspection, duplicates and subsets."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..core.errors import AudioError, UsageError
from ..core.tables import SAMPLE_RATE
from . import audio
from .audio import WHOLE, Segment

SpeakerKey = tuple[float, str, str]
"""Position of a speaker within the split (0 to 1), the split and the speaker."""


@dataclass(frozen=True)
class Inspection:
    """Result of opening one recording.

    Attributes
    ----------
    samples_sha256 : str
        SHA-256 (hex) of the decoded mono samples at 16 kHz, as little-endian float32; empty if
        refused. Recordings with equal samples have equal hashes, whatever their file format.
    duration_s : float
        Duration in seconds.
    peak : float
        Largest absolute sample; 1.0 is full scale.
    source_rate : int
        Sample rate of the file, in Hz.
    scaled_by : float
        Factor by which the samples of the file are multiplied; 1 unless they exceed full scale.
    states_length : bool
        Whether the file states its length, so that one that is cut off is recognised.
    reason : str
        Why the recording is refused; empty if it is not.
    """

    samples_sha256: str = ""
    duration_s: float = 0.0
    peak: float = 0.0
    source_rate: int = 0
    scaled_by: float = 1.0
    states_length: bool = True
    reason: str = ""


def segments_of(table: pd.DataFrame) -> tuple[Segment, ...]:
    """Return the segment of its recording that each utterance is.

    Parameters
    ----------
    table : pandas.DataFrame
        If the corpus has segments, with the columns ``start_s`` and ``end_s`` in seconds; an end
        that is NaN is the end of the recording.
    """
    if "start_s" not in table:
        return (WHOLE,) * len(table)
    starts, ends = table["start_s"].astype(float), table["end_s"].astype(float).fillna(math.inf)
    return tuple(Segment(*times) for times in zip(starts, ends, strict=True))


def inspect_recording(path: str | Path, segment: Segment = WHOLE) -> Inspection:
    """Open one recording and describe it; a recording that cannot be used raises no error.

    The function can be pickled and has no state, so it can run in worker processes.
    """
    try:
        recording = audio.read_recording(path, segment=segment)
    except AudioError as error:
        return Inspection(reason=str(error))
    return Inspection(
        samples_sha256(recording.signal),
        len(recording.signal) / SAMPLE_RATE,
        float(abs(recording.signal).max()),
        recording.source_rate,
        recording.scaled_by,
        recording.states_length,
    )


def samples_sha256(signal: npt.NDArray[np.floating]) -> str:
    """Return the SHA-256 (hex) of a signal of shape (samples,) as little-endian float32."""
    return hashlib.sha256(signal.astype("<f4", copy=False).tobytes()).hexdigest()


def text_sha256(utterance: str, text: str) -> str:
    """Return the replacement of `samples_sha256` for an utterance without a recording.

    It depends on the utterance's name too: utterances with the same text are not duplicates.
    """
    return hashlib.sha256(f"{utterance}\0{text}".encode()).hexdigest()


def recording_groups(table: pd.DataFrame) -> pd.Series:
    """Return the group of each utterance.

    Recordings with equal samples, and segments of one file that overlap, have the same group.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``utterance`` and ``samples_sha256``; if the corpus has segments, also
        ``file``, ``start_s`` and ``end_s``.

    Returns
    -------
    pandas.Series
        With the table's index: the name of the first utterance, by name, of the group.

    Raises
    ------
    ValueError
        If an utterance has no hash; refused recordings must be dropped before.
    """
    if (table["samples_sha256"] == "").any() or table["samples_sha256"].isna().any():
        raise ValueError("an utterance without samples_sha256 cannot be grouped")
    group = table.groupby("samples_sha256")["utterance"].transform("min")
    if "start_s" in table:
        cluster = _overlap_clusters(table)
        while True:  # two equal segments join the clusters that they are in
            joined = group.groupby(cluster).transform("min")
            joined = joined.groupby(table["samples_sha256"]).transform("min")
            if joined.equals(group):
                break
            group = joined
    return group.rename("group")


def _overlap_clusters(table: pd.DataFrame) -> pd.Series:
    """Return a number for each segment that overlapping segments of one file share."""
    segments = pd.Series(segments_of(table), index=table.index)
    clusters, latest_end, number = {}, 0.0, 0
    for _, part in segments.groupby(table["file"]):
        latest_end = -math.inf
        for index, (start_s, end_s) in sorted(part.items(), key=lambda item: item[1]):
            number += start_s >= latest_end
            latest_end = max(latest_end, end_s)
            clusters[index] = number
    return pd.Series(clusters).reindex(table.index)


def conflicting_labels(table: pd.DataFrame) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return identical recordings that are labelled with different emotions.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``utterance``, ``emotion`` and ``samples_sha256``.

    Returns
    -------
    list of (utterances, emotions)
        For each such recording, the sorted names of its utterances and their emotions.
    """
    conflicts = []
    duplicates = table[table["samples_sha256"].duplicated(keep=False)]
    for _, group in duplicates.sort_values("utterance").groupby("samples_sha256"):
        if group["emotion"].nunique() > 1:
            conflicts.append((tuple(group["utterance"]), tuple(group["emotion"])))
    return sorted(conflicts)


def subset(table: pd.DataFrame, n: int) -> pd.DataFrame:
    """Choose ``n`` utterances, spread over speakers and emotions, without randomness.

    Cells of the grid of speakers x emotions are visited along its diagonals, so that few utterances
    already cover several speakers and all emotions. The choice for a larger ``n`` includes that for
    a smaller one. If the corpus has a split, its parts alternate in proportion to their numbers of
    speakers.

    Parameters
    ----------
    table : pandas.DataFrame
        With the columns ``utterance``, ``speaker`` (empty if unknown) and ``emotion``, and
        optionally ``split``.
    n : int
        Number of utterances; if the table has fewer, all are chosen.

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
        raise UsageError(f"the limit is {n} utterances; it must be 1 or more")
    ordered = table.sort_values("utterance", kind="stable")
    speakers = _speaker_keys(ordered)
    rank = {
        cell: position for position, cell in enumerate(_diagonals(speakers, ordered["emotion"]))
    }
    cells = pd.Series(
        [rank[cell] for cell in zip(speakers, ordered["emotion"], strict=True)],
        index=ordered.index,
        dtype="int64",
    )
    # The first utterances of all cells precede the second ones.
    order = pd.DataFrame({"round": cells.groupby(cells).cumcount(), "cell": cells})
    chosen = order.sort_values(["round", "cell"], kind="stable").index[:n]
    return ordered.loc[ordered.index.isin(chosen)].reset_index(drop=True)


def _speaker_keys(table: pd.DataFrame) -> list[SpeakerKey]:
    """Return the key of each row's speaker; sorted keys alternate between the splits."""
    splits = list(table["split"]) if "split" in table else [""] * len(table)
    pairs = list(zip(splits, table["speaker"], strict=True))
    position: dict[tuple[str, str], float] = {}
    for split in set(splits):
        speakers = sorted({speaker for other, speaker in pairs if other == split})
        for rank, speaker in enumerate(speakers):
            # The split's speakers are spaced evenly from 0 to 1.
            position[split, speaker] = (rank + 0.5) / len(speakers)
    return [(position[split, speaker], split, speaker) for split, speaker in pairs]


def _diagonals(keys: list[SpeakerKey], emotion: pd.Series) -> list[tuple[SpeakerKey, str]]:
    """Return all cells of the grid of speakers x emotions in the order of their diagonals."""
    speakers, emotions = sorted(set(keys)), sorted(set(emotion))
    if not speakers:
        return []
    # After lcm steps both lists start again together, so the speakers are shifted by one.
    period = math.lcm(len(speakers), len(emotions))
    return [
        (
            speakers[(step + step // period) % len(speakers)],
            emotions[step % len(emotions)],
        )
        for step in range(len(speakers) * len(emotions))
    ]
