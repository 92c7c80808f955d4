"""Predictions as arrays: what each model called each utterance, cell by cell and run by run.

The file is read one row group after the other, and a prediction is kept in 10 bytes, so that
memory stays bounded however many probabilities stand in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..core.tables import CELL, PREDICTIONS

_UTTERANCES = ("corpus", "utterance", "speaker", "truth")
_CHANCE = "p_"

Key = tuple[str, ...]
"""A cell: the values of `tables.CELL`."""


@dataclass(frozen=True)
class Corpus:
    """The test utterances of a corpus, in the order of their names.

    Attributes
    ----------
    emotions : tuple of str
        Sorted; codes below are places in it.
    utterances : numpy.ndarray of str, shape (n,)
    truth : numpy.ndarray of int, shape (n,)
    speakers : tuple of str
        Empty where the corpus does not tell every utterance's.
    speaker : numpy.ndarray of int, shape (n,)
        Places in ``speakers``; all 0 where there are none.
    """

    name: str
    emotions: tuple[str, ...]
    utterances: np.ndarray
    truth: np.ndarray
    speakers: tuple[str, ...]
    speaker: np.ndarray

    def places(self, utterances: Sequence[str]) -> np.ndarray:
        """Return where utterances stand (their number,); -1 for what is none of the corpus."""
        return np.array([self._where.get(name, -1) for name in utterances])

    def codes(self, emotions: Sequence[str]) -> np.ndarray:
        """Return the codes of emotions (their number,); -1 for what is none of the corpus."""
        known = {emotion: code for code, emotion in enumerate(self.emotions)}
        return np.array([known.get(emotion, -1) for emotion in emotions])

    @cached_property
    def _where(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.utterances.tolist())}


@dataclass(frozen=True)
class Cell:
    """The predictions of one cell; -1 and NaN where a run did not test an utterance.

    Attributes
    ----------
    predicted : numpy.ndarray of int16, shape (runs, n)
    confidence : numpy.ndarray of float32, shape (runs, n)
        Probability of what was predicted.
    brier : numpy.ndarray of float32, shape (runs, n)
        Squared distance of the probabilities from the truth.
    """

    predicted: np.ndarray
    confidence: np.ndarray
    brier: np.ndarray

    @property
    def tested(self) -> np.ndarray:
        """Whether every run tested the utterance (n,)."""
        return np.all(self.predicted >= 0, axis=0)


@dataclass(frozen=True)
class Source:
    """A file of predictions, and what its corpora and models are to be called instead."""

    path: Path
    corpora: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def key(self, cell: Key) -> Key:
        """Return a cell's key under the names that hold here."""
        corpus, features, model, *rest = cell
        return self.corpora.get(corpus, corpus), features, self.models.get(model, model), *rest


@dataclass
class Outcomes:
    """Corpora by name, and cells by their key, in the order of the file."""

    corpora: dict[str, Corpus]
    cells: dict[Key, Cell] = field(default_factory=dict)


def read(sources: Sequence[Source]) -> Outcomes:
    """Read files of predictions as if they were one.

    Parameters
    ----------
    sources : sequence of Source
        Parquet files with the columns ``tables.PREDICTIONS`` and one ``p_<emotion>`` each.

    Raises
    ------
    UsageError
        If a file is missing or is not one of predictions, an utterance has two truths, or a
        prediction stands there twice.
    """
    files = [(source, open_predictions(source.path)) for source in sources]
    outcomes = Outcomes(_corpora(files))
    drafts: dict[Key, dict[int, _Draft]] = {}
    for source, file in files:
        chances = [name for name in file.schema_arrow.names if name.startswith(_CHANCE)]
        for group in read_groups(source.path, file, [*PREDICTIONS, *chances]):
            _add(source, group, chances, outcomes.corpora, drafts)
    for key, runs in drafts.items():
        rows = [runs[run] for run in sorted(runs)]
        outcomes.cells[key] = Cell(*(np.stack(parts) for parts in zip(*rows, strict=True)))
    return outcomes


