"""Base classes of feature sets: an utterance in, named numbers out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from ..core.options import Configurable

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .audio_signal import AudioSignal


@dataclass(frozen=True)
class FeatureSet(Configurable, ABC):
    """Base class of a feature set.

    A feature set with options is a frozen dataclass with a field for each option. ``options``
    maps each of them to the function that parses its value.

    Attributes
    ----------
    name, title : str
        Name on the command line, and one line for ``aser-bench list``.
    version : int
        Incremented whenever the numbers change; part of the cache key.
    packages : tuple of str
        Distributions of which the version may change the numbers; the versions are part of the
        cache key.
    columns : tuple of str
        Name of each value.
    per_frame : bool
        Whether an utterance gives a matrix (frames, columns) instead of a vector (columns,).
    hop_s : float
        Seconds from one frame to the next, for ``per_frame``; used to estimate costs.
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
        """The spec of this feature set by its type (``vector`` or ``frames``)."""
        return {"frames" if self.per_frame else "vector": self.spec}

    def params(self) -> dict[str, object]:
        """Return all parameters that determine the numbers, options included.

        They are part of the cache key.
        """
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @abstractmethod
    def extract(self, signal: AudioSignal) -> npt.NDArray[np.float32]:
        """Return the features of one utterance.

        Parameters
        ----------
        signal : AudioSignal
            ``signal.signal`` and ``signal.rate`` are sufficient; the spectrograms that it offers
            are computed once for all feature sets of a run.

        Returns
        -------
        numpy.ndarray of float32
            Shape (columns,), or (frames, columns) with at least one frame for ``per_frame``.
        """


@dataclass(frozen=True)
class FeatureBundle(Configurable, ABC):
    """Base class of several feature sets under one name, for models with several inputs.

    Attributes
    ----------
    name, title : str
        As for a `FeatureSet`.
    feature_sets : dict of str to str
        Type (``frames``, ``vector``) -> feature set with its options.
    options, variants
        See `aser_bench.core.options.Configurable`.
    """

    component_type = "feature set"
    title: ClassVar[str]

    @property
    @abstractmethod
    def feature_sets(self) -> dict[str, str]:
        """The feature sets by type."""
