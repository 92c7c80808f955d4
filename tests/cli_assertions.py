"""Assertions on the output of the command line."""

from __future__ import annotations

import subprocess
import sys
from typing import NamedTuple

HEAVY_MODULES = {"librosa", "numpy", "pandas", "scipy", "sklearn", "soundfile", "yaml"}


class Output(NamedTuple):
    """Exit code, standard output and standard error of a command."""

    code: int
    out: str
    err: str


def error_line(output: Output, code: int = 2) -> str:
    """Assert that a command failed with one line on standard error; return the line.

    The exit code is 2 for a usage error and 1 for other errors.
    """
    assert output.code == code, output
    assert output.out == ""
    assert output.err.startswith("aser-bench"), output.err
    assert output.err.count("\n") == 1, output.err
    return output.err


def assert_help_loads_no_heavy_module(*verb: str) -> str:
    """Print the help text of a verb in a new process, check its modules, and return the text."""
    code = (
        "import contextlib, sys\n"
        "from aser_bench import cli\n"
        "with contextlib.suppress(SystemExit):\n"
        f"    cli.main([*{verb!r}, '--help'])\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    command = [sys.executable, "-c", code]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    modules = set(process.stderr.split())
    assert "aser_bench.cli" in modules
    assert not HEAVY_MODULES & modules
    return process.stdout
