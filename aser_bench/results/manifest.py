"""The manifest of a run: where its numbers come from, as typed values read from a JSON file.

This module is the only one that parses ``manifest.json``. A manifest may come from an earlier
version or from elsewhere: a field that is missing, or has a value that no run writes, is None,
which means that the fact is unknown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from ..core.errors import UsageError

FILE = "manifest.json"

_T = TypeVar("_T")
_LARGEST_COUNT = 2**53  # integers up to here are exact as floats, too
_DEEPEST = 32
"""Levels of lists and mappings in a manifest; a run writes about five."""
_NULL_IF_UNKNOWN = {"git", "speakers"}
"""Keys that are written as null: code outside git, a corpus with unknown speakers."""


@dataclass(frozen=True)
class Refusal:
    """A recording that was left out, and why."""

    file: str
    reason: str


@dataclass(frozen=True)
class CorpusFacts:
    """A corpus as a run read it.

    Attributes
    ----------
    title, licence, citation, url : str or None
        As the corpus component declares them.
    synthetic : bool or None
        Whether the speech was made by a machine.
    utterances : int or None
        Number of utterances.
    speakers : int or None
        Number of speakers.
    emotions : mapping of str to int, or None
        Number of utterances of each emotion.
    seconds : float or None
        Duration of all recordings.
    sha256 : str or None
        Hash (hex) of names, labels, speakers and samples of all utterances.
    texts_sha256 : str or None
        Hash (hex) of the reference transcripts; only in studies in which a model reads them.
    refused : tuple of Refusal, or None
        Recordings that were left out.
    notes : tuple of str, or None
        Lines below the tables of the corpus.
    """

    title: str | None = None
    licence: str | None = None
    citation: str | None = None
    url: str | None = None
    synthetic: bool | None = None
    utterances: int | None = None
    speakers: int | None = None
    emotions: Mapping[str, int] | None = None
    seconds: float | None = None
    sha256: str | None = None
    texts_sha256: str | None = None
    refused: tuple[Refusal, ...] | None = None
    notes: tuple[str, ...] | None = None


@dataclass(frozen=True)
class StageCost:
    """Cost of a stage of a run.

    Attributes
    ----------
    wall_s : float or None
        Wall-clock seconds.
    tasks : int or None
        Number of tasks that were computed; None where all results came from the cache.
    cpu_s : float or None
        CPU seconds of these tasks.
    """

    wall_s: float | None = None
    tasks: int | None = None
    cpu_s: float | None = None


@dataclass(frozen=True)
class Machine:
    """The machine and the Python of a run."""

    python: str | None = None
    system: str | None = None
    processor: str | None = None
    cores: int | None = None


Version = int | str


@dataclass(frozen=True)
class Components:
    """Versions of the feature sets and models of a run by name; None for an unreadable version."""

    features: Mapping[str, Version | None] | None = None
    models: Mapping[str, Version | None] | None = None


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Where the numbers of a run come from.

    Attributes
    ----------
    aser_bench : str or None
        Version of this package.
    label : str or None
        Name of the study.
    settings : str or None
        Settings of all models, as captions of tables show them.
    budgets : mapping of str to str, or None
        Model -> limit that ends its training, as captions show it.
    study : mapping
        The study as in a study file. Values are as the file has them: plain JSON, not verified.
    study_sha256 : str or None
        Hash (hex) of the study without its name.
    packages : mapping of str to str, or None
        Version of each package that was used.
    components : Components
    encoders, engines : mapping of str to str, or None
        Codec -> name and version of its encoder, or of the library that encodes in the process.
    ffmpeg : str or None
        Version of ffmpeg.
    encoder_check : str or None
        Result of the reference encoder check.
    machine : Machine
    git : str or None
        Revision of the code, with ``+changed`` where it was edited since.
    corpora : mapping of str to CorpusFacts
    stages : mapping of str to StageCost or None, or None
        Cost of each stage; None for one whose cost is unreadable.
    """

    aser_bench: str | None = None
    label: str | None = None
    settings: str | None = None
    budgets: Mapping[str, str] | None = None
    study: Mapping[str, Any]
    study_sha256: str | None = None
    packages: Mapping[str, str] | None = None
    components: Components = field(default_factory=Components)
    encoders: Mapping[str, str] | None = None
    engines: Mapping[str, str] | None = None
    ffmpeg: str | None = None
    encoder_check: str | None = None
    machine: Machine = field(default_factory=Machine)
    git: str | None = None
    corpora: Mapping[str, CorpusFacts]
    stages: Mapping[str, StageCost | None] | None = None

    @property
    def seed(self) -> int | None:
        """The seed of the study."""
        seed = self.study.get("seed")
        return seed if isinstance(seed, int) and not isinstance(seed, bool) else None

    @property
    def sources(self) -> dict[str, str]:
        """Corpus -> the folder or file that it was read from, without those that need none."""
        corpora = self.study.get("corpora")
        items = corpora if isinstance(corpora, list) else []
        return {
            str(name): str(source)
            for item in items
            if isinstance(item, Mapping)
            for name, source in item.items()
        }

    @classmethod
    def read(cls, path: Path | str) -> Manifest:
        """Read a manifest of this or an earlier version.

        Parameters
        ----------
        path : path
            The file ``manifest.json``.

        Raises
        ------
        UsageError
            If the file cannot be read or is not the manifest of a run.
        """
        try:
            text = Path(path).read_text("utf-8")
            content = json.loads(text, parse_constant=_no_number, parse_float=_finite)
            return cls.from_mapping(content)
        except RecursionError:
            raise UsageError(f"{path} is no manifest of a run: it is nested too deeply") from None
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"{path} is no manifest of a run: {reason}") from error

    @classmethod
    def from_mapping(cls, content: Any) -> Manifest:
        """Return the manifest in a JSON value.

        Raises
        ------
        ValueError
            If the value is not an object with the objects ``study`` and ``corpora``, of which
            the latter holds objects.
        """
        if not isinstance(content, Mapping):
            raise ValueError("it holds no JSON object")
        if not _is_shallow(content):
            raise ValueError("it is nested too deeply")
        study, corpora = (_object(content, name) for name in ("study", "corpora"))
        components, machine = _mapping(content.get("components")), _mapping(content.get("machine"))
        return cls(
            study=study,
            corpora={name: _corpus(_object(corpora, name)) for name in corpora},
            aser_bench=_text(content.get("aser_bench")),
            label=_text(content.get("label")),
            settings=_text(content.get("settings")),
            budgets=_each(content.get("budgets"), _text),
            study_sha256=_text(content.get("study_sha256")),
            packages=_each(content.get("packages"), _text),
            components=Components(
                _versions(components.get("features")), _versions(components.get("models"))
            ),
            encoders=_each(content.get("encoders"), _text),
            engines=_each(content.get("engines"), _text),
            ffmpeg=_text(content.get("ffmpeg")),
            encoder_check=_text(content.get("encoder_check", content.get("canary"))),
            machine=Machine(
                python=_text(machine.get("python")),
                system=_text(machine.get("system")),
                processor=_text(machine.get("processor")),
                cores=count(machine.get("cores")),
            ),
            git=_text(content.get("git")),
            stages=_stages(content.get("stages")),
        )

    def to_mapping(self) -> dict[str, Any]:
        """Return the manifest as JSON values, without the facts that are unknown."""
        return _record(self)

    def to_json(self) -> bytes:
        """Return the content of a manifest file."""
        text = json.dumps(self.to_mapping(), indent=2, ensure_ascii=False) + "\n"
        # Half of a surrogate pair, which UTF-8 cannot hold, is written as a JSON escape.
        return text.encode("utf-8", "backslashreplace")

    def write(self, path: Path | str) -> None:
        """Write the manifest as a file."""
        Path(path).write_bytes(self.to_json())

    def trimmed(self) -> Manifest:
        """Return the manifest of a baseline: without notes, encoder check and wall-clock time."""
        corpora = {name: replace(facts, notes=None) for name, facts in self.corpora.items()}
        stages = {
            name: replace(cost, wall_s=None)
            for name, cost in (self.stages or {}).items()
            if cost is not None and cost.tasks is not None and cost.cpu_s is not None
        }
        return replace(self, corpora=corpora, stages=stages, encoder_check=None)


