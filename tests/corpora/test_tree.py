"""Listing of folders with parts that cannot be opened."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from corpus_trees import touch

from aser_bench.core.errors import AudioError, UsageError
from aser_bench.corpora import audio, files, load_corpus, tree

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="symbolic links need privileges on Windows"
)
NOBODY = 65534


@contextmanager
def as_user_without_privileges() -> Iterator[None]:
    """Run the block as another user if the tests are run by root, who may open everything."""
    if os.geteuid():
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """Return a folder that the user without privileges owns."""
    folder = Path(tempfile.mkdtemp())
    if not os.geteuid():
        os.chown(folder, NOBODY, -1)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    shutil.rmtree(folder)


# Corpus, files, folder that cannot be listed.
CORPORA = {
    "custom": (["a/1_happy.wav", "b/2_sad.wav", "c/d/3_sad.wav"], "c/d"),
    "tess": (["OAF_back_angry.wav", "YAF/YAF_back_sad.wav"], "YAF"),
    "ravdess": (["A1/03-01-03-01-01-01-01.wav", "A2/03-01-04-01-01-01-02.wav"], "A2"),
    "emodb": (["wav/03a01Fa.wav", "more/08a01Wa.wav"], "more"),
    "crema_d": (["AudioWAV/1001_DFA_ANG_XX.wav", "b/1002_DFA_SAD_XX.wav"], "b"),
    "savee": (["DC/a01.wav", "JE/sa01.wav"], "JE"),
    "iemocap": (["Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"], "Session1/dialog"),
    "meld": (["train_sent_emo.csv", "clips/train_splits/dia0_utt0.mp4"], "clips"),
}
IEMOCAP_PARTS = (
    ".",
    "Session1",
    "Session1/dialog/EmoEvaluation",
    "Session1/dialog/transcriptions",
    "Session1/sentences/wav",
    "Session1/sentences/wav/Ses01F_impro01",
)


def locked(root: Path, folder: str) -> Path:
    (root / folder).chmod(0)
    return root / folder


@pytest.mark.parametrize("corpus", CORPORA)
def test_folder_that_cannot_be_listed_is_named(corpus, public_folder):
    names, folder = CORPORA[corpus]
    touch(public_folder, *names)
    locked(public_folder, folder)
    with (
        as_user_without_privileges(),
        pytest.raises(UsageError, match=f"{folder}.*Permission denied"),
    ):
        load_corpus(corpus, public_folder)


@pytest.mark.parametrize("part", IEMOCAP_PARTS)
def test_each_folder_of_iemocap_is_named(part, public_folder):
    touch(public_folder, "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav")
    labels = public_folder / "Session1/dialog/EmoEvaluation/Ses01F_impro01.txt"
    labels.parent.mkdir(parents=True)
    labels.write_text("[6.2901 - 8.2357]\tSes01F_impro01_F000\tneu\t[2.5000, 2.5000, 2.5000]\n")
    (public_folder / "Session1/dialog/transcriptions").mkdir()
    assert len(load_corpus("iemocap", public_folder).utterances) == 1
    locked(public_folder, part)
    with as_user_without_privileges(), pytest.raises(UsageError, match="Permission denied"):
        load_corpus("iemocap", public_folder)


@pytest.mark.parametrize("name", ["corpus", "table.csv"])
def test_source_in_a_folder_that_cannot_be_opened_is_named(name, public_folder):
    touch(public_folder, f"closed/{name}")
    locked(public_folder, "closed")
    corpus = "csv" if name.endswith("csv") else "custom"
    source = public_folder / "closed" / name
    with (
        as_user_without_privileges(),
        pytest.raises(UsageError, match=f"{name}' cannot be opened: Permission denied"),
    ):
        load_corpus(corpus, source)


def test_file_of_a_table_in_a_folder_that_cannot_be_opened_is_refused_with_the_reason(
    public_folder,
):
    touch(public_folder, "closed/a.wav", "b.wav")
    table = public_folder / "t.csv"
    table.write_text("file,emotion,speaker\nclosed/a.wav,sad,x\nb.wav,happy,y\n")
    locked(public_folder, "closed")
    with as_user_without_privileges():
        listing = load_corpus("csv", table)
    ((name, reason),) = listing.refused
    assert name == "closed/a.wav"
    assert "Permission denied" in reason


@pytest.mark.parametrize("corpus", ["custom", "csv"])
def test_unknown_user_in_the_source_is_named(corpus):
    with pytest.raises(UsageError, match="~nobody-of-this-name/x' cannot be opened"):
        load_corpus(corpus, "~nobody-of-this-name/x")


@pytest.mark.parametrize("target", ["missing", "more", "."])
def test_link_that_cannot_be_followed_is_named(target, tmp_path):
    touch(tmp_path, "a/1_happy.wav", "a/2_sad.wav")
    assert len(load_corpus("custom", tmp_path).utterances) == 2
    (tmp_path / "more").symlink_to(target)
    if target == ".":  # a link to the folder above is followed once
        assert len(load_corpus("custom", tmp_path).utterances) == 2
        return
    with pytest.raises(UsageError, match=f"the link '.*more' leads to '{target}'"):
        load_corpus("custom", tmp_path)


def test_source_that_is_a_broken_link_is_named(tmp_path):
    (tmp_path / "corpus").symlink_to("missing")
    for corpus in ("custom", "csv"):
        with pytest.raises(UsageError, match="leads to 'missing', which cannot be opened"):
            load_corpus(corpus, tmp_path / "corpus")


@pytest.mark.parametrize("target", ["missing.wav", "3_sad.wav"])
def test_recording_that_is_a_broken_link_is_listed_and_refused_when_read(target, tmp_path):
    touch(tmp_path, "1_happy.wav")
    (tmp_path / "3_sad.wav").symlink_to(target)
    listing = load_corpus("custom", tmp_path)
    assert listing.utterances["utterance"].tolist() == ["1_happy", "3_sad"]
    with pytest.raises(AudioError, match="link"):
        audio.read(tmp_path / "3_sad.wav")


def failing_scandir(folder: str, number: int) -> Callable[[str], Iterator[os.DirEntry[str]]]:
    """Return an os.scandir that fails for a folder, as on a disk with a failing network."""
    scandir = os.scandir

    def fail(path):
        if Path(path).name == folder:
            raise OSError(number, os.strerror(number))
        return scandir(path)

    return fail


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.ENOENT, errno.ELOOP])
def test_folder_that_fails_or_vanishes_is_named(number, tmp_path, monkeypatch):
    touch(tmp_path, "a/1_happy.wav", "gone/2_sad.wav")
    monkeypatch.setattr(os, "scandir", failing_scandir("gone", number))
    with pytest.raises(UsageError, match=f"gone' cannot be listed: {os.strerror(number)}"):
        load_corpus("custom", tmp_path)


def test_hidden_folders_need_not_be_readable(public_folder):
    touch(public_folder, "1_happy.wav", ".Trash/2_sad.wav")
    (public_folder / ".broken").symlink_to("missing")
    locked(public_folder, ".Trash")
    with as_user_without_privileges():
        assert len(load_corpus("custom", public_folder).utterances) == 1


def test_missing_folder_has_no_files(tmp_path):
    assert files.find_files(tmp_path / "none") == ([], [])
    assert tree.files_in(tmp_path / "none") == tree.subfolders(tmp_path / "none") == []
