"""SAVEE: four male speakers of British English, seven emotions."""

from __future__ import annotations

import re
from pathlib import Path

from ..core.errors import UsageError
from .folder import FolderCorpus, Labels

EMOTIONS = {
    "a": "angry",
    "d": "disgusted",
    "f": "fearful",
    "h": "happy",
    "n": "neutral",
    "sa": "sad",
    "su": "surprised",
}
SPEAKERS = ("DC", "JE", "JK", "KL")


class Savee(FolderCorpus):
    """Files in one folder per speaker (``DC/a01.wav``), or named ``DC_a01.wav`` in any folder.

    The number counts the sentences of an emotion, 1 to 15 (neutral: 1 to 30). The names do not
    give the wording, so the text is empty.
    """

    name = "savee"
    title = "Surrey Audio-Visual Expressed Emotion (SAVEE) database"
    licence = "on request, for research only"
    citation = (
        "P. Jackson and S. Haq (2014). Surrey Audio-Visual Expressed Emotion (SAVEE) database. "
        "University of Surrey, Guildford, UK; S. Haq and P. J. B. Jackson (2010). Multimodal "
        "emotion recognition. In W. Wang (ed.), Machine Audition: Principles, Algorithms and "
        "Systems, IGI Global, 398-423. doi:10.4018/978-1-61520-919-4.ch017"
    )
    url = "http://kahlan.eps.surrey.ac.uk/savee/"
    language = "en"

    pattern = re.compile(r"(?:([A-Z]{2})_)?(sa|su|[adfhn])(\d\d)", re.IGNORECASE)
    example = "AudioData/DC/sa03.wav"

    def recording_name(self, path: Path) -> str:
        """Return the file's name, with the speaker from the folder where it has none."""
        stem, folder = super().recording_name(path), path.parent.name.upper()
        return f"{folder}_{stem}" if folder in SPEAKERS and "_" not in stem else stem

    def labels(self, match: re.Match[str]) -> Labels:
        """Return emotion and speaker."""
        speaker, code, number = match.groups(default="")
        if speaker.upper() not in SPEAKERS:
            problem = f"SAVEE has no speaker {speaker}" if speaker else "it has no speaker"
            raise UsageError(
                f"{problem}; the name of its folder or the start of its file name must be DC, JE, "
                "JK or KL"
            )
        emotion = EMOTIONS[code.lower()]
        if not 1 <= int(number) <= (30 if emotion == "neutral" else 15):
            raise UsageError(f"SAVEE has no sentence {code}{number}")
        return Labels(emotion, speaker.upper(), "male")


COMPONENT = Savee()
