"""Where a run's numbers come from: study, versions, encoder, machine, corpora, costs."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from . import __version__, features, ffmpeg, models, registry, transcripts, variants
from .ingest import Ingested
from .models.base import Model, Settings
from .models.external import External
from .models.words.files import fingerprint
from .parallel import cores
from .plan import Treatments
from .store import key
from .study import Study

_PACKAGES = (
    "numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "numba", "soundfile", "soxr",
    "ffmpeg-python", "imageio-ffmpeg", "pydub", "joblib", "tensorflow", "keras",
)  # fmt: skip


def build(
    study: Study,
    corpora: list[Ingested],
    plan: Treatments,
    notes: Mapping[str, Sequence[str]],
    captions: Mapping[str, Any],
    canary: str,
    stages: dict[str, dict[str, float]],
) -> dict[str, Any]:
    """Return the manifest of a run as a mapping that JSON can hold.

    ``notes`` stand below the tables of a corpus; ``captions`` (``settings`` and ``budgets``) in
    those of all of them.
    """
    return {
        "aser_bench": __version__,
        "label": study.label,
        **captions,
        "study": study.to_mapping(),
        "study_sha256": study.digest(),
        "packages": registry.versions(_packages(study)),
        "components": _components(study),
        "encoders": {name: version for name, version in plan.encoders.items() if version},
        "engines": {name: engine for name, engine in plan.engines.items() if engine},
        "ffmpeg": ffmpeg.version(),
        "canary": canary,
        "machine": _machine(),
        "git": _git_revision(),
        "corpora": {one.corpus.name: _corpus(one, notes[one.corpus.name]) for one in corpora},
        "stages": stages,
    }


def _packages(study: Study) -> tuple[str, ...]:
    """Return what is always named, and what only the models and recognisers of this study use."""
    used = dict.fromkeys(_PACKAGES)
    for variant in variants.of(study):
        used.update(dict.fromkeys(variant.model.packages))
        for spec in variant.parts.values():
            used.update(dict.fromkeys(features.get(spec).packages))
        if variant.recogniser:
            used.update(dict.fromkeys((*transcripts.get(variant.recogniser).packages, "jiwer")))
    return tuple(used)


def _components(study: Study) -> dict[str, dict[str, int | str]]:
    """Return the version of each feature set and model, under the name that results have it by."""
    sets = variants.all_feature_sets(study)
    return {
        "features": {name: features.version(name) for name in sets},
        "models": {name: _version(models.get(name), study.settings) for name in study.models},
        **_recognisers(study),
        **_embeddings(study),
    }


def _embeddings(study: Study) -> dict[str, dict[str, int | str]]:
    if study.embeddings is None:
        return {}
    return {"embeddings": {Path(study.embeddings).name: fingerprint(study.embeddings)[:12]}}


def _recognisers(study: Study) -> dict[str, dict[str, int | str]]:
    names = variants.recognisers(study)
    found: dict[str, int | str] = {
        name: f"{one.version}, {key(one.identity())[:12]}"
        for name, one in ((name, transcripts.get(name)) for name in names)
    }
    return {"transcripts": found} if found else {}


def _version(model: Model, settings: Settings) -> int | str:
    # A class from elsewhere has no version of ours; its code tells it from an edited one.
    return model.identity(settings)["code"][:12] if isinstance(model, External) else model.version


def _corpus(ingested: Ingested, notes: Sequence[str]) -> dict[str, Any]:
    corpus, table = ingested.corpus, ingested.utterances
    return {
        "title": corpus.title,
        "licence": corpus.licence,
        "citation": corpus.citation,
        "url": corpus.url,
        "synthetic": corpus.synthetic,
        "utterances": len(table),
        "speakers": ingested.speakers or None,
        "emotions": {
            name: int(n) for name, n in table["emotion"].value_counts().sort_index().items()
        },
        "seconds": round(float(table["duration_s"].sum()), 3),
        "sha256": ingested.sha256,
        "refused": [{"file": file, "reason": reason} for file, reason in ingested.refused],
        "notes": list(notes),
    }


def _machine() -> dict[str, Any]:
    return {
        "python": sys.version.split()[0],
        "system": platform.platform(),
        "processor": _processor(),
        "cores": cores(),
    }


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _git_revision() -> str | None:
    """Return the revision of the code that ran, with ``+changed`` if it differs; None outside git.

    Asked only where the package lies in its own checkout: an installed package must not take
    the revision of a repository that happens to be around it.
    """
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None
    try:
        command = ["git", "-C", str(root)]
        head = subprocess.run(
            [*command, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True
        )
        changed = subprocess.run(
            [*command, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return head.stdout.strip() + ("+changed" if changed.stdout.strip() else "")
