"""Codecs as an augmentation: each call takes a signal through a condition that is drawn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from ..core.errors import AudioError, UsageError
from ..core.tables import Condition
from .base import Codec
from .specs import get_available


class Augment:
    """A random codec, with a probability: what audiomentations calls a transform.

    It needs no audiomentations, and works in its ``Compose``, ``OneOf`` and ``SomeOf`` as well
    as by itself.

    Parameters
    ----------
    conditions : str or sequence of str
        What to draw from, each as likely as the next: a codec with its options and bitrate
        (kbit/s) between colons, a control, or a chain. ``mp3:16``,
        ``opus:application=voip:16``, ``gsm``, ``lowpass:cutoff=3400``, ``mp3:64+opus:16``.
    p : float
        The probability that a call does anything.
    seed : int, optional
        Of the draws. Without one they differ from process to process.
    policy : {"promote", "clamp", "error"}
        What to do with a bitrate that the codec does not carry at the sample rate; see
        `aser_bench.codecs.roundtrip`.

    Raises
    ------
    UsageError
        If a codec is unknown or cannot be used with the ffmpeg at hand, or lacks its bitrate.

    Notes
    -----
    **Workers.** The generator is an instance's own. Processes that are forked or sent a copy
    (the workers of a data loader) go on from its state: with a seed they all draw the same, and
    the same again each epoch. Give each its own with `reseed`; for PyTorch:

    .. code-block:: python

        def start(worker):
            info = torch.utils.data.get_worker_info()
            info.dataset.augment.reseed(info.seed)  # differs by worker and by epoch

        DataLoader(dataset, num_workers=4, worker_init_fn=start)

    Without a seed, a new process draws anew by itself.

    **Costs.** A call starts an ffmpeg process, and a second one for codecs that ffmpeg decodes
    too; ``gsm``, controls and (with lameenc) ``mp3`` need none. For 3.8 s at 16 kHz that is some
    25 ms of one core with ``mp3``, 100 with ``aac``, 500 with ``opus`` and 5 with ``lowpass``,
    again in every epoch. Where the same recordings come epoch after epoch, code them once
    instead (``aser-bench corpus encode``).

    Examples
    --------
    >>> augment = Augment(["mp3:8", "mp3:64", "lowpass:cutoff=3400"], p=1.0, seed=1)
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000, dtype=np.float32) / 16_000)
    >>> coded = augment(tone, sample_rate=16_000)
    >>> coded.shape, coded.dtype
    ((16000,), dtype('float32'))
    >>> augment.parameters
    {'should_apply': True, 'condition': 'lowpass:cutoff=3400'}
    """

    def __init__(
        self,
        conditions: str | Sequence[str],
        p: float = 0.5,
        seed: int | None = None,
        policy: str = "promote",
    ) -> None:
        self.conditions = (conditions,) if isinstance(conditions, str) else tuple(conditions)
        if not self.conditions:
            raise UsageError("there is no condition to draw; name some, such as mp3:16")
        if not 0 <= p <= 1:
            raise UsageError(f"p is a probability from 0 to 1, not {p}")
        for spec in self.conditions:
            if get_available(spec).takes_bitrates:
                raise UsageError(f"{spec} needs a bitrate (kbit/s) behind it: {spec}:16")
        self.p = p
        self.seed = seed
        self.policy = policy
        self.are_parameters_frozen = False
        self.parameters: dict[str, Any] = {"should_apply": None}
        self.reseed(seed)

    def reseed(self, seed: int | None) -> None:
        """Start the draws anew."""
        self.seed = seed
        self._generator = np.random.default_rng(seed)
        self._process = os.getpid()

    def __call__(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
        """Return the samples as they sound after a codec, or, as often as not, as they are.

        Parameters
        ----------
        samples : numpy.ndarray
            Float (full scale is 1), shape (samples,) or (channels, samples). Each channel goes
            through the codec by itself, all at the same condition.
        sample_rate : int
            Hz.

        Returns
        -------
        numpy.ndarray
            Of the same shape and dtype, and in time with the source; ``samples`` itself where
            the draw was to do nothing.

        Raises
        ------
        UsageError, AudioError, CodecError
            As `aser_bench.codecs.roundtrip`.
        """
        _check(samples)
        if not self.are_parameters_frozen or self.parameters["should_apply"] is None:
            self.randomize_parameters(samples, sample_rate)
        if not self.parameters["should_apply"]:
            return samples
        codec, condition = _planned(self.parameters["condition"], sample_rate, self.policy)
        (coded,) = codec.roundtrip(list(np.atleast_2d(samples)), sample_rate, [condition])
        signals = np.stack([one.signal for one in coded])
        return signals.reshape(samples.shape).astype(samples.dtype, copy=False)

    def randomize_parameters(self, samples: np.ndarray, sample_rate: int) -> None:
        """Draw what the next call does; a call does so itself unless it is frozen."""
        if self.seed is None and self._process != os.getpid():
            self.reseed(None)
        # Two numbers a call, whatever comes of them: another p leaves the conditions the same.
        chance, place = self._generator.random(2)
        self.parameters = {
            "should_apply": bool(chance < self.p),
            "condition": self.conditions[int(place * len(self.conditions))],
        }

    def freeze_parameters(self) -> None:
        """Do at each call from now on what the last one did."""
        self.are_parameters_frozen = True

    def unfreeze_parameters(self) -> None:
        """Draw at each call again."""
        self.are_parameters_frozen = False

    def serialize_parameters(self) -> dict[str, Any]:
        """Return what the last call did, as a mapping that JSON can hold."""
        return self.parameters

    def to_dict_private(self) -> dict[str, Any]:
        """Return what it was made of, as audiomentations writes it down."""
        return {
            "__class_fullname__": f"{type(self).__module__}.{type(self).__name__}",
            "conditions": list(self.conditions),
            "p": self.p,
            "policy": self.policy,
        }

    def __repr__(self) -> str:
        return (
            f"Augment({list(self.conditions)!r}, p={self.p!r}, seed={self.seed!r}, "
            f"policy={self.policy!r})"
        )


@cache
def _planned(spec: str, rate: int, policy: str) -> tuple[Codec, Condition]:
    codec = get_available(spec)
    (condition,), _ = codec.conditions([], rate, policy)
    return codec, condition


def _check(samples: np.ndarray) -> None:
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and len(samples) > samples.shape[1]):
        raise AudioError(
            f"expected samples of shape (samples,) or (channels, samples), got {samples.shape}"
        )
    if not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(f"expected samples in float (full scale is 1), got {samples.dtype}")
