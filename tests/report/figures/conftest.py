"""Generated findings of any size: seeded, with missing values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from aser_bench.core import tables
from aser_bench.core.context import Context
from aser_bench.core.findings import (
    BANDWIDTH,
    COMPARED,
    CONFUSIONS,
    DRIFT,
    LOSSES,
    RECALLS,
    SPEAKERS,
    Findings,
    cell_columns,
)
from aser_bench.core.metrics import all_metrics

MARK = "coded at 32 kHz: bandwidth and level differ from the other rows too"
WHY = "one speaker alone"


@dataclass(frozen=True)
class Run:
    """The contents of generated findings."""

    corpus: str = "demo"
    features: str = "functionals"
    protocol: str = "speaker"
    models: Sequence[str] = ("svm", "mlp")
    trainings: Sequence[str] = ("matched", "clean")
    bitrates: Sequence[float] = (8, 16, 64, 192)
    codecs: Sequence[str] = ("mp3",)
    named: Sequence[str] = ("lowpass-3k0",)
    emotions: Sequence[str] = ("angry", "happy", "neutral", "sad")
    speakers: int = 4
    crossed: bool = True

    @property
    def conditions(self) -> list[str]:
        coded = [f"{codec}-{kbps:g}k" for codec in self.codecs for kbps in self.bitrates]
        return ["original", *coded, *self.named]

    @property
    def group(self) -> list[tuple[str, ...]]:
        return [(self.corpus, self.features, model, self.protocol) for model in self.models]

    def compared(self) -> list[tuple[str, ...]]:
        comparisons = []
        for group in self.group:
            for training in self.trainings:
                for name in self.conditions:
                    train = {"clean": "original", "multi": "multi"}.get(training, name)
                    comparisons.append((*group, training, train, name))
        return comparisons


def conditions_of(run: Run) -> pd.DataFrame:
    rows = []
    for name in run.conditions:
        codec, _, rest = name.partition("-")
        rated = name not in run.named and bool(rest)
        kbps = float(rest.removesuffix("k")) if rated else None
        rows.append(
            {
                "corpus": run.corpus,
                "condition": name,
                "codec": codec,
                "requested_kbps": kbps,
                "effective_kbps": kbps,
                "codec_rate_hz": 16000.0,
                "bandwidth_hz": 8000.0 if kbps is None else min(7500.0, 2200 + 400 * kbps),
                "gain_db": 0.0,
                "lag_samples": 0.0,
                "same_as": "",
                "encoder": "",
                "mark": MARK if rated and kbps > 160 else "",
            }
        )
    return pd.DataFrame(rows, columns=list(tables.CONDITIONS))


def _cells(run: Run, random: np.random.Generator) -> pd.DataFrame:
    pairs = {(train, test) for *_, train, test in run.compared()}
    if run.crossed:
        pairs |= {(a, b) for a in run.conditions for b in run.conditions}
    rows = []
    for group in run.group:
        for train, test in sorted(pairs):
            uar = 0.7 - 0.25 * (train != test) + 0.04 * random.standard_normal()
            row = dict.fromkeys(cell_columns(all_metrics()), 0.5) | dict(
                zip(tables.CELL, (*group, train, test), strict=True)
            )
            rows.append(
                {
                    **row,
                    "n_utterances": 40,
                    "n_speakers": run.speakers,
                    "n_runs": 1,
                    "chance": 1 / len(run.emotions),
                    "uar": uar,
                    "uar_low": uar - 0.06,
                    "uar_high": uar + 0.05,
                }
            )
    cells = pd.DataFrame(rows, columns=list(cell_columns(all_metrics())))
    cells.loc[cells["test_condition"] == "lowpass-3k0", ["uar_low", "uar_high"]] = np.nan
    return cells


def findings_of(run: Run, seed: int = 0) -> Findings:
    random = np.random.default_rng(seed)
    losses, recalls, confusions, speakers, split = [], [], [], [], []
    for key in run.compared():
        bare = key[-1] == "lowpass-3k0"
        compared = dict(zip(COMPARED, key, strict=True))
        no_interval = {"low": np.nan, "high": np.nan}
        losses.append(
            {
                **compared,
                "metric": "uar",
                "original": 0.7,
                "value": 0.6,
                "difference": -0.1,
                **(no_interval if bare else {"low": -0.2, "high": 0.0}),
                "why": WHY if bare else "",
                "n_utterances": 40,
                "n_speakers": run.speakers,
            }
        )
        for emotion in run.emotions:
            value = float(random.uniform(0.2, 0.9))
            recalls.append(
                {
                    **compared,
                    "emotion": emotion,
                    "n_utterances": 10,
                    "original": 0.6,
                    "value": value,
                    "difference": value - 0.6,
                    **(no_interval if bare else {"low": value - 0.7, "high": value - 0.5}),
                    "significant": False,
                    "precision": 0.5,
                    "confused_with": run.emotions[0],
                    "confused_share": 0.1,
                }
            )
            shares = random.dirichlet(np.ones(len(run.emotions)))
            confusions += [
                (*key, emotion, other, share)
                for other, share in zip(run.emotions, shares, strict=True)
            ]
        if key[-1] == "original":
            continue
        for i in range(run.speakers):
            before, after = 0.3 + 0.5 * i / run.speakers, float(random.uniform(0.2, 0.9))
            speakers.append((*key, f"s{i}", 10, before, after))
        if key[-1] not in run.named:
            split.append(
                (
                    *key,
                    "lowpass-3k0",
                    -0.10,
                    -0.15,
                    -0.05,
                    -0.06,
                    -0.11,
                    -0.01,
                    -0.04,
                    np.nan,
                    np.nan,
                )
            )
    drift = [
        (
            run.corpus,
            run.features,
            name,
            f"mfcc_{i:02d}",
            float(random.normal() * (i + 1) / 4),
            0.5,
            1.0,
        )
        for name in run.conditions
        if name != "original"
        for i in range(14)
    ]
    return Findings(
        cells=_cells(run, random),
        losses=pd.DataFrame(losses, columns=list(LOSSES)),
        recalls=pd.DataFrame(recalls, columns=list(RECALLS)),
        confusions=pd.DataFrame(confusions, columns=list(CONFUSIONS)),
        speakers=pd.DataFrame(speakers, columns=list(SPEAKERS)),
        bandwidth=pd.DataFrame(split, columns=list(BANDWIDTH)),
        drift=pd.DataFrame(drift, columns=list(DRIFT)),
    )


def context_of(run: Run, synthetic: bool = True) -> Context:
    return Context("smoke", 0, synthetic=(run.corpus,) if synthetic else ())


@pytest.fixture(scope="session")
def made() -> SimpleNamespace:
    """Return the functions that generate findings, for tests that cannot import this file."""
    return SimpleNamespace(
        Run=Run,
        findings=findings_of,
        conditions=conditions_of,
        context=context_of,
        mark=MARK,
        why=WHY,
        replace=replace,
    )


@pytest.fixture(scope="session")
def given(made: SimpleNamespace) -> Callable:
    """Return a function from run fields to findings, conditions and context."""

    def make(**changes: object) -> tuple[Findings, pd.DataFrame, Context]:
        run = made.Run(**changes)
        return made.findings(run), made.conditions(run), made.context(run)

    return make
