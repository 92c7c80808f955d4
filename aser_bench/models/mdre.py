"""MDRE: the multimodal dual recurrent encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Mdre(DualEncoder):
    """The audio vector of ARE and the text vector of TRE, each reduced by a feed-forward layer.

    ``A = g(a)``, ``T = g'(t)``, ``y = softmax([A; T] M + b)``; see
    `DualEncoder`. The layers halve their inputs, 235 -> 117 and 200 -> 100, with a tanh (linear in
    the authors' code).
    """

    name = "mdre"
    title = "multimodal dual recurrent encoder: audio and text (Yoon 2018)"
    inputs = ("frames", "vector", "text")

    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the encoders, the feed-forward layers and the output layer."""
        audio, text = factory.audio_width // 2, factory.text_width // 2
        return {
            "audio": factory.audio_encoder(),
            "text": factory.text_encoder(),
            "audio_half": factory.feed_forward(factory.audio_width, audio),
            "text_half": factory.feed_forward(factory.text_width, text),
            "output": factory.output(audio + text),
        }

    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of the concatenated audio and text vectors."""
        import tensorflow as tf

        audio = layers["audio_half"](layers["audio"](inputs, training=training))
        text = layers["text_half"](layers["text"](inputs, training=training).last)
        return layers["output"](tf.concat([audio, text], axis=1))


COMPONENT = Mdre()
