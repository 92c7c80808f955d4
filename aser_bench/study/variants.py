"""The model variants of a study: each model with its feature set and its source of transcripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .. import features, models, transcripts
from ..core.errors import UsageError
from ..models.base import Model
from ..transcripts.base import Transcriber
from .config import Study

_DEFAULT_FEATURES = {"vector": "functionals", "frames": "frames", "dual": "dual"}
"""Type of features that a model reads -> feature set, where the study names none of the type."""

_DESCRIPTIONS = {
    "vector": "one vector an utterance",
    "frames": "frames",
    "dual": "frames and a vector",
}


@dataclass(frozen=True)
class ModelVariant:
    """A model as a study trains it.

    Attributes
    ----------
    name : str
        As in the results: the model's name, with that of the transcriber appended where one
        provides the text (``mdre-pocketsphinx``).
    model : Model
    spec : str
        The name by which every process finds the model, as in the study.
    features : str
        Feature set, as in the results.
    parts : mapping of str to str
        Input of the model (``vector``, ``frames``) -> feature set that is extracted for it.
    transcripts : str
        Source of the text; empty where the model reads none.
    transcriber : Transcriber or None
        The transcriber that provides the text from the audio of each condition.
    """

    name: str
    model: Model
    spec: str
    features: str
    parts: Mapping[str, str]
    transcripts: str = ""
    transcriber: Transcriber | None = None

    @property
    def reads_reference(self) -> bool:
        """Whether the model reads the transcripts of the corpus itself."""
        return bool(self.transcripts) and self.transcriber is None

    @property
    def needs_audio(self) -> bool:
        """Whether the model needs recordings."""
        return self.transcriber is not None or self.model.inputs != ("text",)


def resolve_variants(study: Study) -> tuple[ModelVariant, ...]:
    """Return every model of a study on every feature set and kind of transcripts that it reads.

    Raises
    ------
    UsageError
        If a name is unknown, or if the study sets feature sets, transcripts or embeddings that
        none of its models reads.
    """
    of_model = {name: models.get(name) for name in study.models}
    type_of = {name: features.feature_type(name) for name in study.features}
    sources = [transcripts.get(name) for name in study.transcripts]
    _check_text_settings(study, of_model.values())
    variants = []
    for name, model in of_model.items():
        feature_type = model.feature_type
        matching = [spec for spec, its_type in type_of.items() if its_type == feature_type]
        for spec in matching or [_DEFAULT_FEATURES[feature_type]]:
            parts = {
                part: extracted
                for part, extracted in features.extracted_sets(spec).items()
                if part in model.inputs
            }
            if "text" not in model.inputs:
                variants.append(ModelVariant(name, model, name, spec, parts))
                continue
            for source, transcriber in zip(study.transcripts, sources, strict=True):
                if transcriber.from_audio:
                    variant = ModelVariant(
                        f"{name}-{source}", model, name, spec, parts, source, transcriber
                    )
                else:
                    variant = ModelVariant(name, model, name, spec, parts, source)
                variants.append(variant)
    read = {variant.features for variant in variants}
    for spec, its_type in type_of.items():
        if spec not in read:
            raise UsageError(
                f"feature set {spec!r} gives {_DESCRIPTIONS[its_type]}, "
                f"which none of the models {', '.join(study.models)} reads: "
                "leave it out, or add a model that reads it"
            )
    return tuple(variants)


def _check_text_settings(study: Study, all_models: Iterable[Model]) -> None:
    """Refuse settings for text in a study of which no model reads text."""
    if any("text" in model.inputs for model in all_models):
        return
    is_set = {
        "--transcripts": study.transcripts != ("reference",),
        "--embeddings": study.embeddings is not None,
    }
    flags = [flag for flag, given in is_set.items() if given]
    if flags:
        raise UsageError(
            f"{' and '.join(flags)} would have no effect: none of the models "
            f"{', '.join(study.models)} reads text; add tre, mdre or mdrea, or leave it out"
        )


def extracted_features(variants: Iterable[ModelVariant]) -> dict[str, tuple[str, ...]]:
    """Return the feature sets of variants, each with the feature sets that are extracted for it."""
    needed: dict[str, dict[str, None]] = {}
    for variant in variants:
        needed.setdefault(variant.features, {}).update(dict.fromkeys(variant.parts.values()))
    return {name: tuple(parts) for name, parts in needed.items()}
