"""Word error rate of transcribers.

The errors are the substitutions, deletions and insertions of a shortest edit from the reference to
the transcript (Levenshtein distance). The rate is the number of errors of a condition over its
number of reference words, so that long utterances have more weight. It exceeds 1 if the transcript
has many more words than the reference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
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
"""Columns that `wer` needs; `largest_errors` does not need the speaker."""

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


def normalised_words(text: str) -> list[str]:
    """Return the words of a text in a normalised form.

    Lower case without punctuation; hyphens separate words, apostrophes of any character within a
    word are kept. Numbers are kept as they are written, so ``2`` and ``two`` differ.

    Examples
    --------
    >>> normalised_words("It\u2019s \u201chalf-past\u201d two \u2014 isn't it?")
    ["it's", 'half', 'past', 'two', "isn't", 'it']
    """
    lower = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).lower()
    text = "".join(map(_normalised_character, lower))
    return [word for word in (part.strip("'") for part in text.split()) if word]


def _normalised_character(character: str) -> str:
    """Return a letter, mark, digit or apostrophe; nothing for an invisible one, else a space."""
    category = unicodedata.category(character)
    if category == "Cf":  # such as a soft hyphen
        return ""
    return character if character == "'" or category[0] in "LMN" else " "


def count(references: Sequence[str], transcripts: Sequence[str]) -> list[Errors]:
    """Count the errors of each utterance.

    Parameters
    ----------
    references, transcripts : sequence of str
        Texts; both have the same length. A reference without words gives no errors, since the
        spoken words are unknown.

    Examples
    --------
    >>> count(["Kids are talking by the door."], ["well kids are walking by door"])
    [Errors(words=6, substitutions=1, deletions=1, insertions=1)]
    """
    import jiwer

    pairs = [
        (normalised_words(reference), normalised_words(transcript))
        for reference, transcript in zip(references, transcripts, strict=True)
    ]
    comparable = [pair for pair in pairs if pair[0]]
    errors: Iterator[Errors] = iter(())
    if comparable:
        output = jiwer.process_words(
            [" ".join(reference) for reference, _ in comparable],
            [" ".join(transcript) for _, transcript in comparable],
        )
        errors = map(_errors, (reference for reference, _ in comparable), output.alignments)
    return [next(errors) if reference else Errors(0, 0, 0, 0) for reference, _ in pairs]


def _errors(reference: Sequence[str], chunks: Sequence[object]) -> Errors:
    counts = dict.fromkeys(("substitute", "delete", "insert", "equal"), 0)
    for chunk in chunks:
        replaced = chunk.ref_end_idx - chunk.ref_start_idx  # type: ignore[attr-defined]
        written = chunk.hyp_end_idx - chunk.hyp_start_idx  # type: ignore[attr-defined]
        counts[chunk.type] += max(replaced, written)  # type: ignore[attr-defined]
    return Errors(len(reference), counts["substitute"], counts["delete"], counts["insert"])


def wer(table: pd.DataFrame) -> pd.DataFrame:
    """Return the word error rate of each transcriber at each condition.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `COLUMNS`: one row for each utterance, transcriber and condition. Utterances whose
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
        silent=[not normalised_words(text) for text in table["heard"]],
    )
    rows = [
        dict(zip(_GROUP, names, strict=True)) | _row(part)
        for names, part in table.groupby(_GROUP, sort=False)
    ]
    return pd.DataFrame(rows, columns=list(WER))


def _row(part: pd.DataFrame) -> dict[str, object]:
    tested = part[part["words"] > 0]
    sums = {
        name: int(tested[name].sum())
        for name in ("words", "substitutions", "deletions", "insertions")
    }
    if tested.empty:
        rate: dict[str, object] = dict.fromkeys(("wer", "low", "high", "empty"), float("nan"))
        return {"utterances": 0, **sums, **rate, "why": NO_TEXT}
    rate_interval = _interval(tested)
    return {
        "utterances": len(tested),
        **sums,
        "wer": rate_interval.estimate,
        # An interval of Student's t can go below 0; a rate above 1 is possible.
        "low": float(np.clip(rate_interval.low, 0, None)),
        "high": rate_interval.high,
        "empty": float(tested["silent"].mean()),
        "why": rate_interval.why,
    }


def _interval(tested: pd.DataFrame) -> intervals.Interval:
    """Return errors over words with the interval of the jackknife over speakers.

    If the speakers are unknown, utterances are used instead.
    """
    speaker = tested["speaker"].astype(str)
    by_speaker = bool((speaker != "").all())
    cluster = speaker if by_speaker else intervals.random_clusters(len(tested))
    sums = tested.groupby(cluster)[["total", "words"]].sum().to_numpy(dtype=float)
    # A confusion matrix for each speaker, with the correct and the wrong words as its first row.
    # With more errors than words the first entry is negative, and the ratio is still correct.
    matrices = np.zeros((1, len(sums), 2, 2))
    matrices[0, :, 0, 0] = sums[:, 1] - sums[:, 0]
    matrices[0, :, 0, 1] = sums[:, 0]
    rate = intervals.interval(
        matrices, lambda m: m[..., 0, 1] / m.sum(axis=(-2, -1)), clustered=by_speaker
    )
    return rate if by_speaker or rate.why else replace(rate, why=UNKNOWN)


def largest_errors(table: pd.DataFrame) -> pd.DataFrame:
    """Return the utterances with much worse transcripts at a condition than at the original.

    Parameters
    ----------
    table : pandas.DataFrame
        Columns `COLUMNS` without the speaker.

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
        words=[errors.words for errors in counted], errors=[errors.total for errors in counted]
    )
    table = table[table["words"] > 0]
    keys = ["corpus", "transcripts", "utterance"]
    before = table[table["condition"] == ORIGINAL].drop_duplicates(keys)
    table = table.rename(columns={"heard": "hypothesis"})
    before = before.rename(columns={"heard": "hypothesis"})
    both = table[table["condition"] != ORIGINAL].merge(
        before[[*keys, "hypothesis", "errors"]], on=keys, suffixes=("", "_original")
    )
    increase = (both["errors"] - both["errors_original"]) / both["words"]
    both = both.assign(increase=increase)[increase > 0]
    order = both.sort_values(
        ["increase", "words", "utterance"], ascending=[False, False, True], kind="stable"
    )
    largest = order.groupby(_GROUP, sort=False).head(_MOST)
    # In the order of the table, the worst of each condition first.
    place = {names: number for number, (names, _) in enumerate(table.groupby(_GROUP, sort=False))}
    rank = [place[names] for names in largest[_GROUP].itertuples(index=False, name=None)]
    largest = largest.assign(place=rank).sort_values("place", kind="stable")
    return largest.reindex(columns=list(TRANSCRIPT_ERRORS)).reset_index(drop=True)
