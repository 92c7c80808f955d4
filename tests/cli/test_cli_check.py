"""Tests of ``aser-bench check``."""

from __future__ import annotations

import json
from functools import partial

import factories
import pytest
from cli_assertions import assert_help_loads_no_heavy_module, error_line

import aser_bench
from aser_bench.baseline.options import TOLERANCES

SKILL = {("original", "original"): 0.8, ("original", "mp3-8k"): 0.6}
POOR = {("original", "original"): 0.8, ("original", "mp3-8k"): 0.2}
SPEAKERS = tuple("abcdefgh")


@pytest.fixture
def check(cli):
    """Return a function that runs ``aser-bench check``."""
    return partial(cli, "check")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return a baseline, equal results, and worse and missing results at 8 kbit/s."""
    root = tmp_path_factory.mktemp("runs")
    good, poor = (
        factories.predictions(skill, speakers=SPEAKERS, takes=5) for skill in (SKILL, POOR)
    )
    return {
        "old": factories.folder(root / "old", good),
        "same": factories.folder(root / "same", good),
        "poor": factories.folder(root / "poor", poor),
        "gone": factories.folder(root / "gone", good[good["test_condition"] == "original"]),
    }


def test_unchanged_results_pass(check, folders):
    code, out, err = check(folders["same"], "--against", folders["old"])
    assert (code, err) == (0, "")
    assert out.startswith("passed: 2 same")
    assert "\x1b" not in out  # no colors in a file or a pipe


def test_worse_results_exit_with_4(check, folders):
    code, out, _ = check(folders["poor"], "--against", folders["old"])
    assert code == 4
    assert out.startswith("FAILED: 1 worse, 1 same")
    assert "mp3-8k" in out


def test_missing_results_exit_with_4(check, folders):
    code, out, _ = check(folders["gone"], "--against", folders["old"])
    assert code == 4
    assert "1 missing" in out
    assert check(folders["gone"], "--against", folders["old"], "--part")[0] == 0


def test_nothing_comparable_exits_with_5(check, folders, tmp_path):
    predictions = factories.predictions(SKILL, model="mlp", speakers=SPEAKERS, takes=5)
    other = factories.folder(tmp_path / "other", predictions)
    code, out, _ = check(other, "--against", folders["old"])
    assert code == 5
    assert out.startswith("NOTHING COMPARABLE")


def test_formats_are_written_to_their_files(check, folders, tmp_path):
    code, out, _ = check(
        folders["poor"],
        "--against",
        folders["old"],
        "--format",
        "markdown",
        "--format",
        "junit=check.xml",
        "--format",
        "json=check.json",
    )
    assert code == 4
    assert out.startswith("#")
    assert (tmp_path / "check.xml").read_text("utf-8").startswith("<?xml")
    assert json.loads((tmp_path / "check.json").read_text("utf-8"))["exit_code"] == 4


def test_format_github_writes_annotations_and_a_summary(check, folders, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    _, out, _ = check(folders["poor"], "--against", folders["old"], "--format", "github")
    assert out.startswith("::")
    assert "mp3-8k" in summary.read_text("utf-8")


def test_failed_check_exits_with_4_if_the_summary_cannot_be_written(check, folders, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "nowhere/summary.md")
    code, out, err = check(folders["poor"], "--against", folders["old"], "--format", "github")
    assert code == 4
    assert out.startswith("::error")
    assert "GITHUB_STEP_SUMMARY" in err
    assert check(folders["same"], "--against", folders["old"], "--format", "github")[0] == 2


def test_every_tolerance_flag_takes_a_number_or_off(check, folders):
    for value in ("0.5", "off"):
        flags = [part for flag in TOLERANCES for part in (f"--{flag}", value)]
        code, out, _ = check(folders["same"], "--against", folders["old"], *flags)
        assert code == 0
        assert ("guards pass" in out) == (value != "off")
    for flag in TOLERANCES:
        err = error_line(check(folders["same"], "--against", folders["old"], f"--{flag}", "much"))
        assert f"--{flag} must be a number, not 'much'" in err


def test_flags_override_environment_variables(check, folders, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_MARGIN", "0.9")
    assert check(folders["poor"], "--against", folders["old"])[0] == 0
    assert check(folders["poor"], "--against", folders["old"], "--margin", "0.02")[0] == 4
    monkeypatch.delenv("ASER_BENCH_MARGIN")
    monkeypatch.setenv("ASER_BENCH_PART", "1")
    assert check(folders["gone"], "--against", folders["old"])[0] == 0
    monkeypatch.setenv("ASER_BENCH_ALLOW", "nothing")
    assert "nothing" in error_line(check(folders["same"], "--against", folders["old"]))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--format", "xml"], "unknown format 'xml'"),
        (["--format", "text", "--format", "json"], "two formats cannot both"),
        (["--format", "junit=a", "--format", "json=a"], "cannot be written to the same file"),
        (["--max-lag-shift", "inf"], "max-lag-shift must be a finite number of at least 0"),
        (["--format", "json=nowhere/check.json"], "nowhere/check.json cannot be written"),
        (["--metric", "uarr"], "did you mean 'uar'"),
        (["--margin", "two"], "--margin must be a number, not 'two'"),
        (["--margin", "2"], "margin must be from 0 to below 1"),
        (["--alpha", "5"], "alpha must be between 0 and 1"),
        (["--allow", "package"], "did you mean 'packages'"),
        (["--max-lag-shift", "-1"], "max-lag-shift"),
    ],
)
def test_invalid_flag_is_a_usage_error(check, folders, flags, expected):
    assert expected in error_line(check(folders["same"], "--against", folders["old"], *flags))


def test_rejects_missing_baseline(check, folders):
    assert "--against" in error_line(check(folders["same"]))
    assert "--against is empty" in error_line(check(folders["same"], "--against", ""))
    assert "nowhere does not exist" in error_line(check(folders["same"], "--against", "nowhere"))


def test_python_function_gives_the_same_exit_codes(folders):
    result = aser_bench.check(folders["poor"], folders["old"], strict=True)
    assert result.exit_code == 4
    assert aser_bench.check(folders["same"], folders["old"]).exit_code == 0


def test_help_names_every_tolerance_and_loads_no_heavy_module():
    text = assert_help_loads_no_heavy_module("check")
    for flag in TOLERANCES:
        assert f"--{flag}" in text
