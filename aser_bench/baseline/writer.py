"""Creating and updating baselines, which later runs are checked against.

A baseline is small enough for a repository. It has the predictions of a results folder without
probabilities, the tables that guards read, and a table of cells for people who read its diff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from ..core.atomic import writing
from ..core.errors import UsageError
from ..results.manifest import Machine, Manifest
from .cells import cell_table, score_table
from .check import check_inputs
from .compact import compact
from .options import CheckOptions
from .reader import (
    CELLS_FILE,
    MANIFEST_FILE,
    PREDICTIONS_FILE,
    SCORES_FILE,
    CheckInput,
    read_input,
)
from .verdicts import CheckResult

MAX_PREDICTION_BYTES = 2_000_000
"""Size of compact predictions above which a baseline has scores instead."""

_COPIED_FILES = ("conditions.csv", "leaks.csv", "features.csv", "study.yaml")
_RUN_ONLY = ("drift.csv", "timings.csv", "report.html", "tables", "figures", "sounds")


@dataclass(frozen=True)
class BaselineUpdate:
    """The result of an update.

    Attributes
    ----------
    folder : Path
        The baseline.
    sizes : dict of str to int
        Bytes of each file of the baseline.
    written : tuple of str
        The files that changed; empty if none did.
    predictions : int or None
        Bytes that the predictions take or would take; None if the results have none.
    cells, failed, results : int
        The number of cells, of failed results, and of all results.
    checked : CheckResult or None
        The new results against the old baseline; None if there was none that could be read.
    unreadable : str
        Why the old baseline could not be read; empty if it could.
    """

    folder: Path
    sizes: dict[str, int]
    written: tuple[str, ...]
    predictions: int | None
    cells: int
    failed: int
    results: int
    checked: CheckResult | None = None
    unreadable: str = ""


def update(
    new: Path | str, baseline: Path | str, options: CheckOptions | None = None
) -> BaselineUpdate:
    """Create a baseline from a results folder, or replace an older one.

    Parameters
    ----------
    new : path
        A results folder.
    baseline : path
        A folder to create, or an older baseline, which is replaced as a whole or not at all.
        The results of a run are never replaced.
    options : CheckOptions, optional
        Options of the check of the new results against the old baseline. The check is reported
        only: the baseline is updated even if the check fails.

    Raises
    ------
    UsageError
        If ``new`` is not a results folder, or ``baseline`` holds other files or results.
    AserBenchError
        If the disk is full or the folder cannot be written.
    """
    new, baseline = Path(new), Path(baseline)
    _refuse(new, baseline)
    side = read_input(new)
    assert side.manifest is not None
    checked, unreadable = _check_old(side, baseline, options or CheckOptions())
    contents, predictions = _tables(side, new)
    manifest = side.manifest.trimmed()
    changed = any(_content(baseline / name) != contents[name] for name in contents)
    old_manifest = None if changed else _equivalent_manifest(manifest, baseline)
    contents[MANIFEST_FILE] = old_manifest or manifest.to_json()
    written = tuple(name for name in contents if _content(baseline / name) != contents[name])
    others = {CELLS_FILE, PREDICTIONS_FILE, SCORES_FILE, *_COPIED_FILES} - {*contents}
    stale = tuple(name for name in sorted(others) if (baseline / name).exists())
    if written or stale:
        _write(baseline, contents, stale)
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
        unreadable,
    )


def _refuse(new: Path, baseline: Path) -> None:
    if new.is_file():
        raise UsageError(f"{new} is a file; name the results folder that contains it")
    if not new.is_dir():
        raise UsageError(f"{new} does not exist; name a results folder")
    if not (new / MANIFEST_FILE).is_file():
        raise UsageError(f"{new} is not a results folder: it has no {MANIFEST_FILE}")
    if baseline.exists() and not baseline.is_dir():
        raise UsageError(f"{baseline} is a file; name a folder for the baseline")
    if not baseline.is_dir():
        return
    if new.resolve() == baseline.resolve():
        raise UsageError(f"{new} cannot be its own baseline; name another folder")
    if not any(not path.name.startswith(".") for path in baseline.iterdir()):
        return
    if _read_manifest(baseline) is None:
        raise UsageError(
            f"{baseline} contains files that are neither a baseline nor results; name another "
            "folder"
        )
    run_only = [name for name in _RUN_ONLY if (baseline / name).exists()]
    if not (baseline / CELLS_FILE).is_file():
        run_only = run_only or [f"no {CELLS_FILE}"]
    if run_only:
        raise UsageError(
            f"{baseline} contains the results of a run ({', '.join(run_only)}), which would be "
            "lost; name another folder for the baseline"
        )


def _read_manifest(folder: Path) -> Manifest | None:
    try:
        return Manifest.read(folder / MANIFEST_FILE)
    except UsageError:
        return None


def _check_old(
    side: CheckInput, baseline: Path, options: CheckOptions
) -> tuple[CheckResult | None, str]:
    if not (baseline / MANIFEST_FILE).is_file():
        return None, ""
    try:
        return check_inputs(side, read_input(baseline), options), ""
    except UsageError as error:  # the update replaces a broken baseline
        return None, str(error)


def _tables(side: CheckInput, folder: Path) -> tuple[dict[str, bytes], int | None]:
    """Return the files of a baseline without its manifest, and the size of the predictions."""
    contents = {CELLS_FILE: _to_csv(cell_table(folder, side), "%.4f")}
    file = folder / PREDICTIONS_FILE
    predictions = compact(file) if file.is_file() else None
    if predictions is not None and len(predictions) <= MAX_PREDICTION_BYTES:
        contents[PREDICTIONS_FILE] = predictions
    else:
        contents[SCORES_FILE] = _to_csv(score_table(folder, side), "%.6f")
    for name in _COPIED_FILES:
        content = _content(folder / name)
        if content is not None:
            contents[name] = content
    return contents, None if predictions is None else len(predictions)


def _equivalent_manifest(manifest: Manifest, baseline: Path) -> bytes | None:
    """Return the old manifest if the new one differs in machine, revision and cost only.

    Otherwise None, also if the old one has costs that cannot be read or none where there are
    new ones.
    """
    old = _read_manifest(baseline)
    if old is None or _without_circumstances(old) != _without_circumstances(manifest):
        return None
    complete = old.stages == old.trimmed().stages and bool(old.stages or not manifest.stages)
    return _content(baseline / MANIFEST_FILE) if complete else None


def _without_circumstances(manifest: Manifest) -> Manifest:
    return replace(manifest, machine=Machine(), git=None, stages=None)


def _write(folder: Path, contents: Mapping[str, bytes], stale: tuple[str, ...]) -> None:
    with (
        writing(folder, "choose another folder for the baseline") as target,
        target.replacing({*contents, *stale}) as staged,
    ):
        for name, content in contents.items():
            (staged / name).write_bytes(content)


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _to_csv(frame: pd.DataFrame, float_format: str) -> bytes:
    return frame.to_csv(index=False, float_format=float_format, lineterminator="\n").encode()
