"""Factories of check inputs in memory, as read from a run of a small study."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import factories
import pandas as pd

from aser_bench.baseline.reader import CheckInput
from aser_bench.core.findings import FEATURES, LEAKS
from aser_bench.core.tables import CELL
from aser_bench.results.manifest import Manifest

UTTERANCES = tuple(f"u{number}" for number in range(8))
KEY = ("voices", "functionals", "svm", "speaker", "original", "mp3-8k")

MANIFEST: dict[str, Any] = {
    "aser_bench": "0.1.0",
    "study": {
        "seed": 0,
        "runs": None,
        "name": "",
        "preset": "default",
        "effort": "quick",
        "bitrate_policy": "promote",
        "match_level": False,
        "max_epochs": None,
        "patience": None,
        "frame_pool": None,
        "class_weight": "none",
        "limit": None,
    },
    "packages": {"numpy": "2.1.0", "scikit-learn": "1.8.0"},
    "components": {"features": {"functionals": 3}, "models": {"svm": 2, "mlp": 1}},
    "encoders": {"mp3": "LAME 3.100"},
    "engines": {"mp3": "lameenc 1.9.0"},
    "ffmpeg": "7.0.2-static",
    "machine": {"processor": "a fast one", "python": "3.11.7"},
    "corpora": {"voices": {"utterances": 8, "refused": [], "sha256": "1ed1a5fb" * 8}},
    "stages": {
        "read": {"wall_s": 1.0},
        "code": {"wall_s": 2.0, "tasks": 4, "cpu_s": 8.0},
        "train": {"wall_s": 3.0, "tasks": 10, "cpu_s": 5.0},
    },
}


def manifest(**changes: Any) -> dict[str, Any]:
    """Return a manifest; ``study__effort="paper"`` sets a nested key, None removes it."""
    facts = copy.deepcopy(MANIFEST)
    for path, value in changes.items():
        *outer, last = path.split("__")
        place = facts
        for key in outer:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return facts


def key(**changes: str) -> tuple[str, ...]:
    """Return a cell's key."""
    return tuple(changes.get(name, value) for name, value in zip(CELL, KEY, strict=True))


def folds(*parts: str, corpus: str = "voices", protocol: str = "speaker") -> pd.DataFrame:
    """Return folds; each part has the numbers of the utterances of a fold: ``"0123"``."""
    rows = [
        (corpus, protocol, f"u{number}", fold) for fold, part in enumerate(parts) for number in part
    ]
    return pd.DataFrame(rows, columns=["corpus", "protocol", "utterance", "fold"])


def features(*rows: tuple[str, float, float], corpus: str = "voices") -> pd.DataFrame:
    """Return a table of features: name, mean and standard deviation of each."""
    rows = rows or (("mel_000", 1.0, 0.5), ("mel_001", -20.0, 4.0), ("constant", 2.0, 0.0))
    return pd.DataFrame([(corpus, "functionals", *row) for row in rows], columns=list(FEATURES))


def leaks(speaker: int = 0, sentence: int = 4) -> pd.DataFrame:
    """Return leaks of two folds of four utterances: the number of leaks in each fold."""
    kinds = {"speaker": speaker, "recording": 0, "sentence": sentence}
    rows = [
        ("voices", "speaker", fold, kind, touched, touched, 4, True)
        for fold in (0, 1)
        for kind, touched in kinds.items()
    ]
    return pd.DataFrame(rows, columns=list(LEAKS))


def side(path: str = "new", facts: dict[str, Any] | None = None, **changes: Any) -> CheckInput:
    """Return a complete side; ``changes`` are fields of `CheckInput`."""
    given = {
        "folds": folds("0123", "4567"),
        "manifest": Manifest.from_mapping(facts or manifest()),
        "conditions": factories.conditions(),
        "features": features(),
        "leaks": leaks(),
        **changes,
    }
    return CheckInput(Path(path), **given)
