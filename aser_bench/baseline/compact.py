"""Compact files of predictions, without probabilities."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.tables import PREDICTIONS

_GROUP = ("corpus", "features", "model", "protocol")
_WITHIN = ("utterance", "test_condition", "train_condition", "run")


def compact(path: Path) -> bytes:
    """Return a file of predictions without probabilities, as small as Parquet makes it.

    Rows are sorted by utterance and test condition: models mostly agree on these, so that
    columns repeat and compress well.

    Parameters
    ----------
    path : Path
        Columns ``tables.PREDICTIONS``; others are dropped.

    Returns
    -------
    bytes
        A Parquet file, equal for equal rows in the same order; without the metadata of pandas
        and without column statistics.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    texts = [name for name in PREDICTIONS if not pa.types.is_integer(schema.field(name).type)]
    table = pq.read_table(path, columns=list(PREDICTIONS), read_dictionary=texts)
    table = table.replace_schema_metadata(None).unify_dictionaries()
    codes: dict[str, NDArray[Any]] = {}
    for index, name in enumerate(PREDICTIONS):
        column = table.column(name).combine_chunks()
        if name in texts:
            column = _as_dictionary(column)
            codes[name] = column.indices.to_numpy()
        else:
            codes[name] = column.to_numpy()
        table = table.set_column(index, name, column)
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


def _as_dictionary(column: Any) -> Any:
    """Return a text column in dictionary encoding; a missing text becomes an empty one."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if column.null_count:
        column = column.cast(pa.string()).fill_null("").dictionary_encode()
    return column.cast(pa.dictionary(pa.int32(), pa.string()))
