"""Codecs by their specs on the command line: ``mp3``, ``opus:application=voip``, ``mp3:64+gsm``.

A spec consists of the name of a codec, its options as ``name=value`` and, in a chain, its bitrate
in kbit/s, separated by colons. The codecs of a chain are separated by plus signs.
"""

from __future__ import annotations

import math

from ..core import registry
from ..core.errors import CodecError, UsageError
from ..core.options import split_spec
from .base import Codec
from .chain import Chain, Hop


def get(spec: str) -> Codec:
    """Return the codec of a spec; a `Chain` if the spec has several codecs, or a bitrate.

    Raises
    ------
    UsageError
        If a codec or an option is unknown, or the spec is not valid.

    Examples
    --------
    >>> get("opus:application=voip").label, get("mp3:64+opus:16").label
    ('opus-voip', 'mp3+opus')
    """
    if not isinstance(spec, str):
        raise UsageError(f"the name of a codec must be a string, not {spec!r}")
    hops = tuple(_hop(part, spec) for part in spec.split("+"))
    if len(hops) == 1 and hops[0].kbps is None:
        return hops[0].codec
    return Chain(hops)


def portable_spec(codec: Codec, spec: str) -> str:
    """Return a spec that gives the same codec in every process.

    That is the spec of the codec itself or, for a codec outside the registry
    (``package.module:Name``), the spec that the user gave.
    """
    try:
        return codec.spec if get(codec.spec) == codec else spec
    except UsageError:
        return spec


def split_bitrate(spec: str) -> tuple[str, float | None]:
    """Return the spec of a single codec without its bitrate, and the bitrate (kbit/s).

    Chains and specs without a bitrate are returned unchanged.
    """
    *parts, last = spec.split(":")
    kbps = _number(last)
    if "+" in spec or kbps is None or not parts:
        return spec, None
    return ":".join(parts), kbps


def get_available(spec: str) -> Codec:
    """Return the codec of a spec after a check that it can be used here.

    Raises
    ------
    UsageError
        Like `get`, or if the ffmpeg in use lacks its encoder or decoder.
    """
    codec = get(spec)
    try:
        reason = codec.unavailable()
    except CodecError as error:
        reason = str(error)
    if reason:
        raise UsageError(
            f"codec {spec!r} cannot be used here: {reason}; "
            "select an ffmpeg that supports it with --ffmpeg or ASER_BENCH_FFMPEG"
        )
    return codec


def _hop(part: str, spec: str) -> Hop:
    parts, options = split_spec(part)
    kbps: float | None = None
    name: list[str] = []
    for text in parts:
        number = _number(text)
        if number is not None and name:
            if kbps is not None:
                raise UsageError(f"codec {spec!r}: {part!r} has two bitrates")
            kbps = number
        else:
            name.append(text)  # an import path contains a colon: package.module:Name
    if not any(name):
        raise UsageError(f"codec {spec!r} has a part without a name; write it like mp3:64+opus:16")
    # Codec is abstract, but the registry instantiates only subclasses.
    codec = registry.instance("codecs", ":".join(name), Codec)  # type: ignore[type-abstract]
    if kbps is not None and not codec.takes_bitrates:
        raise UsageError(f"codec {spec!r}: {codec.name} takes no bitrate")
    return Hop(codec.with_options(options) if options else codec, kbps)


def _number(text: str) -> float | None:
    try:
        value = float(text.lower().removesuffix("k"))
    except ValueError:
        return None
    return value if math.isfinite(value) else None
