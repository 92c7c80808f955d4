"""Contract checks of corpora."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import UsageError
from ..core.tables import EMOTIONS
from ..corpora.base import Corpus, Listing
from .checks import assert_one_line, assert_raises, run_checks

COLUMNS = ("utterance", "file", "emotion", "speaker", "sex", "text")
"""The columns that every listing starts with."""


@dataclass(frozen=True)
class CorpusUnderTest:
    """A corpus, and a source from which it can be listed (None where there is none)."""

    corpus: Corpus
    source: Path | None = None


def check_corpus(corpus: Corpus, source: str | Path | None = None) -> None:
    """Check that a corpus fulfils the contract of `aser_bench.corpora.base.Corpus`.

    Parameters
    ----------
    corpus : Corpus
    source : path, optional
        A folder or table of the corpus. Default: a temporary folder with one empty file of the
        name that the corpus gives as its ``example``, if it has this attribute.

    Raises
    ------
    AssertionError
        With one line per check that failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(source) if source is not None else example_source(corpus, Path(folder))
        run_checks(CORPUS_CHECKS, CorpusUnderTest(corpus, place))


def example_source(corpus: Corpus, folder: Path) -> Path | None:
    """Create the example file of a corpus in a folder; None if it does not name one."""
    name = getattr(corpus, "example", None)
    if not name:
        return None
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    return folder


def check_description(subject: CorpusUnderTest) -> None:
    """Title, licence and citation are given; url and language have their formats."""
    corpus = subject.corpus
    assert_one_line(corpus.name, "name")
    for attribute in ("title", "licence", "citation"):
        assert str(getattr(corpus, attribute)).strip(), f"{attribute} must not be empty"
    assert not corpus.url or corpus.url.startswith(("http://", "https://")), corpus.url
    assert isinstance(corpus.synthetic, bool), "synthetic must be a bool"
    assert re.fullmatch(r"[a-z]{2}|", corpus.language), "language must be two letters or empty"


def check_missing_source(subject: CorpusUnderTest) -> None:
    """A missing source raises UsageError with the name of the corpus."""
    corpus = subject.corpus
    with tempfile.TemporaryDirectory() as folder:
        missing = Path(folder) / "missing"
        empty = Path(folder)
        situation = "a source that does not exist"
        assert_raises(UsageError, lambda: corpus.scan(missing), situation, corpus.name)
        assert_raises(UsageError, lambda: corpus.scan(empty), "an empty folder", corpus.name)
    if corpus.needs_source:
        situation, example = "a corpus without its folder", f"{corpus.name}="
        assert_raises(UsageError, lambda: corpus.scan(None), situation, example)


def check_listing(subject: CorpusUnderTest) -> None:
    """The table of utterances has its columns, unique sorted names and valid values."""
    if subject.source is not None:
        assert_valid_listing(subject.corpus.scan(subject.source))


CORPUS_CHECKS = (check_description, check_missing_source, check_listing)


def assert_valid_listing(listing: Listing) -> None:
    """Assert that a listing is as `aser_bench.corpora.base.Listing` describes it.

    Raises
    ------
    AssertionError
        With the first deviation.
    """
    table = listing.utterances
    assert tuple(table.columns)[: len(COLUMNS)] == COLUMNS, f"columns {list(table.columns)}"
    assert len(table), "no utterance is listed"
    assert table["utterance"].is_unique, "names of utterances must be unique"
    assert list(table["utterance"]) == sorted(table["utterance"]), "must be sorted by utterance"
    unknown = set(table["emotion"]) - set(EMOTIONS)
    assert not unknown, f"unknown emotions: {sorted(unknown)}"
    assert set(table["sex"]) <= {"female", "male", ""}, "sex must be female, male or empty"
    has_audio = (table["file"] != "").all()
    text_only = (table["file"] == "").all() and (table["text"] != "").all()
    assert has_audio or text_only, "recordings must be given for all utterances or for none"
    assert all(Path(file).is_absolute() for file in table["file"] if file), "paths must be absolute"
    assert set(table.get("split", ["train"])) <= {"train", "dev", "test", ""}, "unknown split"
    for column in {"session", "split"} & set(table.columns):
        assert (table[column] != "").any(), f"column {column} is empty"
    if "start_s" in table:
        starts, ends = table["start_s"], table["end_s"]
        assert (starts >= 0).all(), "segments must start at 0 s or later"
        assert (ends.isna() | (ends > starts)).all(), "segments must end after their start"
    is_text = table[list(COLUMNS)].map(lambda cell: type(cell) is str)
    assert is_text.all(axis=None), "every cell must be a str"
    assert all(isinstance(note, str) for note in listing.notes), "notes must be texts"
