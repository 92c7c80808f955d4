"""TESS: two female speakers from Toronto, 200 words, seven emotions."""

from __future__ import annotations

import re

from ..core import tables
from .folder import FolderCorpus, Labels


class Tess(FolderCorpus):
    """Files ``OAF_back_angry.wav`` in any folders, which public copies name in several ways."""

    name = "tess"
    title = "Toronto Emotional Speech Set (TESS)"
    licence = "CC BY-NC-ND 4.0"
    citation = (
        "M. K. Pichora-Fuller and K. Dupuis (2020). Toronto emotional speech set (TESS). "
        "Borealis. doi:10.5683/SP2/E8H2MF"
    )
    url = "https://doi.org/10.5683/SP2/E8H2MF"
    language = "en"

    # The distribution has one misnamed file, OA_bite_neutral; its speaker is OAF.
    pattern = re.compile(r"(OAF|YAF|OA)_([^_]+)_([^_].*)", re.IGNORECASE)
    example = "OAF_angry/OAF_back_angry.wav"

    def labels(self, match: re.Match[str]) -> Labels:
        """Return emotion, speaker and sentence (``ps`` is pleasant surprise)."""
        speaker, word, tag = match.groups()
        return Labels(
            tables.canonical_emotion(tag),
            "YAF" if speaker.upper() == "YAF" else "OAF",
            "female",
            f"Say the word {word.lower()}",
        )


COMPONENT = Tess()
