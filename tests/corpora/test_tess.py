"""TESS: labels from file names, and duplicates."""

from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.corpora import load_corpus
from aser_bench.corpora.tess import COMPONENT

TAGS = {
    "angry": "angry",
    "disgust": "disgusted",
    "fear": "fearful",
    "happy": "happy",
    "neutral": "neutral",
    "ps": "surprised",
    "sad": "sad",
}


@settings(deadline=None)
@given(
    st.sampled_from(["OAF", "YAF", "oaf", "OA"]),
    st.text("abcdefghij", min_size=1),
    st.sampled_from(sorted(TAGS)),
)
def test_labels_are_read_from_names(speaker, word, tag):
    labels = COMPONENT.labels(COMPONENT.pattern.fullmatch(f"{speaker}_{word}_{tag}"))
    assert labels.emotion == TAGS[tag]
    assert labels.speaker == ("YAF" if speaker == "YAF" else "OAF")
    assert labels.text == f"Say the word {word}"
    assert labels.sex == "female"


@settings(deadline=None)
@given(st.text(max_size=20))
def test_other_names_do_not_match(stem):
    assert not COMPONENT.matches_name(stem) or stem.upper().startswith(("OA", "YAF"))


def test_nested_duplicates_are_used_once(tmp_path):
    for folder in ("TESS", "TESS/TESS copy", "TESS/YAF_pleasant_surprised"):
        (tmp_path / folder).mkdir()
        for name in ("OAF_back_fear.wav", "YAF_back_ps.wav", "YAF_back_odd.wav"):
            (tmp_path / folder / name).write_bytes(b"x")
    listing = load_corpus("tess", tmp_path)
    assert list(listing.utterances["utterance"]) == ["OAF_back_fear", "YAF_back_ps"]
    assert listing.notes == ["6 duplicates of a recording (same name) left out"]
    assert len(listing.refused) == 1
    assert "unknown emotion 'odd'" in listing.refused[0][1]


def test_real_corpus(shared_corpora):
    listing = load_corpus("tess", shared_corpora / "tess")
    table = listing.utterances
    assert (len(table), listing.refused, listing.notes) == (1400, [], [])
    sizes = table.groupby(["speaker", "emotion"]).size()
    assert len(sizes) == 14
    assert set(sizes) == {100}
    misnamed = table.set_index("utterance").loc["OA_bite_neutral"]
    assert (misnamed["speaker"], misnamed["text"]) == ("OAF", "Say the word bite")
