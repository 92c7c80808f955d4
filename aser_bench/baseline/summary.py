"""Descriptions of a baseline and of its update, for the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..core.errors import UsageError
from ..report.base import Cell, Column, Row, Table
from ..report.terminal import paragraph, render
from ..report.text import fraction
from ..results.manifest import CorpusFacts, Manifest
from .cells import cell_table
from .formats import labels
from .formats.sanitize import plain
from .reader import MANIFEST_FILE, PREDICTIONS_FILE, SCORES_FILE
from .verdicts import SAME, CheckResult
from .writer import MAX_PREDICTION_BYTES, BaselineUpdate

_MAX_LISTED = 5
_MIN_SPEAKERS = 3
_NAMES = ("corpus", "features", "model", "protocol")


def format_size(n_bytes: int) -> str:
    """Return a number of bytes as text.

    Examples
    --------
    >>> format_size(950), format_size(85_114), format_size(1_530_000)
    ('950 bytes', '85 kB', '1.5 MB')
    """
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes < 999_500 else f"{n_bytes / 1e6:.1f} MB"


def format_comparison(update: BaselineUpdate) -> str:
    """Return the check of the new results against the old baseline; empty if there was none."""
    if update.unreadable:
        reason = plain(update.unreadable)
        return f"The old baseline cannot be read and is replaced without a check: {reason}\n"
    if update.checked is None:
        return ""
    lines = [f"Against the old baseline: {update.checked.sentence}"]
    lines += [f"  {line}" for line in _changes(update.checked)]
    lines += [f"  note: {plain(note)}" for note in update.checked.notes]
    return "".join(_indented(line) for line in lines)


def _changes(checked: CheckResult) -> Iterator[str]:
    cells = [cell for cell in checked.cells if cell.verdict != SAME]
    for cell in cells[:_MAX_LISTED]:
        yield f"{labels.verdict(cell)}: {labels.full_name(cell)}: {labels.reason(cell)}"
    if len(cells) > _MAX_LISTED:
        yield f"and {len(cells) - _MAX_LISTED} more cells"
    guards = [guard for guard in checked.guards if guard.verdict != SAME]
    for guard in guards[:_MAX_LISTED]:
        yield f"{labels.verdict(guard)}: {plain(guard.what)}: {labels.reason(guard)}"
    if len(guards) > _MAX_LISTED:
        yield f"and {len(guards) - _MAX_LISTED} more guards"


def format_update(update: BaselineUpdate) -> str:
    """Return the size of a baseline, the files that changed, and what a check cannot use."""
    lines = []
    if update.failed:
        lines.append(
            f"{update.failed} of {update.results} results failed and are not compared; cells.csv "
            "has the reasons."
        )
    if SCORES_FILE in update.sizes:
        lines.append(f"check will compare scores by fold ({SCORES_FILE}): {_why_scores(update)}.")
    size = f"{update.cells} cells in {format_size(sum(update.sizes.values()))}"
    changes = f"wrote {', '.join(update.written)}" if update.written else "nothing changed"
    lines.append(f"{update.folder}: {size}; {changes}.")
    return "".join(_indented(line) for line in lines)


def _why_scores(update: BaselineUpdate) -> str:
    if update.predictions is None:
        return f"the results have no {PREDICTIONS_FILE}"
    size, limit = format_size(update.predictions), format_size(MAX_PREDICTION_BYTES)
    return f"predictions would take {size}, more than {limit}"


def _indented(line: str) -> str:
    """Break a line; further lines are indented more than the first one."""
    margin = len(line) - len(line.lstrip())
    return "".join(
        f"{' ' * (margin + 4 if index else margin)}{part}\n"
        for index, part in enumerate(paragraph(line, 78 - margin).splitlines())
    )


def format_baseline(folder: Path | str) -> str:
    """Return a description of a baseline or a results folder, in lines of at most 80 columns.

    Raises
    ------
    UsageError
        If the folder is neither.
    """
    folder = Path(folder)
    if folder.is_file():
        raise UsageError(f"{folder} is a file; name the folder that contains it")
    if not (folder / MANIFEST_FILE).is_file():
        raise UsageError(f"{folder} has no {MANIFEST_FILE}: it is neither a baseline nor results")
    manifest = Manifest.read(folder / MANIFEST_FILE)
    cells = cell_table(folder)
    facts = (
        f"{'' if index else name + ':':10}{line}\n"
        for name, text in _facts(folder, manifest, cells)
        if text
        for index, line in enumerate(paragraph(plain(text), 70).splitlines())
    )
    parts = ["".join(facts), render(_uar_table(cells))]
    study = folder / "study.yaml"
    if study.is_file():
        command = shlex.join(["aser-bench", "run", str(study), "--out", "new"])
        parts.append(f"Command that computes it again:\n{plain(command)}\n")
    return "\n".join(parts)


def _facts(folder: Path, manifest: Manifest, cells: pd.DataFrame) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each fact; empty texts are not shown."""
    name = manifest.study.get("name")
    label = manifest.label or (name if isinstance(name, str) else "") or folder.name
    seed = "" if manifest.seed is None else f"seed {manifest.seed}"
    settings = _joined(manifest.settings or "", seed)
    yield "label", f"{label} ({settings})" if settings else label
    for corpus, facts in manifest.corpora.items():
        yield "corpus", f"{corpus}: {_corpus_sizes(facts)}"
    yield "encoder", _pairs(manifest.encoders, ": ")
    version = f"aser-bench {manifest.aser_bench}" if manifest.aser_bench else ""
    yield "versions", _joined(version, _pairs(manifest.packages, " "))
    yield "revision", manifest.git or ""
    yield "compared", "; ".join(_comparisons(folder, manifest))
    failed = int(cells["failed"].sum())
    failures = f", of which {failed} failed and are not compared" if failed else ""
    yield "cells", f"{len(cells)}, from {int(cells['results'].sum())} results{failures}"
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    yield "size", f"{format_size(sum(sizes))} in {len(sizes)} files"


