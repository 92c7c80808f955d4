"""ARE: the audio recurrent encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Are(DualEncoder):
    """A GRU over 39 MFCC per frame; its last state is concatenated with 35 prosody values.

    ``y = softmax([h_last; p] M + b)``; see `DualEncoder`.
    """

    name = "are"
    title = "audio recurrent encoder: a GRU over frames, and prosody (Yoon 2018)"
    inputs = ("frames", "vector")

    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the encoder and the output layer."""
        return {"audio": factory.audio_encoder(), "output": factory.output(factory.audio_width)}

    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of the audio vector."""
        return layers["output"](layers["audio"](inputs, training=training))


COMPONENT = Are()
