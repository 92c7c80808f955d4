"""Discovery and naming of recordings, and messages for other folders."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest
from corpus_trees import touch
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.corpora import files, load_corpus


def test_hidden_files_are_ignored_and_audio_is_separated(tmp_path):
    touch(
        tmp_path,
        "b/2.FLAC",
        "a/1.wav",
        "c.Mp3",
        "notes.txt",
        ".hidden.wav",
        "._a.wav",
        ".git/x.wav",
        "__MACOSX/a.wav",
        "noextension",
    )
    audio, others = files.find_files(tmp_path)
    names = [files.relative_path(path, tmp_path) for path in audio]
    assert names == ["a/1.wav", "b/2.FLAC", "c.Mp3"]
    assert [path.name for path in others] == ["noextension", "notes.txt"]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need privileges on Windows")
def test_symbolic_links_are_followed_once(tmp_path):
    touch(tmp_path, "real/deep/1.wav")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "linked").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "deep" / "up").symlink_to(tmp_path / "real")
    assert len(files.find_files(tmp_path / "corpus")[0]) == 1


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a/x.wav", "b/y.wav"], ["x", "y"]),
        (["a/x.wav", "b/x.wav", "y.wav"], ["a/x", "b/x", "y"]),
        (["a/x.wav", "a/x.flac"], ["a/x.flac", "a/x.wav"]),
        (["x.wav", "x.flac", "z/x.wav"], ["x.flac", "x.wav", "z/x"]),
    ],
)
def test_utterances_get_the_shortest_unique_names(tmp_path, names, expected):
    entries = [files.Entry(tmp_path / name, "happy") for name in names]
    assert list(files.build_listing(entries, tmp_path).utterances["utterance"]) == expected


PART = st.text(st.sampled_from("ab.éé_ "), min_size=1, max_size=4).filter(lambda s: s.strip("."))


@settings(deadline=None)
@given(st.sets(st.tuples(PART, PART, st.sampled_from([".wav", ".flac"])), max_size=12))
def test_utterance_names_are_unique_and_sorted(parts):
    root = Path("/corpus")
    paths = sorted({root / folder / (stem + ext) for folder, stem, ext in parts})
    table = files.build_listing([files.Entry(path, "sad") for path in paths], root).utterances
    assert table["utterance"].is_unique
    assert list(table["utterance"]) == sorted(table["utterance"])
    assert set(table["file"]) == {str(path) for path in paths}


def test_names_are_in_composed_unicode(tmp_path):
    entry = files.Entry(tmp_path / unicodedata.normalize("NFD", "café_happy.wav"), "happy")
    assert files.build_listing([entry], tmp_path).utterances["utterance"][0] == "café_happy"


def test_rejects_invalid_sources(tmp_path):
    touch(tmp_path, "corpus.zip")
    for source, message in [
        (None, "needs its folder or file: write tess=PATH"),
        (tmp_path / "none", "there is no folder"),
        (tmp_path / "corpus.zip", "unpack it first"),
    ]:
        with pytest.raises(UsageError, match=message):
            load_corpus("tess", source)


@pytest.mark.parametrize(
    ("corpus", "names", "message"),
    [
        ("tess", [], "the folder is empty"),
        ("tess", ["a.txt", "speech.zip"], "none of its 2 files is audio.*unpack the zip"),
        ("ravdess", ["OAF_back_angry.wav"], "these look like tess"),
        ("tess", ["Actor_01/03-01-01-01-01-01-01.wav"], "these look like ravdess"),
        ("tess", ["03a01Fa.wav"], "these look like emodb"),
        ("emodb", ["monday_happy.wav"], "these look like custom"),
        ("emodb", ["one.wav", "two.wav"], "2 audio files with other names, for example 'one.wav'"),
    ],
)
def test_folder_of_another_corpus_is_described(tmp_path, corpus, names, message):
    touch(tmp_path, *names)
    with pytest.raises(UsageError, match=message):
        load_corpus(corpus, tmp_path)


def test_rejects_name_that_is_not_utf_8(tmp_path):
    touch(tmp_path, "good_sad.wav")
    unnameable = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9_angry.wav"))
    try:
        unnameable.write_bytes(b"x")
    except OSError:
        pytest.skip("this file system does not allow the name")
    entries = [files.Entry(path, "sad") for path in files.find_files(tmp_path)[0]]
    listing = files.build_listing(entries, tmp_path)
    assert list(listing.utterances["utterance"]) == ["good_sad"]
    ((name, reason),) = listing.refused
    assert name.endswith("caf\\xe9_angry.wav")
    assert "not UTF-8" in reason
