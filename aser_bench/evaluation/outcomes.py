"""Predictions as arrays, by cell and run.

A file is read one row group at a time and a prediction takes 10 bytes, so that memory stays
bounded for any number of probability columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..core.errors import UsageError
from ..core.tables import CELL, PREDICTIONS, REPEAT

_UTTERANCES = ("corpus", "utterance", "speaker", "truth")
_PROBABILITY = "p_"

Key = tuple[str, ...]
"""A cell: the values of `tables.CELL`."""


@dataclass(frozen=True)
class Corpus:
    """The test utterances of a corpus, in the order of their names.

    Attributes
    ----------
    emotions : tuple of str
        Sorted; the codes below are indices into it.
    utterances : numpy.ndarray of str, shape (n,)
    truth : numpy.ndarray of int, shape (n,)
    speakers : tuple of str
        Empty unless the speaker of every utterance is known.
    speaker : numpy.ndarray of int, shape (n,)
        Indices into ``speakers``; all 0 if it is empty.
    """

    name: str
    emotions: tuple[str, ...]
    utterances: npt.NDArray[Any]
    truth: npt.NDArray[Any]
    speakers: tuple[str, ...]
    speaker: npt.NDArray[Any]

    def places(self, utterances: Sequence[str]) -> npt.NDArray[Any]:
        """Return the indices of utterances (their number,); -1 for an unknown one."""
        return np.array([self._index.get(name, -1) for name in utterances])

    def codes(self, emotions: Sequence[str]) -> npt.NDArray[Any]:
        """Return the codes of emotions (their number,); -1 for an unknown one."""
        index = {emotion: code for code, emotion in enumerate(self.emotions)}
        return np.array([index.get(emotion, -1) for emotion in emotions])

    @cached_property
    def _index(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.utterances.tolist())}


@dataclass(frozen=True)
class Cell:
    """The predictions of one cell; -1 and NaN for utterances that a run did not test.

    The runs of all repeats are stacked: those of the first repeat, of the second and so on. Each
    repeat has the same number of runs.

    Attributes
    ----------
    predicted : numpy.ndarray of int16, shape (runs, n)
    confidence : numpy.ndarray of float32, shape (runs, n)
        Probability of the predicted emotion.
    brier : numpy.ndarray of float32, shape (runs, n)
        Squared distance of the probabilities from the truth.
    repeats : int
        Number of draws of the folds.
    folds : int
        Number of folds of a repeat; 0 if it is unknown (with one repeat it is not needed).
    """

    predicted: npt.NDArray[Any]
    confidence: npt.NDArray[Any]
    brier: npt.NDArray[Any]
    repeats: int = 1
    folds: int = 0

    @property
    def runs(self) -> int:
        """The number of runs of a repeat."""
        return len(self.predicted) // self.repeats

    @property
    def complete(self) -> npt.NDArray[Any]:
        """Whether every run of a repeat tested the utterance (repeats, n)."""
        by_repeat = self.predicted.reshape(self.repeats, self.runs, -1)
        return np.asarray(np.all(by_repeat >= 0, axis=1))

    @property
    def tested(self) -> npt.NDArray[Any]:
        """Whether every run of at least one repeat tested the utterance (n,)."""
        return np.asarray(np.any(self.complete, axis=0))


@dataclass(frozen=True)
class Source:
    """A file of predictions, with new names for some of its corpora and models."""

    path: Path
    corpora: Mapping[str, str] = field(default_factory=dict)
    models: Mapping[str, str] = field(default_factory=dict)

    def key(self, cell: Key) -> Key:
        """Return a cell's key with the new names."""
        corpus, features, model, *rest = cell
        return self.corpora.get(corpus, corpus), features, self.models.get(model, model), *rest


@dataclass
class Outcomes:
    """Corpora by name, and cells by their key, in the order of the file."""

    corpora: dict[str, Corpus]
    cells: dict[Key, Cell] = field(default_factory=dict)


