"""The data guard: whether all recordings are still there, and still the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

from ..base import CHANGED, SAME, WORSE, GuardCheck, Options
from ..changes import changes, told
from ..evidence import Evidence
from .rows import beyond, lost_corpora, named, without

GUARD, LOST, REFUSED = "data", "max-lost", "max-refused"


def check(new: Evidence, baseline: Evidence, options: Options) -> Iterator[GuardCheck]:
    """Compare utterances, refused recordings and the hash of each corpus."""
    lost, refused = options.tolerance(LOST), options.tolerance(REFUSED)
    if lost is None and refused is None:
        return
    if new.manifest is None or baseline.manifest is None:
        yield from without(
            GUARD, "manifest.json", new.manifest is not None, baseline.manifest is not None
        )
        return
    now, then = new.manifest["corpora"], baseline.manifest["corpora"]
    yield from lost_corpora(GUARD, now, then, options.part)
    for corpus in [name for name in then if name in now]:
        if lost is not None:
            yield from _utterances(corpus, *_facts(new, baseline, corpus), lost)
        if refused is not None:
            yield from _refused(corpus, *_facts(new, baseline, corpus), refused)
        yield from _recordings(corpus, new, baseline, options)


def _facts(new: Evidence, baseline: Evidence, corpus: str) -> tuple[Mapping, Mapping]:
    now, then = (told(side, "corpora", corpus) for side in (new, baseline))
    return now if isinstance(now, Mapping) else {}, then if isinstance(then, Mapping) else {}


def _utterances(
    corpus: str, now: Mapping[str, Any], then: Mapping[str, Any], tolerance: float
) -> Iterator[GuardCheck]:
    value, baseline = now.get("utterances"), then.get("utterances")
    if not isinstance(value, int) or not isinstance(baseline, int):
        return
    fewer = baseline - value
    reason = _change(value, baseline)
    yield GuardCheck(
        GUARD, f"{corpus}: utterances", WORSE if beyond(fewer, tolerance) else SAME, reason,
        _many(baseline, "utterance"), _many(value, "utterance"), LOST,
    )  # fmt: skip


def _refused(
    corpus: str, now: Mapping[str, Any], then: Mapping[str, Any], tolerance: float
) -> Iterator[GuardCheck]:
    value, baseline = now.get("refused"), then.get("refused")
    if not isinstance(value, list) or not isinstance(baseline, list):
        return
    more = len(value) - len(baseline)
    reason = _change(len(value), len(baseline))
    if fresh := _newly(value, baseline):
        reason += f", newly refused: {named(fresh)}"
    yield GuardCheck(
        GUARD, f"{corpus}: refused", WORSE if beyond(more, tolerance) else SAME, reason,
        _many(len(baseline), "recording"), _many(len(value), "recording"), REFUSED,
    )  # fmt: skip


def _newly(refused: list[dict[str, str]], before: list[dict[str, str]]) -> list[str]:
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
            found.append(f"{name} ({one['reason']})")
    return found


def _recordings(
    corpus: str, new: Evidence, baseline: Evidence, options: Options
) -> Iterator[GuardCheck]:
    """Compare what the recordings and their labels are, where both sides tell."""
    now, then = (told(side, "corpora", corpus, "sha256") for side in (new, baseline))
    if now is None or then is None:
        return
    differs = changes(new, baseline).corpus(corpus)
    allowed = "corpus" in options.allow
    verdict = CHANGED if differs and not allowed else SAME
    reason = (f"{differs}, as allowed" if allowed else differs) if differs else "the same"
    yield GuardCheck(
        GUARD, f"{corpus}: recordings and labels", verdict, reason,
        f"sha256 {str(then)[:8]}", f"sha256 {str(now)[:8]}",
    )  # fmt: skip


def _change(value: int, baseline: int) -> str:
    if value == baseline:
        return "as many as before"
    return f"{abs(value - baseline)} {'more' if value > baseline else 'fewer'} than before"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
