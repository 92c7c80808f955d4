"""What a transcriber is: utterances in, their words out."""

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

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u00b4`", "'"))


@dataclass(frozen=True)
class Transcriber(Configurable, ABC):
    """One way to know the words of an utterance.

    A transcriber with options is a frozen dataclass with a field for each of them, and names in
    ``options`` the function that reads it. It is pickled to worker processes: what it loads, it
    keeps beside itself, not in itself.

    Attributes
    ----------
    name, title : str
        The name on the command line, and one line for ``list``.
    version : int
        Raised whenever the same speech gives other words: a part of the key in the cache.
    packages : tuple of str
        Distributions whose version may change the words: their versions are in the key too.
    languages : tuple of str
        The languages that it knows, such as ``("en",)``; empty for any.
    from_audio : bool
        Whether it listens. What does not is the corpus's own text.
    seconds_per_second : float
        Roughly how many CPU seconds a second of speech takes, for estimates.
    options, variants
        See `aser_bench.core.options.Configurable`.
    """

    component_type = "transcriber"
    title: ClassVar[str]
    version: ClassVar[int] = 1
    packages: ClassVar[tuple[str, ...]] = ()
    languages: ClassVar[tuple[str, ...]] = ()
    from_audio: ClassVar[bool] = True
    seconds_per_second: ClassVar[float] = 0.0

    def unavailable(self) -> str:
        """Return why it cannot be used here and what to do, in one line; empty where it can."""
        return ""

    def identity(self) -> list[Any]:
        """Return what decides the words, as JSON has it: part of the cache's key.

        Raises
        ------
        UsageError
            If it cannot be used here.
        """
        self.require_available()
        options = {field.name: getattr(self, field.name) for field in fields(self)}
        packages = registry.versions(self.packages)
        return [self.name, self.version, options, packages, *self.key_parts()]

    def key_parts(self) -> list[Any]:
        """Return what decides the words beside the options and the versions of packages."""
        return []

    def transcribe(self, signals: Sequence[np.ndarray], rate: int) -> list[str]:
        """Return what is heard in some utterances, each as if it were the only one.

        Parameters
        ----------
        signals : sequence of numpy.ndarray
            Mono float signals, shape (samples,), full scale is 1, of whatever lengths.
        rate : int
            Their sample rate, which must be 16,000 Hz.

        Returns
        -------
        list of str
            Words in small letters between single spaces, without punctuation; empty where
            nothing was heard. The same signal gives the same words, whatever came before it.

        Raises
        ------
        UsageError
            If it cannot be used here, or the rate is another one.
        """
        self.require_available()
        if rate != SAMPLE_RATE:
            raise UsageError(f"{self.name} listens at {SAMPLE_RATE} Hz, not at {rate} Hz")
        return [self.transcribe_one(signal) if len(signal) else "" for signal in signals]

    @abstractmethod
    def transcribe_one(self, signal: np.ndarray) -> str:
        """Return what is heard in one utterance of at least one sample; see `transcribe`."""

    def require_available(self) -> None:
        """Raise UsageError if it cannot be used here."""
        reason = self.unavailable()
        if reason:
            raise UsageError(f"{self.name} cannot be used: {reason}")


def is_installed(distribution: str) -> bool:
    """Tell whether a distribution is installed, without importing it."""
    try:
        version(distribution)
    except PackageNotFoundError:
        return False
    return True


def normalize(text: str) -> str:
    """Return the words of a text in small letters between single spaces, nothing else.

    Examples
    --------
    >>> normalize(" It\u2019s half-past three, he said. 'Go!' ")
    "it's half past three he said go"
    """
    small = text.translate(_APOSTROPHES).lower()
    # Letters, their marks (which some scripts write vowels with) and digits make words.
    kept = "".join(c if c == "'" or unicodedata.category(c)[0] in "LMN" else " " for c in small)
    return " ".join(word for word in (one.strip("'") for one in kept.split()) if word)
