"""Results folders read back: one, or several side by side as if they were one study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.atomic import complete_interrupted
from ..core.context import Context
from ..core.errors import UsageError
from ..core.findings import DRIFT, LEAKS, TRANSCRIPTS, WER, transcriber_of
from ..core.metrics import all_metrics, score_columns
from ..core.tables import CELL, CONDITIONS, RESULT, SCORE_DETAILS, order_columns
from ..evaluation.outcomes import Source
from ..evaluation.rescoring import add_missing_metrics
from .manifest import FILE, Manifest

_NUMBERS = {
    *("n_train", "n_dev", "n_test", "epochs", "best_epoch"),
    *("fold", "run", "seed", "requested_kbps", "effective_kbps", "codec_rate_hz", "bandwidth_hz"),
    *("gain_db", "lag_samples", "shift", "spread", "sd_ratio", "shared", "utterances"),
    *("words", "substitutions", "deletions", "insertions", "wer", "low", "high", "empty"),
}
_HEARD = ["corpus", "transcripts", "condition"]
_AS_THEY_ARE = ("known", "n_test")
_SAME_STREAM = ["codec", "effective_kbps", "codec_rate_hz", "encoder"]


@dataclass(frozen=True)
class Folder:
    """What a run left in its folder, predictions aside.

    Attributes
    ----------
    path : Path
    manifest : Manifest
    scores : pandas.DataFrame
        Columns `core.metrics.score_columns`; metrics that scores.csv lacks are computed from the
        predictions.
    conditions, drift, leaks : pandas.DataFrame
        Columns ``tables.CONDITIONS``, ``findings.DRIFT``, ``findings.LEAKS``.
    wer, transcripts : pandas.DataFrame
        Columns ``findings.WER`` and ``findings.TRANSCRIPTS``; empty where nobody listened.
    """

    path: Path
    manifest: Manifest
    scores: pd.DataFrame
    conditions: pd.DataFrame
    drift: pd.DataFrame
    leaks: pd.DataFrame
    wer: pd.DataFrame
    transcripts: pd.DataFrame


@dataclass(frozen=True)
class Material:
    """What a report is written from; names that meant two things were told apart.

    Attributes
    ----------
    folders : tuple of Folder
    sources : tuple of Source
        The predictions, with the names to read them under.
    scores, conditions, drift, leaks, wer, transcripts : pandas.DataFrame
        Of all folders.
    context : Context
    """

    folders: tuple[Folder, ...]
    sources: tuple[Source, ...]
    scores: pd.DataFrame
    conditions: pd.DataFrame
    drift: pd.DataFrame
    leaks: pd.DataFrame
    wer: pd.DataFrame
    transcripts: pd.DataFrame
    context: Context


def read(path: Path | str) -> Folder:
    """Read a results folder.

    Raises
    ------
    UsageError
        If it is none, lacks its predictions, or was written by a version with other columns.
    """
    path = Path(path)
    complete_interrupted(path)
    file = path / FILE
    if not file.is_file():
        raise UsageError(f"{path} is no folder of results: it holds no {FILE}")
    if not (path / "predictions.parquet").is_file():
        raise UsageError(
            f"{path} holds no predictions.parquet, which a report is made from: run the study "
            "again (what lies in the cache is not computed twice)"
        )
    manifest = Manifest.read(file)
    if missing := _missing(manifest):
        raise UsageError(f"{file} is no manifest of a run: it lacks {', '.join(missing)}")
    return Folder(
        path,
        manifest,
        read_scores(path),
        _table(path / "conditions.csv", CONDITIONS),
        _table(path / "drift.csv", DRIFT),
        _table(path / "leaks.csv", LEAKS),
        _table(path / "wer.csv", WER, optional=True),
        _table(path / "transcripts.csv", TRANSCRIPTS, optional=True),
    )


def _missing(manifest: Manifest) -> list[str]:
    """Return the facts of corpora that a report needs and the manifest does not have."""
    return [
        f"{name} of corpus {corpus}"
        for corpus, facts in manifest.corpora.items()
        for name in ("title", "synthetic", "utterances")
        if getattr(facts, name) is None
    ]


def read_scores(folder: Path | str) -> pd.DataFrame:
    """Return the scores of a results folder, also where every cell failed.

    Metrics that scores.csv lacks are computed from the predictions.

    Raises
    ------
    UsageError
        If the folder holds no scores, or they cannot be read.
    """
    folder = Path(folder)
    frame = _table(folder / "scores.csv", (*RESULT, *SCORE_DETAILS))
    frame = add_missing_metrics(frame, folder / "predictions.parquet", all_metrics())
    return order_columns(frame, score_columns(), "scores.csv")


def _table(path: Path, columns: tuple[str, ...], optional: bool = False) -> pd.DataFrame:
    if optional and not path.exists():
        return pd.DataFrame(columns=list(columns))
    if not path.is_file():
        raise UsageError(f"{path} does not exist: run the study again with this version")
    try:
        head = pd.read_csv(path, nrows=0).columns
        numbers = {*_NUMBERS, *all_metrics()}
        words = {name: str for name in head if name not in numbers and name not in _AS_THEY_ARE}
        frame = pd.read_csv(
            path,
            dtype=words,
            keep_default_na=False,
            na_values={name: [""] for name in head if name in numbers},
        )
        for name in numbers.intersection(head):
            frame[name] = pd.to_numeric(frame[name])
        return order_columns(frame, columns, path.name)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise UsageError(f"{path} cannot be read: {' '.join(str(error).split())}") from error


def merge(folders: Sequence[Folder]) -> Material:
    """Put folders side by side.

    A corpus of which two folders mean different recordings or different streams, a transcriber
    that heard other words in two folders, and a model that two folders have the same cell of,
    get the run's name behind their own.
    """
    labels = _labels(folders)
    corpora = _renamed_corpora(folders, labels)
    heard = _renamed_transcribers(folders, labels, corpora)
    models = _renamed_models(folders, labels, corpora, heard)
    tables: dict[str, list[pd.DataFrame]] = {}
    for one, *renamed in zip(folders, corpora, models, heard, strict=True):
        new = dict(zip(("corpus", "model", "transcripts"), renamed, strict=True))
        for name in ("scores", "conditions", "drift", "leaks", "wer", "transcripts"):
            frame = getattr(one, name)
            here = {column: names for column, names in new.items() if column in frame}
            tables.setdefault(name, []).append(frame.replace(here))
    whole = {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()}
    for name, keys in (
        ("conditions", ["corpus", "condition"]),
        ("drift", ["corpus", "features", "condition", "feature"]),
        ("leaks", ["corpus", "protocol", "fold", "kind"]),
        ("wer", _HEARD),
        ("transcripts", [*_HEARD, "utterance"]),
    ):
        whole[name] = whole[name].drop_duplicates(keys, ignore_index=True)
    sources = tuple(
        Source(one.path / "predictions.parquet", corpus, model)
        for one, corpus, model in zip(folders, corpora, models, strict=True)
    )
    contexts = [
        context(one.manifest, corpus, model)
        for one, corpus, model in zip(folders, corpora, models, strict=True)
    ]
    return Material(tuple(folders), sources, **whole, context=_joined(contexts, labels))


def context(
    manifest: Manifest,
    corpora: Mapping[str, str] | None = None,
    models: Mapping[str, str] | None = None,
) -> Context:
    """Return what the tables of a run show of its manifest.

    Parameters
    ----------
    manifest : Manifest
    corpora, models : mapping of str to str, optional
        Name in the manifest -> name in the tables, where these differ.
    """
    corpus_names, model_names = corpora or {}, models or {}
    facts = {corpus_names.get(name, name): one for name, one in manifest.corpora.items()}
    titles = {
        corpus_names.get(name, name): (one.title or name)
        + corpus_names.get(name, name)[len(name) :]
        for name, one in manifest.corpora.items()
    }
    return Context(
        study=manifest.label or str(manifest.study.get("name", "")),
        seed=manifest.seed or 0,
        synthetic=tuple(name for name, one in facts.items() if one.synthetic),
        titles=titles,
        sizes={name: (one.utterances or 0, one.speakers or 0) for name, one in facts.items()},
        refused={name: len(one.refused or ()) for name, one in facts.items()},
        notes={name: one.notes or () for name, one in facts.items()},
        settings=manifest.settings or "",
        budgets={model_names.get(m, m): text for m, text in (manifest.budgets or {}).items()},
    )


def _joined(contexts: Sequence[Context], labels: Sequence[str]) -> Context:
    first = contexts[0]
    if len(contexts) == 1:
        return first
    settings = dict.fromkeys(one.settings for one in contexts)
    seeds = dict.fromkeys(one.seed for one in contexts)
    both = "; ".join(
        f"{label}: seed {one.seed}, {one.settings}"
        for label, one in zip(labels, contexts, strict=True)
    )
    budgets: dict[str, str] = {}
    corpora: dict[str, dict[str, Any]] = {"titles": {}, "sizes": {}, "refused": {}, "notes": {}}
    for one in contexts:
        for model, text in one.budgets.items():
            # A model of two corpora stands there once; its trainings may have ended otherwise.
            told = dict.fromkeys((*budgets.get(model, text).split(" or "), text))
            budgets[model] = " or ".join(told)
        for name, values in corpora.items():
            for key, value in getattr(one, name).items():
                old = values.get(key, ())
                # Notes are told of a run, everything else of the recordings.
                values[key] = tuple(dict.fromkeys((*old, *value))) if name == "notes" else value
    return Context(
        study=" and ".join(labels),
        seed=first.seed,
        synthetic=tuple(dict.fromkeys(name for one in contexts for name in one.synthetic)),
        settings=first.settings if len(settings) == len(seeds) == 1 else both,
        budgets=budgets,
        **corpora,
    )


def _labels(folders: Sequence[Folder]) -> list[str]:
    """Return a name for each folder: the study's, or the path where two have the same."""
    names = [str(one.manifest.label or one.path.name) for one in folders]
    twice = {name for name, count in Counter(names).items() if count > 1}
    return [
        str(one.path) if name in twice else name for name, one in zip(names, folders, strict=True)
    ]


