"""Steps of utterances of unequal length in one matrix, without what pads them."""

from __future__ import annotations

from typing import Any

from . import tensorflow

tf = tensorflow()


class Packing:
    """How padded steps are packed: those of the first step, then those of the second, ...

    Within a step the longest utterance stands first, so that an utterance has the same place in
    every step that it has, and those that end first stand last.

    Parameters
    ----------
    lengths : (utterances,)
        Real steps of each, one at least.
    longest : scalar
        Steps that there are with padding.

    Attributes
    ----------
    counts : (steps,)
        Utterances that still go on at each step: they do not rise.
    """

    def __init__(self, lengths: Any, longest: Any) -> None:
        n = tf.shape(lengths)[0]
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        going_on = tf.transpose(tf.sequence_mask(tf.gather(lengths, order), longest))
        step, rank = tf.unstack(tf.cast(tf.where(going_on), tf.int32), axis=1)
        self.counts = tf.math.count_nonzero(going_on, axis=1, dtype=tf.int32)
        self._places = tf.stack([step, tf.gather(order, rank)], axis=1)
        self._padded = longest, n
        ranks = tf.scatter_nd(order[:, None], tf.range(n), [n])
        self._last = tf.gather(tf.cumsum(self.counts, exclusive=True), lengths - 1) + ranks

    def pack(self, values: Any) -> Any:
        """Return the real steps of (longest, utterances, ...), shape (rows, ...)."""
        rows = tf.gather_nd(values, self._places)
        rows.set_shape((None, *values.shape[2:]))
        return rows

    def unpack(self, rows: Any) -> Any:
        """Return rows (rows, columns) as (longest, utterances, columns), zero where padded."""
        return tf.scatter_nd(self._places, rows, (*self._padded, rows.shape[1]))

    def last(self, rows: Any) -> Any:
        """Return each utterance's last row, shape (utterances, columns)."""
        return tf.gather(rows, self._last)
