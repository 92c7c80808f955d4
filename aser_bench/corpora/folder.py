"""Base class of corpora with labels in the file names."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from ..core.errors import UsageError
from . import files
from .base import Corpus, Listing, Refusals


@dataclass(frozen=True)
class Labels:
    """Labels that a recording's name carries.

    Attributes
    ----------
    emotion : str
        A name of `core.tables.EMOTIONS`; `core.tables.emotion` returns it for common labels.
    speaker, sex, text : str
        As in the table of utterances (see `base.Listing`); empty if the name does not give it.
    """

    emotion: str
    speaker: str = ""
    sex: str = ""
    text: str = ""


class FolderCorpus(Corpus):
    """A folder of recordings with labels in their names.

    Attributes
    ----------
    pattern : re.Pattern
        Pattern of the names that belong to the corpus; files with other names are left out and
        counted in a note.
    example : str
        Path of one file in the layout as distributed, for messages and the contract tests.
    excluded : str
        Description, in the plural, of the files for which `labels` returns None; for the notes.
    unique_names : bool
        Whether files of the same name are copies of one recording, of which one is used.
    """

    pattern: ClassVar[re.Pattern[str]]
    example: ClassVar[str]
    excluded: ClassVar[str] = "files that are not part of it"
    unique_names: ClassVar[bool] = True

    @abstractmethod
    def labels(self, match: re.Match[str]) -> Labels | None:
        """Return the labels of a recording, or None if the corpus excludes it by design.

        Parameters
        ----------
        match : re.Match
            Match of ``pattern`` with the whole `recording_name`.

        Raises
        ------
        UsageError
            If the name matches the pattern but has an unknown code. The file is then refused with
            the message as its reason.
        UnknownLabelError
            If the unknown code is that of the emotion.
        """

    def recording_name(self, path: Path) -> str:
        """Return the name of a recording that carries its labels and identifies it.

        By default it is the file's name without its extension. Override it for a layout in which
        a folder carries a part of the labels (``DC/a01.wav``).
        """
        return files.nfc_stem(path)

    def matches_name(self, stem: str) -> bool:
        """Return whether a file name (without extension) matches the pattern."""
        return self.pattern.fullmatch(stem) is not None

    def scan(self, source: Path | None) -> Listing:
        """List the utterances under a folder; see `Corpus.scan`."""
        root = files.corpus_folder(source, self.name)
        audio, _ = files.find_files(root)
        names = {path: self.recording_name(path) for path in audio}
        matches = {path: m for path, name in names.items() if (m := self.pattern.fullmatch(name))}
        if not matches:
            raise files.no_files_error(self.name, self.example, root)
        recordings = list(matches)
        if self.unique_names:
            recordings = files.drop_copies(files.lossless_first(matches), names)
        entries, refused, skipped = [], Refusals(), 0
        for path in recordings:
            try:
                labels = self.labels(matches[path])
            except UsageError as error:
                refused.add(files.relative_path(path, root), error)
                continue
            if labels is None:
                skipped += 1
                continue
            utterance = names[path] if self.unique_names else ""
            entries.append(
                files.Entry(
                    path, labels.emotion, labels.speaker, labels.sex, labels.text, utterance
                )
            )
        if not entries:
            raise self._nothing_usable_error(root, refused, skipped)
        counts = (
            (skipped, f"{self.excluded} left out"),
            (len(matches) - len(recordings), "duplicates of a recording (same name) left out"),
            (len(audio) - len(matches), f"audio files with names unlike {self.example} left out"),
        )
        notes = [f"{count} {description}" for count, description in counts if count]
        return files.build_listing(entries, root, refused, notes)

    def _nothing_usable_error(
        self, root: Path, refused: list[tuple[str, str]], skipped: int
    ) -> UsageError:
        if refused:
            file, reason = refused[0]
            why = f"all {len(refused)} files are refused, for example {file!r}: {reason}"
        else:
            why = f"all {skipped} files are {self.excluded}"
        return UsageError(
            f"corpus {self.name!r}: no usable file under {str(root)!r}: {why}. "
            f"Example of a valid name: {self.example}"
        )
