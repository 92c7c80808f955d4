"""The manifest of a run: where its numbers come from, as typed values read from a JSON file.

This module is the only one that parses ``manifest.json``. A manifest may come from an earlier
version or from elsewhere: a field that is missing, or has a value that no run writes, is None,
which means that the fact is unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from ..core.errors import UsageError
from . import json_values

FILE = "manifest.json"

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
    scaled : mapping of str to float, or None
        File -> factor, for each recording above full scale.
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
    scaled: Mapping[str, float] | None = None


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
        Cost of each stage; None for one with an unreadable cost.
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
            return cls.from_mapping(json_values.parse(Path(path).read_text("utf-8")))
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"{path} is not the manifest of a run: {reason}") from error

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
            raise ValueError("it has no JSON object")
        study, corpora = (json_values.required_object(content, n) for n in ("study", "corpora"))
        components, machine = (
            json_values.object_or_empty(content.get(name)) for name in ("components", "machine")
        )
        text, version = json_values.text, json_values.version
        return cls(
            study=study,
            corpora={name: _corpus(json_values.required_object(corpora, name)) for name in corpora},
            aser_bench=text(content.get("aser_bench")),
            label=text(content.get("label")),
            settings=text(content.get("settings")),
            budgets=json_values.each(content.get("budgets"), text),
            study_sha256=text(content.get("study_sha256")),
            packages=json_values.each(content.get("packages"), text),
            components=Components(
                json_values.each_or_none(components.get("features"), version),
                json_values.each_or_none(components.get("models"), version),
            ),
            encoders=json_values.each(content.get("encoders"), text),
            engines=json_values.each(content.get("engines"), text),
            ffmpeg=text(content.get("ffmpeg")),
            encoder_check=text(content.get("encoder_check", content.get("canary"))),
            machine=Machine(
                python=text(machine.get("python")),
                system=text(machine.get("system")),
                processor=text(machine.get("processor")),
                cores=json_values.count(machine.get("cores")),
            ),
            git=text(content.get("git")),
            stages=json_values.each_or_none(content.get("stages"), _stage),
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


def _refusal(value: Any) -> Refusal | None:
    content = json_values.object_or_empty(value)
    file, reason = (json_values.text(content.get(name)) for name in ("file", "reason"))
    return None if file is None or reason is None else Refusal(file, reason)


def _corpus(content: Mapping[str, Any]) -> CorpusFacts:
    text, count = json_values.text, json_values.count
    return CorpusFacts(
        **{name: text(content.get(name)) for name in ("title", "licence", "citation", "url")},
        synthetic=json_values.flag(content.get("synthetic")),
        utterances=count(content.get("utterances")),
        speakers=count(content.get("speakers")),
        emotions=json_values.each(content.get("emotions"), count),
        seconds=json_values.seconds(content.get("seconds")),
        sha256=text(content.get("sha256")),
        texts_sha256=text(content.get("texts_sha256")),
        refused=json_values.items(content.get("refused"), _refusal),
        notes=json_values.items(content.get("notes"), text),
        scaled=json_values.each(content.get("scaled"), json_values.factor),
    )


def _stage(value: Any) -> StageCost | None:
    """Return the cost of a stage; None if one of its numbers cannot be read."""
    if not isinstance(value, Mapping):
        return None
    cost = StageCost(
        json_values.seconds(value.get("wall_s")),
        json_values.count(value.get("tasks")),
        json_values.seconds(value.get("cpu_s")),
    )
    unreadable = any(
        value.get(item.name) is not None and getattr(cost, item.name) is None
        for item in fields(cost)
    )
    return None if unreadable else cost


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
