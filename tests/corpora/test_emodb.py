"""EmoDB: labels from file names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import load_corpus
from aser_bench.corpora.emodb import COMPONENT, EMOTIONS, FEMALE, MALE, SENTENCES


@settings(deadline=None)
@given(
    st.sampled_from(MALE + FEMALE),
    st.sampled_from(sorted(SENTENCES)),
    st.sampled_from(sorted(EMOTIONS)),
    st.sampled_from(["", "a", "b", "f"]),
)
def test_labels_are_read_from_names(speaker, sentence, letter, version):
    labels = COMPONENT.labels(COMPONENT.pattern.fullmatch(speaker + sentence + letter + version))
    assert labels.emotion == EMOTIONS[letter]
    assert labels.speaker == speaker
    assert labels.text == SENTENCES[sentence]
    assert (labels.sex == "male") == (speaker in MALE)


@pytest.mark.parametrize(
    ("stem", "message"), [("99a01Fa", "speaker 99"), ("03a99Fa", "sentence a99")]
)
def test_rejects_unknown_codes(stem, message):
    with pytest.raises(UsageError, match=message):
        COMPONENT.labels(COMPONENT.pattern.fullmatch(stem))


@settings(deadline=None)
@given(st.text(max_size=12))
def test_other_names_do_not_match(stem):
    assert not COMPONENT.matches_name(stem) or len(stem) in (6, 7)


@pytest.mark.parametrize("folder", ["emodb", "emodb/wav"])
def test_real_corpus(shared_corpora, folder):
    listing = load_corpus("emodb", shared_corpora / folder)
    table = listing.utterances
    assert (len(table), listing.refused) == (535, [])
    assert table["emotion"].value_counts().to_dict() == {
        "angry": 127,
        "bored": 81,
        "neutral": 79,
        "happy": 71,
        "fearful": 69,
        "sad": 62,
        "disgusted": 46,
    }
    assert table["speaker"].nunique() == 10
    assert table["text"].nunique() == 10
