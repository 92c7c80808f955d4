"""Pretrained word vectors: GloVe and word2vec files, read for the words in use alone.

A large file passes by in pieces: of each line the word is looked up and the values are counted,
and only those of wanted words are made numbers.
"""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import math
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ...core.errors import UsageError
from .files import DAMAGED, FORMATS, open_vectors

_PIECE = 1 << 20
"""Bytes read at once, and the longest line or word that is taken for one."""

_MOST_VALUES = 1 << 16


@dataclasses.dataclass(frozen=True, eq=False)
class Embeddings:
    """Word vectors of the wanted words that a file has.

    Attributes
    ----------
    words : tuple of str
        The words found, spelt as they were wanted, in the order of the file.
    vectors : numpy.ndarray of float32, shape (found, dimension)
    dimension : int
        Known even when no word was found.
    """

    words: tuple[str, ...]
    vectors: np.ndarray
    dimension: int

    def coverage(self, words: Collection[str]) -> float:
        """Return the share of words that have a vector: of a list, each as often as it stands.

        The share of nothing is 0.
        """
        known = frozenset(self.words)
        return sum(word in known for word in words) / max(len(words), 1)


@dataclasses.dataclass(frozen=True)
class _Layout:
    dimension: int
    count: int | None  # vectors, where a header tells
    start: int  # bytes of the header
    binary: bool


class _Found:
    """The vectors found so far, each under its wanted spelling or, for want of it, another."""

    def __init__(self, words: Collection[str]) -> None:
        self._wanted = frozenset(words)
        self._kept: dict[str, tuple[int, bool, np.ndarray]] = {}

    def wants(self, token: bytes) -> tuple[str, bool] | None:
        """Return the wanted word that a token stands for and whether it is spelt so, or None."""
        word = token.decode("utf-8", "replace")
        if word in self._wanted:
            return None if word in self._kept and self._kept[word][1] else (word, True)
        word = word.lower()
        return (word, False) if word in self._wanted and word not in self._kept else None

    def keep(self, wanted: tuple[str, bool], number: int, vector: np.ndarray) -> None:
        word, exact = wanted
        self._kept[word] = number, exact, vector

    def embeddings(self, dimension: int) -> Embeddings:
        words = tuple(sorted(self._kept, key=lambda word: self._kept[word][0]))
        vectors = np.empty((len(words), dimension), dtype=np.float32)
        for row, word in enumerate(words):
            vectors[row] = self._kept[word][2]
        return Embeddings(words, vectors, dimension)


def read(path: str | Path, words: Collection[str]) -> Embeddings:
    """Return the vectors that a file of word vectors has for some words.

    A word is looked for as it is spelt. Where the file has it with capitals only, the first such
    form in the file (in GloVe the most frequent one) stands for it. Of a word that is there twice
    the first counts. Bytes that are not UTF-8 make a token that matches nothing.

    Parameters
    ----------
    path : str or Path
        GloVe text (``word value ...`` a line), word2vec or fastText text (the same under a line
        ``count dimension``), or word2vec binary; each may be compressed with gzip.
    words : collection of str
        The wanted ones; the project's are lower-case.

    Raises
    ------
    UsageError
        In one line, with ``--embeddings`` and the file's name: it is missing, empty, a folder or of
        another format; a line has another number of values; a wanted word's value is no finite
        number; there are fewer or more vectors than the first line tells of.
    """
    found = _Found(words)
    with open_vectors(path) as stream:
        layout = _layout(stream.read(_PIECE))
        stream.seek(0)
        (_read_binary if layout.binary else _read_text)(stream, layout, found)
    return found.embeddings(layout.dimension)


def check(path: str | Path) -> None:
    """Raise the error of `read` if the beginning of a file is not that of word vectors."""
    with open_vectors(path) as stream:
        _layout(stream.read(_PIECE))


def _layout(sample: bytes) -> _Layout:
    """Tell the format from the first bytes of a file."""
    lines = sample.split(b"\n")
    header = _header(lines[0])
    rows = [_fields(line) for line in (lines[1:] if header else lines)[:101]]
    rows = [row for row in rows[:-1] or rows if row != [b""]]  # the last one may be cut
    # The commonest number of values: a few words have spaces in them.
    counts = collections.Counter(len(row) - 1 for row in rows)
    common = min(counts, key=lambda count: (-counts[count], count), default=0)
    pairs = common == 1 and all(_numbers(row[-1:]) for row in rows)
    if header and (header[1] == 1 or not pairs):  # or else two numbers are a word and its value
        count, dimension = header
        start = len(lines[0]) + 1
        if not sample[start:].strip():
            raise UsageError("has a first line and no vectors; " + DAMAGED)
        if not 1 <= dimension <= _MOST_VALUES:
            raise UsageError(f"line 1 tells of {dimension} values a word; " + FORMATS)
        return _Layout(dimension, count, start, binary=not _is_text(sample[start:], dimension))
    if not 1 <= common <= _MOST_VALUES or not _numbers(_fields(lines[0])[-common:]):
        raise UsageError("line 1 is not a word and its values; " + FORMATS)
    return _Layout(common, None, 0, binary=False)


