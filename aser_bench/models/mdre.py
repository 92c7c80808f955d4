"""MDRE: the multimodal dual recurrent encoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Mdre(DualEncoder):
    """The audio vector of ARE and the text vector of TRE, each halved by a feed-forward layer.

    ``A = g(a)``, ``T = g'(t)``, ``y = softmax([A; T] M + b)``; see
    `DualEncoder`. The layers are a tanh (linear in the authors' code): 235 -> 117 and 200 -> 100.
    """

    name = "mdre"
    title = "multimodal dual recurrent encoder: sound and words joined (Yoon 2018)"
    inputs = ("frames", "vector", "text")

    def layers(self, build: LayerFactory) -> dict[str, Any]:
        """Return encoders, feed-forward layers and the output."""
        audio, text = build.audio_width // 2, build.text_width // 2
        return {
            "audio": build.audio(),
            "text": build.text(),
            "audio_half": build.forward(build.audio_width, audio),
            "text_half": build.forward(build.text_width, text),
            "output": build.output(audio + text),
        }

    def logits(self, layers: dict[str, Any], heard: NetworkInputs, training: bool) -> Any:
        """Return the logits of both halves joined."""
        import tensorflow as tf

        audio = layers["audio_half"](layers["audio"](heard, training=training))
        text = layers["text_half"](layers["text"](heard, training=training).last)
        return layers["output"](tf.concat([audio, text], axis=1))


COMPONENT = Mdre()
