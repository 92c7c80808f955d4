"""Speakers with names that differ only in spelling."""

from __future__ import annotations

import re
import unicodedata

import pandas as pd


def merge_spellings(table: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Give speakers with names that differ only in spelling one name.

    Spellings differ in upper and lower case, white space, Unicode form, or the format of numbers
    (``3``, ``3.0``, ``03``). As two names, one speaker could be on both sides of a split.

    Parameters
    ----------
    table : pandas.DataFrame
        With the column ``speaker``, empty if unknown.

    Returns
    -------
    table : pandas.DataFrame
        With the most frequent spelling of each speaker.
    suspects : list of str
        The spellings of each speaker with several ones, such as ``'03' = '3.0'``.
    """
    counts = table["speaker"].value_counts()
    spellings: dict[str, list[str]] = {}
    for name in sorted(counts.index, key=lambda name: (-counts[name], name)):
        spellings.setdefault(_key(name), []).append(name)
    names = {name: group[0] for group in spellings.values() for name in group}
    groups = [group for _, group in sorted(spellings.items()) if len(group) > 1]
    suspects = [" = ".join(_shown(group)) for group in groups]
    return (table.assign(speaker=table["speaker"].map(names)) if suspects else table), suspects


def _shown(names: list[str]) -> list[str]:
    """Return the names in quotes, with escapes if they look the same."""
    appearances = {" ".join(unicodedata.normalize("NFKC", name).split()) for name in names}
    return list(map(repr if len(appearances) == len(names) else ascii, names))


def _key(name: str) -> str:
    """Return what two spellings of a name have in common."""
    text = unicodedata.normalize("NFKC", name).casefold()
    visible = (char for char in text if unicodedata.category(char) not in ("Cf", "Cc"))
    words = " ".join("".join(visible).split())
    if re.fullmatch(r"\d+\.0*", words):
        words = words.partition(".")[0]
    return re.sub(r"(?<!\d)(?<!\d\.)\d+", lambda digits: digits[0].lstrip("0") or "0", words)
