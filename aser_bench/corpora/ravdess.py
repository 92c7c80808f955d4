"""RAVDESS: 24 North American actors, two sentences, eight emotions."""

from __future__ import annotations

import re

from ..core.errors import UnknownLabelError, UsageError
from .folder import FolderCorpus, Labels

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgusted",
    "08": "surprised",
}
STATEMENTS = {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."}


class Ravdess(FolderCorpus):
    """Files ``MM-CC-EE-II-SS-RR-AA.wav`` in any folders.

    The fields are modality, vocal channel, emotion, intensity, statement, repetition and actor.
    """

    name = "ravdess"
    title = "Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), speech"
    licence = "CC BY-NC-SA 4.0"
    citation = (
        "S. R. Livingstone and F. A. Russo (2018). The Ryerson Audio-Visual Database of "
        "Emotional Speech and Song (RAVDESS). PLoS ONE 13(5): e0196391. "
        "doi:10.1371/journal.pone.0196391"
    )
    url = "https://doi.org/10.5281/zenodo.1188976"
    language = "en"

    pattern = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
    example = "Actor_NN/03-01-05-01-02-01-12.wav"
    excluded = "songs or video files"

    def labels(self, match: re.Match[str]) -> Labels | None:
        """Return the labels, or None for songs (channel 02) and videos (modality 01 and 02)."""
        modality, channel, emotion, _, statement, _, actor = match.groups()
        if modality in ("01", "02") or channel == "02":
            return None
        valid_codes = (
            ("modality", modality, ("03",)),
            ("channel", channel, ("01",)),
            ("emotion", emotion, EMOTIONS),
            ("statement", statement, STATEMENTS),
            ("actor", actor, {f"{number:02d}" for number in range(1, 25)}),
        )
        for field, value, codes in valid_codes:
            if value not in codes:
                message = f"RAVDESS has no {field} {value}"
                raise (
                    UnknownLabelError(message, value) if field == "emotion" else UsageError(message)
                )
        sex = "male" if int(actor) % 2 else "female"
        return Labels(EMOTIONS[emotion], actor, sex, STATEMENTS[statement])


COMPONENT = Ravdess()
