"""Merging of results folders: one, or several as if they were the results of one study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import transcriber_of
from ..core.tables import CELL
from ..evaluation.outcomes import Source
from .manifest import Manifest
from .reader import ResultsFolder

Names = dict[str, str]
"""Name in a folder -> name in the merged results."""

_TRANSCRIPTION = ["corpus", "transcripts", "condition"]
_KEYS = {
    "conditions": ["corpus", "condition"],
    "drift": ["corpus", "features", "condition", "feature"],
    "leaks": ["corpus", "protocol", "fold", "kind"],
    "folds": ["corpus", "protocol", "fold", "emotion"],
    "wer": _TRANSCRIPTION,
    "transcripts": [*_TRANSCRIPTION, "utterance"],
}
"""Table -> columns that identify a row, which several folders may contain."""

_STREAM = ["codec", "effective_kbps", "codec_rate_hz", "encoder"]
"""Columns of conditions.csv that are equal for the same stream."""

_COUNTS = ["utterances", "words", "substitutions", "deletions", "insertions"]


@dataclass(frozen=True)
class MergedResults:
    """The data of a report: the content of one or more results folders, with unambiguous names.

    Attributes
    ----------
    folders : tuple of ResultsFolder
    sources : tuple of Source
        The predictions, with the names to use for corpora and models in them.
    scores, conditions, drift, leaks, folds, wer, transcripts : pandas.DataFrame
        Tables of all folders.
    context : Context
    """

    folders: tuple[ResultsFolder, ...]
    sources: tuple[Source, ...]
    scores: pd.DataFrame
    conditions: pd.DataFrame
    drift: pd.DataFrame
    leaks: pd.DataFrame
    folds: pd.DataFrame
    wer: pd.DataFrame
    transcripts: pd.DataFrame
    context: Context


def merge(folders: Sequence[ResultsFolder]) -> MergedResults:
    """Merge results folders.

    The name of the run is appended to a corpus with different recordings or streams in two
    folders, to a transcriber with different transcripts of the same audio, and to a model of
    which two folders have the same cell.
    """
    labels = _labels(folders)
    corpora = _renamed_corpora(folders, labels)
    transcribers = _renamed_transcribers(folders, labels, corpora)
    models = _renamed_models(folders, labels, corpora, transcribers)
    tables: dict[str, list[pd.DataFrame]] = {}
    for folder, *names in zip(folders, corpora, models, transcribers, strict=True):
        renamed = dict(zip(("corpus", "model", "transcripts"), names, strict=True))
        for table in ("scores", *_KEYS):
            frame = getattr(folder, table)
            columns = {column: new for column, new in renamed.items() if column in frame}
            tables.setdefault(table, []).append(frame.replace(columns))
    merged = {table: pd.concat(frames, ignore_index=True) for table, frames in tables.items()}
    for table, keys in _KEYS.items():
        merged[table] = merged[table].drop_duplicates(keys, ignore_index=True)
    renamed_folders = list(zip(folders, corpora, models, strict=True))
    sources = [
        Source(folder.path / "predictions.parquet", corpus_names, model_names)
        for folder, corpus_names, model_names in renamed_folders
    ]
    contexts = [
        context(folder.manifest, corpus_names, model_names)
        for folder, corpus_names, model_names in renamed_folders
    ]
    return MergedResults(
        tuple(folders), tuple(sources), **merged, context=_merged_context(contexts, labels)
    )


def context(
    manifest: Manifest,
    corpora: Mapping[str, str] | None = None,
    models: Mapping[str, str] | None = None,
) -> Context:
    """Return the facts of a manifest that the tables of a run show.

    Parameters
    ----------
    manifest : Manifest
    corpora, models : mapping of str to str, optional
        Name in the manifest -> name in the tables, if these differ.
    """
    corpora, models = corpora or {}, models or {}
    # A new name is the old one with the run appended, which the title gets as well.
    suffixes = {name: corpora.get(name, name)[len(name) :] for name in manifest.corpora}
    facts = {name + suffixes[name]: corpus for name, corpus in manifest.corpora.items()}
    return Context(
        study=manifest.label or str(manifest.study.get("name", "")),
        seed=manifest.seed or 0,
        synthetic=tuple(name for name, corpus in facts.items() if corpus.synthetic),
        titles={
            name + suffixes[name]: (corpus.title or name) + suffixes[name]
            for name, corpus in manifest.corpora.items()
        },
        sizes={
            name: (corpus.utterances or 0, corpus.speakers or 0) for name, corpus in facts.items()
        },
        refused={name: len(corpus.refused or ()) for name, corpus in facts.items()},
        notes={name: corpus.notes or () for name, corpus in facts.items()},
        settings=manifest.settings or "",
        budgets={models.get(name, name): text for name, text in (manifest.budgets or {}).items()},
        refitted=tuple(models.get(name, name) for name in manifest.components.models or ())
        if manifest.study.get("refit_dev") is True
        else (),
    )


def _merged_context(contexts: Sequence[Context], labels: Sequence[str]) -> Context:
    first = contexts[0]
    if len(contexts) == 1:
        return first
    settings = dict.fromkeys(context.settings for context in contexts)
    seeds = dict.fromkeys(context.seed for context in contexts)
    settings_of_each = "; ".join(
        f"{label}: seed {context.seed}, {context.settings}"
        for label, context in zip(labels, contexts, strict=True)
    )
    budgets: dict[str, str] = {}
    notes: dict[str, tuple[str, ...]] = {}
    for context in contexts:
        for model, text in context.budgets.items():
            # A model of two folders is listed once, even if its trainings ended differently.
            texts = dict.fromkeys((*budgets.get(model, text).split(" or "), text))
            budgets[model] = " or ".join(texts)
        for corpus, lines in context.notes.items():
            notes[corpus] = tuple(dict.fromkeys((*notes.get(corpus, ()), *lines)))
    return Context(
        study=" and ".join(labels),
        seed=first.seed,
        synthetic=tuple(dict.fromkeys(name for context in contexts for name in context.synthetic)),
        titles={name: title for context in contexts for name, title in context.titles.items()},
        sizes={name: size for context in contexts for name, size in context.sizes.items()},
        refused={name: number for context in contexts for name, number in context.refused.items()},
        notes=notes,
        settings=first.settings if len(settings) == len(seeds) == 1 else settings_of_each,
        budgets=budgets,
        refitted=tuple(dict.fromkeys(name for context in contexts for name in context.refitted)),
    )


def _labels(folders: Sequence[ResultsFolder]) -> list[str]:
    """Return a label for each folder: its study's, or its path if several have the same."""
    labels = [folder.manifest.label or folder.path.name for folder in folders]
    counts = Counter(labels)
    return [
        str(folder.path) if counts[label] > 1 else label
        for label, folder in zip(labels, folders, strict=True)
    ]


