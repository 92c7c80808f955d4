"""Experiments: studies with all names resolved, for planning, running and reporting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from .. import corpora
from ..core.errors import UsageError
from ..corpora.base import Corpus
from ..models.base import INNER_FOLDS, RUNS, Model, Settings
from ..models.text import embeddings
from ..transcripts.base import Transcriber
from .conditions import ConditionPlan, TrainingCondition, plan_conditions, training_conditions
from .config import Study
from .variants import ModelVariant, extracted_features, resolve_variants


@dataclass(frozen=True)
class Experiment:
    """A study with all of its names resolved.

    Attributes
    ----------
    study : Study
    conditions : ConditionPlan
        All conditions, of every corpus that has recordings.
    variants : tuple of ModelVariant
    feature_sets : mapping of str to tuple of str
        Feature set as in the results -> feature sets that are extracted for it.
    transcribers : mapping of str to Transcriber
        Those that transcribe the audio of each condition, by the name that the study has.
    settings : Settings
        Settings of all models.
    runs : int
        Runs per fold of a randomly initialised model.
    inner_folds : int
        Folds of the grid search.
    budgets : mapping of str to str
        Name of a variant -> the limit that ends its training, for variants with such a limit.
    ignored_settings : tuple of str
        Settings that the libraries ignore, each with the reason.
    """

    study: Study
    conditions: ConditionPlan
    variants: tuple[ModelVariant, ...]
    feature_sets: Mapping[str, tuple[str, ...]]
    transcribers: Mapping[str, Transcriber]
    settings: Settings
    runs: int
    inner_folds: int
    budgets: Mapping[str, str]
    ignored_settings: tuple[str, ...]

    @classmethod
    def from_study(cls, study: Study) -> Experiment:
        """Resolve a study before any recording is read.

        Raises
        ------
        UsageError
            If a corpus, codec, model, feature set or transcriber is unknown or not available
            here, or if settings contradict each other.
        """
        for choice in study.corpora:
            corpora.get(choice.name)
        variants, settings = resolve_variants(study), study.settings
        transcribers = {v.transcripts: v.transcriber for v in variants if v.transcriber is not None}
        for name, transcriber in transcribers.items():
            if reason := transcriber.unavailable():
                raise UsageError(f"--transcripts {name} is not available: {reason}")
        if study.embeddings is not None:
            embeddings.check(study.embeddings)
        budgets = {v.name: ", ".join(v.model.budget(settings)) for v in variants}
        by_name = {v.model.name: v.model for v in variants}
        return cls(
            study=study,
            conditions=plan_conditions(study),
            variants=variants,
            feature_sets=extracted_features(variants),
            transcribers=transcribers,
            settings=settings,
            runs=study.runs or RUNS[study.effort],
            inner_folds=INNER_FOLDS[study.effort],
            budgets={name: text for name, text in budgets.items() if text},
            ignored_settings=tuple(
                text for model in by_name.values() for text in model.ignored_settings(settings)
            ),
        )

    @property
    def caption(self) -> str:
        """Settings of all models, for captions of tables."""
        study = self.study
        parts = {
            f"preset {study.preset}": study.preset != "default",
            f"effort {study.effort}": True,
            f"labels {study.labels}": study.labels != "all",
            f"class weight {study.class_weight}": study.class_weight != "none",
            f"{study.repeats} repeats of the folds": study.repeats > 1,
            f"limited to {study.limit} utterances": study.limit is not None,
        }
        return ", ".join(part for part, shown in parts.items() if shown)

    @property
    def reads_reference(self) -> bool:
        """Whether a model reads the transcripts of the corpora themselves."""
        return any(variant.reads_reference for variant in self.variants)

    def model(self, name: str) -> Model:
        """Return the model of the variants of a name."""
        return next(variant.model for variant in self.variants if variant.name == name)

    def for_corpus(self, corpus: Corpus, utterances: pd.DataFrame) -> CorpusExperiment:
        """Return the experiment on one corpus.

        Parameters
        ----------
        corpus : Corpus
        utterances : pandas.DataFrame
            Columns ``tables.UTTERANCES``: those that can be used.

        Raises
        ------
        UsageError
            If the corpus has no recordings or transcripts for a model, or if a transcriber does
            not support its language.
        """
        has_audio = bool((utterances["file"] != "").any())
        for variant in self.variants:
            _check(variant, corpus, utterances, has_audio)
        conditions = self.conditions if has_audio else self.conditions.original_only()
        protocols, notes = _protocols(self.study, utterances)
        if self.study.match_level:
            notes.append("each coded utterance was brought back to the level of its original")
        notes += [f"ignored settings: {text}" for text in self.ignored_settings]
        return CorpusExperiment(
            experiment=self,
            corpus=corpus.name,
            conditions=conditions,
            training_conditions=tuple(training_conditions(self.study.train, conditions.names)),
            feature_sets=self.feature_sets if has_audio else {},
            transcribers=self.transcribers if has_audio else {},
            protocols=protocols,
            notes=tuple(notes),
        )


@dataclass(frozen=True)
class CorpusExperiment:
    """An experiment on one corpus.

    Attributes
    ----------
    experiment : Experiment
    corpus : str
        Name of the corpus.
    conditions : ConditionPlan
        The original alone in a corpus without recordings.
    training_conditions : tuple of TrainingCondition
    feature_sets, transcribers
        As of the experiment; empty in a corpus without recordings.
    protocols : tuple of str
        Those of the study, or the default that the corpus permits.
    notes : tuple of str
        Lines below the tables of the corpus, on protocols and settings.
    """

    experiment: Experiment
    corpus: str
    conditions: ConditionPlan
    training_conditions: tuple[TrainingCondition, ...]
    feature_sets: Mapping[str, tuple[str, ...]]
    transcribers: Mapping[str, Transcriber]
    protocols: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def extracted(self) -> tuple[str, ...]:
        """All feature sets that are extracted, each once."""
        sets = self.feature_sets.values()
        return tuple(dict.fromkeys(name for parts in sets for name in parts))


def _protocols(study: Study, utterances: pd.DataFrame) -> tuple[tuple[str, ...], list[str]]:
    """Return the protocols for a corpus, and notes on them."""
    notes = []
    protocols = study.protocol
    if not protocols and (utterances["speaker"] == "").any():
        protocols = ("paper",)
        notes.append(
            "speakers are unknown, so the folds are random (protocol paper) and one speaker may be "
            "on both sides of a split"
        )
    protocols = protocols or ("speaker",)
    if "speaker" in protocols and utterances["speaker"].nunique() == 2:
        notes.append(
            "two speakers: each fold trains on one of them, so the grid search cannot be "
            "speaker-disjoint"
        )
    return protocols, notes


def _check(
    variant: ModelVariant, corpus: Corpus, utterances: pd.DataFrame, has_audio: bool
) -> None:
    """Refuse a model for which a corpus has no input."""
    if variant.needs_audio and not has_audio:
        instead = "--transcripts reference" if variant.transcriber else "--models tre alone"
        raise UsageError(
            f"corpus {corpus.name!r} has transcripts but no recordings here, and {variant.name} "
            f"needs audio: give the folder with its recordings, or use {instead}"
        )
    if variant.transcriber is not None:
        languages = variant.transcriber.languages
        if languages and corpus.language and corpus.language not in languages:
            raise UsageError(
                f"--transcripts {variant.transcripts} supports {', '.join(languages)}, and "
                f"corpus {corpus.name!r} is in {corpus.language}: use --transcripts reference"
            )
    elif variant.transcripts and not (utterances["text"] != "").any():
        raise UsageError(
            f"corpus {corpus.name!r} has no transcripts, which {variant.model.name} reads: use "
            "--transcripts pocketsphinx, a table with texts (--corpus csv=FILE), or another model"
        )
