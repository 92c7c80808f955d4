"""Reasons why recordings are refused that several formats share."""

from __future__ import annotations


def cut_off(detail: str) -> str:
    """Return the reason why a file that is cut off is refused."""
    return f"it is cut off: {detail}; copy or download it again"


def joined(position: int) -> str:
    """Return the reason why several files that are joined to one are refused."""
    return (
        "it consists of several audio files, one after another (the second one starts at byte "
        f"{position}), and a decoder reads the first one only; separate them, or convert all of it "
        "to one WAV file"
    )
