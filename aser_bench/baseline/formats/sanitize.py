"""Names and reasons come from files that anybody wrote: nothing in them may command a reader."""

from __future__ import annotations

import re
import unicodedata

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Logs of CI machines are read for commands: "::error" where a line starts, "##[error]" and
# "##vso[...]" anywhere in it.
LOG_COMMAND = r"##(?=\w*\[)"
_LINE_COMMAND = re.compile(r"^([^\S\n]*):(?=:)", re.MULTILINE)


def plain(text: str) -> str:
    r"""Return a text in one line, without anything that a terminal or XML would not print.

    Line ends and tabs become blanks; other control characters, marks that turn the direction
    of writing and halves of surrogate pairs (of file names that are not UTF-8) become U+FFFD.

    Examples
    --------
    >>> plain("a\tb\x1b[31m") == "a b\ufffd[31m"
    True
    """
    return re.sub(LOG_COMMAND, f"#{REPLACEMENT}", "".join(map(_sign, text)))


def _sign(char: str) -> str:
    # Blanks of all widths stay: they are part of paths, which must still be found.
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    return " " if char.isspace() else REPLACEMENT


def escape_log_commands(text: str) -> str:
    r"""Return lines of which none is a command to the machine that keeps the log.

    Examples
    --------
    >>> escape_log_commands("a::b\n  ::error::c") == "a::b\n  \ufffd:error::c"
    True
    """
    return _LINE_COMMAND.sub(rf"\1{REPLACEMENT}", text)


def truncate(text: str, most: int) -> str:
    """Return a text in one line of at most so many characters.

    Examples
    --------
    >>> truncate("a long story", 6)
    'a lon…'
    """
    line = plain(text[: most + 1])
    return line if len(line) <= most else line[: most - 1] + "…"