def _header(line: bytes) -> tuple[int, int] | None:
    fields = _fields(line)
    if len(fields) == 2 and all(len(field) < 20 and field.isdigit() for field in fields):
        return int(fields[0]), int(fields[1])
    return None


def _is_text(data: bytes, dimension: int) -> bool:
    """Tell by the line under the header: its values are numbers, or half of them if it is bad."""
    values = _fields(data.split(b"\n", 1)[0])[1:]
    numbers = sum(_numbers([value]) for value in values)
    return numbers >= dimension or 0 < numbers >= len(values) / 2


def _fields(line: bytes) -> list[bytes]:
    return line.rstrip(b" \r\n").split(b" ")


def _numbers(fields: Iterable[bytes]) -> bool:
    with contextlib.suppress(ValueError):
        return all(math.isfinite(float(field)) for field in fields)
    return False


def _read_text(stream: BinaryIO, layout: _Layout, found: _Found) -> None:
    dimension, vectors = layout.dimension, 0
    for number, line in enumerate(iter(partial(stream.readline, _PIECE), b""), 1):
        if number == 1 and layout.count is not None:
            continue
        if len(line) == _PIECE:
            raise UsageError(f"line {number} is longer than any word and its values; {FORMATS}")
        line = line.rstrip(b" \r\n")
        if not line:
            continue
        spaces = line.count(b" ")
        if spaces == dimension:
            token = line[: line.index(b" ")]
        else:
            token = _spaced(line.split(b" "), dimension, number)
        vectors += 1
        wanted = found.wants(token)
        if wanted:
            values = line.split(b" ")[-dimension:]
            found.keep(wanted, number, _vector(values, number, wanted[0]))
    if layout.count is not None and vectors != layout.count:
        raise UsageError(f"line 1 tells of {layout.count} vectors, there are {vectors}; {DAMAGED}")


def _spaced(fields: list[bytes], dimension: int, number: int) -> bytes:
    """Return a token with spaces in it, such as ``. . .``, which GloVe 840B has some of."""
    values = len(fields) - 1
    if values < dimension or _numbers(fields[1:-dimension]):
        raise UsageError(f"line {number} has {values} values instead of {dimension}; {DAMAGED}")
    return b" ".join(fields[:-dimension])


def _vector(fields: Sequence[bytes], number: int, word: str) -> np.ndarray:
    try:
        with np.errstate(over="ignore"):
            vector = np.array([float(field) for field in fields]).astype(np.float32)
    except ValueError:
        vector = np.array(np.nan)
    if not np.isfinite(vector).all():
        raise UsageError(f"line {number}: a value of {word!r} is not a finite number; {DAMAGED}")
    return vector


def _read_binary(stream: BinaryIO, layout: _Layout, found: _Found) -> None:
    size = 4 * layout.dimension
    stream.seek(layout.start)
    data, at = b"", 0
    for number in range(1, cast(int, layout.count) + 1):
        while (end := data.find(b" ", at)) < 0 or len(data) < end + 1 + size:
            if end < 0 and len(data) - at >= _PIECE:
                raise UsageError(f"vector {number} has no word before it; {FORMATS}")
            more = stream.read(_PIECE)
            if not more:
                raise UsageError(
                    f"ends at byte {stream.tell()}, in vector {number} of {layout.count}; {DAMAGED}"
                )
            data, at = data[at:] + more, 0
        wanted = found.wants(data[at:end].lstrip(b"\n"))
        if wanted:
            vector = np.frombuffer(data, "<f4", layout.dimension, end + 1).astype(np.float32)
            if not np.isfinite(vector).all():
                raise UsageError(f"a value of {wanted[0]!r} is not a finite number; {DAMAGED}")
            found.keep(wanted, number, vector)
        at = end + 1 + size
    if (data[at:] + stream.read(_PIECE)).strip():
        raise UsageError(
            f"goes on after the {layout.count} vectors that line 1 tells of; {DAMAGED}"
        )
