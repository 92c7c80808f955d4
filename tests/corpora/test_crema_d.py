"""CREMA-D: labels from file names, the WAV of three formats, git-LFS pointers."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile
from corpus_trees import touch
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.crema_d import ACTORS, COMPONENT, EMOTIONS, SENTENCES
from aser_bench.pipeline.cache import Cache
from aser_bench.pipeline.ingest import ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.study.config import CorpusChoice

SEXES = '"ActorID","Age","Sex","Race","Ethnicity"\n1001,51,"Male","x","y"\n1002,21,"Female",x,y\n'
POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:5a66a9f8e3f7d5c70c6d2bd4a3fb6c1b7d1c5f0c1d2c3b4a5f6e7d8c9b0a1f2e\nsize 92606\n"
)


@settings(deadline=None)
@given(
    st.integers(999, 2000),
    st.sampled_from([*SENTENCES, "XYZ"]),
    st.sampled_from([*EMOTIONS, "SUR"]),
    st.sampled_from(["XX", "LO", "MD", "HI", "X"]),
)
def test_any_name_is_read_or_refused(actor, sentence, emotion, level):
    match = COMPONENT.pattern.fullmatch(f"{actor}_{sentence}_{emotion}_{level}")
    if not 1000 <= actor < 2000:
        assert match is None
    elif actor in ACTORS and sentence in SENTENCES and emotion in EMOTIONS:
        labels = COMPONENT.labels(match)
        assert (labels.speaker, labels.text) == (str(actor), SENTENCES[sentence])
        assert labels.emotion.startswith(emotion.lower())
    else:
        with pytest.raises(UsageError, match="CREMA-D has no"):
            COMPONENT.labels(match)


def test_number_of_sentences_and_actors():
    assert (len(set(SENTENCES.values())), len(ACTORS)) == (12, 91)
    # The codes are initials of the words of the sentence.
    for code, sentence in SENTENCES.items():
        assert code[0] == sentence[0]


def test_wav_is_preferred_to_mp3_and_video(tmp_path):
    touch(
        tmp_path,
        "AudioMP3/1001_DFA_ANG_XX.mp3",
        "AudioWAV/1001_DFA_ANG_XX.wav",
        "VideoFlash/1001_DFA_ANG_XX.flv",
        "AudioWAV/1040_ITH_SAD_X.wav",
        "AudioWAV/a.wav",
        "AudioWAV/1002_IEO_HAP_HI.wav",
    )
    (tmp_path / "VideoDemographics.csv").write_text(SEXES)
    listing = load_corpus("crema_d", tmp_path)
    table = listing.utterances
    assert all(file.endswith(".wav") for file in table["file"])
    assert table.drop(columns="file").to_numpy().tolist() == [
        ["1001_DFA_ANG_XX", "angry", "1001", "male", "Don't forget a jacket."],
        ["1002_IEO_HAP_HI", "happy", "1002", "female", "It's eleven o'clock."],
        ["1040_ITH_SAD_X", "sad", "1040", "", "I think I have a doctor's appointment."],
    ]
    assert [note.split()[0] for note in listing.notes] == ["2", "1"]
    # The table is also read from the folder above the recordings.
    listing_of_folder = load_corpus("crema_d", tmp_path / "AudioWAV")
    assert listing_of_folder.utterances["sex"].tolist() == ["male", "female", ""]


@pytest.mark.parametrize("table", [None, "", "a,b\n1,2\n", "ActorID\n1001\n"])
def test_sex_is_unknown_without_the_table(tmp_path, table):
    touch(tmp_path / "deep", "1001_DFA_ANG_XX.wav")
    if table is not None:
        (tmp_path / "VideoDemographics.csv").write_text(table)
    listing = load_corpus("crema_d", tmp_path / "deep")
    assert listing.utterances["sex"].tolist() == [""]
    assert "sex is unknown: VideoDemographics.csv" in listing.notes[-1]


@pytest.fixture
def corpus(tmp_path):
    """Two identical files with different labels, a silent file, a pointer, and two valid files."""
    folder = tmp_path / "AudioWAV"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("1006_TIE_HAP_XX", "1001_DFA_ANG_XX", "1002_DFA_SAD_XX"):
        soundfile.write(folder / f"{name}.wav", rng.uniform(-0.3, 0.3, 8000), 16000)
    copy = (folder / "1006_TIE_HAP_XX.wav").read_bytes()
    (folder / "1006_TIE_NEU_XX.wav").write_bytes(copy)
    soundfile.write(folder / "1076_MTI_SAD_XX.wav", np.zeros(8000), 16000)
    (folder / "1003_IEO_DIS_LO.wav").write_bytes(POINTER)
    return folder


def test_defects_of_the_distribution_are_reported(corpus, tmp_path):
    with Pool(1) as pool:
        ingested = ingest(CorpusChoice("crema_d", str(corpus)), None, Cache(tmp_path), pool)
    assert len(ingested.utterances) == 4
    reasons = {file.rpartition("/")[2]: reason for file, reason in ingested.refused}
    assert set(reasons) == {"1076_MTI_SAD_XX.wav", "1003_IEO_DIS_LO.wav"}
    assert reasons["1003_IEO_DIS_LO.wav"] == (
        "it is a git-LFS pointer, not the recording; run: git lfs pull"
    )
    assert "silent" in reasons["1076_MTI_SAD_XX.wav"]
    assert "identical recordings with different labels: 1006_TIE_HAP_XX = 1006_TIE_NEU_XX " in str(
        ingested.notes
    )


def test_rejects_checkout_without_lfs_files(tmp_path):
    for emotion in EMOTIONS:
        touch(tmp_path, f"1001_DFA_{emotion}_XX.wav")
        (tmp_path / f"1001_DFA_{emotion}_XX.wav").write_bytes(POINTER)
    with Pool(1) as pool, pytest.raises(UsageError, match="git lfs pull"):
        ingest(CorpusChoice("crema_d", str(tmp_path)), None, Cache(tmp_path / "s"), pool)
