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

    ``e`` is the audio vector of ARE. For the attention it is projected 235 -> 200, ``q = P e``, so
    that its dot product with a text state is defined; ``a_t = softmax_t(q . h_t)`` over the words
    without padding, ``Z = sum_t a_t h_t``, ``y = softmax([Z; A] M + b)`` with ``A = g(e)`` as in
    MDRE (equation 5 of the paper); see `DualEncoder`. In the authors' code, ``A`` is ``q``.
    """

    name = "mdrea"
    title = "dual recurrent encoder with attention of the audio over the words (Yoon 2018)"
    inputs = ("frames", "vector", "text")

    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the encoders, the projection, the feed-forward layer and the output layer."""
        audio, text = factory.audio_width, factory.text_width
        layers = {
            "audio": factory.audio_encoder(),
            "text": factory.text_encoder(),
            "query": factory.linear(audio, text),
        }
        if factory.shape.authors:
            return {**layers, "output": factory.output(text + text)}
        half = audio // 2
        return {
            **layers,
            "audio_half": factory.feed_forward(audio, half),
            "output": factory.output(text + half),
        }

    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of the attended text vector concatenated with the audio vector."""
        import tensorflow as tf

        from .dual.blocks import attend

        audio = layers["audio"](inputs, training=training)
        query = layers["query"](audio)
        states = layers["text"](inputs, training=training).states
        attended = attend(query, states, inputs.word_lengths)
        reduced = layers["audio_half"](audio) if "audio_half" in layers else query
        return layers["output"](tf.concat([attended, reduced], axis=1))


COMPONENT = Mdrea()
