"""Word error rate: what a transcriber got wrong of what was said.

The errors are the substitutions, deletions and insertions of a shortest way from the reference to
what was heard (Levenshtein); the rate is all errors of a condition over all its reference words,
so that long utterances count for more, and may exceed 1 where much is heard that was not said.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..core.findings import TRANSCRIPT_ERRORS, WER
from ..core.tables import ORIGINAL, order_columns
from . import intervals
from .losses import UNKNOWN

COLUMNS = (
    "corpus",
    "transcripts",
    "condition",
    "utterance",
    "speaker",
    "reference",
    "heard",
)
"""What `wer` reads; `largest_errors` needs no speaker."""

NO_TEXT = "no utterance has a text to compare with"

_GROUP = ["corpus", "transcripts", "condition"]
_MOST = 5  # examples of a condition
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u00b4\u0060\u2032", "'"))


class Errors(NamedTuple):
    """The errors of one utterance and the number of its reference words."""

    words: int
    substitutions: int
    deletions: int
    insertions: int

    @property
    def total(self) -> int:
        """All errors."""
        return self.substitutions + self.deletions + self.insertions


def words(text: str) -> list[str]:
    """Return the words of a text as they are compared, whoever wrote it down.

    Small letters without punctuation; hyphens part words, apostrophes within a word stay,
    however they are written. Nothing is known of a transcriber's or a model's vocabulary:
    numbers stay as they are written, so ``2`` and ``two`` differ.

    Examples
    --------
    >>> words("It\u2019s \u201chalf-past\u201d two \u2014 isn't it?")
    ["it's", 'half', 'past', 'two', "isn't", 'it']
    """
    small = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).lower()
    kept = "".join(map(_kept, small))
    return [word for word in (one.strip("'") for one in kept.split()) if word]


def _kept(letter: str) -> str:
    """Return a letter, mark, digit or apostrophe; nothing for what is not seen, else a space."""
    kind = unicodedata.category(letter)
    if kind == "Cf":  # soft hyphens and the like
        return ""
    return letter if letter == "'" or kind[0] in "LMN" else " "


def count(references: Sequence[str], heard: Sequence[str]) -> list[Errors]:
    """Count the errors of each utterance.

    Parameters
    ----------
    references, heard : sequence of str
        Texts, as many of one as of the other. A reference without words gives no errors, since
        nobody knows what was said.

    Examples
    --------
    >>> count(["Kids are talking by the door."], ["well kids are walking by door"])
    [Errors(words=6, substitutions=1, deletions=1, insertions=1)]
    """
    import jiwer

    pairs = [(words(one), words(other)) for one, other in zip(references, heard, strict=True)]
    known = [pair for pair in pairs if pair[0]]
    found = []
    if known:
        told = jiwer.process_words(
            [" ".join(one) for one, _ in known], [" ".join(other) for _, other in known]
        )
        found = [
            _errors(pair[0], chunks) for pair, chunks in zip(known, told.alignments, strict=True)
        ]
    rest = iter(found)
    return [next(rest) if one else Errors(0, 0, 0, 0) for one, _ in pairs]


def _errors(reference: Sequence[str], chunks: Sequence[object]) -> Errors:
    counts = dict.fromkeys(("substitute", "delete", "insert", "equal"), 0)
    for chunk in chunks:
        here = chunk.ref_end_idx - chunk.ref_start_idx  # type: ignore[attr-defined]
        there = chunk.hyp_end_idx - chunk.hyp_start_idx  # type: ignore[attr-defined]
        counts[chunk.type] += max(here, there)  # type: ignore[attr-defined]
    return Errors(len(reference), counts["substitute"], counts["delete"], counts["insert"])


def wer(table: pd.DataFrame) -> pd.DataFrame:
    """Return the word error rate of each transcriber at each condition.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `COLUMNS`: one row an utterance, transcriber and condition. Utterances whose
        reference has no words are not counted.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.WER`, in the order of the table. The interval leaves out one speaker
        at a time; see `intervals.interval`.

    Examples
    --------
    >>> heard = ["kids are talking", "dogs sitting", "", "hot dogs are sitting"]
    >>> table = pd.DataFrame({
    ...     "corpus": "demo", "transcripts": "ear", "condition": "mp3-8k",
    ...     "utterance": list("abcd"), "speaker": list("xyzz"), "heard": heard,
    ...     "reference": ["Kids are talking.", "Dogs are sitting."] * 2})
    >>> wer(table)[["words", "substitutions", "deletions", "insertions", "wer", "empty"]]
       words  substitutions  deletions  insertions       wer  empty
    0     12              0          4           1  0.416667   0.25
    """
    table = order_columns(table, COLUMNS, "the table of transcripts")
    table = table.fillna(dict.fromkeys(("speaker", "reference", "heard"), ""))
    counted = count(table["reference"].tolist(), table["heard"].tolist())
    table = table.assign(
        **{
            name: [getattr(one, name) for one in counted]
            for name in ("words", "substitutions", "deletions", "insertions", "total")
        },
        silent=[not words(text) for text in table["heard"]],
    )
    rows = [
        dict(zip(_GROUP, names, strict=True)) | _row(part)
        for names, part in table.groupby(_GROUP, sort=False)
    ]
    return pd.DataFrame(rows, columns=list(WER))


def _row(part: pd.DataFrame) -> dict[str, object]:
    known = part[part["words"] > 0]
    sums = {
        name: int(known[name].sum())
        for name in ("words", "substitutions", "deletions", "insertions")
    }
    if known.empty:
        rate: dict[str, object] = dict.fromkeys(("wer", "low", "high", "empty"), float("nan"))
        return {"utterances": 0, **sums, **rate, "why": NO_TEXT}
    found = _interval(known)
    return {
        "utterances": len(known),
        **sums,
        "wer": found.estimate,
        # By Student's t it would reach below what a rate can be; above 1 it can be.
        "low": float(np.clip(found.low, 0, None)),
        "high": found.high,
        "empty": float(known["silent"].mean()),
        "why": found.why,
    }


def _interval(known: pd.DataFrame) -> intervals.Interval:
    """Return errors over words with the interval of the jackknife over speakers.

    Where the corpus does not tell them, utterances take their place, as everywhere.
    """
    speaker = known["speaker"].astype(str)
    told = bool((speaker != "").all())
    cluster = speaker if told else intervals.random_clusters(len(known))
    sums = known.groupby(cluster)[["total", "words"]].sum().to_numpy(dtype=float)
    # As a matrix of a speaker's words, right and wrong, which `statistics` sums and leaves out;
    # with more errors than words the first of them is below zero, and the ratio is still right.
    matrices = np.zeros((1, len(sums), 2, 2))
    matrices[0, :, 0, 0] = sums[:, 1] - sums[:, 0]
    matrices[0, :, 0, 1] = sums[:, 0]
    found = intervals.interval(
        matrices, lambda m: m[..., 0, 1] / m.sum(axis=(-2, -1)), clustered=told
    )
    return found if told or found.why else replace(found, why=UNKNOWN)


def largest_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Return the utterances that a transcriber hears much worse at a condition than before.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `COLUMNS`, but for the speaker.

    Returns
    -------
    pandas.DataFrame
        Columns `findings.TRANSCRIPT_ERRORS`: for each transcriber and coded condition the few
        utterances with the largest increase of errors over words, and of these those with the
        most words first. Utterances with no more errors than before, and those without a
        transcript of the original, are left out.
    """
    table = table.fillna(dict.fromkeys(("reference", "heard"), ""))
    counted = count(table["reference"].tolist(), table["heard"].tolist())
    table = table.assign(
        words=[one.words for one in counted], errors=[one.total for one in counted]
    )
    table = table[table["words"] > 0]
    keys = ["corpus", "transcripts", "utterance"]
    before = table[table["condition"] == ORIGINAL].drop_duplicates(keys)
    table = table.rename(columns={"heard": "hypothesis"})
    before = before.rename(columns={"heard": "hypothesis"})
    both = table[table["condition"] != ORIGINAL].merge(
        before[[*keys, "hypothesis", "errors"]], on=keys, suffixes=("", "_original")
    )
    rise = (both["errors"] - both["errors_original"]) / both["words"]
    both = both.assign(rise=rise)[rise > 0]
    order = both.sort_values(
        ["rise", "words", "utterance"], ascending=[False, False, True], kind="stable"
    )
    chosen = order.groupby(_GROUP, sort=False).head(_MOST)
    # In the order of the table, the worst of each condition first.
    place = {names: number for number, (names, _) in enumerate(table.groupby(_GROUP, sort=False))}
    rank = [place[names] for names in chosen[_GROUP].itertuples(index=False, name=None)]
    chosen = chosen.assign(place=rank).sort_values("place", kind="stable")
    return chosen.reindex(columns=list(TRANSCRIPT_ERRORS)).reset_index(drop=True)
