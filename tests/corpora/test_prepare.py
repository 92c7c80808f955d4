"""Inspection of recordings, groups of identical recordings, and subsets."""

import pickle

import numpy as np
import pandas as pd
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus, prepare


def test_hash_depends_on_samples_and_not_on_the_format(tmp_path):
    samples = np.random.default_rng(0).integers(-9000, 9000, 8000, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16000)
    soundfile.write(tmp_path / "b.flac", samples, 16000)
    soundfile.write(tmp_path / "c.aiff", np.stack([samples, samples], 1), 16000)
    soundfile.write(tmp_path / "d.wav", samples + 1, 16000)
    a, b, c, d = (prepare.inspect_recording(path) for path in sorted(tmp_path.iterdir()))
    assert a == b == c
    assert a.samples_sha256 != d.samples_sha256
    assert (a.duration_s, a.source_rate, a.reason) == (0.5, 16000, "")
    assert a.peak == pytest.approx(np.abs(samples).max() / 32768)
    assert pickle.loads(pickle.dumps(a)) == a
    assert pickle.loads(pickle.dumps(prepare.inspect_recording)) is prepare.inspect_recording


def test_inspection_has_the_reason_of_a_refusal(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"")
    inspection = prepare.inspect_recording(tmp_path / "a.wav")
    assert "empty" in inspection.reason
    assert (inspection.samples_sha256, inspection.duration_s) == ("", 0.0)


def table(*rows):
    return pd.DataFrame(rows, columns=["utterance", "emotion", "samples_sha256"])


def test_groups_and_conflicting_labels():
    frame = table(("d", "sad", "2"), ("b", "sad", "1"), ("c", "fearful", "2"), ("a", "sad", "1"))
    groups = prepare.recording_groups(frame)
    assert groups.name == "group"
    assert list(groups) == ["c", "a", "c", "a"]
    assert prepare.conflicting_labels(frame) == [(("c", "d"), ("fearful", "sad"))]
    assert prepare.conflicting_labels(frame.iloc[[1, 3]]) == []
    with pytest.raises(ValueError, match="without samples_sha256"):
        prepare.recording_groups(table(("a", "sad", "")))


def grid(speakers, emotions, copies):
    rows = [
        (f"{speaker}-{emotion}-{copy}", f"s{speaker:02d}", f"e{emotion}")
        for speaker in range(speakers)
        for emotion in range(emotions)
        for copy in range(copies)
    ]
    return pd.DataFrame(rows, columns=["utterance", "speaker", "emotion"])


@settings(deadline=None)
@given(st.integers(1, 12), st.integers(1, 8), st.integers(1, 3), st.integers(1, 300))
def test_subset_is_balanced_nested_and_independent_of_order(speakers, emotions, copies, n):
    frame = grid(speakers, emotions, copies)
    chosen = prepare.subset(frame, n)
    assert len(chosen) == min(n, len(frame))
    shuffled = frame.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(prepare.subset(shuffled, n), chosen)
    assert set(chosen["utterance"]) <= set(prepare.subset(frame, n + 1)["utterance"])
    assert chosen["emotion"].nunique() == min(n, emotions)
    assert chosen["speaker"].nunique() == min(n, speakers)
    for column in ("emotion", "speaker"):
        counts = chosen[column].value_counts()
        assert counts.max() - counts.min() <= copies
    per_cell = chosen.groupby(["speaker", "emotion"]).size()
    assert per_cell.max() - per_cell.min() <= 1


def test_subset_without_speakers_alternates_between_emotions():
    frame = grid(5, 4, 3).assign(speaker="")
    assert set(prepare.subset(frame, 8)["emotion"].value_counts()) == {2}
    with pytest.raises(UsageError, match="the limit is 0"):
        prepare.subset(frame, 0)
    assert len(prepare.subset(frame.iloc[:0], 3)) == 0


def test_subset_is_proportional_to_the_parts_of_a_split():
    sizes = {"train": 20, "dev": 4, "test": 8}
    parts = [grid(n, 4, 3).assign(split=split) for split, n in sizes.items()]
    frame = pd.concat(parts, ignore_index=True)
    frame["utterance"] = frame["split"] + frame["utterance"]
    for n, expected in [(8, [5, 1, 2]), (32, [20, 4, 8]), (64, [40, 8, 16])]:
        counts = prepare.subset(frame, n)["split"].value_counts()
        assert [counts[split] for split in sizes] == expected
    few = prepare.subset(frame, 16)
    assert few["emotion"].value_counts().tolist() == [4, 4, 4, 4]
    assert list(few.columns) == list(frame.columns)
    # An empty column has the same effect as no column.
    blank = prepare.subset(frame.assign(split=""), 16)
    pd.testing.assert_series_equal(
        blank["utterance"], prepare.subset(frame.drop(columns="split"), 16)["utterance"]
    )


def test_hash_of_a_text_depends_on_the_utterance():
    hashes = {prepare.text_sha256(*pair) for pair in [("a", "bc"), ("ab", "c"), ("b", "bc")]}
    assert len(hashes) == 3
    assert prepare.text_sha256("a", "bc") in hashes


@pytest.mark.parametrize("folder", ["ravdess", "ravdess-original"])
def test_identical_recordings_of_ravdess_share_a_group(shared_corpora, folder):
    frame = load_corpus("ravdess", shared_corpora / folder).utterances
    pair = ["03-01-03-01-02-01-07", "03-01-03-01-02-02-07"]
    other = "03-01-03-01-01-01-07" if folder == "ravdess" else None
    chosen = frame[frame["utterance"].isin([*pair, other])].copy()
    inspections = [prepare.inspect_recording(file) for file in chosen["file"]]
    chosen["samples_sha256"] = [inspection.samples_sha256 for inspection in inspections]
    groups = dict(zip(chosen["utterance"], prepare.recording_groups(chosen), strict=True))
    assert groups[pair[0]] == groups[pair[1]] == pair[0]
    assert groups.get(other, other) == other
    assert prepare.conflicting_labels(chosen) == []
