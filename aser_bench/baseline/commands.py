"""The command that computes one cell of a study again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.tables import MULTI, ORIGINAL
from ..evaluation.outcomes import Key
from ..results.components import reads_text, takes_bitrates
from .reader import CheckInput

OUT = "again"
"""Where the command writes: never over the results that were checked."""

_REFERENCE = "reference"  # the transcripts of a study that names none: the corpus's own


class RerunCommands:
    """Writes the command line for a cell, from the first of some sides that kept its study.

    Every cell seeds itself from its own keys, so a study of this cell alone gives the same
    predictions as the whole one did.
    """

    def __init__(self, sides: Sequence[CheckInput]) -> None:
        self._studies = [
            _Study(folder / "study.yaml", side.manifest["study"], _coded(side.conditions))
            for side in sides
            if side.manifest is not None and side.conditions is not None
            for folder in [side.path if side.path.is_dir() else side.path.parent]
            if (folder / "study.yaml").is_file()
        ]

    def command(self, key: Key) -> str:
        """Return the command that computes a cell, or nothing where no side can tell it."""
        for study in self._studies:
            words = study.words(key)
            if words:
                return shlex.join(["aser-bench", "run", str(study.file), *words, "--out", OUT])
        return ""


@dataclass(frozen=True)
class _Coded:
    """How a condition is asked for; no bitrate where its codec has none."""

    codec: str
    kbps: str


@dataclass(frozen=True)
class _Study:
    """A study file, what stands in it, and its conditions by corpus and name."""

    file: Path
    settings: Mapping[str, Any]
    conditions: Mapping[str, Mapping[str, _Coded]]

    def words(self, key: Key) -> list[str]:
        """Return the flags that make a cell of the study; nothing if it lacks a condition."""
        corpus, features, name, protocol, train, test = key
        model = self._model(name)
        known = self.conditions.get(corpus, {})
        wanted = [name for name in dict.fromkeys((train, test)) if name != ORIGINAL]
        if train == MULTI:
            # What is pooled are all of them.
            wanted = list(known)
        if not model or not set(wanted) <= set(known):
            return []
        place = self._place(corpus)
        return [
            "--corpus",
            f"{corpus}={place}" if place else corpus,
            *_flags([known[name] for name in wanted]),
            "--features",
            features,
            *model,
            "--protocol",
            protocol,
            "--train",
            _mode(train, test),
        ]

    def _model(self, name: str) -> list[str]:
        """Return the flags of a model and of the words that it reads; nothing if none say so."""
        kinds = self.settings.get("transcripts") or [_REFERENCE]
        heard = [
            (model, kind)
            for kind in kinds
            for model in self.settings.get("models") or ()
            if name == f"{model}-{kind}"
        ]
        model, kind = heard[0] if heard else (name, _REFERENCE)
        flags = ["--models", model]
        if list(kinds) != [_REFERENCE]:
            flags += ["--transcripts", kind]
        if vectors := self.settings.get("embeddings"):
            # No flag takes them from a study, and a model that reads no words refuses them.
            return [*flags, "--embeddings", str(vectors)] if reads_text(model) else []
        return flags

    def _place(self, corpus: str) -> str:
        for choice in self.settings.get("corpora") or ():
            if isinstance(choice, dict) and corpus in choice:
                return str(choice[corpus])
        return ""


def _coded(conditions: pd.DataFrame) -> dict[str, dict[str, _Coded]]:
    found: dict[str, dict[str, _Coded]] = {}
    columns = (conditions[name] for name in ("corpus", "condition", "codec", "requested_kbps"))
    for corpus, name, codec, kbps in zip(*columns, strict=True):
        if name != ORIGINAL:
            # A bitrate also stands beside what has but one of it and takes none.
            rate = f"{kbps:g}" if kbps == kbps and takes_bitrates(codec) else ""
            found.setdefault(corpus, {}).setdefault(name, _Coded(codec, rate))
    return found


def _flags(conditions: Sequence[_Coded]) -> Iterator[str]:
    bitrates: dict[str, list[str]] = {}
    for one in conditions:
        bitrates.setdefault(one.codec, []).extend([one.kbps] if one.kbps else [])
    for codec, rates in bitrates.items():
        yield from ("--codec", codec)
        if rates:
            yield from ("--bitrates", ",".join(rates))


def _mode(train: str, test: str) -> str:
    if train == test:
        return "matched"
    return train if train in (ORIGINAL, MULTI) else "all"
