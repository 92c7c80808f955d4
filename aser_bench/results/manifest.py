"""Where a run's numbers come from: study, versions, encoder, machine, corpora, costs."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import features, transcripts
from ..core import ffmpeg, registry
from ..core.version import __version__
from ..models.external import External
from ..models.text.files import fingerprint
from ..pipeline import model_variants
from ..pipeline.cache import key
from ..pipeline.coding_plan import ConditionPlan
from ..pipeline.ingest import Ingested
from ..pipeline.model_variants import Variant
from ..pipeline.parallel import cores
from ..study.config import Study

_PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "numba",
    "soundfile",
    "soxr",
    "ffmpeg-python",
    "imageio-ffmpeg",
    "pydub",
    "joblib",
    "tensorflow",
    "keras",
)
_DIGITS = 12  # of a hash that stands in a version


def build(
    study: Study,
    corpora: list[Ingested],
    plan: ConditionPlan,
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
        "corpora": {
            one.corpus.name: _corpus(one, study, notes[one.corpus.name]) for one in corpora
        },
        "stages": stages,
    }


def _packages(study: Study) -> tuple[str, ...]:
    """Return what is always named, and what only the models and transcribers of this study use."""
    used = dict.fromkeys(_PACKAGES)
    for variant in model_variants.of(study):
        used.update(dict.fromkeys(variant.model.packages))
        for spec in variant.parts.values():
            used.update(dict.fromkeys(features.get(spec).packages))
        if variant.transcriber:
            used.update(dict.fromkeys((*transcripts.get(variant.transcriber).packages, "jiwer")))
    return tuple(used)


def _components(study: Study) -> dict[str, dict[str, int | str]]:
    """Return the version of each feature set and model, under the name that results have it by."""
    sets = model_variants.all_feature_sets(study)
    return {
        "features": {name: features.version(name) for name in sets},
        "models": {one.name: _version(one, study) for one in model_variants.of(study)},
    }


def _version(variant: Variant, study: Study) -> int | str:
    """Return a model's version, with that of what heard its words and of their vectors."""
    model = variant.model
    # A class from elsewhere has no version of ours; its code tells it from an edited one.
    own = (
        model.identity(study.settings)["code"][:_DIGITS]
        if isinstance(model, External)
        else model.version
    )
    besides = []
    if variant.transcriber:
        heard = transcripts.get(variant.transcriber)
        besides.append(f"{heard.name} {heard.version} {key(heard.identity())[:_DIGITS]}")
    if study.embeddings is not None and "text" in model.reads:
        besides.append(f"vectors {fingerprint(study.embeddings)[:_DIGITS]}")
    return ", ".join([str(own), *besides]) if besides else own


def _corpus(ingested: Ingested, study: Study, notes: Sequence[str]) -> dict[str, Any]:
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
        **_texts(ingested, study),
        "refused": [{"file": file, "reason": reason} for file, reason in ingested.refused],
        "notes": list(notes),
    }


def _texts(ingested: Ingested, study: Study) -> dict[str, str]:
    """Return the hash of a corpus's own texts where a model reads them; else nothing."""
    read = any(one.transcripts and not one.transcriber for one in model_variants.of(study))
    return {"texts_sha256": ingested.texts_sha256} if read else {}


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
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        command = ["git", "-C", str(root)]
        head = subprocess.run(
            [*command, "rev-parse", "HEAD"], capture_output=True, text=True, timeout=10, check=True
        )
        changed = subprocess.run(
            [*command, "status", "--porcelain", "--untracked-files=no"],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return head.stdout.strip() + ("+changed" if changed.stdout.strip() else "")
