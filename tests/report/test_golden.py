"""Complete files, compared byte by byte with the folder ``golden``.

Set ASER_BENCH_UPDATE_GOLDEN=1 to update the folder, and read the differences before committing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from findings_factory import findings_of, wer_of

from aser_bench.report import terminal_text, write_tables

GOLDEN = Path(__file__).parent / "golden"
METRICS = ("uar", "wap", "accuracy", "macro_f1")
MATRICES = ("matrix-svm-uar", "matrix-mlp-uar")
SECTION = "demo-functionals-speaker"
KEPT = (
    f"{SECTION}-uar",
    f"{SECTION}-matrix-mlp-uar",
    f"{SECTION}-losses",
    f"{SECTION}-recalls-svm-clean",
    f"{SECTION}-safe",
    f"{SECTION}-calibration",
    "demo-wer",
    "demo-bandwidth",
    "demo-functionals-drift",
    "demo-leaks",
    "demo-leak_worth",
)
BOTH = (f"{SECTION}-uar", f"{SECTION}-matrix-mlp-uar")
ENDINGS = ("csv", "tex", "md", "json")


@pytest.fixture(scope="module")
def small(full_with_findings):
    """Return the full run with fewer conditions, for shorter tables."""
    scores, conditions, context, _ = full_with_findings
    kept = ["original", "lowpass-3k0", "mp3-8k", "mp3-192k"]
    chosen = scores["test_condition"].isin(kept) & scores["train_condition"].isin([*kept, "multi"])
    ok = chosen & (scores["status"] == "ok")
    given = scores[ok]
    wer = wer_of(given.sort_values("test_condition", kind="stable"))
    return scores[chosen], conditions, context, findings_of(given, wer=wer)


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("ASER_BENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def written(small, tmp_path_factory):
    *given, findings = small
    folder = tmp_path_factory.mktemp("tables")
    write_tables(*given, folder, findings)
    return folder


@pytest.fixture(scope="module")
def written_without(full, tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    write_tables(*full, folder)
    return folder


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("stem", KEPT)
def test_tables(written, stem, ending):
    name = f"{stem}.{ending}"
    compare(name, (written / name).read_bytes().decode("utf-8"))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("stem", BOTH)
def test_tables_without_findings(written_without, stem, ending):
    text = (written_without / f"{stem}.{ending}").read_bytes().decode("utf-8")
    compare(f"full-{stem}.{ending}", text)


def test_terminal(full):
    compare("terminal.txt", terminal_text(*full))


def test_terminal_with_findings(small):
    *given, findings = small
    compare("terminal-findings.txt", terminal_text(*given, findings=findings))


def test_which_files_are_written(full, tmp_path):
    written = write_tables(*full, tmp_path / "a" / "b")
    assert [path.name for path in written] == [
        f"{SECTION}-{stem}.{ending}" for stem in (*METRICS, *MATRICES) for ending in ENDINGS
    ]
    assert all(path.exists() for path in written)


def test_which_files_are_written_with_findings(full_with_findings, tmp_path):
    *given, findings = full_with_findings
    written = write_tables(*given, tmp_path, findings, formats=("md",))
    recalls = [f"recalls-{m}-{t}" for m in ("svm", "mlp") for t in ("matched", "clean", "multi")]
    section = (*METRICS, "losses", *recalls, "safe", "calibration", *MATRICES)
    assert [path.name for path in written] == [
        *(f"{SECTION}-{stem}.md" for stem in section),
        "demo-bandwidth.md",
        "demo-functionals-drift.md",
        "demo-leaks.md",
        "demo-leak_worth.md",
    ]
