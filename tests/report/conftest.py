"""Generated scores of a run: deterministic, with failures and other special cases."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from findings_factory import findings_of

from aser_bench.core import tables
from aser_bench.core.context import Context
from aser_bench.core.findings import Findings
from aser_bench.core.metrics import score_columns

RUNS = {"svm": 1}
SIZES = {"n_train": 288, "n_dev": 96, "n_test": 96}
PROMOTED = "Coded at 32 kHz, since 16 kHz carries at most 160 kbit/s: its bandwidth differs too."


@dataclass
class Study:
    """The contents of a generated run."""

    corpora: Sequence[str] = ("demo",)
    features: Sequence[str] = ("functionals",)
    models: Sequence[str] = ("svm", "mlp")
    protocol: str = "speaker"
    bitrates: Sequence[int] = (8, 16, 32, 64, 160)
    promoted: Sequence[int] = (192,)
    lowpass: Sequence[str] = ("3k0",)
    train: Sequence[str] = ("original", "matched")
    folds: int = 5
    runs: int = 3
    aliases: dict[str, str] = field(default_factory=dict)

    @property
    def conditions(self) -> list[str]:
        coded = [f"mp3-{kbps}k" for kbps in (*self.bitrates, *self.promoted)]
        return ["original", *coded, *(f"lowpass-{edge}" for edge in self.lowpass)]


def condition_rows(study: Study) -> pd.DataFrame:
    rows = []
    for corpus in study.corpora:
        for name in [*study.conditions, *study.aliases]:
            codec, _, rest = name.partition("-")
            kbps = float(rest.removesuffix("k")) if codec == "mp3" else None
            promoted = codec == "mp3" and kbps in study.promoted
            same_as = study.aliases.get(name, "")
            rows.append(
                {
                    "corpus": corpus,
                    "condition": name,
                    "codec": codec,
                    "requested_kbps": kbps,
                    "effective_kbps": 160.0 if same_as else kbps,
                    "codec_rate_hz": {"mp3": 32000 if promoted else 16000}.get(codec),
                    "bandwidth_hz": 3000.0 if codec == "lowpass" else 8000.0,
                    "gain_db": 0.0,
                    "lag_samples": 0,
                    "same_as": same_as,
                    "encoder": "LAME 3.100",
                    "mark": PROMOTED if promoted else "",
                }
            )
    return pd.DataFrame(rows, columns=list(tables.CONDITIONS))


def score_rows(study: Study) -> pd.DataFrame:
    rows = []
    for corpus in study.corpora:
        for features in study.features:
            for model in study.models:
                for train, test in _pairs(study):
                    cell = (corpus, features, model, study.protocol, train, test)
                    rows += _cell(study, cell)
    return pd.DataFrame(rows, columns=list(score_columns()))


def _pairs(study: Study) -> list[tuple[str, str]]:
    pairs = []
    for train in study.train:
        if train == "matched":
            pairs += [(name, name) for name in study.conditions]
        elif train == "all":
            pairs += [(a, b) for a in study.conditions for b in study.conditions]
        else:
            pairs += [(train, name) for name in study.conditions]
    return list(dict.fromkeys(pairs))


def _cell(study: Study, cell: tuple[str, ...]) -> list[dict]:
    level = 0.62 - 0.12 * cell[5].endswith("-8k") - 0.05 * (cell[4] != cell[5])
    rows = []
    for fold in range(study.folds):
        for run in range(RUNS.get(cell[2], study.runs)):
            seed = zlib.crc32("/".join((*cell, str(fold), str(run))).encode())
            noise = np.random.default_rng([zlib.crc32("/".join(cell).encode()), fold])
            jitter = np.random.default_rng(seed)
            base = level + 0.03 * noise.standard_normal(4) + 0.01 * jitter.standard_normal(4)
            values = dict(zip(("wap", "accuracy", "uar", "macro_f1"), base.round(4), strict=True))
            rows.append(
                {
                    **dict(zip(tables.CELL, cell, strict=True)),
                    "fold": fold,
                    "run": run,
                    **values,
                    **SIZES,
                    "seed": seed,
                    "status": "ok",
                    "reason": "",
                }
            )
    return rows


def fail(scores: pd.DataFrame, rows: pd.Series, reason: str) -> pd.DataFrame:
    """Return the scores with some rows failed, as a run writes them."""
    scores = scores.copy()
    scores[["wap", "accuracy", "uar", "macro_f1"]] = scores[
        ["wap", "accuracy", "uar", "macro_f1"]
    ].mask(rows)
    scores.loc[rows, "status"] = "failed"
    scores.loc[rows, "reason"] = reason
    return scores


def context_of(study: Study, **changes: object) -> Context:
    given: dict[str, Any] = {
        "study": "smoke",
        "seed": 0,
        "synthetic": ("demo",),
        "titles": {"demo": "Demo corpus"},
        "sizes": dict.fromkeys(study.corpora, (480, 20)),
        "settings": "effort standard",
    }
    return Context(**{**given, **changes})


def full_study() -> tuple[pd.DataFrame, pd.DataFrame, Context]:
    """Return a run with all special cases of the tables."""
    study = Study(
        runs=10,
        train=("original", "matched", "multi"),
        aliases={"mp3-191k": "mp3-160k", "mp3-175k": "mp3-160k"},
    )
    scores = score_rows(study)
    mlp = scores["model"] == "mlp"
    alone = mlp & (scores["train_condition"] == "mp3-8k")
    some = (
        mlp
        & (scores["train_condition"] == "original")
        & (scores["test_condition"] == "mp3-64k")
        & (scores["fold"] == 1)
        & (scores["run"] < 3)
    )
    scores = fail(scores, alone, "did not converge")
    scores = fail(scores, some, "out of memory")
    context = context_of(
        study, refused={"demo": 2}, notes={"demo": ("Speaker 7 has no angry recordings.",)}
    )
    return scores, condition_rows(study), context


@pytest.fixture(scope="session")
def made_up() -> SimpleNamespace:
    """Return the functions that generate tables, for tests that cannot import this file."""
    return SimpleNamespace(
        Study=Study,
        conditions=condition_rows,
        scores=score_rows,
        fail=fail,
        context=context_of,
        findings=findings_of,
    )


@pytest.fixture(scope="session")
def full() -> tuple[pd.DataFrame, pd.DataFrame, Context]:
    return full_study()


@pytest.fixture(scope="session")
def full_with_findings(
    full: tuple[pd.DataFrame, pd.DataFrame, Context],
) -> tuple[pd.DataFrame, pd.DataFrame, Context, Findings]:
    """Return the full run with findings for all results that did not fail."""
    scores, conditions, context = full
    return scores, conditions, context, findings_of(scores[scores["status"] == "ok"])


@pytest.fixture
def build(made_up: SimpleNamespace) -> Callable:
    """Return a function from study fields to scores, conditions and context."""

    def make(**fields: object) -> tuple[pd.DataFrame, pd.DataFrame, Context]:
        study = made_up.Study(**fields)
        return made_up.scores(study), made_up.conditions(study), made_up.context(study)

    return make
