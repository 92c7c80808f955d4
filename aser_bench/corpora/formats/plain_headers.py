"""Stated sizes of NIST SPHERE and VOC files and of MIDI sample dumps."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .reasons import cut_off
from .trailing import trailing_error

NIST, VOC, SDS = b"NIST_1A", b"Creative Voice File", b"\xf0\x7e"

_NIST_HEADER = 1024
_VOC_SOUNDS, _VOC_SILENCE_AND_LOOPS = (1, 2, 9), (3, 6)


def header_error(contents: bytes) -> str:
    """Return why the header of a file contradicts its length, or an empty string.

    Other formats than those of this module have no error here.
    """
    for signature, check in _CHECKS:
        if contents.startswith(signature):
            return check(contents)
    return ""


def states_size(contents: bytes) -> bool:
    """Return whether a file has a header that states the size of its audio data."""
    if contents.startswith(NIST):
        return _nist_bytes(contents) is not None
    return contents.startswith((VOC, SDS))


def has_several_voc_sounds(contents: bytes) -> bool:
    """Return whether a VOC file has several blocks with samples; libsndfile reads one."""
    if not contents.startswith(b"Creative Voice File"):
        return False
    return sum(kind in _VOC_SOUNDS for kind, _, _ in _voc_blocks(contents)) > 1


def _nist_bytes(contents: bytes) -> int | None:
    """Return the number of bytes of audio that a NIST SPHERE header states, or None."""
    fields: dict[str, str] = {}
    for line in contents[:_NIST_HEADER].decode("latin-1").splitlines():
        name, _, value = line.partition(" ")
        fields.setdefault(name, value.rpartition(" ")[2])
    if fields.get("sample_coding", "pcm") not in ("pcm", "ulaw", "alaw", "mu-law"):
        return None  # compressed: the number of samples does not give that of the bytes
    numbers = [fields.get(name, "") for name in ("sample_count", "channel_count", "sample_n_bytes")]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    count, channels, width = map(int, numbers)
    return count * channels * width or None


def _nist_error(contents: bytes) -> str:
    declared = _nist_bytes(contents)
    header = contents[8:16].strip()
    if declared is None or not header.isdigit():
        return ""
    present = max(0, len(contents) - int(header))
    if declared > present:
        return cut_off(f"its header states {declared} bytes of audio and the file has {present}")
    if contents[int(header) + declared :].strip(b"\0"):
        return (
            f"its header states {declared} bytes of audio and the file has {present}; correct "
            "sample_count in the header, or copy it again"
        )
    return ""


def _voc_blocks(contents: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield kind, start and size of the blocks of a VOC file; the last one may be incomplete."""
    position = int.from_bytes(contents[20:22], "little")
    while 22 <= position < len(contents) and contents[position]:
        size = int.from_bytes(contents[position + 1 : position + 4], "little")
        yield contents[position], position + 4, size
        position += 4 + size


def _voc_error(contents: bytes) -> str:
    position = len(contents)
    for kind, start, size in _voc_blocks(contents):
        position = start + size + 1  # after the end mark
        missing = start + size - len(contents)
        if missing > 0:
            return cut_off(f"{missing} bytes of its last block are missing")
        if kind in _VOC_SILENCE_AND_LOOPS:
            return "it has blocks of silence or loops, which decoders leave out; export it as WAV"
    return trailing_error(contents, position)


def _sds_error(contents: bytes) -> str:
    """Return the error of a MIDI sample dump; libsndfile fills missing blocks with silence."""
    bits, count = contents[6:7], contents[10:13]
    if len(count) < 3 or not 8 <= bits[0] <= 28:
        return ""
    samples = count[0] | count[1] << 7 | count[2] << 14
    per_block = 120 // -(-bits[0] // 7)
    declared, present = 127 * -(-samples // per_block), len(contents) - 21
    if declared <= present:
        return ""
    return cut_off(f"its header states {declared} bytes of audio and the file has {present}")


_CHECKS: tuple[tuple[bytes, Callable[[bytes], str]], ...] = (
    (NIST, _nist_error),
    (VOC, _voc_error),
    (SDS, _sds_error),
)
