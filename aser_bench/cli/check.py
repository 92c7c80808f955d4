"""``aser-bench check``: check new results against a baseline."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..baseline.options import CheckOptions
    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench check results/demo-mp3 --against baseline
  aser-bench check results/demo-mp3 --against baseline --strict --allow packages
  aser-bench check new/scores.csv --against old/scores.csv --metric macro_f1
  aser-bench check results/demo-mp3 --against baseline --format github --format junit=check.xml

Cells with the same corpus, features, model, protocol and conditions are compared. The
tolerance "off" turns a guard off. A flag that is not given is taken from the environment variable
ASER_BENCH_<FLAG> (except --against and --format).

exit codes: 0 nothing is worse; 2 usage error; 4 a cell or a guard is worse or missing; 5 no cell
could be compared.
"""


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "check",
        help="check new results against a baseline",
        description="Check new results against a baseline, and fail if they are worse.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("new", metavar="NEW", help="a results folder, or its scores or predictions")
    parser.add_argument(
        "--against",
        required=True,
        metavar="BASELINE",
        help="a baseline, a results folder, or its scores or predictions",
    )
    parser.add_argument(
        "--format",
        action="append",
        metavar="NAME[=FILE]",
        help="output format: text (default), json, junit, markdown or github; written to FILE if "
        "given; repeatable",
    )
    _add_test_flags(parser)
    _add_guard_flags(parser)
    parser.set_defaults(function=_check)


def _add_test_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("comparison of cells")
    group.add_argument(
        "--metric",
        metavar="NAME",
        help='metric to compare (default uar); "aser-bench list metrics" shows all',
    )
    group.add_argument(
        "--margin",
        metavar="FRACTION",
        help="largest loss that is tolerated (default 0.02: two points)",
    )
    group.add_argument(
        "--alpha",
        metavar="LEVEL",
        help="significance level of the tests, over all cells (default 0.05)",
    )
    group.add_argument(
        "--strict", action="store_true", help="also fail if a cell is inconclusive or changed"
    )
    group.add_argument(
        "--allow",
        metavar="NAME,...",
        help="compare cells even if these differ: corpus, encoder, settings, components, splits, "
        "packages",
    )
    group.add_argument(
        "--part",
        action="store_true",
        help="NEW covers only a part of the baseline's study: do not report other cells as missing",
    )


def _add_guard_flags(parser: argparse.ArgumentParser) -> None:
    from ..baseline.options import TOLERANCES

    group = parser.add_argument_group("tolerances of the guards (a number or off)")
    for tolerance in TOLERANCES.values():
        default = "off" if tolerance.default is None else f"{tolerance.default:g}"
        group.add_argument(
            f"--{tolerance.flag}",
            metavar=tolerance.metavar,
            help=f"{tolerance.help} (default {default})",
        )


def _check(arguments: argparse.Namespace) -> int:
    from ..baseline.check import check
    from ..baseline.formats import FORMATS, format_text, wants_color
    from ..baseline.formats.github import append_job_summary
    from ..core.errors import UsageError

    if not arguments.against:
        raise UsageError("--against is empty; name a baseline")
    outputs = _outputs(arguments.format or ["text"], FORMATS)
    result = check(arguments.new, arguments.against, _check_options(arguments))
    for name, file in outputs:
        text = (
            format_text(result, color=not file and wants_color(sys.stdout))
            if name == "text"
            else FORMATS[name](result)
        )
        _write(text, file)
        if name == "github":
            try:
                append_job_summary(result, os.environ)
            except UsageError as error:  # the exit code of a failed check has priority
                print(f"aser-bench: error: {error}", file=sys.stderr)
                return result.exit_code or error.exit_code
    return result.exit_code


def _outputs(values: Sequence[str], formats: Collection[str]) -> list[tuple[str, str]]:
    """Return the format and the file (empty for the terminal) of each output."""
    from ..core.errors import UsageError, suggest

    outputs = []
    for value in values:
        name, _, file = value.partition("=")
        if name not in formats:
            raise UsageError(f"unknown format {name!r}{suggest(name, formats)}")
        outputs.append((name, file))
    if sum(not file for _, file in outputs) > 1:
        raise UsageError(
            "--format: two formats cannot both be written to the terminal; use NAME=FILE"
        )
    files = [file for _, file in outputs if file]
    if len(set(files)) < len(files):
        raise UsageError("--format: two formats cannot be written to the same file")
    return outputs


def _write(text: str, file: str) -> None:
    from ..core.errors import UsageError

    if not file:
        print(text, end="" if text.endswith("\n") else "\n")
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--format: {file} cannot be written: {error.strerror}") from error


def _check_options(arguments: argparse.Namespace) -> CheckOptions:
    from ..baseline.options import TOLERANCES, CheckOptions
    from ..core.arguments import split_names

    defaults = CheckOptions()
    margin, alpha = _value(arguments, "margin"), _value(arguments, "alpha")
    tolerances = {flag: _value(arguments, flag) for flag in TOLERANCES}
    return CheckOptions(
        metric=_value(arguments, "metric") or defaults.metric,
        margin=_number("margin", margin) if margin else defaults.margin,
        alpha=_number("alpha", alpha) if alpha else defaults.alpha,
        strict=arguments.strict or _is_set("STRICT"),
        part=arguments.part or _is_set("PART"),
        allow=split_names("allow", _value(arguments, "allow")),
        tolerances={
            flag: None if value.lower() == "off" else _number(flag, value)
            for flag, value in tolerances.items()
            if value
        },
    )


def _is_set(name: str) -> bool:
    return os.environ.get(f"ASER_BENCH_{name}", "").strip().lower() not in ("", "0", "false", "no")


def _value(arguments: argparse.Namespace, flag: str) -> str:
    """Return the value of a flag or of its ``ASER_BENCH_`` variable, empty if neither is set."""
    name = flag.replace("-", "_")
    value: str = getattr(arguments, name) or os.environ.get(f"ASER_BENCH_{name.upper()}", "")
    return value.strip()


def _number(flag: str, value: str) -> float:
    from ..core.errors import UsageError

    try:
        return float(value)
    except ValueError:
        raise UsageError(f"--{flag} must be a number, not {value!r}") from None