def _renamed_corpora(folders: Sequence[ResultsFolder], labels: Sequence[str]) -> list[Names]:
    first: dict[str, ResultsFolder] = {}
    ambiguous: set[str] = set()
    for folder in folders:
        for name in folder.manifest.corpora:
            earlier = first.setdefault(name, folder)
            if earlier is not folder and not _same_corpus(name, folder, earlier):
                ambiguous.add(name)
    return [
        {name: f"{name} ({label})" for name in folder.manifest.corpora if name in ambiguous}
        for folder, label in zip(folders, labels, strict=True)
    ]


def _same_corpus(name: str, folder: ResultsFolder, other: ResultsFolder) -> bool:
    """Whether a corpus has the same recordings and streams in two folders."""
    if folder.manifest.corpora[name].sha256 != other.manifest.corpora[name].sha256:
        return False
    left, right = (one.conditions[one.conditions["corpus"] == name] for one in (folder, other))
    both = left.merge(right, on="condition")
    return all(_equal(both[f"{column}_x"], both[f"{column}_y"]) for column in _STREAM)


def _equal(left: pd.Series[Any], right: pd.Series[Any]) -> bool:
    return bool(((left == right) | (left.isna() & right.isna())).all())


def _renamed_transcribers(
    folders: Sequence[ResultsFolder], labels: Sequence[str], corpora: Sequence[Names]
) -> list[Names]:
    """Rename the transcribers that gave different transcripts of the same audio."""
    first: dict[tuple[Hashable, ...], tuple[Hashable, ...]] = {}
    ambiguous: set[Hashable] = set()
    for folder, corpus_names in zip(folders, corpora, strict=True):
        frame = folder.wer.replace({"corpus": corpus_names})
        keys = frame[_TRANSCRIPTION].itertuples(index=False, name=None)
        counts = frame[_COUNTS].itertuples(index=False, name=None)
        for key, numbers in zip(keys, counts, strict=True):
            if first.setdefault(key, numbers) != numbers:
                ambiguous.add(key[1])
    return [
        {
            name: f"{name} ({label})"
            for name in dict.fromkeys(folder.wer["transcripts"])
            if name in ambiguous
        }
        for folder, label in zip(folders, labels, strict=True)
    ]


def _renamed_models(
    folders: Sequence[ResultsFolder],
    labels: Sequence[str],
    corpora: Sequence[Names],
    transcribers: Sequence[Names],
) -> list[Names]:
    """Rename the models of repeated cells, and those that read a renamed transcriber's text."""
    cells = []
    for folder, corpus_names in zip(folders, corpora, strict=True):
        frame = folder.scores[list(CELL)].drop_duplicates().replace({"corpus": corpus_names})
        cells.append(set(frame.itertuples(index=False, name=None)))
    counts = Counter(cell for cells_of_folder in cells for cell in cells_of_folder)
    column = CELL.index("model")
    ambiguous = {cell[column] for cell, count in counts.items() if count > 1}
    return [
        {
            name: f"{name} ({label})"
            for name in sorted({cell[column] for cell in cells_of_folder})
            if name in ambiguous or transcriber_of(name, renamed)
        }
        for cells_of_folder, label, renamed in zip(cells, labels, transcribers, strict=True)
    ]
