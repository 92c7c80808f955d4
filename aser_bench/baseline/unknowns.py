"""Facts that a side of a check does not report, so that they cannot be compared."""

from __future__ import annotations

from collections.abc import Iterable

from ..results.manifest import Manifest
from .differences import LATER_SETTINGS, SETTINGS, component_versions
from .reader import MANIFEST_FILE, CheckInput
from .sentences import enumerated, one_line


def unknown_facts(new: CheckInput, baseline: CheckInput) -> list[str]:
    """Return sentences on what cannot be compared because a file or a fact is missing."""
    sides = (new, baseline)
    with_manifest = [side for side in sides if side.manifest is not None]
    sentences = _missing_file(
        MANIFEST_FILE,
        "corpora, encoders, settings and versions",
        [side for side in sides if side.manifest is None],
    )
    sentences += _unreported(new, baseline)
    sentences += _missing_file(
        "conditions.csv", "encoders", [side for side in with_manifest if side.conditions is None]
    )
    for side, other in ((new, baseline), (baseline, new)):
        if names := _without_encoder(side, other):
            sentences.append(
                f"conditions.csv of {side.path} does not name the encoder of {enumerated(names)}; "
                f"it is unknown whether it is the same as in {other.path}"
            )
    without = [str(side.path) for side in sides if side.folds is None]
    if without:
        have = "have" if len(without) > 1 else "has"
        sentences.append(
            f"{' and '.join(without)} {have} scores only: the number of folds is compared, "
            "not their utterances"
        )
    return sentences


def _missing_file(file: str, facts: str, sides: list[CheckInput]) -> list[str]:
    """Return a sentence on the sides without a file."""
    unknown = f"it is unknown whether {facts} are the same"
    paths = [str(side.path) for side in sides]
    if len(paths) == 2:
        return [f"neither {paths[0]} nor {paths[1]} has a {file} beside it: {unknown}"]
    return [f"{path} has no {file} beside it: {unknown}" for path in paths]


def _unreported(new: CheckInput, baseline: CheckInput) -> list[str]:
    """Return a sentence on the facts that neither manifest has, and one for each side."""
    if new.manifest is None or baseline.manifest is None:
        return []
    # Where nothing is encoded, the version of ffmpeg does not matter.
    encoded = bool(new.encoders or baseline.encoders)
    ours = _missing_facts(new.manifest, baseline.manifest, encoded)
    theirs = _missing_facts(baseline.manifest, new.manifest, encoded)
    both = [fact for fact in ours if fact in theirs]
    sentences = []
    if both:
        sentences.append(
            f"neither manifest has {enumerated(both)}; it is unknown whether these are the same"
        )
    for side, facts, other in (
        (new, ours, "the baseline"),
        (baseline, theirs, "the new results"),
    ):
        if alone := [fact for fact in facts if fact not in both]:
            sentences.append(
                f"the manifest of {side.path} does not have {enumerated(alone)}; it is unknown "
                f"whether these are the same as in {other}"
            )
    return sentences


def _missing_facts(manifest: Manifest, other: Manifest, encoded: bool) -> list[str]:
    """Return descriptions of what a manifest lacks in comparison with another one."""
    return [one_line(fact) for fact in _iterate_missing_facts(manifest, other, encoded)]


def _iterate_missing_facts(manifest: Manifest, other: Manifest, encoded: bool) -> Iterable[str]:
    versions = {kind: component_versions(manifest, kind) for kind in ("features", "models")}
    required = {
        "the seed": manifest.seed is not None,
        "the version of aser-bench": bool(manifest.aser_bench),
        "the versions of packages": manifest.packages is not None,
        "the versions of feature sets": versions["features"] is not None,
        "the versions of models": versions["models"] is not None,
        "the version of ffmpeg": not encoded or bool(manifest.ffmpeg),
    }
    yield from (fact for fact, reported in required.items() if not reported)
    for names in versions.values():
        for name, version in (names or {}).items():
            if version is None:
                yield f"the version of {name}"
    for name in other.corpora:
        if name in manifest.corpora and not manifest.corpora[name].sha256:
            yield f"the sha256 of {name}"
    for key in SETTINGS:
        if key in other.study and key not in manifest.study and key not in LATER_SETTINGS:
            yield f"the setting {key.replace('_', ' ')}"


def _without_encoder(side: CheckInput, other: CheckInput) -> list[str]:
    """Return the conditions of both sides for which only the other side names the encoder."""
    if side.conditions is None:
        return []
    rows = side.conditions[["corpus", "condition"]].itertuples(index=False, name=None)
    names = (row[1] for row in rows if row in other.encoders and row not in side.encoders)
    return list(dict.fromkeys(names))
