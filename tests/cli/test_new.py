"""Tests of ``aser-bench new``: the test of a new package passes; invalid names are refused."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from cli_assertions import error_line

from aser_bench.core import registry

NAMES = {
    "codec": "my-codec",
    "corpus": "my-corpus",
    "features": "my_features",
    "model": "my-model",
    "metric": "my_metric",
}
GROUPS = {
    "codec": "codecs",
    "corpus": "corpora",
    "features": "features",
    "model": "models",
    "metric": "metrics",
}


@pytest.fixture
def new(cli):
    """Return a function that runs ``aser-bench new``."""
    return partial(cli, "new")


def with_path(folder: Path) -> dict[str, str]:
    """Return the environment with the folder of a package added to the import path."""
    folders = [str(folder), *filter(None, sys.path)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}


@pytest.mark.parametrize("kind", NAMES)
def test_new_package_passes_its_test(new, tmp_path, kind):
    folder = tmp_path / f"aser-bench-{NAMES[kind].replace('_', '-')}"
    code, out, err = new(kind, NAMES[kind])
    assert (code, err) == (0, "")
    assert "pip install -e . && pytest" in out
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=folder,
        env=with_path(folder),
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stdout
    assert " passed" in process.stdout


@pytest.mark.parametrize("kind", NAMES)
def test_new_component_is_listed(new, tmp_path, kind):
    new(kind, NAMES[kind], "--out", "package")
    _install(tmp_path / "package", tmp_path / "site")
    process = subprocess.run(
        [sys.executable, "-m", "aser_bench", "list", GROUPS[kind]],
        cwd=tmp_path,
        env=with_path(tmp_path / "site"),
        capture_output=True,
        text=True,
        check=True,
    )
    (line,) = [line for line in process.stdout.splitlines() if line.split()[0] == NAMES[kind]]
    assert "not available" not in line


def _install(package: Path, site: Path) -> None:
    """Write what pip would install of a package: its module and its entry points."""
    import tomllib

    project = tomllib.loads((package / "pyproject.toml").read_text())
    (module,) = project["tool"]["setuptools"]["py-modules"]
    metadata = site / f"{module}-0.1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Name: {project['project']['name']}\nVersion: 0.1.0\n")
    lines = []
    for group, points in project["project"]["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {path}" for name, path in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (site / f"{module}.py").write_text((package / f"{module}.py").read_text())


@pytest.mark.slow
def test_new_package_is_installed_by_pip(new, tmp_path):
    new("features", "my-features", "--out", "package")
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-build-isolation", "-q"]
    subprocess.run([*command, "--target", "site", "./package"], cwd=tmp_path, check=True)
    assert list((tmp_path / "site").glob("aser_bench_my_features*"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("codec", "mp3"), "there is a codec 'mp3' already"),
        (("model", "svm"), "there is a model 'svm' already"),
        (("codec", "My Codec"), "must consist of lower-case letters"),
        (("codec", "../codec"), "must consist of lower-case letters"),
        (("codec", "9kbit"), "must consist of lower-case letters"),
        (("codec", ""), "must consist of lower-case letters"),
        (("features", "lambda"), "is a keyword of Python"),
        (("metric", "my-metric"), "write 'my_metric' instead of 'my-metric'"),
        (("figure", "curve"), "invalid choice"),
    ],
)
def test_invalid_name_is_a_usage_error(new, tmp_path, arguments, message):
    assert message in error_line(new(*arguments))
    assert not list(tmp_path.iterdir())


def test_existing_folder_is_refused(new, tmp_path):
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "mine.txt").write_text("mine")
    message = error_line(new("codec", "my-codec", "--out", "package"))
    assert "package exists already: name another folder with --out" in message
    assert [path.name for path in (tmp_path / "package").iterdir()] == ["mine.txt"]


def test_folder_that_cannot_be_written_is_a_one_line_error(new, tmp_path):
    (tmp_path / "file").write_text("")
    message = error_line(new("codec", "my-codec", "--out", "file/package"), code=1)
    assert "file/package cannot be written" in message


def test_every_kind_of_component_has_templates():
    assert set(registry.KINDS) - set(GROUPS.values()) <= {"transcripts", "metrics", "protocols"}
