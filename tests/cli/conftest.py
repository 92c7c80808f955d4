"""A fixture that runs the command line in the process of the test."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_assertions import Output

from aser_bench.cli import main


@pytest.fixture
def cli(
    cache_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Output]:
    """Return a function that runs the command line with its arguments.

    The working directory is the temporary folder of the test, the width of the terminal is 80
    columns, and variables of the environment do not change the result.
    """
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("ASER_BENCH_") and name != "ASER_BENCH_FFMPEG":
            monkeypatch.delenv(name)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("ASER_BENCH_CACHE", str(cache_dir))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> Output:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
        output = capsys.readouterr()
        return Output(code, output.out, output.err)

    return call
