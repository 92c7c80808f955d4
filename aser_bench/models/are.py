"""ARE: the recurrent encoder of sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Are(DualEncoder):
    """A GRU over 39 MFCC a frame; its last state joined with 35 values of prosody.

    ``y = softmax([h_last; p] M + b)``; see `DualEncoder`.
    """

    name = "are"
    title = "audio recurrent encoder: a GRU over frames, joined with prosody (Yoon 2018)"
    inputs = ("frames", "vector")

    def layers(self, build: LayerFactory) -> dict[str, Any]:
        """Return the encoder and the output."""
        return {"audio": build.audio(), "output": build.output(build.audio_width)}

    def logits(self, layers: dict[str, Any], heard: NetworkInputs, training: bool) -> Any:
        """Return the logits of the audio vector."""
        return layers["output"](layers["audio"](heard, training=training))


COMPONENT = Are()
