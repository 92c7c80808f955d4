"""Whole files, byte for byte.

Set ASER_BENCH_UPDATE_GOLDEN=1 to write them anew, and read the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aser_bench.report import terminal_text, write_tables

GOLDEN = Path(__file__).parent / "golden"
STEMS = ("matched", "clean", "multi", "matrix-svm-uar", "matrix-mlp-uar")
KEPT = ("matched", "matrix-mlp-uar")


def compare(name: str, text: str) -> None:
    path = GOLDEN / name
    if os.environ.get("ASER_BENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_bytes().decode("utf-8")


@pytest.mark.parametrize("ending", ["csv", "tex"])
@pytest.mark.parametrize("stem", KEPT)
def test_tables(full, tmp_path, stem, ending):
    write_tables(*full, tmp_path)
    name = f"demo-functionals-speaker-{stem}.{ending}"
    compare(name, (tmp_path / name).read_bytes().decode("utf-8"))


def test_terminal(full):
    compare("terminal.txt", terminal_text(*full))


def test_which_files_are_written(full, tmp_path):
    written = write_tables(*full, tmp_path / "a" / "b")
    assert [path.name for path in written] == [
        f"demo-functionals-speaker-{stem}.{ending}" for stem in STEMS for ending in ("csv", "tex")
    ]
    assert all(path.exists() for path in written)
