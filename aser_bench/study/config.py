"""The one typed description of a run, and how YAML, environment and flags become it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..codecs.bitrates import POLICIES
from ..core.errors import UsageError, suggest
from ..corpora.labels import LABEL_SETS
from ..evaluation.protocols import get_protocol
from ..models.base import CLASS_WEIGHTS, EFFORTS, Settings
from . import parsing
from .parsing import CodecChoice, CorpusChoice

STUDY_BITRATES = (8.0, 16.0, 24.0, 64.0, 96.0, 128.0, 192.0, 256.0)
"""kbit/s of the study that is re-done (FACTS: MP3 beside the uncompressed original)."""

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
"""What a preset sets beneath the study file and the flags; models read its name too."""


@dataclass(frozen=True)
class Study:
    """What to run. Every field is a key of a study file and a flag of ``aser-bench run``.

    Attributes
    ----------
    name : str
        Names the folder in ``results/``; made from the corpora and codecs where empty.
    match_level : bool
        Whether each coded utterance is brought back to the level of its original.
    features : tuple of str
        Each model takes those of its kind, functionals or frames; where there is none of its
        kind, its own.
    protocol : tuple of str
        Empty: ``speaker``, or ``paper`` for a corpus that does not tell its speakers.
    train : tuple of str
        ``all``: a model is trained at each condition and tested on all; ``original``: trained
        on the original alone; ``matched``: tested where it was trained; ``multi``: trained on
        all conditions pooled.
    runs : int or None
        Trainings a fold of what has a random start; None: what the effort says.
    max_epochs, patience, frame_pool, class_weight, embeddings
        What models are told: see `aser_bench.models.base.Settings`.
    labels : str
        Which emotions are told apart, a name of `aser_bench.corpora.labels.LABEL_SETS`.
    transcripts : tuple of str
        Where the words come from for models that read them: ``reference``, or a transcriber that
        hears each condition; each gives such models cells of their own.
    limit : int or None
        So many utterances of each corpus, for a quick look.
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
    max_epochs: int | None = None
    patience: int | None = None
    frame_pool: int | None = None
    class_weight: str = "none"
    labels: str = "all"
    transcripts: tuple[str, ...] = ("reference",)
    embeddings: str | None = None
    seed: int = 0
    limit: int | None = None

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
        """What the study says to its models."""
        return Settings(**{field.name: getattr(self, field.name) for field in fields(Settings)})

    def digest(self) -> str:
        """Return a hash of everything but the name (hex)."""
        content = {key: value for key, value in asdict(self).items() if key != "name"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def to_mapping(self) -> dict[str, Any]:
        """Return the study as it would stand in a study file."""
        plain: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        plain["corpora"] = [{c.name: c.source} if c.source else c.name for c in self.corpora]
        plain["codecs"] = [
            {c.name: list(c.bitrates)} if c.bitrates else c.name for c in self.codecs
        ]
        for key in ("features", "models", "protocol", "train", "transcripts"):
            plain[key] = list(plain[key])
        return plain


def resolve(*layers: Mapping[str, Any]) -> Study:
    """Return the study of several layers, later ones above earlier ones.

    Parameters
    ----------
    *layers : mapping
        Keys are fields of `Study`; values as in a study file or as typed on the command line
        (``"svm,mlp"`` and ``["svm", "mlp"]`` are the same). The preset that the layers name
        lies beneath all of them.

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
    try:
        preset = _PARSERS["preset"](merged.get("preset", "default"))
        merged = {**PRESETS[preset], **merged}
        return Study(**{key: _PARSERS[key](value) for key, value in merged.items()})
    except (TypeError, ValueError) as error:
        raise UsageError(f"the study cannot be read: {error}") from error


def read_file(path: str | Path) -> dict[str, Any]:
    """Return the mapping of a study file; a corpus's relative folder is taken from the file's.

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
    except Exception as error:  # PyYAML lets ValueError, KeyError, RecursionError ... through
        reason = " ".join(str(error).split())
        raise UsageError(f"study file {path} cannot be read: {reason}") from error
    if not isinstance(content, dict):
        raise UsageError(f"study file {path} holds no keys; it should start like 'corpora: [demo]'")
    if "corpora" in content:
        choices = parsing.corpora(content["corpora"])
        content["corpora"] = [
            {c.name: str(path.parent / c.source)} if c.source else c.name for c in choices
        ]
    if isinstance(content.get("embeddings"), str):
        content["embeddings"] = str(path.parent / Path(content["embeddings"]).expanduser())
    return content


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what ``ASER_BENCH_<FIELD>`` variables say of the study (ASER_BENCH_SEED=1)."""
    found = {}
    for field in fields(Study):
        value = environment.get(f"ASER_BENCH_{field.name.upper()}", "")
        if value:
            found[field.name] = value
    return found


def _protocols(value: Any) -> tuple[str, ...]:
    protocols: tuple[str, ...] = parsing.names("protocol", optional=True)(value)
    for name in protocols:
        get_protocol(name)
    return protocols


_PARSERS: dict[str, Any] = {
    "name": lambda value: "" if value is None else str(value),
    "corpora": parsing.corpora,
    "codecs": parsing.codecs,
    "bitrate_policy": parsing.one_of("bitrate policy", POLICIES),
    "match_level": parsing.flag("match_level"),
    "features": parsing.names("feature set", optional=True),
    "models": parsing.names("model"),
    "protocol": _protocols,
    "train": parsing.names("training condition", TRAIN_MODES),
    "preset": parsing.one_of("preset", PRESETS),
    "effort": parsing.one_of("effort", EFFORTS),
    "runs": parsing.or_none(parsing.whole("runs", 1)),
    "max_epochs": parsing.or_none(parsing.whole("max_epochs", 1)),
    "patience": parsing.or_none(parsing.whole("patience", 1)),
    "frame_pool": parsing.or_none(parsing.whole("frame_pool", 1)),
    "class_weight": parsing.one_of("class weight", CLASS_WEIGHTS),
    "labels": lambda value: parsing.one_of("label set", LABEL_SETS)(str(value)),  # YAML reads 4
    "transcripts": parsing.names("transcripts"),
    "embeddings": parsing.path("embeddings"),
    "seed": parsing.whole("seed", 0),
    "limit": parsing.or_none(parsing.whole("limit", 1)),
}
