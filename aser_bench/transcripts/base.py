"""Base class of transcribers, which turn utterances into words."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, ClassVar

from ..core import registry
from ..core.errors import UsageError
from ..core.options import Configurable
from ..core.tables import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4`", "'"))


@dataclass(frozen=True)
class Transcriber(Configurable, ABC):
    """Source of the transcripts that models read.

    A transcriber with options is a frozen dataclass with one field per option, and ``options``
    maps the name of each to the function that parses it. Transcribers are pickled to worker
    processes, so a loaded model is cached in the module and not in the object.

    Attributes
    ----------
    name, title : str
        Name on the command line, and one line for ``list``.
    version : int
        Version of the implementation, a part of the cache key. Raise it when the same speech
        gives other words.
    packages : tuple of str
        Distributions; the words depend on their versions; the versions are a part of the cache key.
    languages : tuple of str
        Supported languages, such as ``("en",)``; empty for any language.
    from_audio : bool
        Whether the words are recognised in the audio. If not, they are the corpus's text.
    real_time_factor : float
        Approximate CPU seconds per second of speech, for estimates.
    options, variants
        See `aser_bench.core.options.Configurable`.
    """

    component_type = "transcriber"
    title: ClassVar[str]
    version: ClassVar[int] = 1
    packages: ClassVar[tuple[str, ...]] = ()
    languages: ClassVar[tuple[str, ...]] = ()
    from_audio: ClassVar[bool] = True
    real_time_factor: ClassVar[float] = 0.0

    def unavailable(self) -> str:
        """Return why it cannot be used here and what to do, in one line; empty if it can."""
        return ""

    def identity(self) -> list[Any]:
        """Return everything that determines the words, serialisable as JSON, for the cache key.

        Raises
        ------
        UsageError
            If the transcriber cannot be used here.
        """
        self.require_available()
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        packages = registry.versions(self.packages)
        return [self.name, self.version, options, packages, *self.key_parts()]

    def key_parts(self) -> list[Any]:
        """Return what determines the words, except the options and the versions of packages."""
        return []

    def transcribe(self, signals: Sequence[npt.NDArray[np.floating]], rate: int) -> list[str]:
        """Return the words of utterances, each transcribed independently of the others.

        Parameters
        ----------
        signals : sequence of numpy.ndarray
            Mono float signals, shape (samples,), full scale is 1; their lengths may differ.
        rate : int
            Sample rate of the signals, which must be 16,000 Hz.

        Returns
        -------
        list of str
            One transcript per signal: words in lower case, separated by single spaces, without
            punctuation. It is empty if no words are recognised. The same signal always gives the
            same transcript.

        Raises
        ------
        UsageError
            If the transcriber cannot be used here, or ``rate`` is not 16,000 Hz.
        """
        self.require_available()
        if rate != SAMPLE_RATE:
            raise UsageError(f"{self.name} needs signals at {SAMPLE_RATE} Hz, not at {rate} Hz")
        return [self.transcribe_one(signal) if len(signal) else "" for signal in signals]

    @abstractmethod
    def transcribe_one(self, signal: npt.NDArray[np.floating]) -> str:
        """Return the words of one utterance of at least one sample; see `transcribe`."""

    def require_available(self) -> None:
        """Raise UsageError if the transcriber cannot be used here."""
        reason = self.unavailable()
        if reason:
            raise UsageError(f"{self.name} cannot be used: {reason}")


def is_installed(distribution: str) -> bool:
    """Return whether a distribution is installed, without importing it."""
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def normalize(text: str) -> str:
    """Return the words of a text in lower case, separated by single spaces, without punctuation.

    Examples
    --------
    >>> normalize(" It\u2019s half-past three, he said. 'Go!' ")
    "it's half past three he said go"
    """
    lower = text.translate(_APOSTROPHES).lower()
    # Words consist of letters, digits and combining marks (some scripts write vowels as marks).
    spaced = "".join(c if c == "'" or unicodedata.category(c)[0] in "LMN" else " " for c in lower)
    words = (word.strip("'") for word in spaced.split())
    return " ".join(word for word in words if word)
