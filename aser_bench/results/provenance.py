"""The facts of a run that its manifest records: versions, components, corpora, machine."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

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
from .manifest import Components, CorpusFacts, Machine, Manifest, Refusal, StageCost

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
_DIGITS = 12  # of a hash in a version
PACKAGE = Path(__file__).resolve().parents[1]


def build(
    study: Study,
    corpora: Sequence[Ingested],
    plan: ConditionPlan,
    *,
    notes: Mapping[str, Sequence[str]],
    settings: str,
    budgets: Mapping[str, str],
    encoder_check: str,
    stages: Mapping[str, StageCost],
) -> Manifest:
    """Return the manifest of a run.

    Parameters
    ----------
    study : Study
    corpora : sequence of Ingested
    plan : ConditionPlan
        The conditions of the run.
    notes : mapping of str to sequence of str
        Corpus -> lines below its tables.
    settings, budgets, encoder_check, stages
        See `Manifest`.
    """
    return Manifest(
        aser_bench=__version__,
        label=study.label,
        settings=settings,
        budgets=budgets,
        study=study.to_mapping(),
        study_sha256=study.digest(),
        packages=registry.versions(_packages(study)),
        components=_components(study),
        encoders={name: version for name, version in plan.encoders.items() if version},
        engines={name: engine for name, engine in plan.engines.items() if engine},
        ffmpeg=ffmpeg.version(),
        encoder_check=encoder_check,
        machine=_machine(),
        git=revision(PACKAGE),
        corpora={one.corpus.name: _corpus(one, study, notes[one.corpus.name]) for one in corpora},
        stages=stages,
    )


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


def _components(study: Study) -> Components:
    """Return the version of each feature set and model, by its name in the results."""
    sets = model_variants.all_feature_sets(study)
    return Components(
        features={name: features.version(name) for name in sets},
        models={one.name: _version(one, study) for one in model_variants.of(study)},
    )


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
    if study.embeddings is not None and "text" in model.inputs:
        besides.append(f"vectors {fingerprint(study.embeddings)[:_DIGITS]}")
    return ", ".join([str(own), *besides]) if besides else own


def _corpus(ingested: Ingested, study: Study, notes: Sequence[str]) -> CorpusFacts:
    corpus, table = ingested.corpus, ingested.utterances
    counts = table["emotion"].value_counts().sort_index()
    # The reference transcripts are a fact of the results only where a model reads them.
    read = any(one.transcripts and not one.transcriber for one in model_variants.of(study))
    return CorpusFacts(
        title=corpus.title,
        licence=corpus.licence,
        citation=corpus.citation,
        url=corpus.url,
        synthetic=corpus.synthetic,
        utterances=len(table),
        speakers=ingested.speakers or None,
        emotions={str(name): int(number) for name, number in counts.items()},
        seconds=round(float(table["duration_s"].sum()), 3),
        sha256=ingested.sha256,
        texts_sha256=ingested.texts_sha256 if read else None,
        refused=tuple(Refusal(file, reason) for file, reason in ingested.refused),
        notes=tuple(notes),
    )


def _machine() -> Machine:
    return Machine(
        python=sys.version.split()[0],
        system=platform.platform(),
        processor=_processor(),
        cores=cores(),
    )


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def revision(package: Path) -> str | None:
    """Return the git revision of a package's code; None outside of a checkout of its own.

    An installed package does not get the revision of a repository that happens to be around it.

    Parameters
    ----------
    package : Path
        Folder of the package, directly in the folder of the repository.

    Returns
    -------
    str or None
        The commit, with ``+changed`` if a file in the package was edited, added or deleted since.
        Files outside of the package, such as results, do not matter.
    """
    root = package.parent
    if not (root / ".git").exists():
        return None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        changed = _git(root, "status", "--porcelain", "--untracked-files=all", "--", package.name)
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+changed" if changed else "")


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()
