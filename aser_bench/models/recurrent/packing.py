"""Time steps of utterances of different lengths in one matrix, without padding."""

from __future__ import annotations

from typing import Any

from . import tensorflow

tf = tensorflow()


class Packing:
    """Mapping of padded sequences to packed rows: all utterances at step 0, then at step 1, ...

    Within a step, utterances are sorted from the longest to the shortest. So an utterance has the
    same position in all of its steps, and the utterances that end first are last.

    Parameters
    ----------
    lengths : (utterances,)
        Number of steps of each utterance without padding, at least one.
    longest : scalar
        Number of steps with padding.

    Attributes
    ----------
    counts : (steps,)
        Number of utterances that have each step; it never increases.
    """

    def __init__(self, lengths: Any, longest: Any) -> None:
        n = tf.shape(lengths)[0]
        order = tf.argsort(lengths, direction="DESCENDING", stable=True)
        active = tf.transpose(tf.sequence_mask(tf.gather(lengths, order), longest))
        step, rank = tf.unstack(tf.cast(tf.where(active), tf.int32), axis=1)
        self.counts = tf.math.count_nonzero(active, axis=1, dtype=tf.int32)
        self._places = tf.stack([step, tf.gather(order, rank)], axis=1)
        self._padded = longest, n
        ranks = tf.scatter_nd(order[:, None], tf.range(n), [n])
        self._last = tf.gather(tf.cumsum(self.counts, exclusive=True), lengths - 1) + ranks

    def pack(self, values: Any) -> Any:
        """Return the steps of (longest, utterances, ...) without padding, shape (rows, ...)."""
        rows = tf.gather_nd(values, self._places)
        rows.set_shape((None, *values.shape[2:]))
        return rows

    def unpack(self, rows: Any) -> Any:
        """Return rows (rows, columns) as (longest, utterances, columns); padding is zero."""
        return tf.scatter_nd(self._places, rows, (*self._padded, rows.shape[1]))

    def last(self, rows: Any) -> Any:
        """Return the last row of each utterance, shape (utterances, columns)."""
        return tf.gather(rows, self._last)
