"""Recordings named <anything>_<emotion>."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core import tables
from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.custom import COMPONENT


def labels(stem):
    return COMPONENT.labels(COMPONENT.pattern.fullmatch(stem))


@settings(deadline=None)
@given(st.text(max_size=200), st.sampled_from(tables.EMOTIONS))
def test_any_text_may_precede_the_emotion(prefix, emotion):
    for spelling in (emotion, emotion.upper(), emotion.title()):
        assert labels(f"{prefix}_{spelling}") == labels(f"x_{emotion}")
    assert labels(f"x_{emotion}").emotion == emotion
    assert labels(f"x_{emotion}").speaker == ""


@settings(deadline=None)
@given(st.text(max_size=50))
def test_any_name_is_read_or_refused(stem):
    try:
        assert labels(stem).emotion in tables.EMOTIONS
        assert COMPONENT.matches_name(stem)
    except UsageError:
        assert not COMPONENT.matches_name(stem)


@pytest.mark.parametrize(
    ("stem", "message"),
    [
        ("monday", "has no emotion; rename it, for example to monday_happy"),
        ("monday_hapy", "did you mean 'happy'"),
        ("take_a", "'a' after the last _ is not an emotion"),
        ("take_", "is not an emotion"),
    ],
)
def test_rejects_names_without_emotion(stem, message):
    with pytest.raises(UsageError, match=message):
        labels(stem)


def test_names_in_a_folder(tmp_path):
    names = [
        "-dash_happy.wav",
        "two words_SAD.mp3",
        "x" * 190 + "_angry.wav",
        unicodedata.normalize("NFD", "grüße_neutral.wav"),
        "a:b_fear.m4a" if tmp_path.drive == "" else "ab_fear.m4a",
        "day1/take_happy.wav",
        "day2/take_happy.wav",
        "oops_hapy.wav",
        "noise.wav",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    listing = load_corpus("custom", tmp_path)
    assert len(listing.utterances) == 7
    assert {"day1/take_happy", "day2/take_happy", "grüße_neutral", "-dash_happy"} <= set(
        listing.utterances["utterance"]
    )
    assert [file for file, _ in listing.refused] == ["noise.wav", "oops_hapy.wav"]
    assert set(listing.utterances["speaker"]) == {""}


def test_rejects_folder_without_usable_file(tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"all 1 files are refused.*monday 3_happy\.wav"):
        load_corpus("custom", tmp_path)
