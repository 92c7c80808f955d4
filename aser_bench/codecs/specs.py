"""Codecs by the words of the command line: ``mp3``, ``opus:application=voip``, ``mp3:64+gsm``.

A codec's name, its options as ``name=value`` and, in a chain, its bitrate in kbit/s stand
between colons; codecs of a chain stand between plus signs.
"""

from __future__ import annotations

import math

from ..core import registry
from ..core.errors import CodecError, UsageError
from ..core.options import split_spec
from .base import Codec
from .chain import Chain, Hop


def get(spec: str) -> Codec:
    """Return the codec of a spec; a `Chain` where several stand in it, or one with a bitrate.

    Raises
    ------
    UsageError
        For an unknown codec or option, or a spec that cannot be read.

    Examples
    --------
    >>> get("opus:application=voip").label, get("mp3:64+opus:16").label
    ('opus-voip', 'mp3+opus')
    """
    hops = tuple(_hop(part, spec) for part in spec.split("+"))
    if len(hops) == 1 and hops[0].kbps is None:
        return hops[0].codec
    return Chain(hops)


def portable_spec(codec: Codec, typed: str) -> str:
    """Return a spec by which every process finds a codec: its own, or the one that was typed.

    Somebody's codec that is named by its module (``package.module:Name``) is found by that only.
    """
    try:
        return codec.spec if get(codec.spec) == codec else typed
    except UsageError:
        return typed


def split_bitrate(spec: str) -> tuple[str, float | None]:
    """Return a single codec's spec without its bitrate, and the bitrate (kbit/s).

    Chains and specs without a bitrate come back as they are.
    """
    *words, last = spec.split(":")
    kbps = _number(last)
    if "+" in spec or kbps is None or not words:
        return spec, None
    return ":".join(words), kbps


def get_available(spec: str) -> Codec:
    """Return the codec of a spec, if it can be used here.

    Raises
    ------
    UsageError
        As `get`, or if the ffmpeg at hand cannot code it.
    """
    codec = get(spec)
    try:
        reason = codec.unavailable()
    except CodecError as error:
        reason = str(error)
    if reason:
        raise UsageError(
            f"codec {spec!r} cannot be used here: {reason}; "
            "name an ffmpeg that has it with --ffmpeg or ASER_BENCH_FFMPEG"
        )
    return codec


def _hop(part: str, spec: str) -> Hop:
    words, options = split_spec(part)
    kbps: float | None = None
    name: list[str] = []
    for word in words:
        number = _number(word)
        if number is not None and name:
            if kbps is not None:
                raise UsageError(f"codec {spec!r}: {part!r} has two bitrates")
            kbps = number
        else:
            name.append(word)  # a dotted path has a colon of its own: package.module:Name
    if not any(name):
        raise UsageError(f"codec {spec!r} has no name in one of its parts; write mp3:64+opus:16")
    codec = registry.instance("codecs", ":".join(name), Codec)
    if kbps is not None and not codec.takes_bitrates:
        raise UsageError(f"codec {spec!r}: {codec.name} takes no bitrate")
    return Hop(codec.with_options(options) if options else codec, kbps)


def _number(word: str) -> float | None:
    try:
        value = float(word.lower().removesuffix("k"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
