"""Factories of synthetic predictions and results folders, written as a run writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from aser_bench.core import tables
from aser_bench.core.findings import DRIFT, LEAKS, TRANSCRIPTS
from aser_bench.core.metrics import score_columns
from aser_bench.evaluation import metrics
from aser_bench.evaluation.outcomes import Outcomes, Source, read
from aser_bench.evaluation.pairs import Pair, pairs
from aser_bench.evaluation.wer import wer

EMOTIONS = ("angry", "happy", "neutral", "sad")
SKILL = {
    ("original", "original"): 0.8,
    ("original", "mp3-8k"): 0.4,
    ("original", "mp3-64k"): 0.75,
    ("mp3-8k", "mp3-8k"): 0.6,
    ("mp3-64k", "mp3-64k"): 0.78,
}
"""(training condition, test condition) -> accuracy of the synthetic model."""


def predictions(
    skill: Mapping[tuple[str, str], float] = SKILL,
    *,
    corpus: str = "voices",
    model: str = "svm",
    features: str = "functionals",
    protocol: str = "speaker",
    emotions: Sequence[str] = EMOTIONS,
    speakers: Sequence[str | None] = ("a", "b", "c", "d"),
    takes: int = 2,
    runs: int = 2,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a frame of predictions: ``takes`` recordings of each emotion by each speaker."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        [
            (f"u{number}_{speaker}_{emotion}_{take}", speaker, emotion, number % 2)
            for number, speaker in enumerate(speakers)
            for emotion in emotions
            for take in range(takes)
        ],
        columns=["utterance", "speaker", "truth", "fold"],
    )
    truth = table["truth"].map({name: code for code, name in enumerate(emotions)}).to_numpy()
    parts = []
    for (train, test), accuracy in skill.items():
        for run in range(runs):
            other = (truth + rng.integers(1, len(emotions), len(truth))) % len(emotions)
            predicted = np.where(rng.random(len(truth)) < accuracy, truth, other)
            probabilities = rng.dirichlet(np.ones(len(emotions)), len(truth))
            probabilities[np.arange(len(predicted)), predicted] += 1  # the largest of each row
            probabilities = (probabilities / probabilities.sum(axis=1, keepdims=True)).astype(
                np.float32
            )
            part = table.assign(
                corpus=corpus,
                features=features,
                model=model,
                protocol=protocol,
                train_condition=train,
                test_condition=test,
                run=run,
                predicted=np.array(emotions, dtype=object)[predicted],
            )
            parts.append(
                part.assign(**{f"p_{e}": probabilities[:, i] for i, e in enumerate(emotions)})
            )
    frame = pd.concat(parts, ignore_index=True)
    return frame[[*tables.PREDICTIONS, *(f"p_{emotion}" for emotion in emotions)]]


def repeated(number: int = 3, **options: Any) -> pd.DataFrame:
    """Return predictions of several repeats, as a study with ``repeats`` writes them.

    The folds of each repeat are other speakers, and have other numbers.
    """
    parts = []
    for repeat in range(number):
        part = predictions(seed=repeat, **options)
        speaker = pd.factorize(part["speaker"])[0]
        fold = 2 * repeat + (speaker + (speaker // 2) * repeat) % 2
        parts.append(part.assign(fold=fold, repeat=repeat))
    frame = pd.concat(parts, ignore_index=True)
    shares = [name for name in frame if name.startswith("p_")]
    return frame[[*tables.PREDICTIONS, tables.REPEAT, *shares]]


def write(
    frame: pd.DataFrame, path: Path, row_group_size: int = 50, dictionaries: bool = True
) -> Path:
    """Write predictions as a run does, or with plain strings instead of dictionaries."""
    text = pa.dictionary(pa.int32(), pa.string()) if dictionaries else pa.string()
    numbers = {"fold": pa.int16(), "run": pa.int16(), tables.REPEAT: pa.int16()}
    schema = pa.schema(
        (name, pa.float32() if name.startswith("p_") else numbers.get(name, text))
        for name in frame.columns
    )
    table = pa.Table.from_pandas(frame, schema, preserve_index=False)
    pq.write_table(table, path, row_group_size=row_group_size)
    return path


def outcomes(frame: pd.DataFrame, folder: Path) -> Outcomes:
    """Return the outcomes that are read from a file of predictions."""
    return read([Source(write(frame, folder / "made-up.parquet"))])


def paired(frame: pd.DataFrame, folder: Path) -> list[Pair]:
    """Return the pairs of a frame of predictions."""
    return list(pairs(outcomes(frame, folder)))


def conditions(corpus: str = "voices", **changes: dict[str, Any]) -> pd.DataFrame:
    """Return a table of conditions; ``changes`` are fields by condition, with ``_`` for ``-``."""
    rows: dict[str, dict[str, Any]] = {
        "original": {"codec": "original", "bandwidth_hz": 8000.0},
        "mp3-8k": {
            "codec": "mp3",
            "requested_kbps": 8.0,
            "effective_kbps": 8.0,
            "codec_rate_hz": 16000.0,
            "bandwidth_hz": 3040.0,
            "encoder": "LAME 3.100",
        },
        "mp3-64k": {
            "codec": "mp3",
            "requested_kbps": 64.0,
            "effective_kbps": 64.0,
            "codec_rate_hz": 16000.0,
            "bandwidth_hz": 7297.0,
            "encoder": "LAME 3.100",
        },
    }
    for name, fields in changes.items():
        rows.setdefault(name.replace("_", "-"), {}).update(fields)
    words = {"codec": "", "same_as": "", "encoder": "", "mark": ""}
    blank = {
        **dict.fromkeys(tables.CONDITIONS, np.nan),
        **words,
        "corpus": corpus,
        "gain_db": 0.0,
        "lag_samples": 0.0,
    }
    frame = pd.DataFrame([{**blank, "condition": name, **rows[name]} for name in rows])
    return frame[list(tables.CONDITIONS)]


def scores(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of predictions: one row per cell, fold and run."""
    rows = []
    for keys, part in frame.groupby([*tables.CELL, "fold", "run"], sort=False):
        rows.append(
            {
                **dict(zip([*tables.CELL, "fold", "run"], keys, strict=True)),
                **metrics.scores(part["truth"].to_list(), part["predicted"].to_list()),
                "n_train": 16,
                "n_dev": 0,
                "n_test": len(part),
                "stop": "",
                "seed": 1,
                "status": "ok",
                "reason": "",
            }
        )
    return pd.DataFrame(rows, columns=list(score_columns()))


