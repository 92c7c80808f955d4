"""The inputs of models, loaded from the cache: vectors, frames, text, or several of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..models.dual.utterance import Utterance
from .cache import Cache, Entry

Shards = dict[str, tuple[str, ...]]
"""Type of input (`utterance.INPUTS`) -> keys in the cache, which together hold all utterances."""

Inputs = npt.NDArray[Any]
"""Vectors (utterances, columns), or an object array of matrices or of `Utterance`."""


def load(cache: Cache, condition: str, shards: Mapping[str, tuple[str, ...]]) -> Inputs:
    """Return all utterances of a condition as a model reads them.

    Parameters
    ----------
    cache : Cache
    condition : str
        Name of the condition, for error messages.
    shards : mapping of str to tuple of str
        Keys of each type of input.

    Returns
    -------
    numpy.ndarray
        For vectors alone: shape (utterances, columns). For frames alone: an object array of
        matrices (frames, columns). Otherwise an object array of `Utterance`.

    Raises
    ------
    ValueError
        If an entry is missing in the cache, or features are not finite.
    """
    return _load(cache, condition, tuple(shards.items()))


@lru_cache(maxsize=32)  # a worker needs the same conditions for each fold
def _load(cache: Cache, condition: str, shards: tuple[tuple[str, tuple[str, ...]], ...]) -> Inputs:
    parts = {name: _part(cache, condition, name, keys) for name, keys in shards}
    if list(parts) in (["vector"], ["frames"]):
        return next(iter(parts.values()))
    n = len(next(iter(parts.values())))
    return object_array([Utterance(**{k: part[i] for k, part in parts.items()}) for i in range(n)])


def object_array(values: Sequence[Any]) -> npt.NDArray[np.object_]:
    """Return a one-dimensional object array, also of values that are sequences themselves."""
    array = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        array[i] = value
    return array


@lru_cache(maxsize=64)  # several models read the same part together with different others
def _part(cache: Cache, condition: str, name: str, keys: tuple[str, ...]) -> Inputs:
    entries = []
    for key in keys:
        entry = cache.load("transcripts" if name == "text" else "features", key)
        if entry is None:
            raise ValueError("features were removed from the cache during the run; run again")
        entries.append(entry)
    if not all(np.isfinite(entry.arrays["values"]).all() for entry in entries if entry.arrays):
        raise ValueError(f"features of condition {condition} contain NaN or infinity")
    return _JOINED[name](entries)


def _matrices(entries: list[Entry]) -> Inputs:
    arrays = [entry.arrays for entry in entries]
    return object_array(
        [part for frames in arrays for part in np.split(frames["values"], frames["offsets"][1:-1])]
    )


_JOINED: dict[str, Callable[[list[Entry]], Inputs]] = {
    "vector": lambda entries: np.vstack([entry.arrays["values"] for entry in entries]),
    "frames": _matrices,
    "text": lambda entries: object_array([t for entry in entries for t in entry.meta["texts"]]),
}


def spread(rows: Inputs) -> npt.NDArray[np.float64]:
    """Return the standard deviation (columns,) of each feature over utterances and frames.

    For `Utterance`, features of frames come before those of the vector; text has none.
    """
    if rows.dtype != object:
        return _deviation(rows)
    if not isinstance(rows[0], Utterance):
        return _deviation(np.concatenate(list(rows)))
    parts = [np.zeros(0)]
    if rows[0].frames is not None:
        parts.append(_deviation(np.concatenate([utterance.frames for utterance in rows])))
    if rows[0].vector is not None:
        parts.append(_deviation(np.stack([utterance.vector for utterance in rows])))
    return np.concatenate(parts)


def _deviation(values: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.float64]:
    return np.asarray(values.std(axis=0, dtype=np.float64), dtype=np.float64)
