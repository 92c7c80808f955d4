"""Coded copies of a corpus, for listening and for tools that read audio files."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..codecs import reference_encoder
from ..core import atomic, ffmpeg, registry
from ..core.errors import CodecError, UsageError, suggest
from ..core.progress import Notify, Progress, format_duration, print_notice, report_refused
from ..core.tables import SAMPLE_RATE
from ..core.version import __version__
from ..pipeline.cache import Cache
from ..pipeline.ingest import Ingested, ingest
from ..pipeline.parallel import Pool, cores
from ..study.conditions import ConditionPlan, plan_conditions
from ..study.config import Study
from ..study.parsing import CorpusChoice
from .coded_files import (
    FORMS,
    CopyTask,
    check_folder_names,
    copy_names,
    copy_tasks,
    readable,
    write_copies,
)

EXIT_OK, EXIT_LEFT_OUT = 0, 3

_REMEDY = "choose another folder"

TABLE = "utterances.csv"
"""Table beside the copies of a condition, which the corpus ``csv`` reads."""

_CSV: dict[str, Any] = {"index": False, "lineterminator": "\n"}
_LABELS = ["file", "emotion", "speaker", "sex", "text"]
_FILES = [
    "condition",
    "utterance",
    "file",
    "source",
    "effective_kbps",
    "bytes",
    "samples",
    "sha256",
    "form",
]
_CONDITIONS = [
    "condition",
    "codec",
    "requested_kbps",
    "effective_kbps",
    "codec_rate_hz",
    "same_as",
    "encoder",
    "form",
    "mark",
]
_PACKAGES = ("numpy", "scipy", "soundfile", "soxr", "imageio-ffmpeg")


@dataclass(frozen=True)
class EncodedCorpus:
    """A corpus that `encode` has written.

    Attributes
    ----------
    folder : Path
        Contains all files.
    text : str
        The summary that the command line prints.
    exit_code : int
        0, or 3 if a recording could not be encoded and is left out.
    files : pandas.DataFrame
        As in files.csv: one row per copy.
    """

    folder: Path
    text: str
    exit_code: int
    files: pd.DataFrame


def encode(
    study: Study,
    out: str | Path,
    *,
    form: str = "stream",
    jobs: int | None = None,
    cache: str | Path | None = None,
    quiet: bool = False,
) -> EncodedCorpus:
    """Write coded copies of a corpus, with tables from which each condition is read as a corpus.

    Parameters
    ----------
    study : Study
        Its corpus, codecs, bitrate policy and limit are used; all other settings are ignored.
    out : path
        A new or empty folder. It is filled when all files are written, or not at all.
    form : {"stream", "wav"}
        ``stream``: the files of the encoder; conditions without such files, the original and the
        controls, are written as WAV. ``wav``: the decoded signals from which a run extracts
        features, as 32-bit float WAV at 16 kHz with the length of the source.
    jobs : int, optional
        Number of worker processes; all cores by default. It does not change any file.
    cache : path, optional
        Cache directory; ``$ASER_BENCH_CACHE`` or a folder in the user's cache by default.
    quiet : bool
        Whether no progress is printed.

    Raises
    ------
    AserBenchError
        If a name is unknown, the folder is in use, or the disk is full.
    """
    start, out = time.monotonic(), Path(out)
    if form not in FORMS:
        raise UsageError(f"unknown form {form!r}{suggest(form, FORMS)}")
    choice = _only_corpus(study, out)
    plan = plan_conditions(study)
    check_folder_names(plan.names)
    entries = Cache.at(cache)
    notify: Notify = (lambda line: None) if quiet else print_notice
    atomic.check_empty(out, _REMEDY)
    with atomic.writing(out, _REMEDY) as target, target.replacing() as folder:
        atomic.check_empty(out, _REMEDY)  # now that no other process writes it
        with Pool(jobs if jobs is not None else cores()) as pool:
            ingested = ingest(
                choice,
                study.limit,
                entries,
                pool,
                notify=notify,
                drop_unknown=study.drop_unknown,
            )
            report_refused(ingested.refused, notify)
            if not ingested.has_audio:
                raise UsageError(
                    f"corpus {choice.name!r} has texts but no recordings: nothing to encode"
                )
            encoder_check = reference_encoder.verify(plan.conditions, notify)
            names, sources = copy_names(choice)
            tasks = list(copy_tasks(folder, form, ingested, plan.conditions, names))
            rows, failures = _write_copies(tasks, ingested, pool, quiet)
        report_refused(list(failures.items()), notify)
        included = ingested.without(failures)
        files = _files(rows, included, plan, sources)
        conditions = _conditions(files, plan)
        readable_conditions = readable(folder, files)
        _write_tables(folder, included, files, conditions, readable_conditions)
        facts = json.dumps(_facts(study, form, included, plan, encoder_check, failures), indent=2)
        (folder / "manifest.json").write_text(facts + "\n", "utf-8")
    text = _closing(out, included, files, failures, readable_conditions, time.monotonic() - start)
    return EncodedCorpus(out, text, EXIT_LEFT_OUT if failures else EXIT_OK, files)


def _only_corpus(study: Study, out: Path) -> CorpusChoice:
    """Return the corpus; refuse several corpora, and a folder among the recordings."""
    if len(study.corpora) > 1:
        raise UsageError("corpus encode takes one --corpus; run it once for each corpus")
    (choice,) = study.corpora
    source = Path(choice.source).expanduser() if choice.source else None
    if source and source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UsageError(
            f"{out} is in the folder of the corpus, where copies would be read as recordings; "
            "choose a folder outside"
        )
    return choice


def _write_copies(
    tasks: list[CopyTask], ingested: Ingested, pool: Pool, quiet: bool
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Write all copies; return a row for each, and the utterances without copies with reasons."""
    table = ingested.utterances
    seconds = dict(zip(table["utterance"], table["duration_s"], strict=True))
    rows: list[dict[str, Any]] = []
    failures: dict[str, str] = {}
    with Progress(sum(seconds.values()), quiet=quiet) as progress:
        for result in pool.run(write_copies, tasks):
            rows += result.rows
            failures |= result.failures
            done = sum(seconds[name] for name in result.task.utterances)
            progress.advance(done, f"encoding {ingested.corpus.name}")
    if not rows:
        reason = next(iter(failures.values()))
        raise CodecError(f"no recording of {ingested.corpus.name} could be encoded: {reason}")
    return rows, dict(sorted(failures.items()))


