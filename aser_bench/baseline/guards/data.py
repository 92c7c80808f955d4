"""The data guard: the number of utterances, refused recordings, and the hash of each corpus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import PurePath
from typing import TypeVar

from ...results.manifest import CorpusFacts, Refusal
from ..differences import corpus_hash, find_differences, texts_hash
from ..options import CheckOptions
from ..reader import MANIFEST_FILE, CheckInput
from ..sentences import one_line
from ..verdicts import CHANGED, SAME, WORSE, GuardCheck
from .rows import abbreviate, exceeds, missing_corpora, missing_file_rows, unreported_row

GUARD, LOST, REFUSED = "data", "max-lost", "max-refused"

_T = TypeVar("_T")


def check(new: CheckInput, baseline: CheckInput, options: CheckOptions) -> Iterator[GuardCheck]:
    """Compare the utterances, the refused recordings and the hash of each corpus."""
    lost, refused = options.tolerance(LOST), options.tolerance(REFUSED)
    if lost is None and refused is None:
        return
    if new.manifest is None or baseline.manifest is None:
        yield from missing_file_rows(GUARD, MANIFEST_FILE, new.manifest, baseline.manifest)
        return
    now, then = new.manifest.corpora, baseline.manifest.corpora
    yield from missing_corpora(GUARD, now, then, options.part)
    for corpus in [name for name in then if name in now]:
        if lost is not None:
            yield from _utterances(corpus, now[corpus], then[corpus], lost)
        if refused is not None:
            yield from _refused(corpus, now[corpus], then[corpus], refused)
        yield from _recordings(corpus, new, baseline, options)
        yield from _texts(corpus, new, baseline, options)


def _compare_reported(
    now: _T | None,
    then: _T | None,
    compare: Callable[[_T, _T], GuardCheck],
    subject: str,
    fact: str,
    flag: str = "",
) -> Iterator[GuardCheck]:
    """Yield a comparison, or a row on the side that does not report; nothing if neither does."""
    if now is not None and then is not None:
        yield compare(now, then)
    elif now is not None or then is not None:
        yield unreported_row(GUARD, subject, fact, now is not None, then is not None, flag)


def _utterances(
    corpus: str, new: CorpusFacts, baseline: CorpusFacts, tolerance: float
) -> Iterator[GuardCheck]:
    subject = f"{corpus}: utterances"

    def compare(now: int, then: int) -> GuardCheck:
        verdict = WORSE if exceeds(then - now, tolerance) else SAME
        values = _count(then, "utterance"), _count(now, "utterance")
        return GuardCheck(GUARD, subject, verdict, _change(now, then), *values, LOST)

    fact = "the number of utterances"
    yield from _compare_reported(new.utterances, baseline.utterances, compare, subject, fact, LOST)


def _refused(
    corpus: str, new: CorpusFacts, baseline: CorpusFacts, tolerance: float
) -> Iterator[GuardCheck]:
    subject = f"{corpus}: refused"

    def compare(now: Sequence[Refusal], then: Sequence[Refusal]) -> GuardCheck:
        reason = _change(len(now), len(then))
        if added := _newly_refused(now, then):
            reason += f", newly refused: {abbreviate(added)}"
        verdict = WORSE if exceeds(len(now) - len(then), tolerance) else SAME
        values = _count(len(then), "recording"), _count(len(now), "recording")
        return GuardCheck(GUARD, subject, verdict, reason, *values, REFUSED)

    fact = "the refused recordings"
    yield from _compare_reported(new.refused, baseline.refused, compare, subject, fact, REFUSED)


def _newly_refused(now: Sequence[Refusal], then: Sequence[Refusal]) -> list[str]:
    """Return the names of recordings that were not refused before, each with its reason.

    Folders are ignored: the two sides may come from two machines.
    """
    earlier = Counter(PurePath(refusal.file).name for refusal in then)
    added = []
    for refusal in now:
        name = PurePath(refusal.file).name
        if earlier[name]:
            earlier[name] -= 1
        else:
            added.append(one_line(f"{name} ({refusal.reason})"))
    return added


def _recordings(
    corpus: str, new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> Iterator[GuardCheck]:
    """Compare the hashes of recordings and labels."""
    subject = f"{corpus}: recordings and labels"
    differs = find_differences(new, baseline).corpus(corpus)

    def compare(now: str, then: str) -> GuardCheck:
        return _compare_hashes(subject, differs, now, then, options)

    now, then = (corpus_hash(side, corpus) or None for side in (new, baseline))
    yield from _compare_reported(now, then, compare, subject, "their sha256")


def _texts(
    corpus: str, new: CheckInput, baseline: CheckInput, options: CheckOptions
) -> Iterator[GuardCheck]:
    """Compare the hashes of reference transcripts, if models of both sides read them."""
    now, then = (texts_hash(side, corpus) for side in (new, baseline))
    if now and then:
        differs = find_differences(new, baseline).texts(corpus)
        yield _compare_hashes(f"{corpus}: texts", differs, now, then, options)


def _compare_hashes(
    subject: str, differs: str, now: str, then: str, options: CheckOptions
) -> GuardCheck:
    allowed = "corpus" in options.allow
    verdict = CHANGED if differs and not allowed else SAME
    reason = (f"{differs}, as allowed" if allowed else differs) if differs else "the same"
    return GuardCheck(GUARD, subject, verdict, reason, f"sha256 {then[:8]}", f"sha256 {now[:8]}")


def _change(value: int, baseline: int) -> str:
    if value == baseline:
        return "unchanged"
    return f"{abs(value - baseline)} {'more' if value > baseline else 'fewer'} than before"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
