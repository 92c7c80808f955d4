"""What a feature set is: an utterance in, numbers with names out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from ..core.options import Configurable

if TYPE_CHECKING:
    import numpy as np

    from .audio_signal import AudioSignal


@dataclass(frozen=True)
class FeatureSet(Configurable, ABC):
    """One feature set.

    A feature set with options is a frozen dataclass with a field for each of them, and names in
    ``options`` the function that reads it.

    Attributes
    ----------
    name, title : str
        The name on the command line, and one line for ``list``.
    version : int
        Raised whenever the numbers change: a part of the key in the cache.
    packages : tuple of str
        Distributions whose version may change the numbers: their versions are in the key too.
    columns : tuple of str
        The name of each value.
    per_frame : bool
        Whether an utterance gives a matrix (frames, len(columns)) instead of a vector.
    hop_s : float
        Seconds from frame to frame, where there are frames; for the estimate of costs.
    options, variants
        See `aser_bench.core.options.Configurable`.
    """

    component_type = "feature set"
    title: ClassVar[str]
    version: ClassVar[int]
    packages: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[tuple[str, ...]]
    per_frame: ClassVar[bool] = False
    hop_s: ClassVar[float] = 0.032

    @property
    def feature_sets(self) -> dict[str, str]:
        """What is extracted for it: itself, by its kind (``vector`` or ``frames``)."""
        return {"frames" if self.per_frame else "vector": self.spec}

    def params(self) -> dict[str, object]:
        """Return all that decides the numbers, the options at least: part of the cache's key."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @abstractmethod
    def extract(self, sound: AudioSignal) -> np.ndarray:
        """Return float32 features of one utterance.

        Shape (len(columns),), or (frames, len(columns)) with at least one frame where ``frames``
        is true. ``sound.signal`` and ``sound.rate`` are all that is needed; what else a
        `AudioSignal` offers is made once for all feature sets of a run.
        """


@dataclass(frozen=True)
class FeatureBundle(Configurable, ABC):
    """Several feature sets under one name, for models that read more than one kind.

    Attributes
    ----------
    name, title : str
        As of a `FeatureSet`.
    extracted : dict of str to str
        Kind (``frames``, ``vector``) -> feature set with its options.
    options, variants
        See `aser_bench.core.options.Configurable`.
    """

    component_type = "feature set"
    title: ClassVar[str]

    @property
    @abstractmethod
    def feature_sets(self) -> dict[str, str]:
        """The feature sets, by their kind."""
