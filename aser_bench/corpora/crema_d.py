"""CREMA-D: 91 actors, twelve sentences, six emotions."""

from __future__ import annotations

import re
from pathlib import Path

from ..core import tables
from ..core.errors import UnknownLabelError, UsageError
from . import files, table_rows, tree
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
"""The distribution's table of actors, the only source of their sex."""


class CremaD(FolderCorpus):
    """The whole distribution, or its folder AudioWAV.

    The distribution has each recording three times (AudioWAV, AudioMP3 and a video in VideoFlash);
    the WAV file is used.
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

    # The last field is the intensity: LO, MD, HI or XX; one file of the distribution has X.
    pattern = re.compile(r"(1\d{3})_([A-Z]{3})_([A-Z]{3})_(LO|MD|HI|XX?)", re.IGNORECASE)
    example = "AudioWAV/1001_DFA_ANG_XX.wav"

    def labels(self, match: re.Match[str]) -> Labels:
        """Return emotion, actor and sentence."""
        actor, sentence, emotion, _ = (field.upper() for field in match.groups())
        valid_codes = (
            ("actor", actor, {str(number) for number in ACTORS}),
            ("sentence", sentence, SENTENCES),
            ("emotion", emotion, EMOTIONS),
        )
        for field, value, codes in valid_codes:
            if value not in codes:
                message = f"CREMA-D has no {field} {value}"
                raise (
                    UnknownLabelError(message, value) if field == "emotion" else UsageError(message)
                )
        return Labels(tables.canonical_emotion(emotion), actor, "", SENTENCES[sentence])

    def scan(self, source: Path | None) -> Listing:
        """List the utterances under a folder, with the actors' sex if their table exists."""
        listing = super().scan(source)
        sexes = _sexes(files.corpus_folder(source, self.name))
        speakers = listing.utterances["speaker"]
        listing.utterances["sex"] = [sexes.get(speaker, "") for speaker in speakers]
        if not sexes:
            listing.notes.append(
                f"the actors' sex is unknown: {DEMOGRAPHICS} is not in the folder or the one above"
            )
        return listing


def _sexes(root: Path) -> dict[str, str]:
    """Return the sex of each actor, from the table in the folder or in the one above it."""
    for folder in (root, root.parent):
        table = folder / DEMOGRAPHICS
        if tree.is_file(table):
            lines = table_rows.parse(files.read_text(table), ",", f"{DEMOGRAPHICS} of crema_d")
            header = lines[0][1] if lines else []
            rows = [dict(zip(header, cells, strict=False)) for _, cells in lines[1:]]
            sexes = {str(row.get("ActorID")): str(row.get("Sex")).lower() for row in rows}
            return {actor: sex for actor, sex in sexes.items() if sex in ("female", "male")}
    return {}


COMPONENT = CremaD()
