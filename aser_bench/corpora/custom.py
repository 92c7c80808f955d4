"""Your own recordings, with the emotion at the end of the file's name."""

from __future__ import annotations

import re

from ..core import tables
from ..core.errors import UsageError
from .folder import FolderCorpus, Labels


class Custom(FolderCorpus):
    """``<anything>_<emotion>.<extension>``; who speaks cannot be told from such names."""

    name = "custom"
    title = "own recordings named <anything>_<emotion>"
    licence = "whatever the owner of the recordings decides"
    citation = "the recordings' owner"

    pattern = re.compile(r".*", re.DOTALL)
    example = "monday 3_happy.wav"
    unique_names = False  # two folders may each hold a take1_happy.wav

    def labels(self, match: re.Match[str]) -> Labels:
        """Read the emotion after the last underscore."""
        return Labels(_emotion(match.string))

    def matches_name(self, stem: str) -> bool:
        """Tell whether a name ends in a known emotion."""
        try:
            _emotion(stem)
        except UsageError:
            return False
        return True


def _emotion(stem: str) -> str:
    _, underscore, tag = stem.rpartition("_")
    if not underscore:
        raise UsageError(f"its name carries no emotion; call it {tag}_happy, say")
    # One letter is a corpus' code (a = angry) but a person's take_a, take_b.
    if len(tag.strip()) < 2:
        raise UsageError(f"{tag!r} after the last _ is no emotion; write it out")
    return tables.canonical_emotion(tag)


COMPONENT = Custom()
