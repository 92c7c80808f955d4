"""EmoDB: ten German speakers, ten sentences, seven emotions."""

from __future__ import annotations

import re

from ..core.errors import UnknownLabelError, UsageError
from .folder import FolderCorpus, Labels

# Initials of the German words: Wut, Langeweile, Ekel, Angst, Freude, Trauer, neutral.
EMOTIONS = {
    "W": "angry",
    "L": "bored",
    "E": "disgusted",
    "A": "fearful",
    "F": "happy",
    "T": "sad",
    "N": "neutral",
}
MALE = ("03", "10", "11", "12", "15")
FEMALE = ("08", "09", "13", "14", "16")
SENTENCES = {
    "a01": "Der Lappen liegt auf dem Eisschrank.",
    "a02": "Das will sie am Mittwoch abgeben.",
    "a04": "Heute abend könnte ich es ihm sagen.",
    "a05": "Das schwarze Stück Papier befindet sich da oben neben dem Holzstück.",
    "a07": "In sieben Stunden wird es soweit sein.",
    "b01": "Was sind denn das für Tüten, die da unter dem Tisch stehen?",
    "b02": "Sie haben es gerade hochgetragen und jetzt gehen sie wieder runter.",
    "b03": ("An den Wochenenden bin ich jetzt immer nach Hause gefahren und habe Agnes besucht."),
    "b09": "Ich will das eben wegbringen und dann mit Karl was trinken gehen.",
    "b10": "Die wird auf dem Platz sein, wo wir sie immer hinlegen.",
}


class Emodb(FolderCorpus):
    """The classic layout (``wav/03a01Fa.wav``); the folder may be given with or without ``wav``."""

    name = "emodb"
    title = "Berlin Database of Emotional Speech (EmoDB)"
    licence = "CC0 1.0"
    citation = (
        "F. Burkhardt, A. Paeschke, M. Rolfes, W. Sendlmeier and B. Weiss (2005). A database of "
        "German emotional speech. Interspeech 2005, 1517-1520. "
        "doi:10.21437/Interspeech.2005-446"
    )
    url = "http://emodb.bilderbar.info"
    language = "de"

    pattern = re.compile(r"(\d\d)([ab]\d\d)([A-Z])([a-z]?)", re.IGNORECASE)
    example = "wav/03a01Fa.wav"

    def labels(self, match: re.Match[str]) -> Labels:
        """Return emotion, speaker, sex and sentence."""
        speaker, sentence, emotion, _ = match.groups()
        if speaker not in MALE + FEMALE:
            raise UsageError(f"EmoDB has no speaker {speaker}")
        if sentence.lower() not in SENTENCES:
            raise UsageError(f"EmoDB has no sentence {sentence}")
        if emotion.upper() not in EMOTIONS:
            raise UnknownLabelError(f"EmoDB has no emotion {emotion}", emotion)
        sex = "male" if speaker in MALE else "female"
        return Labels(EMOTIONS[emotion.upper()], speaker, sex, SENTENCES[sentence.lower()])


COMPONENT = Emodb()