def open_predictions(path: Path) -> Any:
    """Return an open file of predictions (`pyarrow.parquet.ParquetFile`) with the right columns.

    Raises
    ------
    UsageError
        If the file is missing, is not Parquet, or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except FileNotFoundError:
        raise UsageError(f"{path} does not exist") from None
    except (OSError, pa.ArrowException) as error:
        raise _unreadable(path, error) from error
    missing = [name for name in PREDICTIONS if name not in file.schema_arrow.names]
    if missing:
        raise UsageError(f"{path} lacks the columns {', '.join(missing)}: no predictions")
    for column in file.schema_arrow:
        if column.name == "run" and not pa.types.is_integer(column.type):
            raise UsageError(f"{path}: the column run holds no whole numbers")
        if column.name.startswith(_CHANCE) and not pa.types.is_floating(column.type):
            raise UsageError(f"{path}: the column {column.name} holds no probabilities")
    return file


def read_groups(path: Path, file: Any, columns: Sequence[str]) -> Iterator[Any]:
    """Yield the row groups of a file of predictions, with some of its columns."""
    import pyarrow as pa

    for index in range(file.num_row_groups):
        try:
            group = file.read_row_group(index, columns=columns)
        except (OSError, pa.ArrowException) as error:
            raise _unreadable(path, error) from error
        yield group


def _unreadable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path} cannot be read as predictions: {' '.join(str(error).split())}")


def _coded(group: Any, name: str) -> tuple[np.ndarray, list[str]]:
    """Return a column of names as codes (rows,) and the names that they stand for."""
    import pyarrow as pa

    column = group.column(name).combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    words = ["" if word is None else str(word) for word in column.dictionary.to_pylist()]
    # A missing name is an empty one; parquet knows both.
    codes = column.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)
    return codes, [*words, ""]


def _distinct(group: Any, names: Sequence[str]) -> tuple[np.ndarray, list[tuple[str, ...]]]:
    """Number the combinations of some columns: a number for each row, and what they mean."""
    parts = [_coded(group, name) for name in names]
    shape = tuple(len(words) for _, words in parts)
    flat = np.ravel_multi_index(tuple(codes for codes, _ in parts), shape)
    found, number = np.unique(flat, return_inverse=True)
    places = zip(*np.unravel_index(found, shape), strict=True)
    means = [
        tuple(words[i] for i, (_, words) in zip(place, parts, strict=True)) for place in places
    ]
    return number, means


def _corpora(files: Sequence[tuple[Source, Any]]) -> dict[str, Corpus]:
    found: dict[tuple[str, ...], None] = {}
    called: dict[str, set[str]] = {}
    for source, file in files:
        for group in read_groups(source.path, file, [*_UTTERANCES, "predicted", "run"]):
            for name in ("utterance", "truth", "predicted", "run"):
                if group.column(name).null_count:
                    raise UsageError(f"{source.path} lacks values in its column {name}")
            for corpus, *rest in _distinct(group, _UTTERANCES)[1]:
                found[source.corpora.get(corpus, corpus), *rest] = None
            for corpus, word in _distinct(group, ("corpus", "predicted"))[1]:
                called.setdefault(source.corpora.get(corpus, corpus), set()).add(word)
    if not found:
        raise UsageError(f"{files[0][0].path} holds no predictions")
    table = pd.DataFrame(sorted(found), columns=list(_UTTERANCES))
    twice = table.duplicated(["corpus", "utterance"])
    if twice.any():
        name, utterance = table.loc[twice, ["corpus", "utterance"]].iloc[0]
        raise UsageError(f"utterance {utterance} of {name} has two truths or two speakers")
    return {
        str(name): _corpus(str(name), rows, called[str(name)])
        for name, rows in table.groupby("corpus", sort=False)
    }


def _corpus(name: str, rows: pd.DataFrame, called: set[str]) -> Corpus:
    emotions = tuple(sorted(called | set(rows["truth"])))
    known = not (rows["speaker"] == "").any()
    speakers = tuple(sorted(rows["speaker"].unique())) if known else ()
    speaker = (
        pd.Index(speakers).get_indexer(pd.Index(rows["speaker"]))
        if known
        else np.zeros(len(rows), int)
    )
    return Corpus(
        name,
        emotions,
        rows["utterance"].to_numpy(dtype=str),
        pd.Index(emotions).get_indexer(pd.Index(rows["truth"])),
        speakers,
        speaker,
    )


def _add(
    source: Source,
    group: Any,
    chances: Sequence[str],
    corpora: dict[str, Corpus],
    drafts: dict[Key, dict[int, _Draft]],
) -> None:
    """Put the rows of one row group into their cells and runs."""
    cell, own = _distinct(group, CELL)
    keys = [source.key(key) for key in own]
    runs, run = np.unique(group.column("run").to_numpy(), return_inverse=True)
    code, words = _coded(group, "predicted")
    utterance, names = _coded(group, "utterance")
    shares = {name: group.column(name).to_numpy() for name in chances}
    here = [corpora[name] for name in dict.fromkeys(key[0] for key in keys)]
    places = {corpus.name: corpus.places(names)[utterance] for corpus in here}
    codes = {corpus.name: corpus.codes(words)[code] for corpus in here}
    block = cell * len(runs) + run
    order = np.argsort(block, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        key, one = keys[cell[rows[0]]], int(runs[run[rows[0]]])
        corpus = corpora[key[0]]
        draft = drafts.setdefault(key, {}).setdefault(one, _blank(len(corpus.utterances)))
        place = places[corpus.name][rows]
        if (draft.predicted[place] >= 0).any() or np.bincount(place).max() > 1:
            raise UsageError(f"{source.path} holds a prediction twice: {', '.join(key)}, run {one}")
        said = codes[corpus.name][rows]
        draft.predicted[place] = said
        columns = [f"{_CHANCE}{emotion}" for emotion in corpus.emotions]
        if set(columns) <= set(shares):
            probabilities = np.stack([shares[name][rows] for name in columns], axis=1)
            if (probabilities < 0).any() or (probabilities > 1 + 1e-6).any():
                raise UsageError(f"{source.path} holds a probability that is not from 0 to 1")
            hot = np.eye(len(columns), dtype=np.float32)[corpus.truth[place]]
            draft.confidence[place] = probabilities[np.arange(len(rows)), said]
            draft.brier[place] = ((probabilities - hot) ** 2).sum(axis=1)


class _Draft(NamedTuple):
    """One run of a cell: the fields of `Cell` without their first axis."""

    predicted: np.ndarray
    confidence: np.ndarray
    brier: np.ndarray


def _blank(n: int) -> _Draft:
    nothing = np.full(n, np.nan, dtype=np.float32)
    return _Draft(np.full(n, -1, dtype=np.int16), nothing, nothing.copy())
