"""Standard output and error: characters that they cannot show, and streams that fail."""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TextIO

_SYMBOLS = {
    "±": "+/-",
    "†": "*",
    "‡": "**",
    "§": "#",
    "¶": "^",
    "‖": "~",
    "–": "-",
    "—": "-",
    "−": "-",
    "…": "...",
    "×": "x",
    "·": ".",
    "•": "*",
    "≤": "<=",
    "≥": ">=",
    "→": "->",
    "°": "deg",
    "µ": "u",
    "μ": "u",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "“": '"',
    "”": '"',
    "\N{NO-BREAK SPACE}": " ",
    "\N{REPLACEMENT CHARACTER}": "?",
}
"""Symbols in texts of the package, and their ASCII replacements; footnote marks remain distinct."""

_IN_TABLES = "±†‡§¶‖–…"
# Letters that Unicode does not decompose into a letter of ASCII and an accent.
_LETTERS = {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "Œ": "OE", "ł": "l"}
_LETTERS |= {"Ł": "L", "đ": "d", "Đ": "D"}
_LETTERS |= {"\N{LATIN SMALL LETTER DOTLESS I}": "i", "þ": "th", "ð": "d"}
_BOX_DRAWING = range(0x2500, 0x2580)
_VERTICAL, _HORIZONTAL = "│┃║╎╏┆┇┊┋╽╿", "─━═╌╍┄┅┈┉╴╶╸╺╼╾"


def displayable(text: str, stream: TextIO | None = None) -> str:
    r"""Return a text in characters that a stream can show.

    If the stream lacks one of the symbols in tables (such as ``±`` and ``†``), all symbols become
    ASCII, so that one output has one form of them. Other characters that it lacks become similar
    ASCII or an escape (``\xfc``). Apply it before columns are aligned.

    Parameters
    ----------
    text : str
        May have lone surrogates, from file names that are not UTF-8.
    stream : text stream, optional
        Standard output by default.
    """
    stream = sys.stdout if stream is None else stream
    encoding = getattr(stream, "encoding", None)
    if not encoding or text.isascii():
        return text
    if not _can_encode(_IN_TABLES, encoding):
        text = "".join(_SYMBOLS.get(char, char) for char in text)
    if _can_encode(text, encoding):
        return text
    return "".join(
        char if _can_encode(char, encoding) else _replacement(char, encoding) for char in text
    )


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    except LookupError:
        return True
    return True


def _replacement(char: str, encoding: str) -> str:
    if 0xDC80 <= ord(char) <= 0xDCFF:  # a byte of a file name
        return f"\\x{ord(char) - 0xDC00:02x}"
    if ord(char) in _BOX_DRAWING:
        return "|" if char in _VERTICAL else "-" if char in _HORIZONTAL else "+"
    plain = _SYMBOLS.get(char) or _LETTERS.get(char)
    if plain is None:
        decomposed = unicodedata.normalize("NFKD", char)
        plain = "".join(part for part in decomposed if not unicodedata.combining(part))
    if plain.isascii() and _can_encode(plain, encoding):
        return plain
    return char.encode("ascii", "backslashreplace").decode()


class GuardedStream:
    """A text stream that shows what it can, and discards all output after an error.

    Attributes
    ----------
    error : OSError or None
        Why output was discarded; None if it was not.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write a text; its number of characters is returned even if it is discarded."""
        if self.error is None:
            try:
                self._stream.write(displayable(text, self._stream))
            except OSError as error:
                self._discard(error)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream."""
        if self.error is None:
            try:
                self._stream.flush()
            except OSError as error:
                self._discard(error)

    @property
    def is_full(self) -> bool:
        """Whether output was lost, and not because its reader closed the stream."""
        return self.error is not None and self.error.errno not in (errno.EPIPE, errno.EBADF)

    @property
    def reason(self) -> str:
        """Why output was discarded, and the consequence; empty if it was not."""
        return f"{self.error.strerror}; the printed text is incomplete" if self.error else ""

    def _discard(self, error: OSError) -> None:
        self.error = error
        # What is buffered is written again when the process ends, and would fail again.
        with suppress(OSError, ValueError, AttributeError):
            _discard_descriptor(self._stream.fileno())


def _discard_descriptor(number: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    if null != number:
        os.dup2(null, number)
        os.close(null)


@contextmanager
def guarded() -> Iterator[tuple[GuardedStream, GuardedStream]]:
    """Replace standard output and error by guarded streams, and flush them at the end."""
    streams = sys.stdout, sys.stderr
    output, error = (GuardedStream(_opened(name)) for name in ("stdout", "stderr"))
    sys.stdout, sys.stderr = output, error
    try:
        yield output, error
    finally:
        output.flush()
        error.flush()
        sys.stdout, sys.stderr = streams


def _opened(name: str) -> TextIO:
    """Return a standard stream, or one that discards all output if it is closed."""
    stream: TextIO | None = getattr(sys, name)
    if stream is not None and not stream.closed:
        return stream
    return Path(os.devnull).open("w", encoding="utf-8")


def open_closed_descriptors() -> None:
    """Open the descriptors 0 to 2 where they are closed.

    Otherwise the next file that is opened gets such a number, and a child process writes its
    output to it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # gets the lowest free number
            os.set_inheritable(null, True)  # worker processes need standard streams, too
