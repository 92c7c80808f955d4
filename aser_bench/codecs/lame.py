"""LAME as a library in this process: the same samples as ffmpeg's LAME, without a new process.

The library is part of the package lameenc. The interface of lameenc accepts only 16-bit samples,
so LAME's C interface (lame.h) is called directly. The library is used only if it has coded the
reference signal to the same samples as the ffmpeg in use (see `mp3.lame_matches_ffmpeg`), so the
choice between the two changes no number. Otherwise ffmpeg codes everything.
"""

from __future__ import annotations

import ctypes
import io
from ctypes import POINTER, c_float, c_int, c_ubyte, c_void_p
from functools import cache
from importlib.metadata import version
from typing import Any

import numpy as np

from ..core.errors import CodecError
from .signals import Signal

SAMPLE_TOLERANCE = 1e-5
"""Largest accepted difference from the samples of ffmpeg; the measured one is 1.2e-7."""

DELAY = 1105
"""Delay in samples of a stream without LAME's tag: encoder 576, decoder 528 + 1."""

_MONO = 3
_QUALITY = 3  # the default of ffmpeg's libmp3lame
_CHUNK = 2**20  # samples for each call; limits the size of the buffers
_FULL_SCALE = np.float32(2**15)

_BYTES, _FLOATS = POINTER(c_ubyte), POINTER(c_float)
_SETTERS = (
    "num_channels",
    "mode",
    "in_samplerate",
    "out_samplerate",
    "brate",
    "quality",
    "bWriteVbrTag",
)
# Function -> types of its result and of its arguments.
_PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "lame_init": (c_void_p, []),
    **{f"lame_set_{name}": (c_int, [c_void_p, c_int]) for name in _SETTERS},
    "lame_init_params": (c_int, [c_void_p]),
    "lame_encode_buffer_float": (c_int, [c_void_p, _FLOATS, _FLOATS, c_int, _BYTES, c_int]),
    "lame_encode_flush": (c_int, [c_void_p, _BYTES, c_int]),
    "lame_close": (c_int, [c_void_p]),
}


def engine() -> str:
    """Return the name and version of the package, or an empty string if it cannot be used."""
    return f"lameenc {version('lameenc')}" if _library() is not None else ""


@cache
def _library() -> ctypes.CDLL | None:
    try:
        import lameenc

        library = ctypes.CDLL(lameenc.__file__)
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (ImportError, OSError, AttributeError):  # not installed, or LAME is not exported
        return None
    return library


def encode_decode(signal: Signal, rate: int, kbps: int) -> tuple[bytes, Signal]:
    """Encode and decode a signal.

    Parameters
    ----------
    signal : numpy.ndarray
        float32, shape (samples,), mono.
    rate : int
        Sample rate in Hz, one of those of MPEG audio.
    kbps : int
        Constant bitrate in kbit/s.

    Returns
    -------
    stream : bytes
        MP3 frames, without the tag that states the delay.
    signal : numpy.ndarray
        float32, shape (samples,), without delay.

    Raises
    ------
    CodecError
        If the signal cannot be encoded, or the stream cannot be decoded.
    """
    import soundfile

    stream = _encode(signal, rate, kbps)
    try:
        decoded, _ = soundfile.read(io.BytesIO(stream), dtype="float32")
    except (soundfile.LibsndfileError, TypeError) as error:
        raise CodecError(f"MP3 at {kbps} kbit/s cannot be decoded: {error}") from error
    aligned: Signal = decoded[DELAY : DELAY + len(signal)]
    if aligned.shape != signal.shape or not np.isfinite(aligned).all():
        raise CodecError(
            f"MP3 at {kbps} kbit/s was decoded to {len(aligned)} samples instead of {len(signal)}"
        )
    return stream, aligned


def _encode(signal: Signal, rate: int, kbps: int) -> bytes:
    lame = _library()
    if lame is None:
        raise CodecError("LAME is not available in this process: install lameenc")
    state = lame.lame_init()
    if not state:
        raise CodecError("LAME cannot be started: no memory")
    try:
        values = (1, _MONO, rate, rate, kbps, _QUALITY, 0)
        for name, value in zip(_SETTERS, values, strict=True):
            getattr(lame, f"lame_set_{name}")(state, value)
        _check_status(lame.lame_init_params(state))
        # The size that lame.h prescribes.
        buffer = (c_ubyte * (min(len(signal), _CHUNK) * 5 // 4 + 7200))()
        parts = []
        for start in range(0, len(signal), _CHUNK):
            samples = np.ascontiguousarray(signal[start : start + _CHUNK] * _FULL_SCALE)
            pointer = samples.ctypes.data_as(_FLOATS)
            size = lame.lame_encode_buffer_float(
                state, pointer, pointer, len(samples), buffer, len(buffer)
            )
            parts.append(ctypes.string_at(buffer, _check_status(size)))
        size = lame.lame_encode_flush(state, buffer, len(buffer))
        parts.append(ctypes.string_at(buffer, _check_status(size)))
        return b"".join(parts)
    finally:
        lame.lame_close(state)


def _check_status(status: int) -> int:
    """Return a status of LAME, which is a size in bytes; raise an error if it is negative."""
    if status < 0:
        raise CodecError(f"LAME failed with status {status}")
    return status
