"""A baseline: what a later run is checked against, small enough for a repository.

Of a results folder it keeps who called which utterance what, without probabilities, the tables
that guards read, and a table of means that people read in a diff.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.atomic import cannot_write, install
from ..core.errors import AserBenchError, UsageError
from .cells import cell_table, score_table
from .check import check_inputs
from .compact import compact
from .manifest_parts import as_mapping, costs, read_manifest
from .options import CheckOptions
from .reader import CELLS_FILE, PREDICTIONS_FILE, SCORES_FILE, CheckInput, read_input
from .verdicts import CheckResult

if TYPE_CHECKING:
    import pandas as pd

MAX_PREDICTION_BYTES = 2_000_000
"""Predictions that take more bytes stay out of a baseline, and scores stand in for them."""

MANIFEST_FILE = "manifest.json"

_COPIED = ("conditions.csv", "leaks.csv", "features.csv", "study.yaml")
_KEPT = (
    "aser_bench",
    "label",
    "settings",
    "budgets",
    "study",
    "study_sha256",
    "packages",
    "components",
    "encoders",
    "engines",
    "ffmpeg",
    "machine",
    "git",
    "corpora",
    "stages",
)
_CIRCUMSTANCES = ("machine", "git", "stages")  # where and when; no reason for a new baseline
_OF_A_RUN = ("drift.csv", "timings.csv", "report.html", "tables", "figures", "sounds")


@dataclass(frozen=True)
class BaselineUpdate:
    """What an update did.

    Attributes
    ----------
    folder : Path
        The baseline.
    sizes : dict of str to int
        Bytes by file, of all files of the baseline.
    written : tuple of str
        The files that are others than before; none where nothing changed.
    predictions : int or None
        Bytes that the predictions take or would take; None where the results had none.
    cells, failed, results : int
        How many cells there are, and how many results of them failed out of how many.
    checked : CheckResult or None
        The new results against the old baseline; None where there was none to compare with.
    unread : str
        Why the old baseline could not be compared with.
    """

    folder: Path
    sizes: dict[str, int]
    written: tuple[str, ...]
    predictions: int | None
    cells: int
    failed: int
    results: int
    checked: CheckResult | None = None
    unread: str = ""


def update(
    new: Path | str, baseline: Path | str, options: CheckOptions | None = None
) -> BaselineUpdate:
    """Make a baseline of a results folder, or bring an old one up to date.

    Parameters
    ----------
    new : path
        A results folder.
    baseline : path
        A folder that is made, or an older baseline, which is replaced as a whole or not at all;
        never the results of a run, which nothing could bring back.
    options : CheckOptions, optional
        How the new results are set against the old baseline, which decides nothing.

    Raises
    ------
    UsageError
        If there are no results in ``new``, or ``baseline`` holds other things or those of a run.
    AserBenchError
        If the disk is full or the folder cannot be written.
    """
    new, baseline = Path(new), Path(baseline)
    _refuse(new, baseline)
    side = read_input(new)
    assert side.manifest is not None
    checked, unread = _against(side, baseline, options or CheckOptions())
    contents, predictions = _contents(side, new)
    contents = _settled(contents, baseline)
    written = tuple(name for name in contents if _held(baseline / name) != contents[name])
    others = {CELLS_FILE, PREDICTIONS_FILE, SCORES_FILE, *_COPIED} - {*contents}
    stale = tuple(name for name in sorted(others) if (baseline / name).exists())
    if written or stale:
        _install(baseline, contents, stale)
    cells = cell_table(baseline)
    return BaselineUpdate(
        baseline,
        {name: len(content) for name, content in contents.items()},
        (*written, *stale),
        predictions,
        len(cells),
        int(cells["failed"].sum()),
        int(cells["results"].sum()),
        checked,
        unread,
    )


def _refuse(new: Path, baseline: Path) -> None:
    if new.is_file():
        raise UsageError(f"{new} is a file; name the results folder that it lies in")
    if not new.is_dir():
        raise UsageError(f"{new} does not exist; name a results folder")
    if not (new / MANIFEST_FILE).is_file():
        raise UsageError(f"{new} is no folder of results: it holds no {MANIFEST_FILE}")
    if read_manifest(new / MANIFEST_FILE) is None:
        raise UsageError(f"{new / MANIFEST_FILE} is no manifest of a run")
    if baseline.exists() and not baseline.is_dir():
        raise UsageError(f"{baseline} is a file; name a folder for the baseline")
    if not baseline.is_dir():
        return
    if new.resolve() == baseline.resolve():
        raise UsageError(f"{new} cannot be its own baseline; name another folder")
    foreign = any(not path.name.startswith(".") for path in baseline.iterdir())
    if not foreign:
        return
    if read_manifest(baseline / MANIFEST_FILE) is None:
        raise UsageError(
            f"{baseline} holds files that are neither a baseline nor results; name another folder"
        )
    lost = [name for name in _OF_A_RUN if (baseline / name).exists()]
    if not (baseline / CELLS_FILE).is_file():
        lost = lost or [f"no {CELLS_FILE}"]
    if lost:
        raise UsageError(
            f"{baseline} holds the results of a run ({', '.join(lost)}), which would be lost; "
            "name another folder for the baseline"
        )


def _against(
    side: CheckInput, baseline: Path, options: CheckOptions
) -> tuple[CheckResult | None, str]:
    if not (baseline / MANIFEST_FILE).is_file():
        return None, ""
    try:
        return check_inputs(side, read_input(baseline), options), ""
    except UsageError as error:  # what is broken is what an update repairs
        return None, str(error)


def _contents(side: CheckInput, folder: Path) -> tuple[dict[str, bytes], int | None]:
    """Return the files of a baseline, and how many bytes predictions take."""
    contents = {CELLS_FILE: _written(cell_table(folder, side), "%.4f")}
    file = folder / PREDICTIONS_FILE
    compacted = compact(file) if file.is_file() else None
    if compacted is not None and len(compacted) <= MAX_PREDICTION_BYTES:
        contents[PREDICTIONS_FILE] = compacted
    else:
        contents[SCORES_FILE] = _written(score_table(folder, side), "%.6f")
    for name in _COPIED:
        content = _held(folder / name)
        if content is not None:
            contents[name] = content
    # Last: a folder with a manifest is a whole one.
    contents[MANIFEST_FILE] = _json(_trimmed(side.manifest or {}))
    return contents, None if compacted is None else len(compacted)


def _trimmed(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return what guards something or tells people where the numbers come from."""
    kept = {name: manifest[name] for name in manifest if name in _KEPT}
    kept["corpora"] = {
        name: {field: value for field, value in corpus.items() if field != "notes"}
        for name, corpus in manifest["corpora"].items()
    }
    # How long people waited is guarded by nothing, and no two runs agree on it.
    kept["stages"] = _stages(manifest)
    return kept