def read(sources: Sequence[Source]) -> Outcomes:
    """Read files of predictions as if they were one file.

    Parameters
    ----------
    sources : sequence of Source
        Parquet files with the columns ``tables.PREDICTIONS`` and one ``p_<emotion>`` each.

    Raises
    ------
    UsageError
        If a file is missing or does not contain predictions, an utterance has two true emotions,
        or a prediction occurs twice.
    """
    files = [(source, open_predictions(source.path)) for source in sources]
    outcomes = Outcomes(_corpora(files))
    drafts: dict[Key, _CellDraft] = {}
    for source, file in files:
        names = file.schema_arrow.names
        probabilities = [name for name in names if name.startswith(_PROBABILITY)]
        repeat = [REPEAT] if REPEAT in names else []
        for group in read_groups(source.path, file, [*PREDICTIONS, *repeat, *probabilities]):
            _add(source, group, probabilities, outcomes.corpora, drafts)
    for key, draft in drafts.items():
        outcomes.cells[key] = draft.cell(len(outcomes.corpora[key[0]].utterances))
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
        raise UsageError(
            f"{path} lacks the columns {', '.join(missing)}: it does not contain predictions"
        )
    for column in file.schema_arrow:
        if column.name in ("run", REPEAT) and not pa.types.is_integer(column.type):
            raise UsageError(f"{path}: the column {column.name} must contain whole numbers")
        if column.name.startswith(_PROBABILITY) and not pa.types.is_floating(column.type):
            raise UsageError(f"{path}: the column {column.name} must contain probabilities")
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


def coded(group: Any, name: str) -> tuple[npt.NDArray[Any], list[str]]:
    """Return a text column as codes (rows,) and the values of the codes."""
    import pyarrow as pa

    column = group.column(name).combine_chunks()
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    values = ["" if value is None else str(value) for value in column.dictionary.to_pylist()]
    # Parquet can have a missing value in the column or in its dictionary: both are empty text.
    codes = column.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    return codes, [*values, ""]


def distinct(group: Any, names: Sequence[str]) -> tuple[npt.NDArray[Any], list[tuple[str, ...]]]:
    """Return a number (rows,) of each combination of some columns, and the combinations."""
    parts = [coded(group, name) for name in names]
    shape = tuple(len(values) for _, values in parts)
    flat = np.ravel_multi_index(tuple(codes for codes, _ in parts), shape)
    places, number = np.unique(flat, return_inverse=True)
    combinations = [
        tuple(values[i] for i, (_, values) in zip(indices, parts, strict=True))
        for indices in zip(*np.unravel_index(places, shape), strict=True)
    ]
    return number, combinations


def _corpora(files: Sequence[tuple[Source, Any]]) -> dict[str, Corpus]:
    utterances: dict[tuple[str, ...], None] = {}
    predicted: dict[str, set[str]] = {}
    for source, file in files:
        for group in read_groups(source.path, file, [*_UTTERANCES, "predicted", "run"]):
            for name in ("utterance", "truth", "predicted", "run"):
                if group.column(name).null_count:
                    raise UsageError(f"{source.path} lacks values in its column {name}")
            for corpus, *rest in distinct(group, _UTTERANCES)[1]:
                utterances[source.corpora.get(corpus, corpus), *rest] = None
            for corpus, emotion in distinct(group, ("corpus", "predicted"))[1]:
                predicted.setdefault(source.corpora.get(corpus, corpus), set()).add(emotion)
    if not utterances:
        raise UsageError(
            f"{files[0][0].path} does not contain predictions; if all results failed, scores.csv "
            "has the reasons"
        )
    table = pd.DataFrame(sorted(utterances), columns=list(_UTTERANCES))
    duplicate = table.duplicated(["corpus", "utterance"])
    if duplicate.any():
        name, utterance = table.loc[duplicate, ["corpus", "utterance"]].iloc[0]
        raise UsageError(f"utterance {utterance} of {name} has two truths or two speakers")
    return {
        str(name): _corpus(str(name), rows, predicted[str(name)])
        for name, rows in table.groupby("corpus", sort=False)
    }


