"""MDREA: the dual recurrent encoder whose sound attends over the words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .dual.base import DualEncoder

if TYPE_CHECKING:
    from .dual.blocks import LayerFactory, NetworkInputs


@dataclass(frozen=True)
class Mdrea(DualEncoder):
    """The audio vector looks for the words that matter.

    ``e`` is the audio vector of ARE, projected 235 -> 200 so that its dot product with a text state
    is defined; ``a_t = softmax_t(e . h_t)`` over the real words, ``H = sum_t a_t h_t``, ``y =
    softmax([H; e] M + b)``; see `DualEncoder`.
    """

    name = "mdrea"
    title = "dual recurrent encoder with attention of the sound over the words (Yoon 2018)"
    inputs = ("frames", "vector", "text")

    def layers(self, build: LayerFactory) -> dict[str, Any]:
        """Return encoders, projection and output."""
        return {
            "audio": build.audio(),
            "text": build.text(),
            "query": build.linear(build.audio_width, build.text_width),
            "output": build.output(2 * build.text_width),
        }

    def logits(self, layers: dict[str, Any], heard: NetworkInputs, training: bool) -> Any:
        """Return the logits of what was attended to, joined with the query."""
        import tensorflow as tf

        from .dual.blocks import attend

        query = layers["query"](layers["audio"](heard, training=training))
        states = layers["text"](heard, training=training).states
        attended = attend(query, states, heard.word_lengths)
        return layers["output"](tf.concat([attended, query], axis=1))


COMPONENT = Mdrea()