def _stages(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: costs(stage) for name, stage in as_mapping(manifest.get("stages")).items()}
    return {name: told for name, told in found.items() if told}


def _settled(contents: dict[str, bytes], old: Path) -> dict[str, bytes]:
    """Keep the old manifest where the new one differs in nothing but its circumstances."""
    held, then = _held(old / MANIFEST_FILE), read_manifest(old / MANIFEST_FILE)
    others = (name for name in contents if name != MANIFEST_FILE)
    if held is None or then is None or any(_held(old / n) != contents[n] for n in others):
        return contents
    now = json.loads(contents[MANIFEST_FILE])
    alike = _without(then) == _without(now)
    # Costs that nobody knew before are a reason, and what are no costs.
    known = _stages(then)
    whole = known == then.get("stages") and bool(known or not now["stages"])
    return {**contents, MANIFEST_FILE: held} if alike and whole else contents


def _without(manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in manifest.items() if name not in _CIRCUMSTANCES}


def _install(folder: Path, contents: Mapping[str, bytes], stale: tuple[str, ...]) -> None:
    writers = {name: partial(_write, content=content) for name, content in contents.items()}
    try:
        install(folder, writers, stale)
    except AserBenchError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        remedy = "choose another folder for the baseline"
        raise cannot_write(error.__cause__, folder, remedy) from error


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _held(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _json(facts: Mapping[str, Any]) -> bytes:
    # Half of a surrogate pair stands as the escape that it came as.
    text = json.dumps(facts, indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def _written(frame: pd.DataFrame, numbers: str) -> bytes:
    return frame.to_csv(index=False, float_format=numbers, lineterminator="\n").encode()
