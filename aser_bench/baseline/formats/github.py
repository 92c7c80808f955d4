"""A check as commands to GitHub Actions: annotations of a run, and the summary of a job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...core.errors import UsageError
from ..base import CHANGED, EXIT_NOTHING, INCONCLUSIVE, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .markdown import format_markdown
from .sanitize import plain

SUMMARY = "GITHUB_STEP_SUMMARY"

MAX_ANNOTATIONS = 9
"""GitHub shows ten annotations of a kind for a step; the last one counts the rest."""

_WARNED = (INCONCLUSIVE, CHANGED)

Annotation = tuple[str, str]
"""Its title and its message."""

_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def format_github(checked: CheckResult) -> str:
    """Return a check as workflow commands, one a line.

    What fails is an error, what is undecided or changed without failing a warning, and the
    whole a notice.
    """
    told: list[tuple[CellCheck | GuardCheck, Annotation]] = [
        *((cell, _cell(checked, cell)) for cell in checked.cells),
        *((guard, _guard(checked, guard)) for guard in checked.guards),
    ]
    errors = [said for one, said in told if checked.fails(one)]
    if checked.exit_code == EXIT_NOTHING:
        errors.insert(0, ("nothing was comparable", _advice(checked)))
    warnings = [said for one, said in told if one.verdict in _WARNED and not checked.fails(one)]
    lines = [*_commands("error", errors), *_commands("warning", warnings)]
    lines.append(_command("notice", "aser-bench check", checked.sentence))
    return "\n".join(lines) + "\n"


def append_job_summary(checked: CheckResult, environment: Mapping[str, str]) -> None:
    """Append a check to the summary of a job, where GitHub Actions asks for one.

    Parameters
    ----------
    checked : CheckResult
    environment : mapping of str to str
        Its ``GITHUB_STEP_SUMMARY`` names the file; nothing happens where it is not set.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    if not environment.get(SUMMARY):
        return
    path = Path(environment[SUMMARY])
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(format_markdown(checked))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{SUMMARY}: cannot write {plain(str(path))!r}: {reason}") from error


def _cell(checked: CheckResult, one: CellCheck) -> Annotation:
    lines = (labels.reason(one), labels.cell_values(one), plain(one.command))
    return f"{one.verdict}: {labels.full_name(one)}", "\n".join(filter(None, lines))


def _guard(checked: CheckResult, one: GuardCheck) -> Annotation:
    lines = (labels.reason(one), labels.guard_values(one), labels.tolerance_flag(checked, one))
    return f"{one.verdict}: {plain(one.guard)}: {plain(one.what)}", "\n".join(filter(None, lines))


def _advice(checked: CheckResult) -> str:
    told = advice.advise(checked)
    first, *rest = told.sentences
    return "\n".join([first, *(f"- {one}" for one in told.obstacles), *rest, told.command])


def _commands(kind: str, found: Sequence[Annotation]) -> list[str]:
    lines = [_command(kind, title, message) for title, message in found[:MAX_ANNOTATIONS]]
    more = len(found) - len(lines)
    if more:
        lines.append(_command(kind, f"{more} more", f"{more} more; {labels.ALL_IN_JSON}."))
    return lines


def _command(kind: str, title: str, message: str) -> str:
    return f"::{kind} title={title.translate(_PROPERTY)}::{message.translate(_MESSAGE)}"
