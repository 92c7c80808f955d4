"""Compact files of predictions, without probabilities."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core.tables import PREDICTIONS, REPEAT

_GROUP = ("corpus", "features", "model", "protocol")
_WITHIN = ("utterance", "test_condition", "train_condition", REPEAT, "run")


def compact(path: Path) -> bytes:
    """Return a file of predictions without probabilities, as small as Parquet makes it.

    Rows are sorted by utterance and test condition: models mostly agree on these, so that
    columns repeat and compress well.

    Parameters
    ----------
    path : Path
        Columns ``tables.PREDICTIONS``, and `tables.REPEAT` if there are several repeats; others
        are dropped.

    Returns
    -------
    bytes
        A Parquet file, equal for equal rows in the same order; without the metadata of pandas
        and without column statistics.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pq.read_schema(path)
    names = [*PREDICTIONS, *([REPEAT] if REPEAT in schema.names else [])]
    texts = [name for name in names if not pa.types.is_integer(schema.field(name).type)]
    table = pq.read_table(path, columns=names, read_dictionary=texts)
    table = table.replace_schema_metadata(None).unify_dictionaries()
    codes: dict[str, NDArray[Any]] = {}
    for index, name in enumerate(names):
        column = table.column(name).combine_chunks()
        if name in texts:
            column = _as_dictionary(column)
            codes[name] = column.indices.to_numpy()
        else:
            codes[name] = column.to_numpy()
        table = table.set_column(index, name, column)
    keys = [codes[name] for name in (*_GROUP, *_WITHIN) if name in codes]
    order = np.lexsort(keys[::-1])
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
