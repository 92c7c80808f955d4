"""CREMA-D: 91 actors, twelve sentences, six emotions."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError
from . import files
from .base import Listing
from .folder import FolderCorpus, Labels

SENTENCES = {
    "IEO": "It's eleven o'clock.",
    "TIE": "That is exactly what happened.",
    "IOM": "I'm on my way to the meeting.",
    "IWW": "I wonder what this is about.",
    "TAI": "The airplane is almost full.",
    "MTI": "Maybe tomorrow it will be cold.",
    "IWL": "I would like a new alarm clock.",
    "ITH": "I think I have a doctor's appointment.",
    "DFA": "Don't forget a jacket.",
    "ITS": "I think I've seen this before.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
EMOTIONS = ("ANG", "DIS", "FEA", "HAP", "NEU", "SAD")
ACTORS = range(1001, 1092)
DEMOGRAPHICS = "VideoDemographics.csv"
"""The distribution's table of actors, which alone tells their sex."""


class CremaD(FolderCorpus):
    """The name decides; the whole distribution or its folder AudioWAV alone may be given.

    The distribution holds each recording three times (AudioWAV, AudioMP3 and a film in
    VideoFlash): the WAV is taken.
    """

    name = "crema_d"
    title = "Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)"
    licence = "Open Database License (ODbL) 1.0"
    citation = (
        "H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova and R. Verma (2014). "
        "CREMA-D: Crowd-sourced emotional multimodal actors dataset. IEEE Transactions on "
        "Affective Computing 5(4), 377-390. doi:10.1109/TAFFC.2014.2336244"
    )
    url = "https://doi.org/10.1109/TAFFC.2014.2336244"
    language = "en"

    # The last field is the intensity: LO, MD, HI or XX, and X in one file as distributed.
    pattern = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX?)", re.IGNORECASE)
    example = "AudioWAV/1001_DFA_ANG_XX.wav"

    def labels(self, match: re.Match[str]) -> Labels:
        """Read actor, sentence and emotion."""
        actor, sentence, emotion, _ = (field.upper() for field in match.groups())
        known = (
            ("actor", actor, {str(number) for number in ACTORS}),
            ("sentence", sentence, SENTENCES),
            ("emotion", emotion, EMOTIONS),
        )
        for field, value, values in known:
            if value not in values:
                raise UsageError(f"{field} {value} is unknown to CREMA-D")
        return Labels(tables.canonical_emotion(emotion), actor, "", SENTENCES[sentence])

    def scan(self, source: Path | None) -> Listing:
        """List the utterances under a folder, with the actors' sex where a table tells it."""
        found = super().scan(source)
        sexes = _sexes(files.corpus_folder(source, self.name))
        found.utterances["sex"] = [sexes.get(who, "") for who in found.utterances["speaker"]]
        if not sexes:
            found.notes.append(
                f"the actors' sex is not known: {DEMOGRAPHICS} does not lie beside the recordings"
            )
        return found


def _sexes(root: Path) -> dict[str, str]:
    """Return actor -> sex, from the table in the folder or in the one above it."""
    for place in (root, root.parent):
        table = place / DEMOGRAPHICS
        if table.is_file():
            rows = csv.DictReader(io.StringIO(files.read_text(table), newline=""))
            told = {str(row.get("ActorID")): str(row.get("Sex")).lower() for row in rows}
            return {who: sex for who, sex in told.items() if sex in ("female", "male")}
    return {}


COMPONENT = CremaD()
