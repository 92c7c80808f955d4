"""Columns of the tables that the stages exchange, and names of emotions and conditions."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

import pandas as pd

from .errors import UnknownLabelError, suggest

SAMPLE_RATE = 16_000
"""Sample rate in Hz at which original and coded signals are compared."""

ORIGINAL = "original"
"""Name of the condition without a codec."""

MULTI = "multi"
"""Name of the training condition that pools all conditions."""

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
"""Columns of predictions; one column ``p_<emotion>`` for each emotion follows them."""

RESULT = (*CELL, "fold", "run")
"""Columns that identify one result: one training of a cell."""

REPEAT = "repeat"
"""Column of predictions and scores in studies with several repeats: number of the draw of folds.

The folds of all repeats have different numbers.
"""

SCORE_DETAILS = (
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
"""Columns of the scores after `RESULT` and the metrics; see `aser_bench.core.metrics`."""

# Name of an emotion in all tables -> other labels for it in corpora.
_ALIASES = {
    "neutral": "neu",
    "calm": "",
    "happy": "happiness hap joy joyful",
    "sad": "sadness sa sadly",
    "angry": "anger ang mad",
    "fearful": "fear fea afraid scared",
    "disgusted": "disgust dis",
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
"""Names of the emotions in all tables."""


def canonical_emotion(label: str) -> str:
    """Return the name that all tables use for an emotion.

    Parameters
    ----------
    label : str
        Label as in a corpus or on the command line: ``Angry``, ``anger``, ``ANG``.

    Raises
    ------
    UnknownLabelError
        If the label is unknown; the message suggests a similar one. One letter is unknown, too:
        its meaning depends on the corpus (A is anger in SAVEE and fear, Angst, in EmoDB).

    Examples
    --------
    >>> canonical_emotion("ANG"), canonical_emotion("Pleasant Surprise")
    ('angry', 'surprised')
    """
    normalized = re.sub(r"[\s-]+", "_", label.strip().lower())
    if normalized in _CANONICAL:
        return _CANONICAL[normalized]
    if len(normalized) == 1:
        message = f"{label!r} is a code, not the name of an emotion; write out its name"
    else:
        message = f"unknown emotion {label!r}{suggest(normalized, _readable_labels())}"
    raise UnknownLabelError(message, label.strip())


def is_emotion(label: str) -> bool:
    """Return whether a label is an emotion for `canonical_emotion`."""
    try:
        canonical_emotion(label)
    except UnknownLabelError:
        return False
    return True


def similar_emotion(label: str) -> str:
    """Return the emotion with a name that is similar to a label, or an empty string.

    Examples
    --------
    >>> similar_emotion("Hapyness"), similar_emotion("wow")
    ('happy', '')
    """
    similar = difflib.get_close_matches(label.strip().lower(), _readable_labels(), n=1)
    return _CANONICAL[similar[0]] if similar else ""


def _readable_labels() -> list[str]:
    return [alias for alias in _CANONICAL if len(alias) > 3]


@dataclass(frozen=True)
class Condition:
    """A planned treatment of the audio; measured values are in the table of conditions.

    Attributes
    ----------
    name : str
        ``original``, ``mp3-8k``, ``lowpass-3k0`` ... A bitrate in the name is the coded one.
    codec : str
        The codec with its options, or the chain, as on the command line.
    kbps : float or None
        The coded bitrate in kbit/s.
    codec_rate_hz : int or None
        The sample rate of the codec. Signals at another rate are resampled to it and back.
    params : tuple of (str, str) pairs
        All other parameters that change the samples; they are part of the cache key.
    mark : str
        Reason why the row cannot be compared with its neighbours (for a footnote), or empty.
    hops : tuple of Condition
        The conditions of the codecs of a chain, in order; empty if there is one codec.
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
    """A requested bitrate that is coded as the stream of another condition of the run.

    Attributes
    ----------
    name : str
        The name of the condition that was requested.
    requested_kbps : float
        The requested bitrate in kbit/s.
    same_as : str
        The name of the condition that is coded.
    """

    name: str
    requested_kbps: float
    same_as: str


def order_columns(frame: pd.DataFrame, columns: tuple[str, ...], table: str) -> pd.DataFrame:
    """Return ``frame`` with ``columns`` first and in this order.

    Raises
    ------
    ValueError
        If a column is missing; ``table`` is the name of the table in the message.
    """
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ValueError(f"{table} lacks the columns {', '.join(missing)}")
    rest = [column for column in frame.columns if column not in columns]
    return frame[[*columns, *rest]]
