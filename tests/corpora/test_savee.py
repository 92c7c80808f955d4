"""SAVEE: both layouts give the same utterances, and unknown codes are refused."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from corpus_trees import savee, touch
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.prepare import inspect_recording
from aser_bench.corpora.savee import COMPONENT, EMOTIONS, SPEAKERS

FLAT = "ALL/{speaker}_{code}{number:02}.wav"


def test_distributed_layout_has_480_utterances(tmp_path):
    listing = load_corpus("savee", savee(tmp_path / "SAVEE"))
    table = listing.utterances
    assert (len(table), listing.refused, listing.notes) == (480, [], [])
    sizes = table["emotion"].value_counts().to_dict()
    assert sizes.pop("neutral") == 120
    assert sizes == dict.fromkeys(set(EMOTIONS.values()) - {"neutral"}, 60)
    assert table["speaker"].value_counts().to_dict() == dict.fromkeys(SPEAKERS, 120)
    assert set(table["sex"]) == {"male"}
    assert set(table["text"]) == {""}
    (row,) = table[table["utterance"] == "DC_sa03"].to_dict("records")
    assert row["file"] == str(tmp_path / "SAVEE" / "AudioData" / "DC" / "sa03.wav")
    assert (row["emotion"], row["speaker"]) == ("sad", "DC")


@pytest.mark.parametrize(
    "name", [FLAT, "{speaker}_{code}{number:02}.wav", "{speaker}/{code}{number:02}.wav"]
)
def test_every_layout_gives_the_same_utterances(tmp_path, name):
    expected = load_corpus("savee", savee(tmp_path / "a")).utterances
    table = load_corpus("savee", savee(tmp_path / "b", name)).utterances
    columns = ["utterance", "emotion", "speaker", "sex", "text"]
    assert table[columns].equals(expected[columns])


def test_copies_in_both_layouts_are_used_once(tmp_path):
    savee(tmp_path, FLAT)
    listing = load_corpus("savee", savee(tmp_path))
    assert len(listing.utterances) == 480
    assert listing.notes == ["480 duplicates of a recording (same name) left out"]


def test_lossless_copy_is_preferred(tmp_path):
    touch(tmp_path, "ALL/DC_a01.mp3", "AudioData/DC/a01.wav")
    (file,) = load_corpus("savee", tmp_path).utterances["file"]
    assert file.endswith("a01.wav")


def test_folder_of_one_speaker_can_be_given(tmp_path):
    table = load_corpus("savee", savee(tmp_path) / "AudioData" / "JE").utterances
    assert (len(table), set(table["speaker"])) == (120, {"JE"})


def test_speaker_in_the_name_takes_precedence_over_the_folder(tmp_path):
    touch(tmp_path, "DC/JE_su15.wav", "kl/SA01.WAV", "jk_n30.wav")
    table = load_corpus("savee", tmp_path).utterances
    labels = dict(
        zip(table["utterance"], zip(table["speaker"], table["emotion"], strict=True), strict=True)
    )
    assert labels == {
        "JE_su15": ("JE", "surprised"),
        "KL_SA01": ("KL", "sad"),
        "jk_n30": ("JK", "neutral"),
    }


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("XX_a01.wav", "SAVEE has no speaker XX"),
        ("other/a01.wav", "it has no speaker; the name of its folder or"),
        ("DC/a16.wav", "SAVEE has no sentence a16"),
        ("DC/a00.wav", "SAVEE has no sentence a00"),
        ("DC/n31.wav", "SAVEE has no sentence n31"),
    ],
)
def test_rejects_unknown_codes(tmp_path, name, reason):
    touch(tmp_path, name, "DC/h01.wav")
    listing = load_corpus("savee", tmp_path)
    assert list(listing.utterances["utterance"]) == ["DC_h01"]
    ((file, message),) = listing.refused
    assert file == name
    assert message.startswith(reason)


@pytest.mark.parametrize("name", ["DC/s01.wav", "DC/a1.wav", "DC/a001.wav", "DC/x01.wav"])
def test_other_names_are_left_out(tmp_path, name):
    touch(tmp_path, name, "DC/h01.wav")
    listing = load_corpus("savee", tmp_path)
    assert len(listing.utterances) == 1
    assert listing.notes == ["1 audio files with names unlike AudioData/DC/sa03.wav left out"]


@settings(deadline=None)
@given(st.from_regex(COMPONENT.pattern, fullmatch=True))
def test_matching_names_are_read_or_refused(stem):
    match = COMPONENT.pattern.fullmatch(stem)
    speaker, code, number = match.groups(default="")
    last = 30 if code.lower() == "n" else 15
    if speaker.upper() in SPEAKERS and 1 <= int(number) <= last:
        labels = COMPONENT.labels(match)
        assert (labels.speaker, labels.emotion) == (speaker.upper(), EMOTIONS[code.lower()])
    else:
        with pytest.raises(UsageError, match=r"SAVEE has no|has no speaker"):
            COMPONENT.labels(match)


def test_error_of_another_corpus_names_savee(tmp_path):
    with pytest.raises(UsageError, match="these look like savee"):
        load_corpus("ravdess", savee(tmp_path))


def test_recordings_at_44_1_khz_can_be_read(tmp_path):
    path = touch(tmp_path, "AudioData/DC/a01.wav") / "AudioData" / "DC" / "a01.wav"
    samples = np.random.default_rng(0).uniform(-0.3, 0.3, 44_100)
    soundfile.write(path, samples, 44_100, subtype="PCM_16")
    (file,) = load_corpus("savee", tmp_path).utterances["file"]
    inspection = inspect_recording(file)
    assert (inspection.reason, inspection.source_rate) == ("", 44_100)
    assert inspection.duration_s == pytest.approx(1.0)
