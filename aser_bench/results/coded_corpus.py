"""Write a corpus as it sounds after codecs: to listen to, and for tools that read audio files."""

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
    check_folders,
    copy_names,
    copy_tasks,
    readable,
    write_copies,
)

EXIT_OK, EXIT_LEFT_OUT = 0, 3

_REMEDY = "choose another folder"

TABLE = "utterances.csv"
"""The table beside a condition's copies that can be read, for the corpus ``csv``."""

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
class Encoded:
    """What an encoding came to.

    Attributes
    ----------
    folder : Path
        Where everything lies.
    text : str
        What is printed at the end.
    exit_code : int
        0, or 3 if a recording could not be coded and is left out.
    files : pandas.DataFrame
        As in files.csv: one row a copy.
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
) -> Encoded:
    """Write the coded copies of a corpus, with tables that make each condition a corpus.

    Parameters
    ----------
    study : Study
        Its one corpus, codecs, bitrate policy and limit count; the rest is not looked at.
    out : path
        A new or empty folder. It is filled when all is done, or not at all.
    form : {"stream", "wav"}
        What is written of a codec: its files as the encoder made them (what has none, the
        original and the controls, is written as WAV), or the decoded signals that a run takes
        its features from, as 32-bit float WAV at 16 kHz and exactly as long as the source.
    jobs : int, optional
        Worker processes; as many as there are cores by default. Does not change any byte.
    cache : path, optional
        Cache directory; ``$ASER_BENCH_CACHE`` or a folder in the user's cache by default.
    quiet : bool
        Print no progress.

    Raises
    ------
    AserBenchError
        With one line for the user: a wrong name, a folder in use, a full disk.
    """
    start, out = time.monotonic(), Path(out)
    if form not in FORMS:
        raise UsageError(f"unknown form {form!r}{suggest(form, FORMS)}")
    choice = _only_corpus(study, out)
    plan = plan_conditions(study)
    check_folders(plan.names)
    entries = Cache.at(cache)
    say: Notify = (lambda line: None) if quiet else print_notice
    atomic.check_empty(out, _REMEDY)
    with atomic.writing(out, _REMEDY) as target, target.replacing() as folder:
        atomic.check_empty(out, _REMEDY)  # now that no other process writes it
        with Pool(jobs if jobs is not None else cores()) as pool:
            ingested = ingest(choice, study.limit, entries, pool, say=say)
            report_refused(ingested.refused, say)
            if not ingested.has_audio:
                raise UsageError(
                    f"corpus {choice.name!r} has texts and no recordings here: nothing to encode"
                )
            song = reference_encoder.verify(plan.conditions, say)
            names, sources = copy_names(choice)
            tasks = list(copy_tasks(folder, form, ingested, plan.conditions, names))
            rows, lost = _copy(tasks, ingested, pool, quiet)
        report_refused(list(lost.items()), say)
        left = ingested.without(lost)
        files = _files(rows, left, plan, sources)
        conditions = _conditions(files, plan)
        read = readable(folder, files)
        _write_tables(folder, left, files, conditions, read)
        facts = json.dumps(_facts(study, form, left, plan, song, lost), indent=2)
        (folder / "manifest.json").write_text(facts + "\n", "utf-8")
    text = _closing(out, left, files, lost, read, time.monotonic() - start)
    return Encoded(out, text, EXIT_LEFT_OUT if lost else EXIT_OK, files)


def _only_corpus(study: Study, out: Path) -> CorpusChoice:
    """Return the corpus; refuse several, and copies that would be found among its recordings."""
    if len(study.corpora) > 1:
        raise UsageError("corpus encode takes one --corpus at a time; say it again for the next")
    (choice,) = study.corpora
    source = Path(choice.source).expanduser() if choice.source else None
    if source and source.is_dir() and out.resolve().is_relative_to(source.resolve()):
        raise UsageError(
            f"{out} lies in the corpus's folder, where its copies would be taken for recordings; "
            "name a folder outside of it"
        )
    return choice


def _copy(
    tasks: list[CopyTask], ingested: Ingested, pool: Pool, quiet: bool
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Write all copies; return a row for each, and the utterances without (name -> reason)."""
    table = ingested.utterances
    seconds = dict(zip(table["utterance"], table["duration_s"], strict=True))
    rows: list[dict[str, Any]] = []
    lost: dict[str, str] = {}
    with Progress(sum(seconds.values()), quiet=quiet) as progress:
        for result in pool.run(write_copies, tasks):
            rows += result.rows
            lost |= result.failures
            done = sum(seconds[name] for name in result.task.utterances)
            progress.advance(done, f"coding {ingested.corpus.name}")
    if not rows:
        reason = next(iter(lost.values()))
        raise CodecError(f"no recording of {ingested.corpus.name} could be coded: {reason}")
    return rows, dict(sorted(lost.items()))


