"""Commands that compute a single cell of a study again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..core.tables import MULTI, ORIGINAL
from ..evaluation.outcomes import Key
from ..results.components import reads_text, takes_bitrates
from ..results.manifest import Manifest
from .reader import CheckInput

_OUTPUT = ("--out", "again", "--overwrite")
"""Another folder than that of the checked results, which the command of the next cell replaces."""

_REFERENCE = "reference"  # the default transcripts of a study: those of the corpus


class RerunCommands:
    """Builds the command line of a cell from the first side that has its study file.

    Every cell seeds itself from its keys, so a study of this cell alone gives the same
    predictions as the whole study.
    """

    def __init__(self, sides: Sequence[CheckInput]) -> None:
        self._studies = [
            _StudyFile(folder / "study.yaml", side.manifest, _encodings(side.conditions))
            for side in sides
            if side.manifest is not None and side.conditions is not None
            for folder in [side.path if side.path.is_dir() else side.path.parent]
            if (folder / "study.yaml").is_file()
        ]

    def command(self, key: Key) -> str:
        """Return the command that computes a cell; empty if no side can provide it."""
        for study in self._studies:
            flags = study.flags(key)
            if flags:
                return shlex.join(["aser-bench", "run", str(study.file), *flags, *_OUTPUT])
        return ""


@dataclass(frozen=True)
class _Encoding:
    """The flags' values of a condition; ``kbps`` is empty if the codec has no bitrate."""

    codec: str
    kbps: str


@dataclass(frozen=True)
class _StudyFile:
    """A study file, its manifest, and its conditions by corpus and name."""

    file: Path
    manifest: Manifest
    conditions: Mapping[str, Mapping[str, _Encoding]]

    def flags(self, key: Key) -> list[str]:
        """Return the flags that select a cell; empty if the study lacks it."""
        corpus, features, name, protocol, train, test = key
        model = self._model_flags(name)
        encodings = self.conditions.get(corpus, {})
        names = [name for name in dict.fromkeys((train, test)) if name != ORIGINAL]
        if train == MULTI:
            names = list(encodings)  # multi pools all conditions
        if not model or not set(names) <= set(encodings):
            return []
        source = self.manifest.sources.get(corpus)
        return [
            "--corpus",
            f"{corpus}={source}" if source else corpus,
            *_codec_flags([encodings[name] for name in names]),
            "--features",
            features,
            *model,
            "--protocol",
            protocol,
            "--train",
            _train_mode(train, test),
        ]

    def _model_flags(self, name: str) -> list[str]:
        """Return the flags of a model and its transcripts; empty if the study lacks it."""
        study = self.manifest.study
        transcripts = study.get("transcripts") or [_REFERENCE]
        pairs = [
            (model, source)
            for source in transcripts
            for model in study.get("models") or ()
            if name == f"{model}-{source}"
        ]
        model, source = pairs[0] if pairs else (name, _REFERENCE)
        flags = ["--models", model]
        if list(transcripts) != [_REFERENCE]:
            flags += ["--transcripts", source]
        if vectors := study.get("embeddings"):
            # A study's embeddings cannot be unset, and a model without text rejects them.
            return [*flags, "--embeddings", str(vectors)] if reads_text(model) else []
        return flags


def _encodings(conditions: pd.DataFrame) -> dict[str, dict[str, _Encoding]]:
    encodings: dict[str, dict[str, _Encoding]] = {}
    columns = (conditions[name] for name in ("corpus", "condition", "codec", "requested_kbps"))
    for corpus, name, codec, kbps in zip(*columns, strict=True):
        if name != ORIGINAL:
            # Codecs with a fixed bitrate have a value in the table but accept none.
            rate = f"{kbps:g}" if kbps == kbps and takes_bitrates(codec) else ""
            encodings.setdefault(corpus, {}).setdefault(name, _Encoding(codec, rate))
    return encodings


def _codec_flags(encodings: Sequence[_Encoding]) -> Iterator[str]:
    bitrates: dict[str, list[str]] = {}
    for encoding in encodings:
        rates = bitrates.setdefault(encoding.codec, [])
        if encoding.kbps:
            rates.append(encoding.kbps)
    for codec, rates in bitrates.items():
        yield from ("--codec", codec)
        if rates:
            yield from ("--bitrates", ",".join(rates))


def _train_mode(train: str, test: str) -> str:
    if train == test:
        return "matched"
    return train if train in (ORIGINAL, MULTI) else "all"
