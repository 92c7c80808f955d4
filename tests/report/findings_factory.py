"""Generated findings for generated scores: small, deterministic, with missing values."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from aser_bench.core import findings as contract
from aser_bench.core.findings import Findings

EMOTIONS = ("angry", "happy", "sad")
METRICS = ("wap", "accuracy", "uar", "macro_f1")
WHY = "no interval: 1 speaker instead of at least 3"
FAMILY = 24


def rng(*names: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32("/".join(map(str, names)).encode()))


def frame(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(columns))


def findings_of(scores: pd.DataFrame, **changes: Any) -> Findings:
    """Return findings for every cell of some scores.

    At 8 kbit/s every loss is significant, and at the low-pass filter none has an interval.
    """
    made = {
        "cells": frame(list(_cells(scores)), contract.cell_columns(METRICS)),
        "losses": frame(list(_losses(scores)), contract.LOSSES),
        "recalls": frame(list(_recalls(scores)), contract.RECALLS),
        "robustness": frame(list(_robustness(scores)), contract.ROBUSTNESS),
        "bandwidth": frame(list(_bandwidth(scores)), contract.BANDWIDTH),
        "drift": frame(list(_drift(scores)), contract.DRIFT),
        "leaks": frame(list(_leaks(scores)), contract.LEAKS),
        "leakage_effect": frame(list(_leak_worth(scores)), contract.LEAKAGE_EFFECT),
    }
    return Findings(**{**made, **changes})


def wer_of(scores: pd.DataFrame, transcriber: str = "ear") -> pd.DataFrame:
    """Return word errors for every condition of some scores.

    At the low-pass filter there is no interval, and at 8 kbit/s nothing is heard in some.
    """
    rows = []
    pairs = scores[["corpus", "test_condition"]].drop_duplicates()
    for corpus, condition in pairs.itertuples(index=False):
        gap, strong = condition.startswith("lowpass"), condition.endswith("-8k")
        counts = rng("wer", transcriber, corpus, condition).integers(20, 90, 3)
        wrong = int(counts.sum()) + (2600 if strong else 0)
        rows.append(
            {
                "corpus": corpus,
                "transcripts": transcriber,
                "condition": condition,
                "utterances": 480,
                "words": 2400,
                "substitutions": int(counts[0]) + 2600 * strong,
                "deletions": int(counts[1]),
                "insertions": int(counts[2]),
                "wer": wrong / 2400,
                "low": np.nan if gap else wrong / 2400 - 0.02,
                "high": np.nan if gap else wrong / 2400 + 0.02,
                "empty": 0.25 if strong else 0.0,
                "why": WHY if gap else "",
            }
        )
    return frame(rows, contract.WER)


def _training(train: str, test: str) -> list[str]:
    trainings = []
    if train == test:
        trainings.append("matched")
    if train == "original":
        trainings.append("clean")
    return ["multi"] if train == "multi" else trainings


def _compared(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ["corpus", "features", "model", "protocol", "train_condition", "test_condition"]
    for row in scores[columns].drop_duplicates().to_dict("records"):
        condition = row.pop("test_condition")
        for training in _training(row["train_condition"], condition):
            yield {**row, "training": training, "condition": condition}


def _cells(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ["corpus", "features", "model", "protocol", "train_condition", "test_condition"]
    for row in scores[columns].drop_duplicates().to_dict("records"):
        gap = row["test_condition"].startswith("lowpass")
        names = ("wap", "accuracy", "uar", "macro_f1", "ece", "brier")
        drawn = rng("cell", *row.values()).uniform(0.1, 0.9, 6).round(4)
        values = dict(zip(names, drawn, strict=True))
        yield {
            **row,
            **values,
            "n_utterances": 480,
            "n_speakers": 4,
            "n_runs": 1,
            "chance": 1 / 3,
            "why": WHY if gap else "",
            **{f"{name}_low": np.nan if gap else values[name] - 0.04 for name in METRICS},
            **{f"{name}_high": np.nan if gap else values[name] + 0.05 for name in METRICS},
        }


def _losses(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in _compared(scores):
        if row["condition"] == "original":
            continue
        strong, gap = row["condition"].endswith("-8k"), row["condition"].startswith("lowpass")
        for metric in METRICS:
            value = rng("loss", metric, *row.values()).normal(-0.12 if strong else -0.005, 0.01)
            yield {
                **row,
                "metric": metric,
                "family": "controls" if gap else "codecs",
                "original": 0.62,
                "value": 0.62 + value,
                "difference": value,
                "low": np.nan if gap else value - 0.03,
                "high": np.nan if gap else value + 0.03,
                "p": np.nan if gap else 0.0001 if strong else 0.4,
                "p_holm": np.nan if gap else 0.0024 if strong else 1.0,
                "comparisons": 0 if gap else FAMILY,
                "not_tested": WHY.removeprefix("no interval: ") if gap else "",
                "p_permutation": 0.0625,
                "p_permutation_smallest": 0.0625,
                "p_mcnemar": 0.21,
                "effect": value * 10,
                "retained": 0.8 if metric == "uar" else np.nan,
                "significant": strong,
                "decision": "inferior" if strong else "inconclusive",
                "n_utterances": 480,
                "n_speakers": 4,
                "why": WHY if gap else "",
                "low_unclustered": np.nan,
                "high_unclustered": np.nan,
            }


def _recalls(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in _compared(scores):
        for index, emotion in enumerate(EMOTIONS):
            original = rng("recall", row["model"], emotion).uniform(0.3, 0.8)
            change = 0.0
            if row["condition"] != "original":
                change = rng("change", emotion, *row.values()).normal(-0.03, 0.02)
            yield {
                **row,
                "emotion": emotion,
                "n_utterances": 160,
                "original": original,
                "value": original + change,
                "difference": change,
                "low": change - 0.05,
                "high": change + 0.05,
                "family": "codecs",
                "p": np.nan if row["condition"] == "original" else 0.02,
                "p_holm": np.nan if row["condition"] == "original" else 0.48,
                "comparisons": FAMILY,
                "not_tested": "",
                "significant": False,
                "precision": 0.5 if index else np.nan,
                "confused_with": EMOTIONS[index - 1] if index else "",
                "confused_share": 0.25 if index else np.nan,
            }


def _robustness(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    kept = ("corpus", "features", "model", "protocol", "training")
    seen = dict.fromkeys(
        tuple(row[name] for name in kept)
        for row in _compared(scores)
        if row["condition"].startswith("mp3")
    )
    for index, group in enumerate(seen):
        safe = ("yes", "none", "inconclusive")[index % 3]
        yield {
            **dict(zip(kept, group, strict=True)),
            "codec": "mp3",
            "n_bitrates": 6,
            "area": 0.55,
            "codec_error": 1.04 if index else np.nan,
            "relative_codec_error": np.nan,
            "reference": "svm" if index else "",
            "safe": safe,
            "safe_kbps": 16.0 if safe == "yes" else np.nan,
            "uar_original": 0.62,
            "uar_low": 0.55,
            "uar_high": 0.69,
            "chance": 1 / 3,
            "sentence": f"{safe}: a sentence with 2 % in it; the rest of it",
            "needed_utterances": 1200.0,
            "needed_speakers": np.nan,
        }


def _bandwidth(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in _compared(scores):
        if row["condition"] == "mp3-8k":
            parts = {"loss": -0.1, "bandwidth": -0.08, "artefacts": -0.02}
            ends = {f"{part}_low": value - 0.03 for part, value in parts.items()}
            ends |= {f"{part}_high": value + 0.03 for part, value in parts.items()}
            yield {**row, "lowpass": "lowpass-3k0", **parts, **ends, "artefacts_low": np.nan}


def _drift(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ["corpus", "features", "test_condition"]
    for row in scores[columns].drop_duplicates().to_dict("records"):
        condition = row.pop("test_condition")
        if condition == "original":
            continue
        for number in range(15):
            shift = (-1) ** number * (number + 1) / 10
            yield {
                **row,
                "condition": condition,
                "feature": f"mfcc_{number:02}",
                "shift": shift,
                "spread": abs(shift) + 0.1,
                "sd_ratio": 1.0 if number else np.nan,
            }


def _leaks(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ["corpus", "protocol", "fold"]
    for row in scores[columns].drop_duplicates().to_dict("records"):
        for kind in ("speaker", "recording", "sentence"):
            known = kind != "sentence"
            yield {
                **row,
                "kind": kind,
                "shared": 3,
                "utterances": 7,
                "n_test": 96,
                "known": known,
            }


def _leak_worth(scores: pd.DataFrame) -> Iterator[dict[str, Any]]:
    columns = ["corpus", "features", "model"]
    for row in scores[columns].drop_duplicates().to_dict("records"):
        yield {
            **row,
            "random": "paper",
            "disjoint": "speaker",
            "uar_random": 0.7,
            "uar_disjoint": 0.6,
            "difference": 0.1,
            "low": 0.05,
            "high": 0.15,
            "n_utterances": 400,
            "n_speakers": 4,
        }
