"""The fixture ``aser_baseline``, in tests that pytest runs in another process."""

from __future__ import annotations

import configparser
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import factories
import pytest

import aser_bench
from aser_bench.baseline.writer import update

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = Path(aser_bench.__file__).resolve().parents[1]
WORSE = {("original", "original"): 0.05}


@pytest.fixture
def nested(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Return a function that runs one test body in a folder with results and a baseline."""
    factories.folder(tmp_path / "same", factories.predictions({("original", "original"): 0.8}))
    update(tmp_path / "same", tmp_path / "baseline")
    factories.folder(tmp_path / "worse", factories.predictions(WORSE))
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(body: str, *arguments: str, cwd: Path = tmp_path) -> tuple[int, str]:
        (tmp_path / "test_it.py").write_text(f"def test_it(aser_baseline):\n    {body}\n")
        # Works whether or not the entry point is installed.
        process = subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "aser_bench.baseline.pytest_plugin",
                "-p",
                "no:cacheprovider",
                *arguments,
                str(tmp_path),
            ],
            cwd=cwd,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(INSTALLED)},
        )
        return process.returncode, process.stdout + process.stderr

    return run


def test_the_fixture_returns_the_result(nested):
    code, output = nested("assert aser_baseline('same', 'baseline').counts == {'same': 1}")
    assert code == 0, output


def test_the_fixture_fails_with_the_report_and_no_traceback(nested):
    code, output = nested("aser_baseline('worse', 'baseline')")
    assert code == 1
    assert "FAILED: 1 worse" in output
    assert "aser-bench baseline update worse baseline" in output
    assert "def test_it" not in output


def test_the_baseline_of_the_configuration_is_relative_to_the_root(nested, tmp_path):
    (tmp_path / "pytest.ini").write_text("[pytest]\naser_baseline = baseline\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    body = f"assert aser_baseline({str(tmp_path / 'same')!r}).counts == {{'same': 1}}"
    code, output = nested(body, cwd=elsewhere)
    assert code == 0, output


def test_a_missing_baseline_is_reported(nested):
    code, output = nested("aser_baseline('same')")
    assert code == 1
    assert "no baseline is named; pass against= or set aser_baseline" in output
    assert "def test_it" not in output


@pytest.mark.parametrize(
    ("call", "output"),
    [
        ("'nowhere', 'baseline'", "nowhere does not exist"),
        ("'same', 'baseline', margin=2", "margin must be from 0 to below 1"),
        ("'same', 'baseline', allow='pakages'", "did you mean 'packages'?"),
    ],
)
def test_usage_errors_are_one_line(nested, call, output):
    code, out = nested(f"aser_baseline({call})")
    assert code == 1
    assert output in out
    assert "def test_it" not in out


def test_options_are_passed_to_the_check(nested, tmp_path):
    manifest = tmp_path / "same" / "manifest.json"
    facts = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**facts, "aser_bench": "9"}))
    assert nested("aser_baseline('same', 'baseline')")[0] == 1
    for allow in ("'packages'", "['packages', 'corpus']"):
        body = f"assert aser_baseline('same', 'baseline', allow={allow}).counts == {{'same': 1}}"
        code, output = nested(body)
        assert code == 0, output
    assert nested("aser_baseline('same', 'baseline', allow='packages', part=True)")[0] == 0


def test_the_entry_point_names_this_plugin():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    name, _, module = setup["options.entry_points"]["pytest11"].strip().partition(" = ")
    assert name == "aser_bench"
    assert hasattr(importlib.import_module(module), "aser_baseline")


def test_loading_the_plugin_imports_nothing_heavy():
    code = (
        "import sys, pytest; before = set(sys.modules)\n"
        "import aser_bench.baseline.pytest_plugin\n"
        "print(*(name for name in set(sys.modules) - before if '.' not in name))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=INSTALLED, capture_output=True, text=True, check=True
    )
    heavy = {"numpy", "pandas", "pyarrow", "scipy", "sklearn", "tensorflow", "yaml", "numba"}
    assert "aser_bench" in process.stdout.split()
    assert not heavy & set(process.stdout.split())
