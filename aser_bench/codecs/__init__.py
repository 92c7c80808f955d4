"""Codecs: signals there and back through lossy coding, with nothing else changed.

`roundtrip` is the function to import in a training loop; `augment.Augment` is the same as an
augmentation with a random choice of conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["roundtrip"]


def roundtrip(
    signal: np.ndarray,
    rate: int,
    codec: str,
    bitrate: float | None = None,
    *,
    policy: str = "promote",
) -> np.ndarray:
    """Return a signal as it sounds after a codec.

    Parameters
    ----------
    signal : numpy.ndarray
        Mono, shape (samples,), full scale is 1.
    rate : int
        Sample rate in Hz.
    codec : str
        A codec with its options, or a chain: ``mp3``, ``opus:application=voip``, ``gsm``,
        ``mp3:64+opus:16``. ``aser-bench list codecs`` names them.
    bitrate : float, optional
        kbit/s, for codecs that have bitrates.
    policy : {"promote", "clamp", "error"}
        What to do with a bitrate that the codec does not carry at this rate: code it at
        another rate, code the nearest bitrate, or refuse.

    Returns
    -------
    numpy.ndarray
        float32, shape (samples,): as long as the source, in time with it, and not clipped
        (but by codecs that work on 16-bit samples).

    Raises
    ------
    UsageError
        If the codec is unknown, cannot be used with the ffmpeg at hand, or cannot code the
        bitrate under the policy.
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
    from ..core.errors import UsageError
    from .specs import get_available

    component = get_available(codec)
    if component.takes_bitrates and bitrate is None:
        raise UsageError(f"{codec} needs a bitrate")
    bitrates = [] if bitrate is None else [bitrate]
    conditions, _ = component.conditions(bitrates, rate, policy)
    return component.roundtrip([signal], rate, conditions)[0][0].signal
