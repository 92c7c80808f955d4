"""What a model reads, out of the cache: vectors, frames, words, or all of them together."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from ..models.dual.utterance import Utterance
from .cache import Cache, Entry

Shards = dict[str, tuple[str, ...]]
"""Kind of what is read (`utterance.KINDS`) -> keys, which together hold all utterances."""


def load(cache: Cache, condition: str, shards: Shards) -> np.ndarray:
    """Return all utterances of a condition as a model reads them.

    Parameters
    ----------
    condition : str
        For messages.
    shards : dict
        Where the parts lie.

    Returns
    -------
    numpy.ndarray
        Vectors alone: (utterances, columns); frames alone: an object array of matrices (frames,
        columns); else an object array of `Utterance`.

    Raises
    ------
    ValueError
        If something vanished from the cache, or features are not finite.
    """
    return _load(cache, condition, tuple(shards.items()))


@lru_cache(maxsize=32)  # a worker meets the same conditions fold after fold
def _load(cache: Cache, condition: str, shards: tuple) -> np.ndarray:
    parts = {kind: _part(cache, condition, kind, keys) for kind, keys in shards}
    if list(parts) in (["vector"], ["frames"]):
        return next(iter(parts.values()))
    number = len(next(iter(parts.values())))
    return objects([Utterance(**{k: part[i] for k, part in parts.items()}) for i in range(number)])


def objects(values: list) -> np.ndarray:
    """Return an object array (n,) of things that numpy would make one array of."""
    found = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        found[i] = value
    return found


@lru_cache(maxsize=64)  # several models read the same parts in other company
def _part(cache: Cache, condition: str, kind: str, keys: tuple[str, ...]) -> np.ndarray:
    entries = []
    for key in keys:
        entry = cache.load("transcripts" if kind == "text" else "features", key)
        if entry is None:
            raise ValueError("features vanished from the cache while the run was going on")
        entries.append(entry)
    if not all(np.isfinite(one.arrays["values"]).all() for one in entries if one.arrays):
        raise ValueError(f"features of condition {condition} hold NaN or infinity")
    return _MADE[kind](entries)


def _matrices(entries: list[Entry]) -> np.ndarray:
    arrays = [entry.arrays for entry in entries]
    return objects(
        [part for one in arrays for part in np.split(one["values"], one["offsets"][1:-1])]
    )


_MADE: dict[str, Callable[[list[Entry]], np.ndarray]] = {
    "vector": lambda entries: np.vstack([entry.arrays["values"] for entry in entries]),
    "frames": _matrices,
    "text": lambda entries: objects([text for entry in entries for text in entry.meta["texts"]]),
}


def spread(rows: np.ndarray) -> np.ndarray:
    """Return the standard deviation (columns,) of all features over rows and frames.

    Those of the frames of an `Utterance` come before those of its vector; its words have none.
    """
    if rows.dtype != object:
        return rows.std(axis=0, dtype=np.float64)
    if not isinstance(rows[0], Utterance):
        return np.concatenate(list(rows)).std(axis=0, dtype=np.float64)
    found = [np.zeros(0)]
    if rows[0].frames is not None:
        found.append(np.concatenate([one.frames for one in rows]).std(axis=0, dtype=np.float64))
    if rows[0].vector is not None:
        found.append(np.stack([one.vector for one in rows]).std(axis=0, dtype=np.float64))
    return np.concatenate(found)
