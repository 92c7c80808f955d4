"""A baseline in words: what it holds, what an update of it did."""

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
from .cells import cell_table
from .formats.labels import full_name, reason
from .formats.sanitize import plain
from .manifest_parts import as_count, as_mapping, as_word, read_manifest
from .reader import PREDICTIONS_FILE, SCORES_FILE
from .verdicts import SAME, CheckResult
from .writer import MANIFEST_FILE, MAX_PREDICTION_BYTES, BaselineUpdate

_MOST_LISTED = 5
_LEAST_SPEAKERS = 3
_NAMES = ("corpus", "features", "model", "protocol")


def size(n_bytes: int) -> str:
    """Write a number of bytes.

    Examples
    --------
    >>> size(950), size(85_114), size(1_530_000)
    ('950 bytes', '85 kB', '1.5 MB')
    """
    if n_bytes < 1000:
        return f"{n_bytes} bytes"
    return f"{n_bytes / 1e3:.0f} kB" if n_bytes < 999_500 else f"{n_bytes / 1e6:.1f} MB"


def format_comparison(done: BaselineUpdate) -> str:
    """Return what a check of the new results said against the old baseline; empty without one."""
    if done.unread:
        return f"The old baseline cannot be read and is replaced unseen: {plain(done.unread)}\n"
    if done.checked is None:
        return ""
    lines = [f"Against the old baseline: {done.checked.sentence}"]
    lines += [f"  {line}" for line in _moved(done.checked)]
    lines += [f"  note: {plain(note)}" for note in done.checked.notes]
    return "".join(_hung(line) for line in lines)


def _moved(checked: CheckResult) -> Iterator[str]:
    cells = [one for one in checked.cells if one.verdict != SAME]
    for one in cells[:_MOST_LISTED]:
        yield f"{one.verdict}: {full_name(one)}: {reason(one)}"
    if len(cells) > _MOST_LISTED:
        yield f"and {len(cells) - _MOST_LISTED} more cells"
    guards = [one for one in checked.guards if one.verdict != SAME]
    for guard in guards[:_MOST_LISTED]:
        yield f"{guard.verdict}: {plain(guard.what)}: {reason(guard)}"
    if len(guards) > _MOST_LISTED:
        yield f"and {len(guards) - _MOST_LISTED} more guards"


def format_update(done: BaselineUpdate) -> str:
    """Return what lies in the baseline now, and what it does not guard."""
    lines = []
    if done.failed:
        lines.append(
            f"{done.failed} of {done.results} results failed (cells.csv says why): nothing guards "
            "them."
        )
    if SCORES_FILE in done.sizes:
        lines.append(f"check will go by folds, from {SCORES_FILE}: {_why_folds(done)}.")
    whole = f"{done.cells} cells in {size(sum(done.sizes.values()))}"
    lines.append(
        f"{done.folder}: {whole}; wrote {', '.join(done.written)}."
        if done.written
        else f"{done.folder}: {whole}; nothing changed."
    )
    return "".join(_hung(line) for line in lines)


def _why_folds(done: BaselineUpdate) -> str:
    if done.predictions is None:
        return f"the results hold no {PREDICTIONS_FILE}"
    return (
        f"predictions would take {size(done.predictions)}, more than {size(MAX_PREDICTION_BYTES)}"
    )


def _hung(line: str) -> str:
    """Break a line; what follows is indented further than its start."""
    margin = len(line) - len(line.lstrip())
    broken = paragraph(line, 78 - margin).splitlines()
    return "".join(
        f"{' ' * (margin if not place else margin + 4)}{each}\n"
        for place, each in enumerate(broken)
    )


def format_baseline(folder: Path | str) -> str:
    """Return what a baseline or a results folder holds, in lines of at most 80 columns.

    Raises
    ------
    UsageError
        If there is neither.
    """
    folder = Path(folder)
    if folder.is_file():
        raise UsageError(f"{folder} is a file; name the folder that it lies in")
    if not (folder / MANIFEST_FILE).is_file():
        raise UsageError(f"{folder} holds no {MANIFEST_FILE}: neither a baseline nor results")
    manifest = read_manifest(folder / MANIFEST_FILE)
    if manifest is None:
        raise UsageError(f"{folder / MANIFEST_FILE} is no manifest of a run")
    frame = cell_table(folder)
    facts = (
        f"{name + ':':10}{line}\n" if not place else f"{'':10}{line}\n"
        for name, text in _facts(folder, manifest, frame)
        if text
        for place, line in enumerate(paragraph(plain(text), 70).splitlines())
    )
    parts = ["".join(facts), render(_table(frame))]
    study = folder / "study.yaml"
    if study.is_file():
        command = shlex.join(["aser-bench", "run", str(study), "--out", "new"])
        parts.append(f"What computes it again:\n{plain(command)}\n")
    return "\n".join(parts)


