"""Demo corpus: synthetic speech in the package, so that studies run without a download."""

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

    The listing has the additional column ``text_kind``: ``emotional`` if the wording suggests the
    emotion, else ``neutral``.
    """

    name = "demo"
    title = "aser-bench demo corpus"
    licence = "MIT, like aser-bench"
    citation = "aser-bench, demo corpus (synthetic speech; no evidence about human speech)"
    synthetic = True
    needs_source = False
    language = "en"

    def scan(self, source: Path | None) -> Listing:
        """List the utterances; ``source`` may be another folder of the same layout."""
        if source is None:
            root = Path(str(resources.files("aser_bench.corpora") / "data" / "demo"))
        else:
            root = files.corpus_folder(source, self.name)
        if not (root / TABLE).is_file():
            hint = (
                "the installation is incomplete; install aser-bench again"
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
        listing = files.build_listing(entries, root)
        kinds = {str(root / row["file"]): row["text_kind"] for row in rows}
        listing.utterances["text_kind"] = listing.utterances["file"].map(kinds)
        return listing


COMPONENT = Demo()
