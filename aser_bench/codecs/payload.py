"""Bitrates of encoded files, from the sizes of their frames without the container.

The files are parsed without a decoder, so the bitrate in a table is that of the written stream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.errors import CodecError

# Bits of a frame of 20 ms for each frame type in its header (3GPP TS 26.101, 26.201).
AMR_NB_BITS = (95, 103, 118, 134, 148, 159, 204, 244)
AMR_WB_BITS = (132, 177, 253, 285, 317, 365, 397, 461, 477)
AMR_FRAME_S = 0.020
_AMR_SILENCE = {8: 5, 9: 5, 15: 0}  # bytes of comfort noise (narrow, wide band) and of no data


@dataclass(frozen=True)
class Payload:
    """The bitrate of an encoded file in kbit/s, and the sha256 (hex) of its frames."""

    kbps: float
    sha256: str

    @classmethod
    def from_frames(
        cls, frames: Sequence[bytes], seconds: float, bits: int | None = None
    ) -> Payload:
        """Return the payload of frames with a total duration of ``seconds``.

        ``bits`` is their total size in bits if padding to whole bytes must not count; by default
        all bytes count.

        Raises
        ------
        CodecError
            If there is no frame, or the duration is not positive.
        """
        if not frames or seconds <= 0:
            raise CodecError("the encoded file contains no audio")
        if bits is None:
            bits = 8 * sum(map(len, frames))
        return cls(bits / seconds / 1000, hashlib.sha256(b"".join(frames)).hexdigest())


def split_frames(data: bytes, size: int) -> list[bytes]:
    """Return the frames of a file without headers; each frame has ``size`` bytes.

    Raises
    ------
    CodecError
        If the last frame is truncated.
    """
    if len(data) % size:
        raise CodecError(
            f"the encoded file is truncated: {len(data)} bytes is not a multiple of {size}"
        )
    return [data[start : start + size] for start in range(0, len(data), size)]


def adts_frames(data: bytes) -> list[bytes]:
    """Return the AAC frames of an ADTS file (ISO/IEC 13818-7), without their headers.

    Raises
    ------
    CodecError
        If the file is not a sequence of ADTS frames.
    """
    frames, position = [], 0
    while position < len(data):
        head = data[position : position + 7]
        if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
            raise CodecError(f"no ADTS frame at byte {position}")
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
        start = 7 if head[1] & 1 else 9
        if size <= start or position + size > len(data):
            raise CodecError(f"the ADTS frame at byte {position} is truncated")
        frames.append(data[position + start : position + size])
        position += size
    return frames


def amr_payload(data: bytes, magic: bytes, bits: Sequence[int]) -> Payload:
    """Return the payload of an AMR file (RFC 4867, section 5).

    Parameters
    ----------
    data : bytes
    magic : bytes
        ``#!AMR`` or ``#!AMR-WB``, and a newline.
    bits : sequence of int
        Bits of a frame for each frame type.

    Raises
    ------
    CodecError
        If the file is not an AMR file of this type.
    """
    if not data.startswith(magic):
        raise CodecError("the encoded file is not an AMR file")
    frames, position, total = [], len(magic), 0
    while position < len(data):
        frame_type = data[position] >> 3 & 15
        if frame_type >= len(bits) and frame_type not in _AMR_SILENCE:
            raise CodecError(f"no AMR frame at byte {position}")
        length = bits[frame_type] if frame_type < len(bits) else 8 * _AMR_SILENCE[frame_type]
        end = position + 1 + -(-length // 8)
        if end > len(data):
            raise CodecError(f"the AMR frame at byte {position} is truncated")
        frames.append(data[position:end])
        total += length
        position = end
    return Payload.from_frames(frames, AMR_FRAME_S * len(frames), total)


def sbc_frame_size(data: bytes) -> tuple[int, int]:
    """Return the bytes and the samples of a frame of an SBC file (A2DP, appendix B).

    Raises
    ------
    CodecError
        If the file is not a mono SBC file.
    """
    if len(data) < 4 or data[0] != 0x9C or data[1] >> 2 & 3:
        raise CodecError("the encoded file is not a mono SBC file")
    blocks = 4 * ((data[1] >> 4 & 3) + 1)
    subbands = 8 if data[1] & 1 else 4
    return 4 + subbands // 2 + -(-blocks * data[2] // 8), blocks * subbands