def _corpus(name: str, rows: pd.DataFrame, predicted: set[str]) -> Corpus:
    emotions = tuple(sorted(predicted | set(rows["truth"])))
    has_speakers = not (rows["speaker"] == "").any()
    speakers = tuple(sorted(rows["speaker"].unique())) if has_speakers else ()
    speaker = (
        pd.Index(speakers).get_indexer(pd.Index(rows["speaker"]))
        if has_speakers
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
    columns: Sequence[str],
    corpora: dict[str, Corpus],
    drafts: dict[Key, _CellDraft],
) -> None:
    """Add the rows of a row group to their cells, repeats and runs."""
    cell, cells = distinct(group, CELL)
    keys = [source.key(key) for key in cells]
    runs, run = np.unique(group.column("run").to_numpy(), return_inverse=True)
    repeats, repeat, fold = np.zeros(1, dtype=int), np.zeros(len(run), dtype=int), None
    if REPEAT in group.column_names:
        repeats, repeat = np.unique(group.column(REPEAT).to_numpy(), return_inverse=True)
        fold = group.column("fold").to_numpy()
    code, emotions = coded(group, "predicted")
    utterance, names = coded(group, "utterance")
    shares = {name: group.column(name).to_numpy() for name in columns}
    present = [corpora[name] for name in dict.fromkeys(key[0] for key in keys)]
    places = {corpus.name: corpus.places(names)[utterance] for corpus in present}
    codes = {corpus.name: corpus.codes(emotions)[code] for corpus in present}
    block = (cell * len(repeats) + repeat) * len(runs) + run
    order = np.argsort(block, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(block[order])) + 1):
        key = keys[cell[rows[0]]]
        number = int(repeats[repeat[rows[0]]]), int(runs[run[rows[0]]])
        corpus = corpora[key[0]]
        cell_draft = drafts.setdefault(key, _CellDraft())
        draft = cell_draft.run(number, len(corpus.utterances))
        if fold is not None:
            cell_draft.folds.update(np.unique(fold[rows]).tolist())
        place = places[corpus.name][rows]
        if (draft.predicted[place] >= 0).any() or np.bincount(place).max() > 1:
            raise UsageError(
                f"{source.path} contains a prediction twice: {', '.join(key)}, run {number[1]}"
            )
        predicted = codes[corpus.name][rows]
        draft.predicted[place] = predicted
        names_of = [f"{_PROBABILITY}{emotion}" for emotion in corpus.emotions]
        if set(names_of) <= set(shares):
            probabilities = np.stack([shares[name][rows] for name in names_of], axis=1)
            if (probabilities < 0).any() or (probabilities > 1 + 1e-6).any():
                raise UsageError(f"{source.path} contains a probability that is not from 0 to 1")
            hot = np.eye(len(names_of), dtype=np.float32)[corpus.truth[place]]
            draft.confidence[place] = probabilities[np.arange(len(rows)), predicted]
            draft.brier[place] = ((probabilities - hot) ** 2).sum(axis=1)


@dataclass
class _CellDraft:
    """A cell while its predictions are read: runs by (repeat, run), and the folds of all repeats.

    The folds are only needed, and collected, in files with repeats.
    """

    runs: dict[tuple[int, int], _Draft] = field(default_factory=dict)
    folds: set[int] = field(default_factory=set)

    def run(self, number: tuple[int, int], n: int) -> _Draft:
        """Return the draft of a run on n utterances; ``number`` is that of its repeat and run."""
        return self.runs.setdefault(number, _blank(n))

    def cell(self, n: int) -> Cell:
        """Return the cell; a run that failed in all folds of a repeat tested nothing there."""
        repeats, runs = (sorted(set(numbers)) for numbers in zip(*self.runs, strict=True))
        rows = [self.run(number, n) for number in itertools.product(repeats, runs)]
        predicted, confidence, brier = (np.stack(parts) for parts in zip(*rows, strict=True))
        folds = round(len(self.folds) / len(repeats))
        return Cell(predicted, confidence, brier, len(repeats), folds)


class _Draft(NamedTuple):
    """One run of a cell: the fields of `Cell` without their first axis."""

    predicted: npt.NDArray[Any]
    confidence: npt.NDArray[Any]
    brier: npt.NDArray[Any]


def _blank(n: int) -> _Draft:
    nan = np.full(n, np.nan, dtype=np.float32)
    return _Draft(np.full(n, -1, dtype=np.int16), nan, nan.copy())
