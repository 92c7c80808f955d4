"""Labels that are not emotions: one letter, codes that a corpus does not have, misspellings."""

import pytest

from aser_bench.core.errors import UnknownLabelError
from aser_bench.core.tables import canonical_emotion
from aser_bench.corpora import load_corpus
from aser_bench.corpora.labels import removed_classes


@pytest.mark.parametrize("letter", "AaFfHhNnDd")
def test_one_letter_is_no_emotion(letter):
    with pytest.raises(UnknownLabelError, match=f"{letter!r} is a code, not the name"):
        canonical_emotion(letter)


@pytest.mark.parametrize(
    ("corpus", "names", "label"),
    [
        ("custom", ["x_happy.wav", "x_wow.wav"], "wow"),
        ("custom", ["x_happy.wav", "x_a.wav"], "a"),
        ("emodb", ["03a01Wa.wav", "03a01Xa.wav"], "X"),
        ("ravdess", ["03-01-05-01-02-01-12.wav", "03-01-09-01-02-01-12.wav"], "09"),
        ("crema_d", ["1001_DFA_ANG_XX.wav", "1001_DFA_WOW_XX.wav"], "WOW"),
        ("tess", ["OAF_back_angry.wav", "OAF_back_wow.wav"], "wow"),
    ],
)
def test_unknown_label_of_a_folder_is_reported(corpus, names, label, tmp_path):
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    listing = load_corpus(corpus, tmp_path)
    assert len(listing.utterances) == 1
    assert list(removed_classes(listing)) == [label]
    assert listing.unknown_labels[label] == listing.refused


def test_name_without_a_label_removes_no_class(tmp_path):
    for name in ("x_happy.wav", "noise.wav"):
        (tmp_path / name).write_bytes(b"x")
    listing = load_corpus("custom", tmp_path)
    assert len(listing.refused) == 1
    assert removed_classes(listing) == {}
