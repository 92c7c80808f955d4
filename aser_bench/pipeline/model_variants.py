"""The models of a study as they run: on which features, and on whose words."""

from __future__ import annotations

from dataclasses import dataclass

from .. import features, models, transcripts
from ..core.errors import UsageError
from ..models.base import Model
from ..study.config import Study
from .cache import Cache, key
from .ingest import Ingested

_OWN = {"vector": "functionals", "frames": "frames", "dual": "dual"}
"""The feature set of a model by the kind that it takes, where the study names none of its kind."""

_SAID = {"vector": "one vector an utterance", "frames": "frames", "dual": "frames and a vector"}


@dataclass(frozen=True)
class Variant:
    """A model as a study runs it: on one feature set, and on one kind of transcripts.

    Attributes
    ----------
    name : str
        In cells: the model's, and behind a dash the transcriber where one heard the words
        (``mdre-pocketsphinx``).
    model : Model
    features : str
    transcripts : str
        Empty where the model reads no text.
    """

    name: str
    model: Model
    features: str
    transcripts: str

    @property
    def parts(self) -> dict[str, str]:
        """What it reads of the sound: kind -> feature set that is extracted."""
        found = features.resolve(self.features).feature_sets
        return {kind: spec for kind, spec in found.items() if kind in self.model.inputs}

    @property
    def transcriber(self) -> str:
        """The transcriber that has to hear each condition for it, or nothing."""
        return self.transcripts if self.transcripts and _hears(self.transcripts) else ""


def _hears(name: str) -> bool:
    return transcripts.get(name).from_audio


def of(study: Study) -> list[Variant]:
    """Return every model of a study on every feature set and kind of transcripts that it reads."""
    found = []
    for name in study.models:
        model = models.get(name)
        for feature_set in feature_sets(study, name):
            for words in study.transcripts if "text" in model.inputs else ("",):
                suffix = f"-{words}" if words and _hears(words) else ""
                found.append(Variant(name + suffix, model, feature_set, words))
    return found


def feature_sets(study: Study, model: str) -> tuple[str, ...]:
    """Return the feature sets that a model of a study is trained on, as cells name them."""
    wanted = models.get(model).feature_type
    own = tuple(name for name in study.features if features.feature_type(name) == wanted)
    return own or (_OWN[wanted],)


def all_feature_sets(study: Study) -> dict[str, tuple[str, ...]]:
    """Return every feature set that a study needs, each with those that are extracted for it.

    Raises
    ------
    UsageError
        If the study names a feature set that none of its models reads.
    """
    needed: dict[str, dict[str, None]] = {}
    for variant in of(study):
        needed.setdefault(variant.features, {}).update(dict.fromkeys(variant.parts.values()))
    for name in study.features:
        if name not in needed:
            raise UsageError(
                f"feature set {name!r} gives {_SAID[features.feature_type(name)]}, "
                f"which none of the models {', '.join(study.models)} reads: "
                "leave it out, or add a model that does"
            )
    return {name: tuple(parts) for name, parts in needed.items()}


def transcribers(study: Study) -> tuple[str, ...]:
    """Return the transcribers that have to hear the recordings."""
    found = dict.fromkeys(variant.transcriber for variant in of(study))
    return tuple(name for name in found if name)


def check_words(study: Study) -> None:
    """Refuse what says something of words where no model reads any.

    Raises
    ------
    UsageError
    """
    for name in study.transcripts:
        transcripts.get(name)
    if any("text" in models.get(name).inputs for name in study.models):
        return
    given = [
        flag
        for flag, said in (
            ("--transcripts", study.transcripts != ("reference",)),
            ("--embeddings", study.embeddings is not None),
        )
        if said
    ]
    if given:
        raise UsageError(
            f"{' and '.join(given)} would change nothing: none of the models "
            f"{', '.join(study.models)} reads words; add tre, mdre or mdrea, or leave it out"
        )


def check(variant: Variant, ingested: Ingested) -> None:
    """Refuse a model that a corpus has nothing for.

    Raises
    ------
    UsageError
        For sound where there are texts alone, or for texts where nobody wrote any.
    """
    corpus, name = ingested.corpus, variant.model.name
    listens = bool(variant.transcriber) or variant.model.inputs != ("text",)
    if listens and not ingested.has_audio:
        instead = "--transcripts reference" if variant.transcriber else "--models tre alone"
        raise UsageError(
            f"corpus {corpus.name!r} has texts and no recordings here, and {variant.name} needs "
            f"sound: give the folder with its recordings, or run {instead}"
        )
    if variant.transcriber:
        spoken = transcripts.get(variant.transcriber).languages
        if spoken and corpus.language and corpus.language not in spoken:
            raise UsageError(
                f"--transcripts {variant.transcriber} hears {', '.join(spoken)}, and corpus "
                f"{corpus.name!r} speaks {corpus.language}: use --transcripts reference"
            )
    elif variant.transcripts and not (ingested.utterances["text"] != "").any():
        raise UsageError(
            f"corpus {corpus.name!r} does not say what was spoken, which {name} reads: use "
            "--transcripts pocketsphinx, a table with texts (--corpus csv=FILE), or another model"
        )


def reference(ingested: Ingested, cache: Cache) -> str:
    """Put a corpus's own texts into the cache as if they had been heard; return the key."""
    texts = ingested.utterances["text"].tolist()
    name = key("reference", texts)
    if not cache.has("transcripts", name):
        cache.save("transcripts", name, {}, {"texts": texts})
    return name
