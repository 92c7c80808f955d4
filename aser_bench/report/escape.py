"""Text as ASCII-only LaTeX that pdflatex prints without interpreting any of it."""

# ruff: noqa: RUF001 (the table contains ambiguous characters on purpose)

from __future__ import annotations

import unicodedata

# A bracket or star at the start of a row would be an argument of the preceding line end.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "_": r"\_",
    "%": r"\%",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"{\char96}",
    '"': r"{\char34}",
    "[": "{[}",
    "*": "{*}",
}

_SYMBOLS = {
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": "$-$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "→": r"$\rightarrow$",
    "·": r"$\cdot$",
    "°": r"$^{\circ}$",
    "µ": r"$\mu$",
    "μ": r"$\mu$",
    "†": r"$\dagger$",
    "‡": r"$\ddagger$",
    "§": r"\S{}",
    "¶": r"\P{}",
    "‖": r"$\parallel$",
    "©": r"\copyright{}",
    "–": "--",
    "—": "---",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    "…": r"\ldots{}",
    "ß": r"\ss{}",
    "ø": r"\o{}",
    "Ø": r"\O{}",
    "æ": r"\ae{}",
    "Æ": r"\AE{}",
    "œ": r"\oe{}",
    "Œ": r"\OE{}",
    "ł": r"\l{}",
    "Ł": r"\L{}",
    "ı": r"\i{}",
    "¿": "?`",
    "¡": "!`",
    "\u00a0": "~",
    "\u2009": r"\,",
    "\u202f": r"\,",
}

_ACCENTS = {
    "\u0300": "`",
    "\u0301": "'",
    "\u0302": "^",
    "\u0303": "~",
    "\u0304": "=",
    "\u0306": "u",
    "\u0307": ".",
    "\u0308": '"',
    "\u030a": "r",
    "\u030b": "H",
    "\u030c": "v",
    "\u0327": "c",
    "\u0323": "d",
}

_DOTLESS = {"i": r"\i", "j": r"\j"}


def escape(text: str) -> str:
    r"""Return ``text`` as LaTeX that prints it.

    Letters with accents become accent commands, which need no package. Other characters that
    plain LaTeX does not support are replaced by their code point.

    Examples
    --------
    >>> print(escape("50 % of my_corpus & é 中"))
    50 \% of my\_corpus \& \'{e} {[}U+4E2D]
    """
    # Line ends and tabs become spaces; other kinds of space have their own commands.
    text = "".join(" " if char in "\t\n\r\f\v" else char for char in text)
    chars = [_letter(char) for char in unicodedata.normalize("NFC", text)]
    # LaTeX would turn two hyphens into a dash.
    return "".join(
        "{}-" if (previous, char) == ("-", "-") else char
        for previous, char in zip(["", *chars], chars, strict=False)
    )


def _letter(char: str) -> str:
    if char in _SPECIAL:
        return _SPECIAL[char]
    if " " <= char <= "~":
        return char
    if char in _SYMBOLS:
        return _SYMBOLS[char]
    base, *marks = list(unicodedata.normalize("NFD", char))
    if len(marks) == 1 and marks[0] in _ACCENTS and base.isascii() and base.isalpha():
        above = marks[0] not in "\u0327\u0323"
        return rf"\{_ACCENTS[marks[0]]}{{{_DOTLESS.get(base, base) if above else base}}}"
    return f"{{[}}U+{ord(char):04X}]"
