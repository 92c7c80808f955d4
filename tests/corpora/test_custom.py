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
def test_anything_may_stand_before_the_emotion(before, emotion):
    for spelling in (emotion, emotion.upper(), emotion.title()):
        assert labels(f"{before}_{spelling}") == labels(f"x_{emotion}")
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
    ("stem", "words"),
    [
        ("monday", "carries no emotion; call it monday_happy"),
        ("monday_hapy", "did you mean 'happy'"),
        ("take_a", "'a' after the last _ is no emotion"),
        ("take_", "is no emotion"),
    ],
)
def test_refusals(stem, words):
    with pytest.raises(UsageError, match=words):
        labels(stem)


def test_a_folder(tmp_path):
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
    found = load_corpus("custom", tmp_path)
    assert len(found.utterances) == 7
    assert {"day1/take_happy", "day2/take_happy", "grüße_neutral", "-dash_happy"} <= set(
        found.utterances["utterance"]
    )
    assert [file for file, _ in found.refused] == ["noise.wav", "oops_hapy.wav"]
    assert set(found.utterances["speaker"]) == {""}


def test_all_refused(tmp_path):
    (tmp_path / "noise.wav").write_bytes(b"x")
    with pytest.raises(UsageError, match=r"all 1 files are refused.*monday 3_happy\.wav"):
        load_corpus("custom", tmp_path)
