"""The command line: one module per verb, combined into one parser."""

from __future__ import annotations

import argparse
import errno
import signal
import sys
from collections.abc import Sequence

from ..core import console
from ..core.errors import AserBenchError
from ..core.version import __version__
from . import baseline, check, corpus, new, probe, report, run
from . import list as list_

_FULL = (errno.ENOSPC, errno.EDQUOT)
_UNUSABLE_PATH = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP)
_VERBS = (run, report, check, baseline, list_, corpus, probe, new)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        """Print one line instead of the whole usage."""
        self.exit(2, f"{self.prog}: error: {message} (see {self.prog} --help)\n")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser with all verbs, without importing heavy packages."""
    parser = _Parser(
        prog="aser-bench",
        description="Measure how lossy audio codecs affect automatic speech emotion recognition.",
    )
    parser.add_argument("--version", action="version", version=f"aser-bench {__version__}")
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in _VERBS:
        verb.add_parser(verbs)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Neither a console that lacks characters nor a closed or full standard output changes what a
    verb writes or its exit code. Only where the printed text is the whole result, a full standard
    output is an error.
    """
    console.open_closed_descriptors()
    with console.guarded() as (output, error):
        options: argparse.Namespace | None = None
        end: SystemExit | None = None
        try:
            options = build_parser().parse_args(arguments)
            code = _run(options)
        except SystemExit as exit_:
            code, end = exit_.code if isinstance(exit_.code, int) else int(bool(exit_.code)), exit_
        output.flush()
        if output.is_full:
            print(f"aser-bench: error: standard output: {output.reason}", file=error)
            # Without options it is --help or --version.
            code = code or int(options is None or getattr(options, "output_is_result", False))
        if end is not None:
            raise SystemExit(code) from end
    return code


def _run(options: argparse.Namespace) -> int:
    """Call the function of a verb; print its error and return the exit code."""
    # Terminated by a scheduler or a closed terminal: exit as after an error, to end the workers.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, _: sys.exit(128 + number))
    try:
        return int(options.function(options))
    except AserBenchError as error:
        print(f"aser-bench: error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(
            "\naser-bench: interrupted; finished work is in the cache, and the same command "
            "continues the run",
            file=sys.stderr,
        )
        return 130
    except OSError as error:
        if error.filename is None or error.errno not in (*_FULL, *_UNUSABLE_PATH):
            raise  # not a matter of the user's paths
        full = error.errno in _FULL
        remedy = "free some space" if full else "check the path and its permissions"
        print(f"aser-bench: error: {error.filename}: {error.strerror}; {remedy}", file=sys.stderr)
        return 1 if full else 2
