"""The one typed description of a run, and how YAML, environment and flags become it."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from .codecs.bitrates import POLICIES
from .codecs.specs import split_bitrate
from .errors import UsageError, suggest
from .evaluation.splits import PROTOCOLS
from .models.base import EFFORTS

STUDY_BITRATES = (8.0, 16.0, 24.0, 64.0, 96.0, 128.0, 192.0, 256.0)
"""kbit/s of the study that is re-done (FACTS: MP3 beside the uncompressed original)."""

TRAIN_MODES = ("all", "original", "matched", "multi")

PRESETS: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {
        "codecs": [{"mp3": list(STUDY_BITRATES)}],
        "models": ["svm", "mlp"],
        "protocol": ["paper"],
        "runs": 10,
    },
}
"""What a preset sets beneath the study file and the flags; models read its name too."""


@dataclass(frozen=True)
class CorpusChoice:
    """A corpus and where it lies (None: it needs no folder)."""

    name: str
    source: str | None = None


@dataclass(frozen=True)
class CodecChoice:
    """A codec, its options or a chain (``opus:application=voip``, ``mp3:64+gsm``), and its
    bitrates in kbit/s (empty: it takes none, or has them in its name).
    """

    name: str
    bitrates: tuple[float, ...] = ()


@dataclass(frozen=True)
class Study:
    """What to run. Every field is a key of a study file and a flag of ``aser-bench run``.

    Attributes
    ----------
    name : str
        Names the folder in ``results/``; made from the corpora and codecs where empty.
    match_level : bool
        Whether each coded utterance is brought back to the level of its original.
    protocol : tuple of str
        Empty: ``speaker``, or ``paper`` for a corpus that does not tell its speakers.
    train : tuple of str
        ``all``: a model is trained at each condition and tested on all; ``original``: trained
        on the original alone; ``matched``: tested where it was trained; ``multi``: trained on
        all conditions pooled.
    runs : int or None
        Trainings a fold of what has a random start; None: what the effort says.
    limit : int or None
        So many utterances of each corpus, for a quick look.
    """

    name: str = ""
    corpora: tuple[CorpusChoice, ...] = (CorpusChoice("demo"),)
    codecs: tuple[CodecChoice, ...] = (CodecChoice("mp3", STUDY_BITRATES),)
    bitrate_policy: str = "promote"
    match_level: bool = False
    features: tuple[str, ...] = ("functionals",)
    models: tuple[str, ...] = ("svm", "mlp")
    protocol: tuple[str, ...] = ()
    train: tuple[str, ...] = ("all",)
    preset: str = "default"
    effort: str = "standard"
    runs: int | None = None
    seed: int = 0
    limit: int | None = None

    @property
    def label(self) -> str:
        """The study's name, or one made from its content."""
        if self.name:
            return self.name
        parts = [c.name for c in self.corpora] + [c.name for c in self.codecs]
        words = [re.sub(r"[^\w.+-]+", "-", part) for part in parts]
        return "-".join([*words, self.digest()[:6]])

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
        for key in ("features", "models", "protocol", "train"):
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
        choices = _corpora(content["corpora"])
        content["corpora"] = [
            {c.name: str(path.parent / c.source)} if c.source else c.name for c in choices
        ]
    return content


def from_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what ``ASER_BENCH_<FIELD>`` variables say of the study (ASER_BENCH_SEED=1)."""
    found = {}
    for field in fields(Study):
        value = environment.get(f"ASER_BENCH_{field.name.upper()}", "")
        if value:
            found[field.name] = value
    return found


def _corpora(value: Any) -> tuple[CorpusChoice, ...]:
    choices = []
    for item in _items(value):
        for name, source in item.items() if isinstance(item, dict) else [_pair(item)]:
            choices.append(CorpusChoice(str(name), str(source) if source else None))
    return _unique(choices, "corpus", [choice.name for choice in choices])


def _codecs(value: Any) -> tuple[CodecChoice, ...]:
    choices = []
    for item in _items(value):
        for name, rates in item.items() if isinstance(item, dict) else [(item, ())]:
            choices.append(_codec(str(name), _bitrates(rates) if rates is not None else ()))
    return _unique(choices, "codec", [choice.name for choice in choices])


def _codec(spec: str, rates: tuple[float, ...]) -> CodecChoice:
    name, own = split_bitrate(spec)
    if own is None:
        return CodecChoice(spec, rates)
    if rates:
        raise UsageError(f"codec {spec!r} has its bitrate already: leave out --bitrates")
    return CodecChoice(name, _bitrates([own]))


def _bitrates(value: Any) -> tuple[float, ...]:
    rates = []
    for item in _items(value):
        try:
            rate = float(str(item).lower().removesuffix("k"))
        except ValueError:
            rate = math.nan
        if not math.isfinite(rate) or rate <= 0:
            raise UsageError(f"--bitrates: {item!r} is no bitrate in kbit/s (write 8,16,64)")
        rates.append(rate)
    return tuple(sorted(set(rates)))


def _pair(item: Any) -> tuple[str, str | None]:
    name, equals, source = str(item).partition("=")
    if not name:
        raise UsageError(f"--corpus {item}: a corpus's name must stand before the equals sign")
    if equals and not source:
        raise UsageError(f"--corpus {item}: a folder or file must follow the equals sign")
    return name, source or None


def _items(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    return list(value) if isinstance(value, list | tuple) else [value]


def _unique(choices: list, what: str, names: list[str]) -> tuple:
    if not choices:
        raise UsageError(f"the study names no {what}")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{what} {twice[0]!r} is given twice")
    return tuple(choices)


def _names(what: str, known: tuple[str, ...] = (), optional: bool = False) -> Any:
    def parse(value: Any) -> tuple[str, ...]:
        names = [str(item) for item in _items(value)]
        for name in names:
            if known and name not in known:
                raise UsageError(f"unknown {what} {name!r}{suggest(name, known)}")
        return () if optional and not names else _unique(names, what, names)

    return parse


def _one_of(what: str, known: Any) -> Any:
    def parse(value: Any) -> str:
        if value not in tuple(known):  # a list, which a dict could not look up, is no name either
            raise UsageError(f"unknown {what} {value!r}{suggest(str(value), known)}")
        return str(value)

    return parse


def _flag(what: str) -> Any:
    def parse(value: Any) -> bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if str(value).lower() not in words:
            raise UsageError(f"{what} must be true or false, not {value!r}")
        return words[str(value).lower()]

    return parse


def _whole(what: str, least: int) -> Any:
    def parse(value: Any) -> int:
        try:
            number = int(str(value))
        except ValueError:
            number = least - 1
        if number < least:
            raise UsageError(f"{what} must be a whole number of at least {least}, not {value!r}")
        return number

    return parse


def _or_none(parse: Any) -> Any:
    return lambda value: None if value is None else parse(value)


_PARSERS: dict[str, Any] = {
    "name": lambda value: "" if value is None else str(value),
    "corpora": _corpora,
    "codecs": _codecs,
    "bitrate_policy": _one_of("bitrate policy", POLICIES),
    "match_level": _flag("match_level"),
    "features": _names("feature set"),
    "models": _names("model"),
    "protocol": _names("protocol", tuple(PROTOCOLS), optional=True),
    "train": _names("training condition", TRAIN_MODES),
    "preset": _one_of("preset", PRESETS),
    "effort": _one_of("effort", EFFORTS),
    "runs": _or_none(_whole("runs", 1)),
    "seed": _whole("seed", 0),
    "limit": _or_none(_whole("limit", 1)),
}
