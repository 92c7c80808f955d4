"""What a codec is: it plans conditions and takes signals there and back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..tables import Alias, Condition

POLICIES = ("promote", "clamp", "error")


@dataclass(frozen=True)
class Coded:
    """One utterance after the round trip.

    Attributes
    ----------
    signal : numpy.ndarray
        float32, shape (samples,): exactly as many samples as went in, lag 0, not clipped.
    kbps : float or None
        The bitrate read back from the frames that were written, in kbit/s.
    stream : str
        sha256 of the coded audio frames (hex), to tell identical streams; empty if none.
    """

    signal: np.ndarray
    kbps: float | None = None
    stream: str = ""


class Codec(ABC):
    """One codec, or one control that treats the signal (a low-pass filter, say).

    Attributes
    ----------
    name : str
        The name on the command line.
    title : str
        One line for ``list``.
    takes_bitrates : bool
        Whether ``--bitrates`` belong to it.
    version : int
        Raised whenever the same encoder gives other samples: a part of the key in the store.
    """

    name: str
    title: str
    version: int = 1
    takes_bitrates: bool = True

    @abstractmethod
    def conditions(
        self, bitrates: Sequence[float], rate: int, policy: str
    ) -> tuple[list[Condition], list[Alias]]:
        """Plan the conditions for bitrates (kbit/s) at a sample rate (Hz) under a policy.

        Raises
        ------
        UsageError
            If a bitrate cannot be coded under this policy.
        """

    @abstractmethod
    def encoder(self) -> str:
        """Return the encoder's name and version: a part of every condition's identity."""

    @abstractmethod
    def roundtrip(
        self, signals: Sequence[np.ndarray], rate: int, conditions: Sequence[Condition]
    ) -> list[list[Coded]]:
        """Take each signal through each condition; ``result[c][i]`` is signal i at condition c.

        Parameters
        ----------
        signals : sequence of numpy.ndarray
            float32, shape (samples,), at ``rate`` Hz.

        Raises
        ------
        CodecError
            If the encoder or decoder fails or returns something else than was asked for.
        """
