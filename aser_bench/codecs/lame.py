"""LAME in this process: what ffmpeg's LAME writes, without starting a program for it.

The library is the one inside of the package lameenc, whose own interface takes 16-bit samples
only; so LAME's C interface (lame.h) is called directly. It is used only after it has coded the
canary to the very samples that the ffmpeg at hand makes of it: which of the two works changes
no number, and where the library is another or none, ffmpeg does it all.
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

SAMPLE_TOLERANCE = 1e-5
"""How far samples may lie from ffmpeg's; 1.2e-7 is what was measured."""

DELAY = 1105
"""Samples by which a stream without LAME's tag is late: encoder 576, decoder 528 + 1."""

_MONO = 3
_QUALITY = 3  # what ffmpeg's libmp3lame works with unless it is told otherwise
_CHUNK = 2**20  # samples a call, which bounds the buffers
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
_PROTOTYPES: dict[str, tuple[Any, list[Any]]] = {
    "lame_init": (c_void_p, []),
    **{f"lame_set_{name}": (c_int, [c_void_p, c_int]) for name in _SETTERS},
    "lame_init_params": (c_int, [c_void_p]),
    "lame_encode_buffer_float": (c_int, [c_void_p, _FLOATS, _FLOATS, c_int, _BYTES, c_int]),
    "lame_encode_flush": (c_int, [c_void_p, _BYTES, c_int]),
    "lame_close": (c_int, [c_void_p]),
}


def engine() -> str:
    """Return the package and its version, or an empty string where there is none to use."""
    return f"lameenc {version('lameenc')}" if _library() is not None else ""


@cache
def _library() -> Any:
    try:
        import lameenc

        library = ctypes.CDLL(lameenc.__file__)
        for name, (result, arguments) in _PROTOTYPES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (ImportError, OSError, AttributeError):  # none, or one that hides the interface
        return None
    return library


def encode_decode(signal: np.ndarray, rate: int, kbps: int) -> tuple[bytes, np.ndarray]:
    """Encode and decode a signal.

    Parameters
    ----------
    signal : numpy.ndarray
        float32, shape (samples,), mono.
    rate : int
        Hz; one of MPEG audio's.
    kbps : int
        Constant bitrate in kbit/s.

    Returns
    -------
    stream : bytes
        Frames, without the tag from which players know where the sound starts.
    signal : numpy.ndarray
        float32, shape (samples,), in time with the source.

    Raises
    ------
    CodecError
        If it cannot be encoded, or what was written cannot be decoded.
    """
    import soundfile

    stream = _encoded(signal, rate, kbps)
    try:
        decoded, _ = soundfile.read(io.BytesIO(stream), dtype="float32")
    except (soundfile.LibsndfileError, TypeError) as error:
        raise CodecError(f"MP3 at {kbps} kbit/s cannot be decoded: {error}") from error
    found = decoded[DELAY : DELAY + len(signal)]
    if found.shape != signal.shape or not np.isfinite(found).all():
        raise CodecError(f"MP3 at {kbps} kbit/s came back with {len(found)} samples")
    return stream, found


def _encoded(signal: np.ndarray, rate: int, kbps: int) -> bytes:
    lame = _library()
    state = lame.lame_init()
    if not state:
        raise CodecError("LAME cannot be started: no memory")
    try:
        wanted = zip(_SETTERS, (1, _MONO, rate, rate, kbps, _QUALITY, 0), strict=True)
        for name, value in wanted:
            getattr(lame, f"lame_set_{name}")(state, value)
        _checked(lame.lame_init_params(state))
        # As large as lame.h asks for.
        buffer = (c_ubyte * (min(len(signal), _CHUNK) * 5 // 4 + 7200))()
        parts = []
        for start in range(0, len(signal), _CHUNK):
            samples = np.ascontiguousarray(signal[start : start + _CHUNK] * _FULL_SCALE)
            pointer = samples.ctypes.data_as(_FLOATS)
            size = lame.lame_encode_buffer_float(
                state, pointer, pointer, len(samples), buffer, len(buffer)
            )
            parts.append(ctypes.string_at(buffer, _checked(size)))
        size = lame.lame_encode_flush(state, buffer, len(buffer))
        parts.append(ctypes.string_at(buffer, _checked(size)))
        return b"".join(parts)
    finally:
        lame.lame_close(state)


def _checked(status: int) -> int:
    if status < 0:
        raise CodecError(f"LAME failed with status {status}")
    return status