def count(value: Any) -> int | None:
    """Return a number of things; None for any other value.

    Examples
    --------
    >>> count(24), count(True), count("24"), count(-1)
    (24, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None


def _seconds(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= _LARGEST_COUNT else None  # not so for NaN


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _version(value: Any) -> Version | None:
    is_version = isinstance(value, int | str) and not isinstance(value, bool) and value != ""
    return value if is_version else None


def _object(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = content.get(name)
    if not isinstance(value, Mapping):
        raise ValueError(f"it has no object {name!r}")
    return value


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _each(value: Any, read: Callable[[Any], _T | None]) -> dict[str, _T] | None:
    """Return a mapping without the values that cannot be read; None for any other value."""
    if not isinstance(value, Mapping):
        return None
    pairs = ((name, read(item)) for name, item in value.items())
    return {name: item for name, item in pairs if item is not None}


def _versions(value: Any) -> dict[str, Version | None] | None:
    if not isinstance(value, Mapping):
        return None
    return {name: _version(version) for name, version in value.items()}


def _list(value: Any, read: Callable[[Any], _T | None]) -> tuple[_T, ...] | None:
    """Return a list of which every item can be read; None for any other value."""
    if not isinstance(value, list):
        return None
    items = [item for item in map(read, value) if item is not None]
    return tuple(items) if len(items) == len(value) else None


def _refusal(value: Any) -> Refusal | None:
    file, reason = (_text(_mapping(value).get(name)) for name in ("file", "reason"))
    return None if file is None or reason is None else Refusal(file, reason)


def _corpus(content: Mapping[str, Any]) -> CorpusFacts:
    return CorpusFacts(
        **{name: _text(content.get(name)) for name in ("title", "licence", "citation", "url")},
        synthetic=_flag(content.get("synthetic")),
        utterances=count(content.get("utterances")),
        speakers=count(content.get("speakers")),
        emotions=_each(content.get("emotions"), count),
        seconds=_seconds(content.get("seconds")),
        sha256=_text(content.get("sha256")),
        texts_sha256=_text(content.get("texts_sha256")),
        refused=_list(content.get("refused"), _refusal),
        notes=_list(content.get("notes"), _text),
    )


def _stages(value: Any) -> dict[str, StageCost | None] | None:
    if not isinstance(value, Mapping):
        return None
    return {name: _stage(cost) for name, cost in value.items()}


def _stage(value: Any) -> StageCost | None:
    """Return the cost of a stage; None where one of its numbers cannot be read."""
    if not isinstance(value, Mapping):
        return None
    cost = StageCost(
        _seconds(value.get("wall_s")), count(value.get("tasks")), _seconds(value.get("cpu_s"))
    )
    unreadable = any(
        value.get(item.name) is not None and getattr(cost, item.name) is None
        for item in fields(cost)
    )
    return None if unreadable else cost


def _no_number(name: str) -> None:
    """Read NaN and Infinity, which are no JSON, as null."""


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def _is_shallow(value: Any) -> bool:
    level = [value]
    for _ in range(_DEEPEST):
        items = [list(v.values()) if isinstance(v, Mapping) else v for v in level]
        level = [item for inner in items if isinstance(inner, list) for item in inner]
        if not level:
            return True
    return False


def _record(value: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as JSON values, without those that are unknown."""
    pairs = ((item.name, _as_json(getattr(value, item.name))) for item in fields(value))
    return {name: item for name, item in pairs if item is not None or name in _NULL_IF_UNKNOWN}


def _as_json(value: Any) -> Any:
    if is_dataclass(value):
        return _record(value)
    if isinstance(value, Mapping):
        return {name: _as_json(item) for name, item in value.items()}
    return [_as_json(item) for item in value] if isinstance(value, list | tuple) else value
