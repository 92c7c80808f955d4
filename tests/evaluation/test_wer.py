"""Word error rate against a plain Levenshtein distance, and its intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.findings import TRANSCRIPT_ERRORS, WER
from aser_bench.evaluation import wer
from aser_bench.evaluation.losses import UNKNOWN

VOCABULARY = ("a", "b", "c", "dog", "dogs")
texts = st.lists(st.sampled_from(VOCABULARY), max_size=9).map(" ".join)


def distance(one: list[str], other: list[str]) -> int:
    """Return the fewest substitutions, deletions and insertions between two texts."""
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, heard in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != heard))
    return row[-1]


def table(rows, **columns) -> pd.DataFrame:
    """Return a table of (speaker, reference, heard)."""
    frame = pd.DataFrame(rows, columns=["speaker", "reference", "heard"])
    given = {"corpus": "voices", "transcripts": "ear", "condition": "mp3-8k"} | columns
    return frame.assign(utterance=[f"u{i}" for i in range(len(frame))], **given)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
def test_errors_agree_with_a_plain_levenshtein(pairs):
    found = wer.count([one for one, _ in pairs], [other for _, other in pairs])
    for (one, other), errors in zip(pairs, found, strict=True):
        said, heard = one.split(), other.split()
        assert errors.words == len(said)
        assert errors.total == (distance(said, heard) if said else 0)
        if said:
            # What is left of both texts is the same number of words.
            assert len(said) - errors.deletions == len(heard) - errors.insertions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Kids are talking by the door.", "kids are talking by the door"),
        ("\u201cIt\u2019s me,\u201d she said \u2014 'twice'!", "it's me she said twice"),
        ("rock'n'roll 'em dogs'", "rock'n'roll em dogs"),
        ("half-past\u2011two", "half past two"),
        ("2 o\u02bcclock, 3.5%", "2 o'clock 3 5"),
        ("STRA\u00dfE caf\u00e9 cafe\u0301", "stra\u00dfe caf\u00e9 caf\u00e9"),
        ("co\u00adoperate", "cooperate"),
        (
            "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
            "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
        ),
        ("_snake_ [NOISE] <sil>", "snake noise sil"),
        (" \t\n ... '' -", ""),
    ],
)
def test_words(text, expected):
    assert " ".join(wer.normalised_words(text)) == expected


@given(st.text(max_size=40))
def test_normalised_words_are_unchanged(text):
    once = wer.normalised_words(text)
    assert all(word and word == word.strip() and " " not in word for word in once)
    assert wer.normalised_words(" ".join(once)) == once


def test_reference_and_transcript_are_normalised_alike():
    found = wer.wer(table([(s, "It\u2019s HERE.", "it's here") for s in "abc"]))
    assert found.loc[0, "wer"] == 0
    assert found.loc[0, "words"] == 6


def test_a_rate_is_all_errors_over_all_words():
    rows = [
        ("a", "one two three four five", "one two three four five"),
        ("b", "six", "seven"),
        ("c", "eight nine", ""),
    ]
    (row,) = wer.wer(table(rows)).to_dict("records")
    assert tuple(row) == WER
    assert row["wer"] == pytest.approx(3 / 8)
    assert (row["substitutions"], row["deletions"], row["insertions"]) == (1, 2, 0)
    assert row["empty"] == pytest.approx(1 / 3)
    assert row["utterances"] == 3
    assert row["why"] == ""


def test_the_interval_is_the_jackknife_over_speakers():
    rng = np.random.default_rng(3)
    rows, sums = [], []
    for speaker in range(8):
        wrong, words = 0, 0
        for _ in range(int(rng.integers(2, 6))):
            heard = ["x" if rng.random() < 0.1 * speaker else "w" for _ in range(7)]
            rows.append((f"s{speaker}", " ".join("w" * 7), " ".join(heard)))
            wrong, words = wrong + heard.count("x"), words + 7
        sums.append((wrong, words))
    errors, counts = np.array(sums, dtype=float).T
    left = (errors.sum() - errors) / (counts.sum() - counts)
    deviation = np.sqrt(7 / 8 * ((left - left.mean()) ** 2).sum())
    effective = counts.sum() ** 2 / (counts**2).sum()
    from scipy import stats

    half = stats.t.ppf(0.975, effective - 1) * deviation
    rate = errors.sum() / counts.sum()
    (row,) = wer.wer(table(rows)).to_dict("records")
    assert row["wer"] == pytest.approx(rate)
    assert row["low"] == pytest.approx(max(0, rate - half))
    assert row["high"] == pytest.approx(rate + half)


def test_a_rate_above_one_has_an_interval_above_one():
    rows = [(s, "one", f"no {'no ' * i}") for i, s in enumerate("abcdef", 1)]
    (row,) = wer.wer(table(rows)).to_dict("records")
    assert row["wer"] == pytest.approx(27 / 6)
    assert 1 < row["low"] < row["wer"] < row["high"]


@pytest.mark.parametrize("speakers", ["a", "ab"])
def test_few_speakers_have_no_interval_and_a_reason(speakers):
    rows = [(s, "one two", "one") for s in speakers]
    (row,) = wer.wer(table(rows)).to_dict("records")
    assert row["wer"] == 0.5
    assert np.isnan(row["low"])
    assert np.isnan(row["high"])
    assert f"no interval: {len(speakers)} speaker" in row["why"]


def test_unknown_speakers_are_noted():
    rows = [("", "one two three", heard) for heard in ("one", "one two", "one two three", "two")]
    (row,) = wer.wer(table(rows)).to_dict("records")
    assert row["low"] < row["wer"] < row["high"]
    assert row["why"] == UNKNOWN


def test_an_utterance_without_a_text_is_not_counted():
    rows = [("a", "one", "one"), ("b", "", "hallo"), ("c", " ... ", ""), ("d", None, None)]
    (row,) = wer.wer(table(rows)).to_dict("records")
    assert (row["utterances"], row["words"], row["insertions"], row["empty"]) == (1, 1, 0, 0.0)


def test_a_corpus_without_text_has_a_reason():
    (row,) = wer.wer(table([("a", "", "hallo"), ("b", "", "")])).to_dict("records")
    assert row["utterances"] == 0
    assert np.isnan(row["wer"])
    assert row["why"] == wer.NO_TEXT


def test_groups_keep_the_order_of_the_table():
    parts = [
        table([(s, "one two", heard) for s in "abc"], transcripts=name, condition=condition)
        for name, condition, heard in (
            ("ear", "original", "one two"),
            ("ear", "mp3-8k", "one"),
            ("nose", "original", "two"),
        )
    ]
    found = wer.wer(pd.concat(parts, ignore_index=True))
    assert found[["transcripts", "condition", "wer"]].values.tolist() == [
        ["ear", "original", 0.0],
        ["ear", "mp3-8k", 0.5],
        ["nose", "original", 0.5],
    ]


def test_nothing_gives_an_empty_table():
    assert list(wer.wer(table([])).columns) == list(WER)
    assert list(wer.largest_errors(table([])).columns) == list(TRANSCRIPT_ERRORS)
    assert wer.largest_errors(table([])).empty


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="speaker"):
        wer.wer(table([("a", "b", "c")]).drop(columns="speaker"))


def test_largest_errors_are_increases_over_the_original():
    said = [("a", f"one two three four {i}") for i in range(9)]
    before = [f"one two three four {i}" for i in range(8)] + ["nothing of it at all"]
    # Utterance 0 loses a word, 1 two and so on up to 4; 8 was never heard.
    after = [
        " ".join(text.split()[: 5 - min(i + 1, 5) * (i < 5)]) if i < 5 else text
        for i, text in enumerate(before)
    ]
    parts = [
        table([(*pair, text) for pair, text in zip(said, heard, strict=True)], condition=name)
        for name, heard in (("original", before), ("mp3-8k", after), ("mp3-64k", before))
    ]
    found = wer.largest_errors(pd.concat(parts, ignore_index=True))
    assert list(found.columns) == list(TRANSCRIPT_ERRORS)
    assert found["utterance"].tolist() == ["u4", "u3", "u2", "u1", "u0"]
    assert set(found["condition"]) == {"mp3-8k"}
    assert found.loc[0, ["errors_original", "errors", "words"]].tolist() == [0, 5, 5]
    assert found.loc[0, "hypothesis_original"] == "one two three four 4"
    assert found.loc[0, "hypothesis"] == ""


def test_no_largest_errors_without_the_original():
    assert wer.largest_errors(table([("a", "one two", "")])).empty
