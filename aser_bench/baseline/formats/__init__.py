"""Output formats of a check: text, JSON, JUnit, Markdown and GitHub annotations."""

from __future__ import annotations

from collections.abc import Callable

from ..verdicts import CheckResult
from .color import wants_color
from .github import format_github
from .json import format_json
from .junit import format_junit
from .markdown import format_markdown
from .terminal import format_text

__all__ = ["FORMATS", "format_text", "wants_color"]

FORMATS: dict[str, Callable[[CheckResult], str]] = {
    "text": format_text,
    "json": format_json,
    "junit": format_junit,
    "markdown": format_markdown,
    "github": format_github,
}
"""Functions that format a check, by name; each returns complete lines."""
