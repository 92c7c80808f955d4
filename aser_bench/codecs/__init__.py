"""Codecs: encoding and decoding of signals, without any other change.

`roundtrip` is the function for single signals, for example in a training loop. `augment.Augment`
is a data augmentation that chooses a condition at random.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy.typing as npt

    from .signals import Signal

__all__ = ["roundtrip"]


def roundtrip(
    signal: npt.ArrayLike,
    rate: int,
    codec: str,
    bitrate: float | None = None,
    *,
    policy: str = "promote",
) -> Signal:
    """Return a signal after encoding and decoding.

    Parameters
    ----------
    signal : numpy.ndarray
        Mono, shape (samples,); full scale is 1.
    rate : int
        Sample rate in Hz.
    codec : str
        A codec with its options, or a chain: ``mp3``, ``opus:application=voip``, ``gsm``,
        ``mp3:64+opus:16``. ``aser-bench list codecs`` lists them.
    bitrate : float, optional
        Bitrate in kbit/s, for codecs that have bitrates.
    policy : {"promote", "clamp", "error"}
        Treatment of a bitrate that the codec does not support at this rate: ``promote`` codes
        it at a higher or lower rate, ``clamp`` codes the nearest bitrate, ``error`` raises an
        error.

    Returns
    -------
    numpy.ndarray
        float32, shape (samples,): the length of the source, no delay, and not clipped (except
        by codecs that work on 16-bit samples).

    Raises
    ------
    UsageError
        If the codec is unknown, the ffmpeg in use does not support it, the bitrate cannot be
        coded under the policy, or ``rate`` or ``bitrate`` is not a number.
    AudioError
        If the signal is empty, not mono or not finite.
    CodecError
        If the encoder fails.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> coded = roundtrip(tone, 16_000, "mp3", 64)
    >>> coded.shape, coded.dtype
    ((16000,), dtype('float32'))
    """
    from ..core.arguments import check_number, check_sample_rate
    from ..core.errors import UsageError
    from .signals import check_signals
    from .specs import get_available

    check_sample_rate(rate)
    if bitrate is not None:
        check_number("bitrate", bitrate)
    component = get_available(codec)
    if component.takes_bitrates and bitrate is None:
        raise UsageError(f"{codec} needs a bitrate")
    bitrates = [] if bitrate is None else [bitrate]
    conditions, _ = component.conditions(bitrates, rate, policy)
    return component.roundtrip(check_signals([signal]), rate, conditions)[0][0].signal
