"""Facts about the components that a results folder names, which may not be installed here."""

from __future__ import annotations

from functools import cache

from .. import models
from ..codecs import specs
from ..codecs.chain import Chain
from ..codecs.control import Control
from ..codecs.lame import SAMPLE_TOLERANCE
from ..core.errors import AserBenchError

__all__ = ["SAMPLE_TOLERANCE", "is_control", "reads_text", "takes_bitrates"]


@cache
def takes_bitrates(codec: str) -> bool:
    """Whether a codec takes bitrates; one that is not installed counts as if it did."""
    try:
        return bool(specs.get(codec).takes_bitrates)
    except AserBenchError:
        return True


@cache
def is_control(codec: str) -> bool:
    """Whether a codec, or every codec of a chain, is a control.

    One that is not installed counts as if it were none.
    """
    try:
        component = specs.get(codec)
    except AserBenchError:
        return False
    hops = [hop.codec for hop in component.hops] if isinstance(component, Chain) else [component]
    return all(isinstance(hop, Control) for hop in hops)


@cache
def reads_text(model: str) -> bool:
    """Whether a model reads text; one that is not installed counts as if it did not."""
    try:
        return "text" in models.get(model).inputs
    except AserBenchError:  # also a model name with that of a speech transcriber appended
        return False
