"""``aser-bench check``: set new results against a baseline, and fail where they are worse."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

_EPILOG = """\
examples:
  aser-bench check results/demo-mp3 --against baseline
  aser-bench check results/demo-mp3 --against baseline --strict --allow packages
  aser-bench check new/scores.csv --against old/scores.csv --metric macro_f1
  aser-bench check results/demo-mp3 --against baseline --format github --format junit=check.xml

Cells are set against each other by corpus, features, model, protocol and conditions; what else
must not move stands under "what is guarded besides"; each of these takes off. A flag that is
not given may stand in ASER_BENCH_<FLAG> (not --against and --format).

exit codes: 0 nothing is worse; 2 usage; 4 something is worse, missing or moved; 5 nothing could
be compared.
"""


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "check",
        help="set new results against a baseline, and fail where they are worse",
        description="Set new results against a baseline; fail where they are worse.",
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
        help="text (default), json, junit, markdown or github, to a file if one is named; may be "
        "repeated",
    )
    _add_test_flags(parser.add_argument_group("what is tested"))
    _add_guard_flags(parser.add_argument_group("what is guarded besides"))
    parser.set_defaults(function=_check)


def _add_test_flags(group: Any) -> None:
    group.add_argument("--metric", metavar="NAME", help="uar (default), accuracy, wap, macro_f1")
    group.add_argument(
        "--margin",
        metavar="FRACTION",
        help="largest loss that counts as none (default 0.02: two points)",
    )
    group.add_argument(
        "--alpha", metavar="LEVEL", help="level of the tests, all cells together (default 0.05)"
    )
    group.add_argument("--strict", action="store_true", help="undecided and changed fail too")
    group.add_argument(
        "--allow",
        metavar="NAME,...",
        help="compare although these differ: corpus, encoder, settings, components, splits, "
        "packages",
    )
    group.add_argument(
        "--part",
        action="store_true",
        help="NEW is a part of the baseline's study: what was not asked for is not missing",
    )


def _add_guard_flags(group: Any) -> None:
    from ..baseline.options import TOLERANCES

    for one in TOLERANCES.values():
        default = "off" if one.default is None else f"{one.default:g}"
        group.add_argument(
            f"--{one.flag}", metavar=one.metavar, help=f"{one.help} (default {default})"
        )


def _check(options: argparse.Namespace) -> int:
    from ..baseline.check import check
    from ..baseline.formats import FORMATS, format_text, wants_color
    from ..baseline.formats.github import append_job_summary
    from ..core.errors import UsageError

    if not options.against:
        raise UsageError("--against names nothing; name a baseline")
    wanted = _formats(options.format or ["text"], FORMATS)
    found = check(options.new, options.against, _options(options))
    for name, file in wanted:
        said = (
            format_text(found, color=not file and wants_color(sys.stdout))
            if name == "text"
            else FORMATS[name](found)
        )
        _write(said, file)
        if name == "github":
            try:
                append_job_summary(found, os.environ)
            except UsageError as error:  # the verdict counts for more
                print(f"aser-bench: error: {error}", file=sys.stderr)
                return found.exit_code or error.exit_code
    return found.exit_code


def _formats(words: list[str], known: Any) -> list[tuple[str, str]]:
    from ..core.errors import UsageError, suggest

    found = []
    for word in words:
        name, _, file = word.partition("=")
        if name not in known:
            raise UsageError(f"unknown format {name!r}{suggest(name, known)}")
        found.append((name, file))
    if sum(not file for _, file in found) > 1:
        raise UsageError("--format: two formats cannot both go to the terminal; use NAME=FILE")
    files = [file for _, file in found if file]
    if len(set(files)) < len(files):
        raise UsageError("--format: two formats cannot go to one file")
    return found


def _write(said: str, file: str) -> None:
    from ..core.errors import UsageError

    if not file:
        print(said, end="" if said.endswith("\n") else "\n")
        return
    try:
        Path(file).write_text(said, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--format: {file} cannot be written: {error.strerror}") from error


def _options(options: argparse.Namespace) -> Any:
    from ..baseline.options import TOLERANCES, CheckOptions

    words = {flag: _word(options, flag) for flag in ("metric", "margin", "alpha", "allow")}
    given: dict[str, Any] = {
        "strict": options.strict or _is_set("STRICT"),
        "part": options.part or _is_set("PART"),
    }
    if words["metric"]:
        given["metric"] = words["metric"]
    given |= {flag: _number(flag, words[flag]) for flag in ("margin", "alpha") if words[flag]}
    given["allow"] = tuple(word.strip() for word in words["allow"].split(",") if word.strip())
    tolerances = {flag: _word(options, flag) for flag in TOLERANCES}
    given["tolerances"] = {
        flag: None if word.lower() == "off" else _number(flag, word)
        for flag, word in tolerances.items()
        if word
    }
    return CheckOptions(**given)


def _is_set(name: str) -> bool:
    return os.environ.get(f"ASER_BENCH_{name}", "").strip().lower() not in ("", "0", "false", "no")


def _word(options: argparse.Namespace, flag: str) -> str:
    """Return what a flag says, or its ``ASER_BENCH_`` variable, or nothing."""
    name = flag.replace("-", "_")
    return (getattr(options, name) or os.environ.get(f"ASER_BENCH_{name.upper()}", "")).strip()


def _number(flag: str, word: str) -> float:
    from ..core.errors import UsageError

    try:
        return float(word)
    except ValueError:
        raise UsageError(f"--{flag} must be a number, not {word!r}") from None
