"""Differences of the folds: utterances tested together, and the number of folds."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.tables import CELL
from .reader import CheckInput

CorpusProtocol = tuple[str, str]


def moved_utterances(new: CheckInput, baseline: CheckInput) -> dict[CorpusProtocol, str]:
    """Describe where utterances of both sides are tested together with other utterances."""
    now, then = (_folds(side) for side in (new, baseline))
    descriptions = {}
    for where in [where for where in now if where in then]:
        common = set().union(*now[where]) & set().union(*then[where])
        numbers: dict[frozenset[str], int] = {}
        ours, theirs = (_fold_numbers(side[where], common, numbers) for side in (now, then))
        moved = sum(ours[name] != theirs[name] for name in common)
        if moved:
            corpus, protocol = where
            descriptions[where] = (
                f"{moved} of {len(common)} utterances of {corpus} are tested in other folds "
                f"(protocol {protocol})"
            )
    return descriptions


def _folds(side: CheckInput) -> dict[CorpusProtocol, list[set[str]]]:
    """Return the utterances of each fold by corpus and protocol."""
    if side.folds is None:
        return {}
    by_fold: dict[CorpusProtocol, dict[int, set[str]]] = {}
    columns = (side.folds[name].tolist() for name in ("corpus", "protocol", "utterance", "fold"))
    for corpus, protocol, utterance, fold in zip(*columns, strict=True):
        by_fold.setdefault((corpus, protocol), {}).setdefault(fold, set()).add(utterance)
    return {where: list(folds.values()) for where, folds in by_fold.items()}


def _fold_numbers(
    folds: Iterable[set[str]], common: set[str], numbers: dict[frozenset[str], int]
) -> dict[str, list[int]]:
    """Return the folds of each utterance as numbers.

    A fold is identified by its utterances, not by its label. ``numbers`` holds the numbers of
    all folds and is extended: comparing numbers is faster than comparing sets.
    """
    by_utterance: dict[str, list[int]] = {}
    for fold in folds:
        number = numbers.setdefault(frozenset(fold & common), len(numbers))
        for utterance in fold & common:
            by_utterance.setdefault(utterance, []).append(number)
    return {utterance: sorted(its_folds) for utterance, its_folds in by_utterance.items()}


def fold_counts(side: CheckInput) -> dict[CorpusProtocol, int]:
    """Return the number of folds by corpus and protocol, from predictions or scores.

    Empty if there is a single number for each cell.
    """
    table = side.scores if side.folds is None else side.folds
    if table is None or "fold" not in table:
        return {}
    folds: dict[CorpusProtocol, set[int]] = {}
    columns = (table[name].tolist() for name in ("corpus", "protocol", "fold"))
    for corpus, protocol, fold in zip(*columns, strict=True):
        folds.setdefault((corpus, protocol), set()).add(fold)
    return {where: len(numbers) for where, numbers in folds.items()}


def changed_fold_counts(new: CheckInput, baseline: CheckInput) -> dict[CorpusProtocol, str]:
    """Describe where the number of folds differs."""
    now, then = fold_counts(new), fold_counts(baseline)
    descriptions = {}
    for where in [where for where in now if where in then and now[where] != then[where]]:
        # A fold in which everything failed is absent; that is a failure and not another split.
        if where not in _with_failures(new if now[where] < then[where] else baseline):
            ours, theirs = _fold_count(now[where]), _fold_count(then[where])
            descriptions[where] = f"{' '.join(where)}: {ours}, was {theirs}"
    return descriptions


def _fold_count(folds: int) -> str:
    return f"{folds} fold{'' if folds == 1 else 's'}"


def _with_failures(side: CheckInput) -> set[CorpusProtocol]:
    """Return the corpora and protocols with failed results."""
    corpus, protocol = CELL.index("corpus"), CELL.index("protocol")
    return {(key[corpus], key[protocol]) for key in side.failed}
