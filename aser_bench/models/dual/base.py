"""Base class of the dual encoders: models defined by their inputs, layers and logits."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ..base import Grid, Model, Settings, TrainingOutcome, TrainingSize
from ..recurrent.stopping import describe_stopping
from ..text.files import fingerprint

if TYPE_CHECKING:
    from .blocks import LayerFactory, NetworkInputs

_EPOCHS = {"quick": 100, "standard": 300, "paper": 1000}
_PATIENCE = {"quick": 10, "standard": 20, "paper": 50}
_RULE = "loss"

_AUTHORS: dict[str, Any] = {"authors": True, "standardise": False}
_AUTHORS_DIMENSION = 100  # of randomly initialised word vectors
_AUTHORS_BATCHES, _AUTHORS_PATIENCE = 10_000, 8

_TYPICAL_EPOCHS = 60  # for the cost estimate only


class DualEncoder(Model):
    """A recurrent encoder of Yoon, Byun and Jung (2018).

    The default settings follow the paper, on standardised features: GRUs of 200 units, batches of
    128, Adam with learning rate 0.001, gradients limited to 10, dropout that keeps 0.7 of the audio
    and 0.3 of the text, at most 750 frames and 128 words, 300 values per word vector. Dev is
    evaluated once per epoch. Training stops after 20 epochs without a lower loss (effort quick: 10,
    paper: 50), and after at most 300 epochs (100, 1000).

    The preset ``yoon2018`` follows the authors' code instead. It differs from the paper in these
    points: a sigmoid per class instead of a softmax, one bias for all classes, linear feed-forward
    layers, features that are not standardised, an epsilon of 1e-8 for Adam, batches drawn with
    replacement, an evaluation of dev every ``int(0.3 n / 128) + 1`` batches (counted as an epoch
    here) but not after the very first one, a stop at the eighth evaluation without a lower loss or
    after 10,000 batches, the vocabulary of the whole corpus with vectors as in
    `word_vectors.WordVectors` (100 values without pretrained vectors), the projected audio vector
    before MDREA's output layer, and no dropout on the last state (see `blocks.Encoder`). The
    authors' code pads all utterances to 750 frames and 128 words; that affects only the cost, and
    is not done here.

    Attributes
    ----------
    inputs : tuple of str
        Selection of ``frames``, ``vector`` and ``text``, in this order.
    """

    version = 4
    packages = ("tensorflow", "keras", "numpy", "nltk")
    uses_dev = True
    is_random = True

    @abstractmethod
    def layers(self, factory: LayerFactory) -> dict[str, Any]:
        """Return the layers by name; the text encoder has the name ``text``."""

    @abstractmethod
    def logits(self, layers: dict[str, Any], inputs: NetworkInputs, training: bool) -> Any:
        """Return the logits of a batch, shape (utterances, classes)."""

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier, which standardises its inputs."""
        from .classifier import DualClassifier

        epochs, patience, rule = _limits(settings)
        preset = dict(_AUTHORS) if settings.preset == "yoon2018" else {}
        if preset and settings.embeddings is None:
            preset["dimension"] = _AUTHORS_DIMENSION
        return DualClassifier(
            encoder=self,
            max_epochs=epochs,
            patience=patience,
            early_stopping=rule,
            refit_dev=settings.refit_dev,
            frame_pool=(settings.frame_pool or 1) if "frames" in self.inputs else 1,
            class_weight=None if settings.class_weight == "none" else settings.class_weight,
            embeddings=settings.embeddings if "text" in self.inputs else None,
            random_state=seed,
            **preset,
        )

    def identity(self, settings: Settings) -> dict[str, Any]:
        """Return the identity; embeddings are identified by their content, not their path."""
        identity = super().identity(settings)
        if settings.embeddings is not None and "text" in self.inputs:
            identity["settings"]["embeddings"] = fingerprint(settings.embeddings)
        return identity

    def grid(self, settings: Settings) -> Grid:
        """Return one empty candidate: the paper fixes all hyperparameters."""
        return [{}]

    def training_outcome(self, estimator: Any) -> TrainingOutcome:
        """Return number of epochs, best epoch and reason why training ended."""
        return TrainingOutcome(estimator.epochs_, estimator.best_epoch_, estimator.stop_)

    def budget(self, settings: Settings) -> tuple[str, ...]:
        """Describe the limits on epochs and the initial word vectors."""
        epochs, patience, rule = _limits(settings)
        limit = f"{'' if rule == 'none' else 'at most '}{epochs} epochs"
        if settings.preset == "yoon2018":
            limit = f"the authors' code, at most {_AUTHORS_BATCHES} batches"
            if settings.max_epochs:
                limit += f" and {epochs} evaluations of dev"
        texts = [limit, describe_stopping(rule, patience)]
        if settings.frame_pool and settings.frame_pool > 1 and "frames" in self.inputs:
            texts.append(f"{settings.frame_pool} frames averaged into one")
        if "text" in self.inputs:
            source = "randomly initialised" if settings.embeddings is None else "pretrained"
            texts.append(f"{source} word vectors")
        return tuple(texts)

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return the approximate cost of one training."""
        epochs, _, rule = _limits(settings)
        if rule != "none" or settings.preset == "yoon2018":
            epochs = min(epochs, _TYPICAL_EPOCHS)
        epochs *= 1 + (settings.refit_dev and rule != "none")
        frames = min(750.0, 1 + size.frames / (settings.frame_pool or 1))
        steps = frames * (1.1e-5 + 2e-8 * size.columns) if "frames" in self.inputs else 0.0
        words = size.words * 5e-5 if "text" in self.inputs else 0.0
        return 2.0 + epochs * (0.02 + size.utterances * (1e-4 + steps + words))


def _limits(settings: Settings) -> tuple[int, int, str]:
    """Return maximal epochs, patience and rule of early stopping."""
    if settings.preset == "yoon2018":
        return (
            settings.max_epochs or _AUTHORS_BATCHES,
            settings.patience or _AUTHORS_PATIENCE,
            settings.early_stopping or "loss",
        )
    return (
        settings.max_epochs or _EPOCHS[settings.effort],
        settings.patience or _PATIENCE[settings.effort],
        settings.early_stopping or _RULE,
    )