def corpus_facts(frame: pd.DataFrame, **changes: Any) -> dict[str, Any]:
    """Return the facts of a corpus as in a manifest."""
    facts = {
        "title": "Made-up voices",
        "licence": "none",
        "citation": "nobody",
        "url": "",
        "synthetic": False,
        "utterances": int(frame["utterance"].nunique()),
        "speakers": int(frame["speaker"].nunique()),
        "emotions": {},
        "seconds": 60.0,
        "sha256": "0" * 64,
        "refused": [],
        "notes": [],
    }
    return {**facts, **changes}


MISHEARD = {"original": 0.3, "mp3-8k": 0.8, "mp3-64k": 0.35}
"""Condition -> rate of substitutions of the synthetic transcriber."""


def transcripts(
    frame: pd.DataFrame,
    transcriber: str = "ear",
    misheard: Mapping[str, float] = MISHEARD,
    seed: int = 0,
) -> pd.DataFrame:
    """Return transcripts of the utterances of predictions by a synthetic transcriber."""
    rng = np.random.default_rng(seed)
    keys = ["corpus", "utterance", "speaker"]
    rows = []
    for corpus, utterance, speaker in frame[keys].drop_duplicates().itertuples(index=False):
        words = rng.choice(["kids", "dogs", "are", "talking", "by", "the", "door"], 6)
        for condition, rate in misheard.items():
            transcript = np.where(rng.random(len(words)) < rate, "mumble", words)
            transcript = transcript[rng.random(len(words)) > rate / 4]
            texts = (" ".join(words).capitalize() + ".", " ".join(transcript))
            rows.append((corpus, transcriber, condition, utterance, *texts, speaker))
    return pd.DataFrame(rows, columns=[*TRANSCRIPTS, "speaker"])


def folder(
    path: Path,
    frame: pd.DataFrame,
    condition_table: pd.DataFrame | None = None,
    corpora: Mapping[str, Mapping[str, Any]] | None = None,
    transcript_table: pd.DataFrame | None = None,
    **manifest: Any,
) -> Path:
    """Write a results folder of predictions.

    Parameters
    ----------
    path : Path
        A folder that does not exist.
    frame : pandas.DataFrame
        See `predictions`.
    condition_table : pandas.DataFrame, optional
        See `conditions`.
    corpora : mapping of str to mapping, optional
        Corpus -> facts in the manifest that differ from `corpus_facts`.
    transcript_table : pandas.DataFrame, optional
        See `transcripts`; without it, the study has no transcribers.
    **manifest
        Further fields of the manifest.
    """
    path.mkdir(parents=True)
    names = list(dict.fromkeys(frame["corpus"]))
    condition_table = (
        pd.concat([conditions(name) for name in names])
        if condition_table is None
        else condition_table
    )
    # Several row groups, as in the predictions of a run.
    write(frame, path / "predictions.parquet", max(50, len(frame) // 8))
    drift = [
        (corpus, features, condition, f"mfcc_{number:02}", 0.1 * number, 0.2, 1.0)
        for corpus in names
        for features in dict.fromkeys(frame["features"])
        for condition in dict.fromkeys(frame["test_condition"])
        if condition != "original"
        for number in range(3)
    ]
    leaks = [
        (corpus, protocol, fold, kind, 0, 0, 16, kind != "sentence")
        for corpus in names
        for protocol in dict.fromkeys(frame["protocol"])
        for fold in (0, 1)
        for kind in ("speaker", "recording", "sentence")
    ]
    files = {
        "scores": scores(frame),
        "conditions": condition_table,
        "drift": pd.DataFrame(drift, columns=list(DRIFT)),
        "leaks": pd.DataFrame(leaks, columns=list(LEAKS)),
    }
    if transcript_table is not None:
        files |= {"wer": wer(transcript_table), "transcripts": transcript_table[list(TRANSCRIPTS)]}
    for name, content in files.items():
        content.to_csv(path / f"{name}.csv", index=False, lineterminator="\n")
    changes = corpora or {}
    facts: dict[str, Any] = {
        "aser_bench": "0.1.0",
        "label": path.name,
        "settings": "effort quick",
        "budgets": {},
        "study": {"name": "", "corpora": names, "seed": 0},
        "encoders": {"mp3": "LAME 3.100"},
        "packages": {},
        "machine": {},
        "stages": {},
        "corpora": {
            name: corpus_facts(frame[frame["corpus"] == name], **changes.get(name, {}))
            for name in names
        },
        **manifest,
    }
    (path / "manifest.json").write_text(json.dumps(facts), "utf-8")
    return path


def listing(path: Path) -> dict[str, bytes]:
    """Return the content of every file in a folder and its subfolders."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }
