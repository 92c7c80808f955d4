"""Comparison of a study with the study of existing results in a folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..core.errors import UsageError
from ..study.config import Study, resolve
from .manifest import FILE, Manifest

_MOST_SETTINGS, _LONGEST = 3, 60


def check_same_study(folder: Path, study: Study) -> None:
    """Refuse a folder with the results of another study.

    The study's name does not count, nor does the version of the package that wrote the results.

    Raises
    ------
    UsageError
        If the studies differ, or the folder's manifest cannot be read.
    """
    if reason := difference(folder, study):
        raise UsageError(
            f"{folder} contains {reason}; choose another folder with --out, or replace them with "
            "--overwrite"
        )


def difference(folder: Path, study: Study) -> str:
    """Return what a folder contains instead of results of a study; empty if there is no difference.

    Returns
    -------
    str
        Such as ``results of another study (seed: 0, not 1)``.
    """
    if not (folder / FILE).exists():
        return ""
    try:
        earlier = resolve(Manifest.read(folder / FILE).study)
    except UsageError as error:
        return f"results of a study that this version cannot read ({error})"
    if _comparable(earlier).digest() == _comparable(study).digest():
        return ""
    settings = _differences(earlier.to_mapping(), study.to_mapping())
    return f"results of another study ({'; '.join(settings[:_MOST_SETTINGS])})"


def _comparable(study: Study) -> Study:
    """Return the study with absolute paths: the same file may be named from two folders."""
    corpora = tuple(
        replace(choice, source=_absolute(choice.source)) if choice.source else choice
        for choice in study.corpora
    )
    vectors = study.embeddings
    return replace(study, corpora=corpora, embeddings=vectors and _absolute(vectors))


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())


def _differences(earlier: Mapping[str, Any], study: Mapping[str, Any]) -> list[str]:
    return [
        f"{name}: {_shown(earlier[name])}, not {_shown(value)}"
        for name, value in study.items()
        if name != "name" and earlier[name] != value
    ]


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
