"""The GitHub Actions format of a check: annotations and the job summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ...core.errors import UsageError
from ..verdicts import CHANGED, EXIT_NOTHING, INCONCLUSIVE, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .markdown import format_markdown
from .sanitize import plain

SUMMARY_VARIABLE = "GITHUB_STEP_SUMMARY"

MAX_ANNOTATIONS = 9
"""GitHub shows ten annotations of a level per step; the last one counts the others."""

Annotation = tuple[str, str]
"""A title and a message."""

_MESSAGE = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def format_github(result: CheckResult) -> str:
    """Return a check as workflow commands, one per line.

    Failing cells and guards are errors; inconclusive and changed ones that do not fail are
    warnings; the whole check is a notice.
    """
    rows: list[tuple[CellCheck | GuardCheck, Annotation]] = [
        *((cell, _cell(cell)) for cell in result.cells),
        *((guard, _guard(result, guard)) for guard in result.guards),
    ]
    errors = [annotation for row, annotation in rows if result.fails(row)]
    if result.exit_code == EXIT_NOTHING:
        errors.insert(0, ("nothing was comparable", _advice(result)))
    warnings = [
        annotation
        for row, annotation in rows
        if row.verdict in (INCONCLUSIVE, CHANGED) and not result.fails(row)
    ]
    lines = [*_commands("error", errors), *_commands("warning", warnings)]
    lines.append(_command("notice", "aser-bench check", result.sentence))
    return "\n".join(lines) + "\n"


def append_job_summary(result: CheckResult, environment: Mapping[str, str]) -> None:
    """Append a check to the job summary of GitHub Actions.

    Parameters
    ----------
    result : CheckResult
    environment : mapping of str to str
        ``GITHUB_STEP_SUMMARY`` in it names the file; without it, nothing is written.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    if not environment.get(SUMMARY_VARIABLE):
        return
    path = Path(environment[SUMMARY_VARIABLE])
    try:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(format_markdown(result))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"{SUMMARY_VARIABLE}: cannot write {plain(str(path))!r}: {reason}"
        raise UsageError(message) from error


def _cell(cell: CellCheck) -> Annotation:
    lines = (labels.reason(cell), labels.cell_values(cell), plain(cell.command))
    return f"{labels.verdict(cell)}: {labels.full_name(cell)}", "\n".join(filter(None, lines))


def _guard(result: CheckResult, guard: GuardCheck) -> Annotation:
    lines = (
        labels.reason(guard),
        labels.guard_values(guard),
        labels.tolerance_flag(result, guard),
    )
    title = f"{labels.verdict(guard)}: {plain(guard.guard)}: {plain(guard.what)}"
    return title, "\n".join(filter(None, lines))


def _advice(result: CheckResult) -> str:
    advised = advice.advise(result)
    first, *rest = advised.sentences
    obstacles = [f"- {obstacle}" for obstacle in advised.obstacles]
    return "\n".join([first, *obstacles, *rest, advised.command])


def _commands(level: str, annotations: Sequence[Annotation]) -> list[str]:
    lines = [_command(level, title, message) for title, message in annotations[:MAX_ANNOTATIONS]]
    more = len(annotations) - len(lines)
    if more:
        lines.append(_command(level, f"{more} more", f"{more} more; {labels.ALL_IN_JSON}."))
    return lines


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={title.translate(_PROPERTY)}::{message.translate(_MESSAGE)}"
