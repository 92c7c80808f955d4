"""The reference of codec errors: UAR of one model, part of the package."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

NAME = "SVM on functionals, protocol speaker, aser-bench 0.1.0"


class Row(NamedTuple):
    """UAR of the reference at the original and at each condition, and the number of utterances."""

    original: float
    values: dict[str, float]
    n_utterances: int


def row(corpus: str, protocol: str, training: str) -> Row | None:
    """Return the reference's results, None if it was not measured.

    Parameters
    ----------
    corpus, protocol : str
        The reference was measured on demo, RAVDESS, EmoDB and TESS under the protocol ``speaker``.
    training : str
        ``matched`` or ``clean``.
    """
    return _table().get((corpus, protocol, training))


@cache
def _table() -> dict[tuple[str, ...], Row]:
    import pandas as pd

    with resources.files(__package__).joinpath("data/reference.csv").open() as file:
        table = pd.read_csv(file, comment="#")
    table_rows: dict[tuple[str, ...], Row] = {}
    for keys, rows in table.groupby(["corpus", "protocol", "training"]):
        values = dict(zip(rows["condition"], rows["uar"].astype(float), strict=True))
        n = int(rows["n_utterances"].iloc[0])
        table_rows[tuple(map(str, keys))] = Row(values.pop("original"), values, n)
    return table_rows
