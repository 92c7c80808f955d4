"""RAVDESS: labels from file names; songs, videos and duplicates are left out."""

import pytest
from corpus_trees import touch
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.ravdess import COMPONENT, EMOTIONS, STATEMENTS

TWO_DIGITS = st.integers(0, 99).map("{:02d}".format)


@settings(deadline=None)
@given(st.lists(TWO_DIGITS, min_size=7, max_size=7))
def test_any_seven_fields_are_read_left_out_or_refused(fields):
    match = COMPONENT.pattern.fullmatch("-".join(fields))
    modality, channel, emotion, _, statement, _, actor = fields
    if modality in ("01", "02") or channel == "02":
        assert COMPONENT.labels(match) is None
    elif (
        (modality, channel) == ("03", "01")
        and emotion in EMOTIONS
        and statement in STATEMENTS
        and 1 <= int(actor) <= 24
    ):
        labels = COMPONENT.labels(match)
        assert labels.emotion == EMOTIONS[emotion]
        assert (labels.sex == "male") == (int(actor) % 2 == 1)
    else:
        with pytest.raises(UsageError, match="RAVDESS has no"):
            COMPONENT.labels(match)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_other_names_do_not_match(stem):
    digits = stem.replace("-", "")
    assert not COMPONENT.matches_name(stem) or (digits.isdigit() and len(digits) == 14)


def test_songs_duplicates_and_other_files_are_counted_in_notes(tmp_path):
    touch(
        tmp_path,
        "Actor_01/03-01-05-02-01-01-12.wav",
        "copy/Actor_12/03-01-05-02-01-01-12.WAV",
        "Actor_01/03-02-05-02-01-01-12.wav",
        "Actor_01/01-01-05-02-01-01-12.mp4",
        "Actor_01/03-01-09-02-01-01-12.wav",
        "intro.wav",
    )
    listing = load_corpus("ravdess", tmp_path)
    row = listing.utterances.iloc[0].to_dict()
    assert row.pop("file").endswith("03-01-05-02-01-01-12.wav")
    assert row == {
        "utterance": "03-01-05-02-01-01-12",
        "emotion": "angry",
        "speaker": "12",
        "sex": "female",
        "text": "Kids are talking by the door.",
    }
    assert len(listing.utterances) == 1
    assert listing.refused == [("Actor_01/03-01-09-02-01-01-12.wav", "RAVDESS has no emotion 09")]
    assert [note.split()[0] for note in listing.notes] == ["2", "1", "1"]


def test_rejects_folder_with_songs_only(tmp_path):
    touch(tmp_path, "03-02-05-02-01-01-12.wav")
    with pytest.raises(UsageError, match="all 1 files are songs or video"):
        load_corpus("ravdess", tmp_path)


def test_real_corpus(shared_corpora):
    listing = load_corpus("ravdess", shared_corpora / "ravdess")
    table = listing.utterances
    assert (len(table), listing.refused, listing.notes) == (1440, [], [])
    counts = table["emotion"].value_counts().to_dict()
    assert counts.pop("neutral") == 96
    assert set(counts.values()) == {192}
    assert len(counts) == 7
    assert set(table.groupby("speaker").size()) == {60}
    assert table["speaker"].nunique() == 24
    assert table["sex"].value_counts().to_dict() == {"male": 720, "female": 720}
