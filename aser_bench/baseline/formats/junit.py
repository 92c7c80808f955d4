"""A check as JUnit XML, which Jenkins, GitLab and others show beside the tests."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..base import BETTER, EXIT_NOTHING, SAME, CellCheck, CheckResult, GuardCheck
from . import advice, labels
from .sanitize import escape_log_commands, plain

_SUITE = "aser-bench check"
_PASSES = (BETTER, SAME)


def format_junit(checked: CheckResult) -> str:
    """Return a check as XML, one test case a cell and a guard.

    What fails is a failure, what was compared and holds passed, everything else was skipped.
    Where nothing was comparable, a test case ``comparable`` has an error.
    """
    suite = Element("testsuite")
    for cell in checked.cells:
        case = _case(suite, ".".join(map(_part, cell.cell[:4])), labels.conditions(cell))
        _tell(case, checked, cell, labels.cell_values(cell), plain(cell.command))
    for guard in checked.guards:
        case = _case(suite, f"guard.{_part(guard.guard)}", plain(guard.what))
        _tell(
            case, checked, guard, labels.guard_values(guard), labels.tolerance_flag(checked, guard)
        )
    if checked.exit_code == EXIT_NOTHING:
        told = advice.advise(checked)
        error = SubElement(_case(suite, "check", "comparable"), "error")
        error.set("message", checked.sentence)
        error.set("type", "incomparable")
        first, *rest = told.sentences
        error.text = _lines(first, *(f"- {one}" for one in told.obstacles), *rest, told.command)
    _tell_apart(suite)
    root = Element("testsuites")
    for node in (root, suite):
        _count(node, suite)
    root.append(suite)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _part(name: str) -> str:
    # Readers build folders of what stands between the dots.
    return plain(name).replace(".", "_")


def _case(suite: Element, classname: str, name: str) -> Element:
    return SubElement(suite, "testcase", {"classname": classname, "name": name, "time": "0"})


def _tell(case: Element, checked: CheckResult, one: CellCheck | GuardCheck, *more: str) -> None:
    whole = _lines(labels.reason(one), *more)
    if checked.fails(one):
        kind = {"message": labels.reason(one), "type": one.verdict}
        SubElement(case, "failure", kind).text = whole
    elif one.verdict in _PASSES:
        SubElement(case, "system-out").text = whole
    else:
        message = ": ".join(filter(None, (one.verdict, labels.reason(one))))
        SubElement(case, "skipped", {"message": message})


def _lines(*lines: str) -> str:
    return escape_log_commands("\n".join(filter(None, lines)))


def _tell_apart(suite: Element) -> None:
    """Number the cases that would have one name: readers keep but one of them."""
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


def _count(node: Element, suite: Element) -> None:
    node.set("name", _SUITE)
    node.set("tests", str(len(suite)))
    for word, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        node.set(word, str(len(suite.findall(f"testcase/{tag}"))))
    node.set("time", "0")