def _joined(*texts: str) -> str:
    return ", ".join(filter(None, texts))


def _corpus_sizes(facts: CorpusFacts) -> str:
    utterances = "?" if facts.utterances is None else facts.utterances
    speakers = f" of {facts.speakers} speakers" if facts.speakers else ", speakers unknown"
    refused = f", {len(facts.refused)} refused" if facts.refused else ""
    return f"{utterances} utterances{speakers}{refused}"


def _pairs(mapping: Mapping[str, str] | None, separator: str) -> str:
    return ", ".join(f"{name}{separator}{value}" for name, value in (mapping or {}).items())


def _comparisons(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield how results are compared with this baseline."""
    if not (folder / PREDICTIONS_FILE).is_file():
        yield f"by scores, fold by fold (there is no {PREDICTIONS_FILE})"
        return
    for name, facts in manifest.corpora.items():
        comparison = (
            f"by predictions, clustered by {facts.speakers} speakers"
            if (facts.speakers or 0) >= _MIN_SPEAKERS
            else "by predictions, utterances treated as independent (fewer than three speakers)"
        )
        yield f"{name}: {comparison}" if len(manifest.corpora) > 1 else comparison


def _uar_table(cells: pd.DataFrame) -> Table:
    """Return UAR by training and test condition."""
    conditions = list(dict.fromkeys(cells["test_condition"]))
    shared = [name for name in _NAMES if cells[name].nunique() == 1]
    rows = []
    for key, group in cells.groupby([*_NAMES, "train_condition"], sort=False):
        *names, train = map(str, key)
        by_test = {cell["test_condition"]: cell for cell in group.to_dict("records")}
        heading = [
            plain(value) for name, value in zip(_NAMES, names, strict=True) if name not in shared
        ]
        values = tuple(_uar(by_test.get(test)) for test in conditions)
        rows.append(Row((plain(train),), values, ", ".join(heading)))
    everywhere = ", ".join(f"{name} {plain(str(cells[name].iloc[0]))}" for name in shared)
    return Table(
        "uar",
        f"UAR, mean over folds of the means over runs{f'; {everywhere}' if everywhere else ''}",
        "",
        ("trained at",),
        tuple(Column("tested at", plain(name)) for name in conditions),
        tuple(rows),
        (),
    )


def _uar(cell: Mapping[Any, Any] | None) -> Cell:
    if cell is None:
        return Cell()
    failed, results = cell["failed"], cell["results"]
    note = f"{failed} of {results} results failed." if failed else ""
    text = "failed" if failed == results else fraction(float(cell["uar"]))
    return Cell(text, notes=(note,) if note else ())
