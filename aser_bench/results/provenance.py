"""The facts of a run that its manifest records: versions, components, corpora, machine."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import features
from ..core import ffmpeg, registry
from ..core.version import __version__
from ..models.external import ExternalClassifier
from ..models.text.files import fingerprint
from ..pipeline.cache import key
from ..pipeline.ingest import Ingested
from ..pipeline.parallel import cores
from ..study.experiment import Experiment
from ..study.variants import ModelVariant
from .manifest import Components, CorpusFacts, Machine, Manifest, Refusal, StageCost, Version

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
    experiment: Experiment,
    corpora: Sequence[Ingested],
    *,
    notes: Mapping[str, Sequence[str]],
    encoder_check: str,
    stages: Mapping[str, StageCost],
) -> Manifest:
    """Return the manifest of a run.

    Parameters
    ----------
    experiment : Experiment
    corpora : sequence of Ingested
    notes : mapping of str to sequence of str
        Corpus -> lines below its tables.
    encoder_check, stages
        See `Manifest`.
    """
    study, plan = experiment.study, experiment.conditions
    return Manifest(
        aser_bench=__version__,
        label=study.label,
        settings=experiment.caption,
        budgets=experiment.budgets,
        study=study.to_mapping(),
        study_sha256=study.digest(),
        packages=registry.versions(_packages(experiment)),
        components=Components(
            features={name: features.version(name) for name in experiment.feature_sets},
            models={variant.name: _version(variant, experiment) for variant in experiment.variants},
        ),
        encoders={name: version for name, version in plan.encoders.items() if version},
        engines={name: engine for name, engine in plan.engines.items() if engine},
        ffmpeg=ffmpeg.version(),
        encoder_check=encoder_check,
        machine=_machine(),
        git=revision(PACKAGE),
        corpora={
            ingested.corpus.name: _corpus(ingested, experiment, notes[ingested.corpus.name])
            for ingested in corpora
        },
        stages=stages,
    )


def _packages(experiment: Experiment) -> tuple[str, ...]:
    """Return the packages of every run and those of the study's models and transcribers."""
    packages = [*_PACKAGES]
    for variant in experiment.variants:
        packages += variant.model.packages
        for spec in variant.parts.values():
            packages += features.get(spec).packages
        if variant.transcriber is not None:
            packages += (*variant.transcriber.packages, "jiwer")
    return tuple(dict.fromkeys(packages))


def _version(variant: ModelVariant, experiment: Experiment) -> Version:
    """Return a model's version, with those of its transcriber and its word vectors."""
    model, embeddings = variant.model, experiment.study.embeddings
    # An external class declares no version; the hash of its code is used instead.
    version = (
        model.identity(experiment.settings)["code"][:_DIGITS]
        if isinstance(model, ExternalClassifier)
        else model.version
    )
    parts = []
    if variant.transcriber is not None:
        transcriber = variant.transcriber
        digest = key(transcriber.identity())[:_DIGITS]
        parts.append(f"{transcriber.name} {transcriber.version} {digest}")
    if embeddings is not None and "text" in model.inputs:
        parts.append(f"vectors {fingerprint(embeddings)[:_DIGITS]}")
    return ", ".join([str(version), *parts]) if parts else version


def _corpus(ingested: Ingested, experiment: Experiment, notes: Sequence[str]) -> CorpusFacts:
    corpus, table = ingested.corpus, ingested.utterances
    counts = table["emotion"].value_counts().sort_index()
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
        # The reference transcripts are a fact of the results only where a model reads them.
        texts_sha256=ingested.texts_sha256 if experiment.reads_reference else None,
        refused=tuple(Refusal(file, reason) for file, reason in ingested.refused),
        notes=tuple(notes),
        scaled=dict(ingested.scaled) or None,
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
    """Return the git revision of a package's code; None if the package is not in its own checkout.

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
