"""Recognition of recordings that a transfer or a program treated as text.

FTP in ASCII mode, version control with conversion of line ends, and text editors replace bytes of a
recording. A decoder reads what remains as noise, often without an error.
"""

from __future__ import annotations

_FEWEST = 24  # bytes of a value; fewer may be a coincidence
_REPLACEMENT = "\ufffd".encode()
_NEIGHBOURS = bytes((0x09, 0x0B, 0x0C, 0x0E, 0x0F))
_SHORTEST = 1000  # bytes
_FEWEST_VALUES = 100  # different bytes; silence has few


def description(contents: bytes) -> str:
    """Return the reason why a file is damaged as text, or an empty string.

    Parameters
    ----------
    contents : bytes
        The whole file.

    Returns
    -------
    str
        The reason and what to do. Empty if the file is text, has no such damage, or is too short
        for a decision.
    """
    if b"\0" not in contents or len(contents) < _SHORTEST:  # text, or a few bytes
        return ""
    lf, cr = contents.count(b"\n"), contents.count(b"\r")
    if lf >= _FEWEST and contents.count(b"\r\n") == lf:
        return _damaged("each line feed (byte 0A) follows a carriage return (0D)")
    if contents.count(_REPLACEMENT) >= max(_FEWEST, len(contents) // 1000):
        return _damaged("bytes are replaced by the Unicode replacement character (EF BF BD)")
    if contents.isascii() and len(set(contents)) > _FEWEST_VALUES:
        return _damaged("the highest bit of each byte is lost")
    if _is_replaced(lf, cr, contents):
        return _damaged("no byte is a line feed (0A)")
    if _is_replaced(cr, lf, contents):
        return _damaged("no byte is a carriage return (0D)")
    return ""


def _is_replaced(count: int, other: int, contents: bytes) -> bool:
    """Return whether all bytes of one line end were replaced by the other one.

    The value does not occur, the other one is frequent, and so are the values around both.
    """
    if count or other < _FEWEST:
        return False
    neighbours = [contents.count(bytes((value,))) for value in _NEIGHBOURS]
    return min(neighbours) >= _FEWEST and other > 1.3 * sum(neighbours) / len(neighbours)


def _damaged(detail: str) -> str:
    return (
        f"it is damaged: {detail}, so it was transferred or saved as text; copy it again in binary "
        "mode"
    )