def _facts(
    folder: Path, manifest: Mapping[str, Any], frame: pd.DataFrame
) -> Iterator[tuple[str, str]]:
    """Return what is known of a baseline, by name."""
    study, seed = manifest["study"], as_count(manifest["study"].get("seed"))
    told = [as_word(manifest.get("settings")), "" if seed is None else f"seed {seed}"]
    label = as_word(manifest.get("label")) or as_word(study.get("name")) or folder.name
    said = ", ".join(filter(None, told))
    yield "label", f"{label} ({said})" if said else label
    for name, corpus in manifest["corpora"].items():
        yield "corpus", f"{name}: {_counted(corpus)}"
    yield "encoder", _pairs(manifest.get("encoders"), ": ")
    version = as_word(manifest["aser_bench"])
    yield (
        "versions",
        ", ".join(
            filter(
                None,
                (f"aser-bench {version}" if version else "", _pairs(manifest.get("packages"), " ")),
            )
        ),
    )
    yield "revision", as_word(manifest.get("git"))
    yield "compared", "; ".join(_compared(folder, manifest, frame))
    failed = int(frame["failed"].sum())
    lost = f", {failed} of which failed and are not guarded" if failed else ""
    yield "cells", f"{len(frame)}, from {int(frame['results'].sum())} results{lost}"
    sizes = [path.stat().st_size for path in folder.rglob("*") if path.is_file()]
    yield "size", f"{size(sum(sizes))} in {len(sizes)} files"


def _counted(corpus: Mapping[str, Any]) -> str:
    refused = corpus.get("refused")
    refused = len(refused) if isinstance(refused, list) else 0
    known = as_count(corpus.get("speakers"))
    speakers = f" of {known} speakers" if known else ", whose speakers are not told"
    more = f", {refused} refused" if refused else ""
    utterances = as_count(corpus.get("utterances"))
    return f"{'?' if utterances is None else utterances} utterances{speakers}{more}"


def _pairs(found: Any, between: str) -> str:
    told = {name: as_word(value) for name, value in as_mapping(found).items()}
    return ", ".join(f"{name}{between}{value}" for name, value in told.items() if value)


def _compared(folder: Path, manifest: Mapping[str, Any], frame: pd.DataFrame) -> Iterator[str]:
    """Return on what a check against this stands, in words."""
    if not (folder / PREDICTIONS_FILE).is_file():
        yield f"by scores, fold by fold (there is no {PREDICTIONS_FILE})"
        return
    named = len(manifest["corpora"]) > 1
    for name, corpus in manifest["corpora"].items():
        speakers = as_count(corpus.get("speakers")) or 0
        how = (
            f"by predictions, clustered by {speakers} speakers"
            if speakers >= _LEAST_SPEAKERS
            else "by predictions, utterances as independent (too few speakers are known)"
        )
        yield f"{name}: {how}" if named else how


def _table(frame: pd.DataFrame) -> Table:
    """Return UAR by what a cell is trained and tested at."""
    conditions = list(dict.fromkeys(frame["test_condition"]))
    shared = [name for name in _NAMES if frame[name].nunique() == 1]
    rows = []
    for key, own in frame.groupby([*_NAMES, "train_condition"], sort=False):
        *names, train = map(str, key)
        found = {one["test_condition"]: one for one in own.to_dict("records")}
        heading = [
            plain(word) for name, word in zip(_NAMES, names, strict=True) if name not in shared
        ]
        rows.append(
            Row(
                (plain(train),),
                tuple(_cell(found.get(test)) for test in conditions),
                ", ".join(heading),
            )
        )
    every = ", ".join(f"{name} {plain(str(frame[name].iloc[0]))}" for name in shared)
    return Table(
        "uar",
        f"UAR, mean over folds of the means over runs{f'; {every}' if every else ''}",
        "",
        ("trained at",),
        tuple(Column("tested at", plain(name)) for name in conditions),
        tuple(rows),
        (),
    )


def _cell(one: Mapping[Any, Any] | None) -> Cell:
    if one is None:
        return Cell()
    lost = f"{one['failed']} of {one['results']} results failed." if one["failed"] else ""
    text = "failed" if one["failed"] == one["results"] else fraction(float(one["uar"]))
    return Cell(text, notes=(lost,) if lost else ())