def _renamed_corpora(folders: Sequence[Folder], labels: Sequence[str]) -> list[dict[str, str]]:
    first: dict[str, Folder] = {}
    unlike: set[str] = set()
    for one in folders:
        for name in one.manifest.corpora:
            other = first.setdefault(name, one)
            if other is not one and not _same_corpus(name, one, other):
                unlike.add(name)
    return [
        {name: f"{name} ({label})" for name in one.manifest.corpora if name in unlike}
        for one, label in zip(folders, labels, strict=True)
    ]


def _same_corpus(name: str, one: Folder, other: Folder) -> bool:
    hashes = {folder.manifest.corpora[name].sha256 for folder in (one, other)}
    tables = [f.conditions[f.conditions["corpus"] == name] for f in (one, other)]
    both = tables[0].merge(tables[1], on="condition")
    alike = (_equal(both[f"{column}_x"], both[f"{column}_y"]) for column in _SAME_STREAM)
    return len(hashes) == 1 and all(alike)


def _equal(one: pd.Series, other: pd.Series) -> bool:
    return bool(((one == other) | (one.isna() & other.isna())).all())


def _renamed_transcribers(
    folders: Sequence[Folder], labels: Sequence[str], corpora: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    """Name the transcribers apart that heard other words in the same sound."""
    first: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    unlike: set[str] = set()
    for one, corpus in zip(folders, corpora, strict=True):
        frame = one.wer.replace({"corpus": corpus})
        counts = frame[["utterances", "words", "substitutions", "deletions", "insertions"]]
        for key, found in zip(
            frame[_HEARD].itertuples(index=False, name=None),
            counts.itertuples(index=False, name=None),
            strict=True,
        ):
            if first.setdefault(key, found) != found:
                unlike.add(key[1])
    return [
        {
            name: f"{name} ({label})"
            for name in dict.fromkeys(one.wer["transcripts"])
            if name in unlike
        }
        for one, label in zip(folders, labels, strict=True)
    ]


def _renamed_models(
    folders: Sequence[Folder],
    labels: Sequence[str],
    corpora: Sequence[dict[str, str]],
    heard: Sequence[dict[str, str]],
) -> list[dict[str, str]]:
    cells = []
    for one, corpus in zip(folders, corpora, strict=True):
        frame = one.scores[list(CELL)].drop_duplicates().replace({"corpus": corpus})
        cells.append(set(frame.itertuples(index=False, name=None)))
    count = Counter(cell for own in cells for cell in own)
    place = CELL.index("model")
    unlike = {cell[place] for cell, times in count.items() if times > 1}
    return [
        {
            name: f"{name} ({label})"
            for name in sorted({cell[place] for cell in own})
            if name in unlike or transcriber_of(name, renamed)
        }
        for own, label, renamed in zip(cells, labels, heard, strict=True)
    ]
