"""Data augmentation with codecs: each call codes a signal at a randomly chosen condition."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError, UsageError
from ..core.tables import Condition
from .base import Codec
from .signals import check_signals
from .specs import get_available

_Samples = npt.NDArray[np.floating]


class Augment:
    """A transform that applies a randomly chosen codec with a given probability.

    The class has the interface of a transform of audiomentations, for its ``Compose``, ``OneOf``
    and ``SomeOf``, but does not need this package.

    Parameters
    ----------
    conditions : str or sequence of str
        Conditions to choose from with equal probability. Each is a codec with its options and
        bitrate (kbit/s), a control, or a chain: ``mp3:16``, ``opus:application=voip:16``,
        ``gsm``, ``lowpass:cutoff=3400``, ``mp3:64+opus:16``.
    p : float
        Probability that a call applies a codec.
    seed : int, optional
        Seed of the random choices. Without a seed, every process makes different choices.
    policy : {"promote", "clamp", "error"}
        Treatment of a bitrate that the codec does not support at the sample rate; see
        `aser_bench.codecs.roundtrip`.

    Raises
    ------
    UsageError
        If a codec is unknown, its bitrate is missing, or the ffmpeg in use does not support it.

    Notes
    -----
    **Workers.** Each instance has a random generator. The workers of a data loader receive copies
    of it: with a seed, they all make the same choices, and repeat them in each epoch. Give each
    worker its own seed with `reseed`; for PyTorch:

    .. code-block:: python

        def start(worker):
            info = torch.utils.data.get_worker_info()
            info.dataset.augment.reseed(info.seed)  # differs by worker and by epoch

        DataLoader(dataset, num_workers=4, worker_init_fn=start)

    Without a seed, each new process makes its own choices.

    **Cost.** A call starts an ffmpeg process, and a second one if ffmpeg also decodes the codec.
    ``gsm``, controls and (with lameenc) ``mp3`` need no process. For 3.8 s at 16 kHz, a call takes
    about 25 ms of one core with ``mp3``, 100 with ``aac``, 500 with ``opus`` and 5 with
    ``lowpass``, in every epoch. For recordings that are used in many epochs, coding them once is
    faster (``aser-bench corpus encode``).

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
            raise UsageError("there are no conditions; give at least one, such as mp3:16")
        if not 0 <= p <= 1:
            raise UsageError(f"p must be a probability from 0 to 1, not {p}")
        for spec in self.conditions:
            if get_available(spec).takes_bitrates:
                raise UsageError(f"{spec} needs a bitrate (kbit/s), such as {spec}:16")
        self.p = p
        self.seed = seed
        self.policy = policy
        self.are_parameters_frozen = False
        self.parameters: dict[str, Any] = {"should_apply": None}
        self.reseed(seed)

    def reseed(self, seed: int | None) -> None:
        """Restart the random choices with a seed."""
        self.seed = seed
        self._generator = np.random.default_rng(seed)
        self._process = os.getpid()

    def __call__(self, samples: _Samples, sample_rate: int) -> _Samples:
        """Return the samples after a codec or, with probability 1 - ``p``, unchanged.

        Parameters
        ----------
        samples : numpy.ndarray
            Float (full scale is 1), shape (samples,) or (channels, samples). The channels are
            coded separately, at the same condition.
        sample_rate : int
            Sample rate in Hz.

        Returns
        -------
        numpy.ndarray
            Same shape and dtype as the source, without delay; ``samples`` itself if no codec is
            applied.

        Raises
        ------
        UsageError, AudioError, CodecError
            See `aser_bench.codecs.roundtrip`.
        """
        _check(samples)
        if not self.are_parameters_frozen or self.parameters["should_apply"] is None:
            self.randomize_parameters(samples, sample_rate)
        if not self.parameters["should_apply"]:
            return samples
        codec, condition = _planned(self.parameters["condition"], sample_rate, self.policy)
        channels = check_signals(list(np.atleast_2d(samples)))
        (coded,) = codec.roundtrip(channels, sample_rate, [condition])
        signals = np.stack([channel.signal for channel in coded])
        return signals.reshape(samples.shape).astype(samples.dtype, copy=False)

    def randomize_parameters(self, samples: _Samples, sample_rate: int) -> None:
        """Choose the parameters of the next call; calls do this themselves unless frozen."""
        if self.seed is None and self._process != os.getpid():
            self.reseed(None)
        # Always two random numbers, so that the conditions do not depend on p.
        apply, index = self._generator.random(2)
        self.parameters = {
            "should_apply": bool(apply < self.p),
            "condition": self.conditions[int(index * len(self.conditions))],
        }

    def freeze_parameters(self) -> None:
        """Repeat the parameters of the last call in all further calls."""
        self.are_parameters_frozen = True

    def unfreeze_parameters(self) -> None:
        """Choose new parameters in each call again."""
        self.are_parameters_frozen = False

    def serialize_parameters(self) -> dict[str, Any]:
        """Return the parameters of the last call as a mapping for JSON."""
        return self.parameters

    def to_dict_private(self) -> dict[str, Any]:
        """Return the class and its arguments as a mapping for JSON, as audiomentations expects."""
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


def _check(samples: _Samples) -> None:
    if samples.ndim not in (1, 2) or (samples.ndim == 2 and len(samples) > samples.shape[1]):
        raise AudioError(
            f"expected samples of shape (samples,) or (channels, samples), got {samples.shape}"
        )
    if not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(f"expected samples in float (full scale is 1), got {samples.dtype}")
