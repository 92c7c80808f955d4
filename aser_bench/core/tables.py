"""The columns of what the stages hand on: utterances, conditions, predictions and scores."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from .errors import UsageError, suggest

SAMPLE_RATE = 16_000
"""Everything is compared at this rate (Hz)."""

ORIGINAL = "original"
"""The name of the condition that no codec has touched."""

MULTI = "multi"
"""The name of the training condition that pools all conditions."""

UTTERANCES = (
    "utterance",
    "corpus",
    "file",
    "emotion",
    "speaker",
    "sex",
    "text",
    "duration_s",
    "group",
)

CONDITIONS = (
    "corpus",
    "condition",
    "codec",
    "requested_kbps",
    "effective_kbps",
    "codec_rate_hz",
    "bandwidth_hz",
    "gain_db",
    "lag_samples",
    "same_as",
    "encoder",
    "mark",
)

CELL = ("corpus", "features", "model", "protocol", "train_condition", "test_condition")

PREDICTIONS = (*CELL, "fold", "run", "utterance", "speaker", "truth", "predicted")
"""Columns of predictions; behind them stands one ``p_<emotion>`` for each emotion."""

SCORES = (
    *CELL,
    "fold",
    "run",
    "wap",
    "accuracy",
    "uar",
    "macro_f1",
    "n_train",
    "n_dev",
    "n_test",
    "epochs",
    "best_epoch",
    "stop",
    "seed",
    "status",
    "reason",
)

# Labels that corpora and people use, by the one name that stands in every table.
_ALIASES = {
    "neutral": "n neu",
    "calm": "",
    "happy": "happiness hap joy joyful h",
    "sad": "sadness sa sadly",
    "angry": "anger ang a mad",
    "fearful": "fear fea afraid scared f",
    "disgusted": "disgust dis d",
    "surprised": "surprise sur su ps pleasant_surprise pleasant_surprised",
    "bored": "boredom bor",
    "excited": "excitement exc",
    "frustrated": "frustration fru",
    "contempt": "contemptuous",
    "amused": "amusement",
    "anxious": "anxiety",
    "confused": "confusion",
    "embarrassed": "embarrassment",
    "proud": "pride",
    "relieved": "relief",
    "stressed": "stress",
    "tired": "sleepy sleepiness",
}
_CANONICAL = {
    alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases.split())
}
EMOTIONS = tuple(_ALIASES)


def canonical_emotion(label: str) -> str:
    """Return the one name of an emotion that may be spelt in several ways.

    Parameters
    ----------
    label : str
        As a corpus or a person writes it: ``Angry``, ``anger``, ``ANG``.

    Raises
    ------
    UsageError
        If the label is unknown; the message carries the nearest name.

    Examples
    --------
    >>> canonical_emotion("ANG"), canonical_emotion("Pleasant Surprise")
    ('angry', 'surprised')
    """
    word = re.sub(r"[\s-]+", "_", label.strip().lower())
    if word not in _CANONICAL:
        known = [alias for alias in _CANONICAL if len(alias) > 3]
        raise UsageError(f"unknown emotion {label!r}{suggest(word, known)}")
    return _CANONICAL[word]


@dataclass(frozen=True)
class Condition:
    """One way the audio is treated, as planned; what was measured goes into the table.

    Attributes
    ----------
    name : str
        ``original``, ``mp3-8k``, ``lowpass-3k0`` ...; never a bitrate that is not coded.
    codec : str
        The codec with its options, or the chain, as the command line takes it.
    kbps : float or None
        The bitrate that is really coded, in kbit/s.
    codec_rate_hz : int or None
        The sample rate that the codec works at; resampled to it and back where it differs.
    params : tuple of (str, str) pairs
        Whatever else decides how the sound comes out; part of the identity in the cache.
    mark : str
        Why this row cannot be read like its neighbours (for a footnote), or empty.
    hops : tuple of Condition
        The conditions of a chain, one a codec, in order; empty where there is one codec.
    """

    name: str
    codec: str
    kbps: float | None = None
    codec_rate_hz: int | None = None
    params: tuple[tuple[str, str], ...] = ()
    mark: str = ""
    hops: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Alias:
    """A bitrate that was asked for and that is the same stream as a condition of the run."""

    name: str
    requested_kbps: float
    same_as: str


def order_columns(frame: pd.DataFrame, columns: tuple[str, ...], what: str) -> pd.DataFrame:
    """Return ``frame`` with ``columns`` first and in order; raise ValueError if one is missing."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{what} lacks the columns {', '.join(missing)}")
    rest = [column for column in frame.columns if column not in columns]
    return frame[[*columns, *rest]]
