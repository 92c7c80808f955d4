"""The typed description of a study, and its construction from a file, variables and flags."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypedDict

from ..codecs.bitrates import POLICIES
from ..core.errors import UsageError, suggest
from ..corpora.labels import LABEL_SETS
from ..evaluation.protocols import get_protocol
from ..models.base import CLASS_WEIGHTS, EARLY_STOPPING, EFFORTS, Settings
from . import parsing
from .parsing import CodecChoice, CorpusChoice

STUDY_BITRATES = (8.0, 16.0, 24.0, 64.0, 96.0, 128.0, 192.0, 256.0)
"""Bitrates (kbit/s) of the study that the preset ``paper`` repeats."""

Names = str | Sequence[str]
"""Names in a list, or in a string separated by commas."""

TRAIN_MODES = ("all", "original", "matched", "multi")

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {
        "codecs": [{"mp3": list(STUDY_BITRATES)}],
        "models": ["svm", "mlp", "lstm"],
        "protocol": ["paper"],
        "runs": 10,
    },
    "yoon2018": {
        "models": ["are", "tre", "mdre", "mdrea"],
        "protocol": ["yoon2018"],
        "labels": "4",
        "runs": 10,
    },
}
"""Preset -> settings that a study file and flags override. Models also read the preset's name."""


