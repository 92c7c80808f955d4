"""Which utterances were tested in one fold, and whether that is as it was."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.tables import CELL
from .reader import CheckInput

Where = tuple[str, str]
"""A corpus and a protocol, or a corpus and a condition."""


def moved_utterances(new: CheckInput, baseline: CheckInput) -> dict[Where, str]:
    """Say where utterances that both sides tested were tested beside others."""
    now, then = (_folds(side) for side in (new, baseline))
    found = {}
    for where in [where for where in now if where in then]:
        common = set().union(*now[where]) & set().union(*then[where])
        known: dict[frozenset[str], int] = {}
        one, two = (_beside(side[where], common, known) for side in (now, then))
        others = sum(one[name] != two[name] for name in common)
        if others:
            corpus, protocol = where
            found[where] = (
                f"{others} of {len(common)} utterances of {corpus} are tested in other folds "
                f"(protocol {protocol})"
            )
    return found


def _folds(side: CheckInput) -> dict[Where, list[set[str]]]:
    """Return the utterances of each fold by corpus and protocol."""
    if side.folds is None:
        return {}
    found: dict[Where, dict[int, set[str]]] = {}
    columns = (side.folds[name].tolist() for name in ("corpus", "protocol", "utterance", "fold"))
    for corpus, protocol, utterance, fold in zip(*columns, strict=True):
        found.setdefault((corpus, protocol), {}).setdefault(fold, set()).add(utterance)
    return {where: list(folds.values()) for where, folds in found.items()}


def _beside(
    folds: Iterable[set[str]], common: set[str], known: dict[frozenset[str], int]
) -> dict[str, list[int]]:
    """Return the folds of each utterance; a fold is what is in it, its label tells nothing.

    ``known`` numbers them, and is added to: comparing numbers is faster than comparing folds.
    """
    found: dict[str, list[int]] = {}
    for fold in folds:
        number = known.setdefault(frozenset(fold & common), len(known))
        for name in fold & common:
            found.setdefault(name, []).append(number)
    return {name: sorted(own) for name, own in found.items()}


def fold_counts(side: CheckInput) -> dict[Where, int]:
    """Return how many folds there are by corpus and protocol, of predictions or of scores.

    Nothing where there is one number a cell, which does not tell.
    """
    table = side.scores if side.folds is None else side.folds
    if table is None or "fold" not in table:
        return {}
    found: dict[Where, set[int]] = {}
    columns = (table[name].tolist() for name in ("corpus", "protocol", "fold"))
    for corpus, protocol, fold in zip(*columns, strict=True):
        found.setdefault((corpus, protocol), set()).add(fold)
    return {where: len(folds) for where, folds in found.items()}


def changed_fold_counts(new: CheckInput, baseline: CheckInput) -> dict[Where, str]:
    """Say where the number of folds is another."""
    now, then = fold_counts(new), fold_counts(baseline)
    found = {}
    for where in [where for where in now if where in then and now[where] != then[where]]:
        # A fold in which everything failed is not there; that is a failure, no other split.
        if where not in _failing(new if now[where] < then[where] else baseline):
            found[where] = f"{' '.join(where)}: {_number(now[where])}, was {_number(then[where])}"
    return found


def _number(folds: int) -> str:
    return f"{folds} fold{'' if folds == 1 else 's'}"


def _failing(side: CheckInput) -> set[Where]:
    """Return the corpora and protocols under which something failed."""
    corpus, protocol = CELL.index("corpus"), CELL.index("protocol")
    return {(key[corpus], key[protocol]) for key in side.failed}
