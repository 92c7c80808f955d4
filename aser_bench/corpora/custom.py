"""User recordings with the emotion at the end of the file name."""

from __future__ import annotations

import re

from ..core import tables
from ..core.errors import UnknownLabelError, UsageError
from .folder import FolderCorpus, Labels


class Custom(FolderCorpus):
    """Files ``<anything>_<emotion>.<extension>``; the names do not give the speaker."""

    name = "custom"
    title = "your recordings, named <anything>_<emotion>"
    licence = "set by the owner of the recordings"
    citation = "see the owner of the recordings"

    pattern = re.compile(r".*", re.DOTALL)
    example = "monday 3_happy.wav"
    unique_names = False  # several folders may have a take1_happy.wav

    def labels(self, match: re.Match[str]) -> Labels:
        """Return the emotion after the last underscore."""
        return Labels(_emotion(match.string))

    def matches_name(self, stem: str) -> bool:
        """Return whether a name ends in the name of an emotion."""
        try:
            _emotion(stem)
        except UsageError:
            return False
        return True


def _emotion(stem: str) -> str:
    _, underscore, tag = stem.rpartition("_")
    if not underscore:
        raise UsageError(f"its name has no emotion; rename it, for example to {tag}_happy")
    if len(tag.strip()) < 2:  # take_a and take_b
        message = f"{tag!r} after the last _ is not an emotion; write out its name"
        raise UnknownLabelError(message, tag) if tag.strip() else UsageError(message)
    return tables.canonical_emotion(tag)


COMPONENT = Custom()
