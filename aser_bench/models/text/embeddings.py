"""Pretrained word vectors from GloVe and word2vec files, for the requested words only.

Large files are read in parts. The values of every line are counted, but only those of requested
words are parsed.
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
"""Bytes per read, and maximal length of a line or word."""

_MOST_VALUES = 1 << 16


@dataclasses.dataclass(frozen=True, eq=False)
class Embeddings:
    """Word vectors of the requested words that a file has.

    Attributes
    ----------
    words : tuple of str
        Words with a vector, as spelt in the request, in the order of the file.
    vectors : numpy.ndarray of float32, shape (words, dimension)
    dimension : int
        Length of a vector, also if no word has one.
    """

    words: tuple[str, ...]
    vectors: np.ndarray
    dimension: int

    def coverage(self, words: Collection[str]) -> float:
        """Return the share of words that have a vector; repeated words count repeatedly.

        The share of no words is 0.
        """
        available = frozenset(self.words)
        return sum(word in available for word in words) / max(len(words), 1)


@dataclasses.dataclass(frozen=True)
class _Layout:
    dimension: int
    count: int | None  # number of vectors, if the file has a header
    start: int  # length of the header in bytes
    binary: bool


class _Matches:
    """Vectors of requested words; an exact spelling replaces one with capitals."""

    def __init__(self, words: Collection[str]) -> None:
        self._requested = frozenset(words)
        self._vectors: dict[str, tuple[int, bool, np.ndarray]] = {}

    def find(self, token: bytes) -> tuple[str, bool] | None:
        """Return the requested word of a token and whether the spelling is exact, or None."""
        word = token.decode("utf-8", "replace")
        if word in self._requested:
            return None if word in self._vectors and self._vectors[word][1] else (word, True)
        word = word.lower()
        return (word, False) if word in self._requested and word not in self._vectors else None

    def add(self, match: tuple[str, bool], number: int, vector: np.ndarray) -> None:
        word, exact = match
        self._vectors[word] = number, exact, vector

    def embeddings(self, dimension: int) -> Embeddings:
        words = tuple(sorted(self._vectors, key=lambda word: self._vectors[word][0]))
        vectors = np.empty((len(words), dimension), dtype=np.float32)
        for row, word in enumerate(words):
            vectors[row] = self._vectors[word][2]
        return Embeddings(words, vectors, dimension)


def read(path: str | Path, words: Collection[str]) -> Embeddings:
    """Return the vectors of some words from a file of word vectors.

    A word matches its exact spelling. If the file has it with capitals only, the first such form
    in the file (in GloVe the most frequent one) matches. Of repeated words, the first is used.
    Bytes that are not UTF-8 match no word.

    Parameters
    ----------
    path : str or Path
        GloVe text (lines ``word value ...``), word2vec or fastText text (the same after a line
        ``count dimension``), or word2vec binary; each may be compressed with gzip.
    words : collection of str
        Requested words; aser-bench uses lower-case words.

    Raises
    ------
    UsageError
        If the file is missing, empty, a folder or of another format; if a line has another number
        of values, or a value of a requested word is not a finite number; if the number of vectors
        differs from the first line. The message is one line with ``--embeddings`` and the file.
    """
    matches = _Matches(words)
    with open_vectors(path) as stream:
        layout = _layout(stream.read(_PIECE))
        stream.seek(0)
        (_read_binary if layout.binary else _read_text)(stream, layout, matches)
    return matches.embeddings(layout.dimension)


def check(path: str | Path) -> None:
    """Raise the error of `read` if the file does not start like a file of word vectors."""
    with open_vectors(path) as stream:
        _layout(stream.read(_PIECE))


def _layout(sample: bytes) -> _Layout:
    """Return the format of a file, from its first bytes."""
    lines = sample.split(b"\n")
    header = _header(lines[0])
    rows = [_fields(line) for line in (lines[1:] if header else lines)[:101]]
    rows = [row for row in rows[:-1] or rows if row != [b""]]  # the last row may be incomplete
    # The most frequent number of values, since a few words contain spaces.
    counts = collections.Counter(len(row) - 1 for row in rows)
    common = min(counts, key=lambda count: (-counts[count], count), default=0)
    pairs = common == 1 and all(_numbers(row[-1:]) for row in rows)
    if header and (header[1] == 1 or not pairs):  # otherwise two numbers are a word and its value
        count, dimension = header
        start = len(lines[0]) + 1
        if not sample[start:].strip():
            raise UsageError("has a first line, but no vectors; " + DAMAGED)
        if not 1 <= dimension <= _MOST_VALUES:
            raise UsageError(f"line 1 states {dimension} values per word; " + FORMATS)
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
    """Whether the line after the header is text: its values, or at least half, are numbers."""
    values = _fields(data.split(b"\n", 1)[0])[1:]
    numbers = sum(_numbers([value]) for value in values)
    return numbers >= dimension or 0 < numbers >= len(values) / 2


def _fields(line: bytes) -> list[bytes]:
    return line.rstrip(b" \r\n").split(b" ")


def _numbers(fields: Iterable[bytes]) -> bool:
    with contextlib.suppress(ValueError):
        return all(math.isfinite(float(field)) for field in fields)
    return False


def _read_text(stream: BinaryIO, layout: _Layout, matches: _Matches) -> None:
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
        match = matches.find(token)
        if match:
            values = line.split(b" ")[-dimension:]
            matches.add(match, number, _vector(values, number, match[0]))
    if layout.count is not None and vectors != layout.count:
        raise UsageError(
            f"line 1 states {layout.count} vectors, but there are {vectors}; {DAMAGED}"
        )


def _spaced(fields: list[bytes], dimension: int, number: int) -> bytes:
    """Return a token that contains spaces, such as ``. . .`` in GloVe 840B."""
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


def _read_binary(stream: BinaryIO, layout: _Layout, matches: _Matches) -> None:
    size = 4 * layout.dimension
    stream.seek(layout.start)
    data, at = b"", 0
    for number in range(1, cast(int, layout.count) + 1):
        while (end := data.find(b" ", at)) < 0 or len(data) < end + 1 + size:
            if end < 0 and len(data) - at >= _PIECE:
                raise UsageError(f"vector {number} has no word; {FORMATS}")
            more = stream.read(_PIECE)
            if not more:
                raise UsageError(
                    f"ends at byte {stream.tell()}, in vector {number} of {layout.count}; {DAMAGED}"
                )
            data, at = data[at:] + more, 0
        match = matches.find(data[at:end].lstrip(b"\n"))
        if match:
            vector = np.frombuffer(data, "<f4", layout.dimension, end + 1).astype(np.float32)
            if not np.isfinite(vector).all():
                raise UsageError(f"a value of {match[0]!r} is not a finite number; {DAMAGED}")
            matches.add(match, number, vector)
        at = end + 1 + size
    if (data[at:] + stream.read(_PIECE)).strip():
        raise UsageError(f"continues after the {layout.count} vectors of line 1; {DAMAGED}")
