"""Predictions as a small file: who called what what, without probabilities."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from ..core.tables import PREDICTIONS

_GROUP = ("corpus", "features", "model", "protocol")
_WITHIN = ("utterance", "test_condition", "train_condition", "run")


def compact(path: Path) -> bytes:
    """Return a file of predictions without its probabilities, as small as parquet makes it.

    All predictions of an utterance stand beside each other, first those tested at one condition:
    models mostly agree there, so that columns repeat and little is left to write.

    Parameters
    ----------
    path : Path
        Columns ``tables.PREDICTIONS`` and any others.

    Returns
    -------
    bytes
        A parquet file, the same for the same rows in the same order; without the names that
        pandas leaves in one, and without statistics.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    words = [name for name in PREDICTIONS if not pa.types.is_integer(schema.field(name).type)]
    table = pq.read_table(path, columns=list(PREDICTIONS), read_dictionary=words)
    table = table.replace_schema_metadata(None).unify_dictionaries()
    codes: dict[str, np.ndarray] = {}
    for place, name in enumerate(PREDICTIONS):
        column = table.column(name).combine_chunks()
        if name in words:
            column = _words(column)
            codes[name] = column.indices.to_numpy()
        else:
            codes[name] = column.to_numpy()
        table = table.set_column(place, name, column)
    order = np.lexsort([codes[name] for name in reversed((*_GROUP, *_WITHIN))])
    starts = np.zeros(max(0, len(order) - 1), dtype=bool)
    for name in _GROUP:
        starts |= np.diff(codes[name][order]) != 0
    del codes
    sink = io.BytesIO()
    with pq.ParquetWriter(
        sink, table.schema, compression="zstd", compression_level=19, write_statistics=False
    ) as writer:
        for rows in np.split(order, np.flatnonzero(starts) + 1):
            writer.write_table(table.take(pa.array(rows)))
    return sink.getvalue()


def _words(column: Any) -> Any:
    """Return a column as a dictionary of words; a missing word is an empty one."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if column.null_count:
        column = column.cast(pa.string()).fill_null("").dictionary_encode()
    return column.cast(pa.dictionary(pa.int32(), pa.string()))
