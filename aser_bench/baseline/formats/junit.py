"""The JUnit XML format of a check, which Jenkins, GitLab and others show with the tests."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..verdicts import BETTER, EXIT_NOTHING, SAME, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .sanitize import escape_log_commands, plain

_SUITE = "aser-bench check"


def format_junit(result: CheckResult) -> str:
    """Return a check as XML with one test case for each cell and guard.

    What fails is a failure; what was compared and holds has passed; everything else is skipped.
    If nothing was comparable, a test case ``comparable`` has an error.
    """
    suite = Element("testsuite")
    for cell in result.cells:
        classname = ".".join(map(_classname_part, cell.cell[:4]))
        case = _add_case(suite, classname, labels.conditions(cell))
        _add_verdict(case, result, cell, labels.cell_values(cell), plain(cell.command))
    for guard in result.guards:
        case = _add_case(suite, f"guard.{_classname_part(guard.guard)}", plain(guard.what))
        flag = labels.tolerance_flag(result, guard)
        _add_verdict(case, result, guard, labels.guard_values(guard), flag)
    if result.exit_code == EXIT_NOTHING:
        _add_error(_add_case(suite, "check", "comparable"), result)
    _number_duplicates(suite)
    root = Element("testsuites")
    for node in (root, suite):
        _add_counts(node, suite)
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _classname_part(name: str) -> str:
    # JUnit viewers split class names into folders at the dots.
    return plain(name).replace(".", "_")


def _add_case(suite: Element, classname: str, name: str) -> Element:
    return SubElement(suite, "testcase", {"classname": classname, "name": name, "time": "0"})


def _add_verdict(
    case: Element, result: CheckResult, row: CellCheck | GuardCheck, *details: str
) -> None:
    text = _joined(labels.reason(row), *details)
    if result.fails(row):
        failure = {"message": labels.reason(row), "type": row.verdict}
        SubElement(case, "failure", failure).text = text
    elif row.verdict in (BETTER, SAME):
        SubElement(case, "system-out").text = text
    else:
        message = ": ".join(filter(None, (labels.verdict(row), labels.reason(row))))
        SubElement(case, "skipped", {"message": message})


def _add_error(case: Element, result: CheckResult) -> None:
    advised = advice.advise(result)
    first, *rest = advised.sentences
    error = SubElement(case, "error", {"message": result.sentence, "type": "incomparable"})
    obstacles = [f"- {obstacle}" for obstacle in advised.obstacles]
    error.text = _joined(first, *obstacles, *rest, advised.command)


def _joined(*lines: str) -> str:
    return escape_log_commands("\n".join(filter(None, lines)))


def _number_duplicates(suite: Element) -> None:
    """Number the cases that have the same name: JUnit viewers show only one of them."""
    seen: Counter[tuple[str, str]] = Counter()
    taken = {_identity(case) for case in suite}
    for case in suite:
        classname, name = _identity(case)
        seen[classname, name] += 1
        number = seen[classname, name]
        if number == 1:
            continue
        while (classname, f"{name} ({number})") in taken:
            number += 1
        seen[classname, name] = number
        taken.add((classname, f"{name} ({number})"))
        case.set("name", f"{name} ({number})")


def _identity(case: Element) -> tuple[str, str]:
    return case.get("classname", ""), case.get("name", "")


def _add_counts(node: Element, suite: Element) -> None:
    node.set("name", _SUITE)
    node.set("tests", str(len(suite)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        node.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    node.set("time", "0")
