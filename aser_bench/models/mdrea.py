"""MDREA: the dual recurrent encoder with attention of the audio over the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Mdrea(DualEncoder):
    """The audio vector is the query of an attention over the text states.

    ``e`` is the audio vector of ARE, projected 235 -> 200 so that its dot product with a text state
    is defined; ``a_t = softmax_t(e . h_t)`` over the words without padding, ``H = sum_t a_t h_t``,
    ``y = softmax([H; e] M + b)``; see `DualEncoder`.
    """

    name = "mdrea"
    title = "dual recurrent encoder with attention of the audio over the words (Yoon 2018)"
    inputs = ("frames", "vector", "text")

    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the encoders, the projection and the output layer."""
        return {
            "audio": factory.audio_encoder(),
            "text": factory.text_encoder(),
            "query": factory.linear(factory.audio_width, factory.text_width),
            "output": factory.output(2 * factory.text_width),
        }

    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of the attended text vector concatenated with the query."""
        import tensorflow as tf

        from .dual.blocks import attend

        query = layers["query"](layers["audio"](inputs, training=training))
        states = layers["text"](inputs, training=training).states
        attended = attend(query, states, inputs.word_lengths)
        return layers["output"](tf.concat([attended, query], axis=1))


COMPONENT = Mdrea()