def _files(
    rows: list[dict[str, Any]], left: Ingested, plan: ConditionPlan, sources: dict[str, str]
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
        own = files[files["condition"] == condition.name]
        rows[condition.name] = {
            "condition": condition.name,
            "codec": condition.codec,
            "requested_kbps": condition.kbps,
            "effective_kbps": round(float(own["effective_kbps"].astype(float).mean()), 3),
            "codec_rate_hz": condition.codec_rate_hz,
            "same_as": "",
            "encoder": plan.encoders[condition.codec],
            "form": own["form"].iloc[0],
            "mark": condition.mark,
        }
    for alias in plan.aliases:  # no folder of their own: the copies would be the same
        rows[alias.name] = {
            **rows[alias.same_as],
            "condition": alias.name,
            "requested_kbps": alias.requested_kbps,
            "same_as": alias.same_as,
        }
    frame = pd.DataFrame(list(rows.values()), columns=_CONDITIONS)
    return frame.astype({"codec_rate_hz": "Int64"})


def _write_tables(
    folder: Path, left: Ingested, files: pd.DataFrame, conditions: pd.DataFrame, read: list[str]
) -> None:
    given = [name for name in ("session", "split") if name in left.utterances]
    labels = left.utterances.set_index("utterance")[[*_LABELS[1:], *given]]
    for name in read:
        own = files[files["condition"] == name]
        # Beside the copies it names, so that a condition's folder can be moved as it is.
        table = own[["utterance", "file"]].join(labels, on="utterance")
        table["file"] = table["file"].str.removeprefix(f"{name}/")
        table[[*_LABELS, *given]].to_csv(folder / name / TABLE, **_CSV)
    files.to_csv(folder / "files.csv", **_CSV)
    conditions.to_csv(folder / "conditions.csv", **_CSV)


def _facts(
    study: Study, form: str, left: Ingested, plan: ConditionPlan, song: str, lost: dict[str, str]
) -> dict[str, Any]:
    """Return the manifest: where the copies come from, and whose they are."""
    corpus = left.corpus
    return {
        "aser_bench": __version__,
        "form": form,
        "sample_rate": SAMPLE_RATE,
        "bitrate_policy": study.bitrate_policy,
        "limit": study.limit,
        "encoders": {name: version for name, version in plan.encoders.items() if version},
        "ffmpeg": ffmpeg.version(),
        "canary": song,
        "packages": registry.versions(_PACKAGES),
        "corpus": {
            "name": corpus.name,
            "title": corpus.title,
            "licence": corpus.licence,
            "citation": corpus.citation,
            "url": corpus.url,
            "synthetic": corpus.synthetic,
            "utterances": len(left.utterances),
            "refused": [{"file": file, "reason": reason} for file, reason in left.refused],
            "left_out": sorted(lost),
            "notes": left.notes,
        },
    }


def _closing(
    out: Path,
    left: Ingested,
    files: pd.DataFrame,
    lost: dict[str, str],
    read: list[str],
    took: float,
) -> str:
    """Return the last lines: what was refused, where everything lies, whose it is."""
    names = list(files["condition"].unique())
    bare = [name for name in names if name not in read]
    corpus, lines = left.corpus, []
    refused = len(left.refused) - len(lost)
    for number, what in ((refused, "refused"), (len(lost), "left out, not to be coded")):
        if number:
            were = "recording was" if number == 1 else "recordings were"
            lines.append(f"{number} {were} {what}; manifest.json says why.")
    lines += [
        f"{len(left.utterances)} recordings at {len(names)} conditions: {len(files)} "
        f"files, {files['bytes'].sum() / 1e6:.1f} MB, {format_duration(took)}. All lies in {out}/",
        f"  {'/  '.join(names)}/",
        "  files.csv  conditions.csv  manifest.json",
        f"A condition is a corpus: --corpus csv={out / read[-1] / TABLE}",
        *([f"  (not {', '.join(bare)}: bare streams; --form wav can be read)"] if bare else []),
        f"Licence of the recordings, and so of these copies: {corpus.licence}",
    ]
    if re.search(r"\bND\b|NoDeriv", corpus.licence):
        lines.append("  It allows no altered copies to be passed on: keep these to yourself.")
    return "\n".join(lines)
