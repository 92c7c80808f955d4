"""What the corpora whose labels stand in the file names have in common."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..core.errors import UsageError
from . import files
from .base import Corpus, Listing


@dataclass(frozen=True)
class Labels:
    """What a file's name says; empty where it says nothing."""

    emotion: str
    speaker: str = ""
    sex: str = ""
    text: str = ""


class FolderCorpus(Corpus):
    """A corpus that is a folder of recordings whose names carry the labels.

    Attributes
    ----------
    pattern : re.Pattern
        What a name (without extension) must match to be looked at; others are left out.
    example : str
        A file as distributed, for messages.
    excluded : str
        What `labels` returns None for, in the plural, for the notes.
    unique_names : bool
        Whether a name that occurs twice is a second copy of the same recording.
    """

    pattern: ClassVar[re.Pattern[str]]
    example: ClassVar[str]
    excluded: ClassVar[str] = "files that are not part of it"
    unique_names: ClassVar[bool] = True

    @abstractmethod
    def labels(self, match: re.Match[str]) -> Labels | None:
        """Read a name; None where the file is by design no part of the corpus.

        Raises
        ------
        UsageError
            If the name looks right and means nothing (an unknown code).
        """

    def matches_name(self, stem: str) -> bool:
        """Tell whether a name matches the pattern."""
        return self.pattern.fullmatch(stem) is not None

    def scan(self, source: Path | None) -> Listing:
        """List the utterances under a folder; see `Corpus.scan`."""
        root = files.corpus_folder(source, self.name)
        audio, _ = files.find_files(root)
        named = [path for path in audio if self.pattern.fullmatch(files.nfc_stem(path))]
        if not named:
            raise files.no_files_error(self.name, self.example, root)
        kept, copies = named, 0
        if self.unique_names:
            kept, copies = files.drop_copies(files.lossless_first(named))
        entries, refused, skipped = [], [], 0
        for path in kept:
            match = self.pattern.fullmatch(files.nfc_stem(path))
            try:
                labels = self.labels(match) if match else None
            except UsageError as error:
                refused.append((files.relative_path(path, root), str(error)))
                continue
            if labels is None:
                skipped += 1
            else:
                entries.append(
                    files.Entry(path, labels.emotion, labels.speaker, labels.sex, labels.text)
                )
        if not entries:
            raise self._all_refused(root, refused, skipped)
        counts = (
            (skipped, f"{self.excluded} left out"),
            (copies, "second copies of a recording (the same file name) left out"),
            (len(audio) - len(named), f"audio files with names unlike {self.example} left out"),
        )
        notes = [f"{count} {what}" for count, what in counts if count]
        return files.build_listing(entries, root, refused, notes)

    def _all_refused(self, root: Path, refused: list[tuple[str, str]], skipped: int) -> UsageError:
        if refused:
            file, reason = refused[0]
            why = f"all {len(refused)} files are refused, for example {file!r}: {reason}"
        else:
            why = f"all {skipped} files are {self.excluded}"
        return UsageError(
            f"corpus {self.name!r}: nothing to use under {str(root)!r}: {why}. "
            f"A name that works: {self.example}"
        )
