"""The demo corpus: synthetic speech that comes with the package, so that anything runs at once."""

from __future__ import annotations

import csv
from importlib import resources
from pathlib import Path

from ..core import tables
from ..core.errors import UsageError
from . import files
from .base import Corpus, Listing

TABLE = "utterances.csv"


class Demo(Corpus):
    """FLAC files and their table (file, emotion, speaker, sex, text, text_kind) in the package.

    The listing has a column more than others: ``text_kind``, ``neutral`` where the wording says
    nothing of the emotion and ``emotional`` where it does.
    """

    name = "demo"
    title = "aser-bench demo corpus"
    licence = "MIT, like aser-bench"
    citation = "aser-bench, demo corpus (synthetic speech; it says nothing about people)"
    synthetic = True
    needs_source = False
    language = "en"

    def scan(self, source: Path | None) -> Listing:
        """List the utterances; ``source`` names another folder of the same layout."""
        if source is None:
            root = Path(str(resources.files("aser_bench.corpora") / "data" / "demo"))
        else:
            root = files.corpus_folder(source, self.name)
        if not (root / TABLE).is_file():
            hint = (
                "the installation is incomplete, install aser-bench again"
                if source is None
                else "the demo corpus needs no folder: --corpus demo"
            )
            raise UsageError(f"corpus 'demo': there is no {TABLE} under {str(root)!r}; {hint}")
        with (root / TABLE).open(encoding="utf-8", newline="") as table:
            rows = list(csv.DictReader(table))
        entries = [
            files.Entry(
                root / row["file"],
                tables.canonical_emotion(row["emotion"]),
                row["speaker"],
                row["sex"],
                row["text"],
            )
            for row in rows
        ]
        found = files.build_listing(entries, root)
        kinds = {str(root / row["file"]): row["text_kind"] for row in rows}
        found.utterances["text_kind"] = found.utterances["file"].map(kinds)
        return found


COMPONENT = Demo()
