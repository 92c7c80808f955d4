"""``aser-bench check`` as a CI meets it."""

from __future__ import annotations

import json
import subprocess
import sys

import factories
import pytest

import aser_bench
from aser_bench.baseline.options import TOLERANCES
from aser_bench.cli import main

SKILL = {("original", "original"): 0.8, ("original", "mp3-8k"): 0.6}
POOR = {("original", "original"): 0.8, ("original", "mp3-8k"): 0.2}
SPEAKERS = tuple("abcdefgh")


@pytest.fixture
def bench(tmp_path, capsys, monkeypatch):
    """Run the command in this process; return exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    for name in ("METRIC", "MARGIN", "ALPHA", "ALLOW", "FORMAT", "MAX_LAG_SHIFT", "STRICT", "PART"):
        monkeypatch.delenv(f"ASER_BENCH_{name}", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)

    def call(*arguments):
        try:
            code = main([str(argument) for argument in ("check", *arguments)])
        except SystemExit as exit_:
            code = exit_.code
        expected = capsys.readouterr()
        return code, expected.out, expected.err

    return call


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


def refused(answer) -> str:
    code, out, err = answer
    assert code == 2
    assert out == ""
    assert err.startswith("aser-bench")
    assert err.count("\n") == 1
    return err


def test_unchanged_results_pass(bench, folders):
    code, out, err = bench(folders["same"], "--against", folders["old"])
    assert (code, err) == (0, "")
    assert out.startswith("passed: 2 same")
    assert "\x1b" not in out  # no colors in a file or a pipe


def test_worse_results_exit_with_4(bench, folders):
    code, out, _ = bench(folders["poor"], "--against", folders["old"])
    assert code == 4
    assert out.startswith("FAILED: 1 worse, 1 same")
    assert "mp3-8k" in out


def test_missing_results_exit_with_4(bench, folders):
    code, out, _ = bench(folders["gone"], "--against", folders["old"])
    assert code == 4
    assert "1 missing" in out
    assert bench(folders["gone"], "--against", folders["old"], "--part")[0] == 0


def test_nothing_comparable_exits_with_5(bench, folders, tmp_path):
    predictions = factories.predictions(SKILL, model="mlp", speakers=SPEAKERS, takes=5)
    other = factories.folder(tmp_path / "other", predictions)
    code, out, _ = bench(other, "--against", folders["old"])
    assert code == 5
    assert out.startswith("NOTHING COMPARABLE")


def test_formats_are_written_to_their_files(bench, folders, tmp_path):
    code, out, _ = bench(
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


def test_github_gets_annotations_and_a_summary(bench, folders, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    _, out, _ = bench(folders["poor"], "--against", folders["old"], "--format", "github")
    assert out.startswith("::")
    assert "mp3-8k" in summary.read_text("utf-8")


def test_an_unwritable_summary_does_not_change_a_failure(bench, folders, monkeypatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "nowhere/summary.md")
    code, out, err = bench(folders["poor"], "--against", folders["old"], "--format", "github")
    assert code == 4
    assert out.startswith("::error")
    assert "GITHUB_STEP_SUMMARY" in err
    assert bench(folders["same"], "--against", folders["old"], "--format", "github")[0] == 2


def test_every_tolerance_has_a_flag_that_takes_a_number_and_off(bench, folders):
    for word in ("0.5", "off"):
        flags = [part for flag in TOLERANCES for part in (f"--{flag}", word)]
        code, out, _ = bench(folders["same"], "--against", folders["old"], *flags)
        assert code == 0
        assert ("guards pass" in out) == (word != "off")
    for flag in TOLERANCES:
        err = refused(bench(folders["same"], "--against", folders["old"], f"--{flag}", "much"))
        assert f"--{flag} must be a number, not 'much'" in err


def test_flags_have_priority_over_variables(bench, folders, monkeypatch):
    monkeypatch.setenv("ASER_BENCH_MARGIN", "0.9")
    assert bench(folders["poor"], "--against", folders["old"])[0] == 0
    assert bench(folders["poor"], "--against", folders["old"], "--margin", "0.02")[0] == 4
    monkeypatch.delenv("ASER_BENCH_MARGIN")
    monkeypatch.setenv("ASER_BENCH_PART", "1")
    assert bench(folders["gone"], "--against", folders["old"])[0] == 0
    monkeypatch.setenv("ASER_BENCH_ALLOW", "nothing")
    assert "nothing" in refused(bench(folders["same"], "--against", folders["old"]))


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--format", "xml"], "unknown format 'xml'"),
        (["--format", "text", "--format", "json"], "two formats cannot both"),
        (["--format", "junit=a", "--format", "json=a"], "cannot go to one file"),
        (["--max-lag-shift", "inf"], "--max-lag-shift must be a finite number of at least 0"),
        (["--format", "json=nowhere/check.json"], "nowhere/check.json cannot be written"),
        (["--metric", "uarr"], "did you mean 'uar'"),
        (["--margin", "two"], "--margin must be a number, not 'two'"),
        (["--margin", "2"], "--margin must be from 0 to below 1"),
        (["--alpha", "5"], "--alpha must be between 0 and 1"),
        (["--allow", "package"], "did you mean 'packages'"),
        (["--max-lag-shift", "-1"], "--max-lag-shift"),
    ],
)
def test_invalid_flags_are_refused_in_one_line(bench, folders, flags, expected):
    assert expected in refused(bench(folders["same"], "--against", folders["old"], *flags))


def test_a_baseline_must_be_named_and_exist(bench, folders):
    assert "--against" in refused(bench(folders["same"]))
    assert "--against is empty" in refused(bench(folders["same"], "--against", ""))
    assert "nowhere does not exist" in refused(bench(folders["same"], "--against", "nowhere"))


def test_check_in_python(folders):
    result = aser_bench.check(folders["poor"], folders["old"], strict=True)
    assert result.exit_code == 4
    assert aser_bench.check(folders["same"], folders["old"]).exit_code == 0


def test_the_help_imports_nothing_heavy():
    code = (
        "import sys\nfrom aser_bench import cli\n"
        "try:\n    cli.main(['check', '--help'])\nexcept SystemExit:\n    pass\n"
        "assert not {'numpy', 'pandas', 'scipy'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for flag in TOLERANCES:
        assert f"--{flag}" in done.stdout
