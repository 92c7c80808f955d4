"""The data guard: whether all recordings are still there, and still the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from ..differences import find_differences
from ..manifest_facts import mapping, one_line, told, word
from ..options import CheckOptions
from ..reader import CheckInput
from ..verdicts import CHANGED, SAME, WORSE, GuardCheck
from .rows import abbreviate, exceeds, missing_corpora, missing_file_rows, unreported_row

GUARD, LOST, REFUSED = "data", "max-lost", "max-refused"


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare utterances, refused recordings and the hash of each corpus."""
    lost, refused = options.tolerance(LOST), options.tolerance(REFUSED)
    if lost is None and refused is None:
        return
    if new.manifest is None or baseline.manifest is None:
        yield from missing_file_rows(
            GUARD, "manifest.json", new.manifest is not None, baseline.manifest is not None
        )
        return
    now, then = (mapping(side, "corpora") for side in (new, baseline))
    if now is None or then is None:
        yield unreported_row(
            GUARD, "manifest.json", "the corpora", now is not None, then is not None
        )
        return
    yield from missing_corpora(GUARD, now, then, options.part)
    for corpus in [name for name in then if name in now]:
        if lost is not None:
            yield from _utterances(corpus, new, baseline, lost)
        if refused is not None:
            yield from _refused(corpus, new, baseline, refused)
        yield from _recordings(corpus, new, baseline, options)
        yield from _texts(corpus, new, baseline, options)


def _silent(
    corpus: str, name: str, what: str, flag: str, known: list[bool], sides: list[Any]
) -> Iterator[GuardCheck]:
    """Yield a row unless neither side ever told."""
    if any(side is not None for side in sides):
        yield unreported_row(GUARD, f"{corpus}: {name}", what, known[0], known[1], flag)


def _utterances(
    corpus: str, new: CheckInput, baseline: CheckInput, tolerance: float
) -> Iterator[GuardCheck]:
    now, then = (told(side, "corpora", corpus, "utterances") for side in (new, baseline))
    known = [_is_count(now), _is_count(then)]
    if not all(known):
        yield from _silent(
            corpus, "utterances", "the number of utterances", LOST, known, [now, then]
        )
        return
    yield GuardCheck(
        GUARD,
        f"{corpus}: utterances",
        WORSE if exceeds(then - now, tolerance) else SAME,
        _change(now, then),
        _many(then, "utterance"),
        _many(now, "utterance"),
        LOST,
    )


def _is_count(value: Any) -> bool:
    # No corpus has 1e15 recordings, and arithmetic on what no float can hold fails.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1e15


def _refused(
    corpus: str, new: CheckInput, baseline: CheckInput, tolerance: float
) -> Iterator[GuardCheck]:
    now, then = (told(side, "corpora", corpus, "refused") for side in (new, baseline))
    known = [_are_refused(now), _are_refused(then)]
    if not all(known):
        yield from _silent(
            corpus, "refused", "which recordings were refused", REFUSED, known, [now, then]
        )
        return
    reason = _change(len(now), len(then))
    if fresh := _newly(now, then):
        reason += f", newly refused: {abbreviate(fresh)}"
    verdict = WORSE if exceeds(len(now) - len(then), tolerance) else SAME
    yield GuardCheck(
        GUARD,
        f"{corpus}: refused",
        verdict,
        reason,
        _many(len(then), "recording"),
        _many(len(now), "recording"),
        REFUSED,
    )


def _are_refused(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, Mapping) and all(isinstance(one.get(k), str) for k in ("file", "reason"))
        for one in value
    )


def _newly(refused: list[Mapping[str, str]], before: list[Mapping[str, str]]) -> list[str]:
    """Return the recordings that were not refused before, by name, with the reason of each.

    Two sides may come from two machines, so that the folders differ.
    """
    known = Counter(PurePath(one["file"]).name for one in before)
    found = []
    for one in refused:
        name = PurePath(one["file"]).name
        if known[name]:
            known[name] -= 1
        else:
            found.append(one_line(f"{name} ({one['reason']})"))
    return found


def _recordings(
    corpus: str, new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> Iterator[GuardCheck]:
    """Compare what the recordings and their labels are, where both sides tell."""
    keys = ("corpora", corpus, "sha256")
    now, then = (word(side, *keys) for side in (new, baseline))
    if now and then:
        differs = find_differences(new, baseline).corpus(corpus)
        yield _same(f"{corpus}: recordings and labels", differs, now, then, options)
        return
    yield from _silent(
        corpus,
        "recordings and labels",
        "their sha256",
        "",
        [bool(now), bool(then)],
        [told(side, *keys) for side in (new, baseline)],
    )


def _texts(
    corpus: str, new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> Iterator[GuardCheck]:
    """Compare what is said to have been spoken, where models of both sides read it."""
    now, then = (word(side, "corpora", corpus, "texts_sha256") for side in (new, baseline))
    if now and then:
        differs = find_differences(new, baseline).texts(corpus)
        yield _same(f"{corpus}: texts", differs, now, then, options)


def _same(what: str, differs: str, now: str, then: str, options: CheckOptions) -> GuardCheck:
    allowed = "corpus" in options.allow
    verdict = CHANGED if differs and not allowed else SAME
    reason = (f"{differs}, as allowed" if allowed else differs) if differs else "the same"
    return GuardCheck(GUARD, what, verdict, reason, f"sha256 {then[:8]}", f"sha256 {now[:8]}")


def _change(value: int, baseline: int) -> str:
    if value == baseline:
        return "as many as before"
    return f"{abs(value - baseline)} {'more' if value > baseline else 'fewer'} than before"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