def _files(
    rows: list[dict[str, Any]], included: Ingested, plan: ConditionPlan, sources: dict[str, str]
) -> pd.DataFrame:
    """Return the table of all copies, by condition and utterance."""
    place = {name: number for number, name in enumerate(plan.names)}
    for row in rows:
        row["source"] = sources[row["utterance"]]
    rows.sort(key=lambda row: (place[row["condition"]], row["utterance"]))
    return pd.DataFrame(rows, columns=_FILES)


def _conditions(files: pd.DataFrame, plan: ConditionPlan) -> pd.DataFrame:
    rows = {}
    for condition in plan.conditions:
        copies = files[files["condition"] == condition.name]
        rows[condition.name] = {
            "condition": condition.name,
            "codec": condition.codec,
            "requested_kbps": condition.kbps,
            "effective_kbps": round(float(copies["effective_kbps"].astype(float).mean()), 3),
            "codec_rate_hz": condition.codec_rate_hz,
            "same_as": "",
            "encoder": plan.encoders[condition.codec],
            "form": copies["form"].iloc[0],
            "mark": condition.mark,
        }
    for alias in plan.aliases:  # without a folder: the copies would be the same
        rows[alias.name] = {
            **rows[alias.same_as],
            "condition": alias.name,
            "requested_kbps": alias.requested_kbps,
            "same_as": alias.same_as,
        }
    frame = pd.DataFrame(list(rows.values()), columns=_CONDITIONS)
    return frame.astype({"codec_rate_hz": "Int64"})


def _write_tables(
    folder: Path,
    included: Ingested,
    files: pd.DataFrame,
    conditions: pd.DataFrame,
    readable_conditions: list[str],
) -> None:
    given = [name for name in ("session", "split") if name in included.utterances]
    labels = included.utterances.set_index("utterance")[[*_LABELS[1:], *given]]
    for name in readable_conditions:
        copies = files[files["condition"] == name]
        # Beside the copies, so that the folder of a condition can be moved.
        table = copies[["utterance", "file"]].join(labels, on="utterance")
        table["file"] = table["file"].str.removeprefix(f"{name}/")
        table[[*_LABELS, *given]].to_csv(folder / name / TABLE, **_CSV)
    files.to_csv(folder / "files.csv", **_CSV)
    conditions.to_csv(folder / "conditions.csv", **_CSV)


def _facts(
    study: Study,
    form: str,
    included: Ingested,
    plan: ConditionPlan,
    encoder_check: str,
    failures: dict[str, str],
) -> dict[str, Any]:
    """Return the manifest: origin and licence of the copies."""
    corpus = included.corpus
    return {
        "aser_bench": __version__,
        "form": form,
        "sample_rate": SAMPLE_RATE,
        "bitrate_policy": study.bitrate_policy,
        "limit": study.limit,
        "encoders": {name: version for name, version in plan.encoders.items() if version},
        "ffmpeg": ffmpeg.version(),
        "encoder_check": encoder_check,
        "packages": registry.versions(_PACKAGES),
        "corpus": {
            "name": corpus.name,
            "title": corpus.title,
            "licence": corpus.licence,
            "citation": corpus.citation,
            "url": corpus.url,
            "synthetic": corpus.synthetic,
            "utterances": len(included.utterances),
            "refused": [{"file": file, "reason": reason} for file, reason in included.refused],
            "left_out": sorted(failures),
            "notes": included.notes,
        },
    }


def _closing(
    out: Path,
    included: Ingested,
    files: pd.DataFrame,
    failures: dict[str, str],
    readable_conditions: list[str],
    took: float,
) -> str:
    """Return the summary: refused recordings, location and licence of the copies."""
    names = list(files["condition"].unique())
    bare = [name for name in names if name not in readable_conditions]
    corpus, lines = included.corpus, []
    refused = len(included.refused) - len(failures)
    for number, what in ((refused, "refused"), (len(failures), "left out, as encoding failed")):
        if number:
            were = "recording was" if number == 1 else "recordings were"
            lines.append(f"{number} {were} {what}; the reasons are in manifest.json.")
    lines += [
        f"{len(included.utterances)} recordings at {len(names)} conditions: {len(files)} "
        f"files, {files['bytes'].sum() / 1e6:.1f} MB, {format_duration(took)}. Written to {out}/",
        f"  {'/  '.join(names)}/",
        "  files.csv  conditions.csv  manifest.json",
        f"Use a condition as a corpus: --corpus csv={out / readable_conditions[-1] / TABLE}",
        *([f"  (not {', '.join(bare)}: bare streams; use --form wav)"] if bare else []),
        f"Licence of the recordings and of these copies: {corpus.licence}",
    ]
    if re.search(r"\bND\b|NoDeriv", corpus.licence):
        lines.append("  It does not allow altered copies to be passed on: do not share these.")
    return "\n".join(lines)
