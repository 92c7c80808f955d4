"""TRE: the text recurrent encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Tre(DualEncoder):
    """A GRU over word vectors, which are trained, too; see `DualEncoder`.

    ``y = softmax(h_last M + b)``.
    """

    name = "tre"
    title = "text recurrent encoder: a GRU over the words (Yoon 2018)"
    inputs = ("text",)

    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the encoder and the output layer."""
        return {"text": factory.text_encoder(), "output": factory.output(factory.text_width)}

    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of the last state."""
        return layers["output"](layers["text"](inputs, training=training).last)


COMPONENT = Tre()