@dataclass(frozen=True)
class Study:
    """A study. Every field is a key of a study file and a flag of ``aser-bench run``.

    Values may be given as in a study file: ``Study(codecs={"mp3": [8, 16]}, models="svm")``.

    Attributes
    ----------
    name : str
        Name of the folder in ``results/``; made from the corpora and codecs if empty.
    corpora : tuple of CorpusChoice
        Corpora.
    codecs : tuple of CodecChoice
        Codecs with their bitrates. The original is always among the conditions.
    bitrate_policy : str
        What happens to a bitrate that a codec does not have: ``promote`` to the next one,
        ``clamp`` to the nearest bitrate that it has, or ``error``.
    match_level : bool
        Whether each coded utterance is brought back to the level of its original.
    features : tuple of str
        Feature sets. Each model reads those of its type, and its default if there is none.
    models : tuple of str
        Models.
    protocol : tuple of str
        Protocols; if empty, ``speaker``, or ``paper`` for a corpus with unknown speakers.
    train : tuple of str
        ``all``: models are trained on each condition and tested on all of them; ``original``:
        trained on the original alone; ``matched``: tested on the condition of training;
        ``multi``: trained on all conditions pooled.
    preset : str
        Key of `PRESETS`.
    effort : str
        Extent of the grid search and number of runs: ``quick``, ``standard`` or ``paper``.
    runs : int or None
        Runs per fold for randomly initialised models; None for the default of the effort.
    repeats : int
        How many times the folds are drawn. Each repeat has other folds and other random initial
        values, so that intervals include the variation of the training.
    max_epochs, patience, early_stopping, refit_dev, frame_pool, class_weight, embeddings
        See `aser_bench.models.base.Settings`.
    labels : str
        Emotions that are distinguished, a key of `aser_bench.corpora.labels.LABEL_SETS`.
    drop_unknown : bool
        Whether utterances with labels that are not emotions may be left out even if a class is
        then missing.
    transcripts : tuple of str
        Sources of the text for models that read it: ``reference``, or a transcriber of the audio
        of each condition. Such models have separate cells for each source.
    seed : int
        Seed from which the seeds of all cells are derived.
    limit : int or None
        Number of utterances of each corpus, for a quick run.

    Raises
    ------
    UsageError
        For a value that cannot be read.
    """

    name: str = ""
    corpora: tuple[CorpusChoice, ...] = (CorpusChoice("demo"),)
    codecs: tuple[CodecChoice, ...] = (CodecChoice("mp3", STUDY_BITRATES),)
    bitrate_policy: str = "promote"
    match_level: bool = False
    features: tuple[str, ...] = ()
    models: tuple[str, ...] = ("svm", "mlp")
    protocol: tuple[str, ...] = ()
    train: tuple[str, ...] = ("all",)
    preset: str = "default"
    effort: str = "standard"
    runs: int | None = None
    repeats: int = 1
    max_epochs: int | None = None
    patience: int | None = None
    early_stopping: str | None = None
    refit_dev: bool = False
    frame_pool: int | None = None
    class_weight: str = "none"
    labels: str = "all"
    drop_unknown: bool = False
    transcripts: tuple[str, ...] = ("reference",)
    embeddings: str | None = None
    seed: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        """Convert values that are given as in a study file."""
        for field in fields(self):
            object.__setattr__(self, field.name, _parse(field.name, getattr(self, field.name)))

    @property
    def label(self) -> str:
        """The study's name, or one made from its content."""
        if self.name:
            return self.name
        parts = [c.name for c in self.corpora] + [c.name for c in self.codecs]
        safe = [re.sub(r"[^\w.+-]+", "-", part) for part in parts]
        return "-".join([*safe, self.digest()[:6]])

    @property
    def settings(self) -> Settings:
        """The settings of the study's models."""
        return Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})

    def digest(self) -> str:
        """Return a hash (hex) of all fields but the name."""
        content = {key: value for key, value in asdict(self).items() if key != "name"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """Return the study as in a study file."""
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["corpora"] = [{c.name: c.source} if c.source else c.name for c in self.corpora]
        plain["codecs"] = [
            {c.name: list(c.bitrates)} if c.bitrates else c.name for c in self.codecs
        ]
        for key in ("features", "models", "protocol", "train", "transcripts"):
            plain[key] = list(plain[key])
        return plain


class StudySettings(TypedDict, total=False):
    """The fields of `Study` as keyword arguments, in the forms of a study file.

    ``corpus`` is the same as ``corpora``. A setting that is None is not given.
    """

    name: str | None
    corpus: Names | Mapping[str, str | Path | None] | None
    corpora: Names | Mapping[str, str | Path | None] | None
    codecs: Names | Mapping[str, Sequence[float] | float | None] | None
    bitrate_policy: str | None
    match_level: bool | None
    features: Names | None
    models: Names | None
    protocol: Names | None
    train: Names | None
    preset: str | None
    effort: str | None
    runs: int | None
    repeats: int | None
    max_epochs: int | None
    patience: int | None
    early_stopping: str | None
    refit_dev: bool | None
    frame_pool: int | None
    class_weight: str | None
    labels: str | int | None
    drop_unknown: bool | None
    transcripts: Names | None
    embeddings: str | Path | None
    seed: int | None
    limit: int | None


def resolve(*layers: Mapping[str, Any]) -> Study:
    """Return the study of several layers, of which later ones override earlier ones.

    Parameters
    ----------
    *layers : mapping
        Keys are fields of `Study`; values as in a study file or as typed on the command line
        (``"svm,mlp"`` and ``["svm", "mlp"]`` are the same). All of them override the preset
        that they name.

    Raises
    ------
    UsageError
        For an unknown key or a value that cannot be read.
    """
    merged: dict[str, Any] = {}
    for layer in layers:
        for key in layer:
            if key not in _PARSERS:
                raise UsageError(f"unknown key {key!r} in the study{suggest(str(key), _PARSERS)}")
        merged.update(layer)
    preset = _parse("preset", merged.get("preset", "default"))
    return Study(**{**PRESETS[preset], **merged})


def read_file(path: str | Path) -> dict[str, Any]:
    """Return the mapping in a study file, with paths relative to the file's folder resolved.

    Raises
    ------
    UsageError
        If the file is missing, is not YAML, or is not a mapping.
    """
    import yaml

    path = Path(path)
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UsageError(f"study file {path} does not exist") from None
    except Exception as error:  # PyYAML also raises ValueError, KeyError, RecursionError ...
        reason = " ".join(str(error).split())
        raise UsageError(f"study file {path} cannot be read: {reason}") from error
    if not isinstance(content, dict):
        raise UsageError(
            f"study file {path} has no keys; it should start for example with 'corpora: [demo]'"
        )
    if "corpora" in content:
        choices = parsing.corpora(content["corpora"])
        content["corpora"] = [
            {c.name: str(path.parent / c.source)} if c.source else c.name for c in choices
        ]
    if isinstance(content.get("embeddings"), str):
        content["embeddings"] = str(path.parent / Path(content["embeddings"]).expanduser())
    return content


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the fields of a study that ``ASER_BENCH_<FIELD>`` variables set."""
    values = {
        field.name: environment.get(f"ASER_BENCH_{field.name.upper()}", "")
        for field in fields(Study)
    }
    return {name: value for name, value in values.items() if value}


def _parse(key: str, value: object) -> Any:
    try:
        return _PARSERS[key](value)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{key} of the study cannot be read: {error}") from error


def _protocols(value: Any) -> tuple[str, ...]:
    protocols = parsing.names("protocol", may_be_empty=True)(value)
    for name in protocols:
        get_protocol(name)
    return protocols


_PARSERS: dict[str, parsing.Parser[Any]] = {
    "name": lambda value: "" if value is None else str(value),
    "corpora": parsing.corpora,
    "codecs": parsing.codecs,
    "bitrate_policy": parsing.one_of("bitrate policy", POLICIES),
    "match_level": parsing.boolean("match_level"),
    "features": parsing.names("feature set", may_be_empty=True),
    "models": parsing.names("model"),
    "protocol": _protocols,
    "train": parsing.names("training condition", TRAIN_MODES),
    "preset": parsing.one_of("preset", PRESETS),
    "effort": parsing.one_of("effort", EFFORTS),
    "runs": parsing.optional(parsing.integer("runs", 1)),
    "repeats": parsing.integer("repeats", 1),
    "max_epochs": parsing.optional(parsing.integer("max_epochs", 1)),
    "patience": parsing.optional(parsing.integer("patience", 1)),
    "early_stopping": parsing.optional(parsing.one_of("early stopping", EARLY_STOPPING)),
    "refit_dev": parsing.boolean("refit_dev"),
    "frame_pool": parsing.optional(parsing.integer("frame_pool", 1)),
    "class_weight": parsing.one_of("class weight", CLASS_WEIGHTS),
    "labels": lambda value: parsing.one_of("label set", LABEL_SETS)(str(value)),  # YAML reads 4
    "drop_unknown": parsing.boolean("drop_unknown"),
    "transcripts": parsing.names("transcripts"),
    "embeddings": parsing.path("embeddings"),
    "seed": parsing.integer("seed", 0),
    "limit": parsing.optional(parsing.integer("limit", 1)),
}
