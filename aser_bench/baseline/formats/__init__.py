"""What a check found, as text for people, as files for machines and as words to a CI."""

from __future__ import annotations

from collections.abc import Callable

from ..base import Checked
from . import github, json, junit, markdown
from .color import wants_color
from .terminal import text

__all__ = ["FORMATS", "text", "wants_color"]

FORMATS: dict[str, Callable[[Checked], str]] = {
    "text": text,
    "json": json.json,
    "junit": junit.junit,
    "markdown": markdown.markdown,
    "github": github.github,
}
"""How a check can be written, by the name of the format; each returns whole lines."""
