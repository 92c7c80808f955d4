"""Tests of the commands, workflows and configurations in docs/ci.md."""

from __future__ import annotations

import configparser
import itertools
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import factories
import pytest
import yaml

import aser_bench
from aser_bench.baseline import formats as render
from aser_bench.baseline import summary, writer
from aser_bench.cli import build_parser

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = Path(aser_bench.__file__).resolve().parents[1]
TEXT = (ROOT / "docs" / "ci.md").read_text("utf-8")
BLOCKS = {
    body.splitlines()[0].removeprefix("# "): (language, body)
    for language, body in re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
}
COMMANDS = sorted(
    {
        line.partition(" #")[0].strip().removeprefix("- ").removeprefix("run: ")
        for line in re.sub(r"`(aser-bench [^`]+)`", r"\n\1\n", TEXT).splitlines()
        if re.match(r"\s*(- )?(run: )?aser-bench [a-z]", line)
    }
)
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))


def test_the_page_has_these_files():
    assert {name: language for name, (language, _) in BLOCKS.items()} == {
        ".github/workflows/emotion.yml": "yaml",
        ".gitlab-ci.yml": "yaml",
        "tox.ini": "ini",
        ".pre-commit-config.yaml": "yaml",
        "pytest.ini": "ini",
        "test_emotion.py": "python",
    }


def test_the_commands_are_extracted():
    verbs = {tuple(shlex.split(command)[1:2]) for command in COMMANDS}
    assert verbs == {("run",), ("check",), ("baseline",)}
    assert len(COMMANDS) >= 8


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_valid(command):
    words = re.sub(r"\{env_tmp_dir\}|<name>", "x", command)
    build_parser().parse_args(shlex.split(words)[1:])


def formats(words: list[str]) -> set[str]:
    return {
        after.partition("=")[0]
        for before, after in itertools.pairwise(words)
        if before == "--format"
    }


@pytest.mark.parametrize("command", [one for one in COMMANDS if "--format" in one])
def test_every_format_is_valid(command):
    result = formats(shlex.split(command))
    assert "junit" in result
    assert result <= set(render.FORMATS)


def test_the_workflow_identifies_the_cache_by_the_code():
    workflow = yaml.safe_load(BLOCKS[".github/workflows/emotion.yml"][1])
    job = workflow["jobs"]["check"]
    steps = {step.get("uses", "").partition("@")[0]: step.get("with") for step in job["steps"]}
    cache = steps["actions/cache"]
    assert job["env"]["ASER_BENCH_CACHE"].endswith("/" + cache["path"])
    assert "'constraints.txt'" in cache["key"]
    assert "'src/**'" in cache["key"]
    assert "restore-keys" not in cache
    assert "check.xml" in steps["actions/upload-artifact"]["path"].split()


def test_the_gitlab_job_uploads_its_report():
    job = yaml.safe_load(BLOCKS[".gitlab-ci.yml"][1])["emotion"]
    assert job["variables"]["ASER_BENCH_CACHE"] == f"$CI_PROJECT_DIR/{job['cache']['paths'][0]}"
    assert len(job["cache"]["key"]["files"]) <= 2  # the limit of GitLab
    assert job["artifacts"]["reports"]["junit"] == "check.xml"
    assert any("--format junit=check.xml" in line for line in job["script"])


def test_tox_starts_with_an_empty_cache():
    tox = configparser.ConfigParser(interpolation=None)
    tox.read_string(BLOCKS["tox.ini"][1])
    assert "{env_tmp_dir}" in tox["testenv:emotion"]["set_env"]
    own = configparser.ConfigParser(interpolation=None)
    own.read(ROOT / "tox.ini")
    assert "ASER_BENCH_CACHE = {env_tmp_dir}" in own["testenv:check"]["set_env"]
    for line in own["testenv:check"]["commands"].strip().splitlines():
        words = re.sub(r"\{env_tmp_dir\}", "x", line.replace("{posargs}", "")).split()
        assert words[0] == "aser-bench"
        build_parser().parse_args(words[1:])


def test_the_hook_exists_and_takes_its_arguments():
    (repository,) = yaml.safe_load(BLOCKS[".pre-commit-config.yaml"][1])["repos"]
    (used,) = repository["hooks"]
    (hook,) = [hook for hook in HOOKS if hook["id"] == used["id"]]
    words = [*hook["entry"].split(), *used["args"]]
    assert words[0] == "aser-bench"
    build_parser().parse_args(words[1:])
    assert hook["pass_filenames"] is False
    assert hook["stages"] == ["pre-push"]


def test_the_page_has_the_limit_of_the_code():
    assert f"exceed {summary.format_size(writer.MAX_PREDICTION_BYTES).replace('.0', '')}" in TEXT


@pytest.mark.parametrize(("skill", "code"), [(0.8, 0), (0.1, 1)])
def test_the_pytest_example_runs(tmp_path, skill, code):
    for name in ("pytest.ini", "test_emotion.py"):
        (tmp_path / name).write_text(BLOCKS[name][1])
    old = factories.folder(tmp_path / "old", factories.predictions({("original", "original"): 0.8}))
    writer.update(old, tmp_path / "baseline")
    factories.folder(
        tmp_path / "new", factories.predictions({("original", "original"): skill}), label="old"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "aser_bench.baseline.pytest_plugin"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(INSTALLED)},
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("FAILED: 1 worse" in done.stdout) == bool(code)
