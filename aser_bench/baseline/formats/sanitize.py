"""Sanitizing of names and reasons from files, which may contain control codes and commands."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# CI systems interpret commands in logs: "::error" at the start of a line, "##[error]" and
# "##vso[...]" anywhere in it.
LOG_COMMAND = r"##(?=\w*\[)"
_LINE_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def plain(text: str) -> str:
    r"""Return a text in one line of printable characters.

    Line ends and tabs become spaces. Other control characters, direction marks and lone
    surrogates (of file names that are not UTF-8) become U+FFFD.

    Examples
    --------
    >>> plain("a\tb\x1b[31m") == "a b\ufffd[31m"
    True
    """
    return re.sub(LOG_COMMAND, f"#{REPLACEMENT}", "".join(map(_printable, text)))


def _printable(char: str) -> str:
    # Spaces of all widths stay: a path that contains them must still work.
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return " " if char.isspace() else REPLACEMENT


def escape_log_commands(text: str) -> str:
    r"""Return lines that CI systems do not interpret as commands.

    Examples
    --------
    >>> escape_log_commands("a::b\n  ::error::c") == "a::b\n  \ufffd:error::c"
    True
    """
    return _LINE_COMMAND.sub(rf"\1{REPLACEMENT}", text)


def truncate(text: str, limit: int) -> str:
    """Return a text in one line of at most ``limit`` characters.

    Examples
    --------
    >>> truncate("a long story", 6)
    'a lon…'
    """
    line = plain(text[: limit + 1])
    return line if len(line) <= limit else line[: limit - 1] + "…"
