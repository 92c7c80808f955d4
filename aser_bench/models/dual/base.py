"""What a dual encoder is: a model that says what it reads, its layers and its logits."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from ..base import Model, Settings, TrainingOutcome, TrainingSize
from ..text.files import fingerprint

if TYPE_CHECKING:
    from .blocks import LayerFactory, NetworkInputs

_EPOCHS = {"quick": 100, "standard": 300, "paper": 1000}
_PATIENCE = {"quick": 10, "standard": 20, "paper": 50}

_AUTHORS: dict[str, Any] = {"authors": True, "standardise": False}
_AUTHORS_DIMENSION = 100  # of vectors that start from chance
_AUTHORS_STEPS, _AUTHORS_PATIENCE = 10_000, 8

_USUAL_EPOCHS = 60  # for the estimate of costs alone


class DualEncoder(Model):
    """A recurrent encoder of Yoon, Byun and Jung (2018).

    By default as the paper has it, on standardised features: GRUs of 200 units, batch 128, Adam at
    0.001, gradients cut at 10, dropout that keeps 0.7 of the audio and 0.3 of the text, at most
    750 frames and 128 words, vectors of 300 values a word. Dev is looked at once an epoch; training
    ends after 20 epochs without a lower loss (effort quick: 10, paper: 50), and at most 300 (100,
    1000).

    The preset ``yoon2018`` is the authors' code instead. It differs from the paper by a sigmoid
    for each class where the paper has a softmax, one bias for all classes, linear feed-forward
    layers, features as they are, batches drawn with replacement, a look at dev each ``int(0.3 n
    / 128) + 1`` steps (counted as an epoch here), an end at the eighth look without a lower loss
    or after 10,000 looks, 100 values a word where no pretrained vectors are given, and dropout
    that the last state does not see (see `blocks.Encoder`). It pads all to 750 frames and 128
    words, which changes nothing but the cost, and is not done here.

    Attributes
    ----------
    inputs : tuple of str
        Of ``frames``, ``vector`` and ``text`` what it reads, in this order.
    """

    version = 2
    packages = ("tensorflow", "keras", "numpy", "nltk")
    uses_dev = True
    is_random = True

    @abstractmethod
    def layers(self, build: LayerFactory) -> dict[str, Any]:
        """Return the layers by name; the encoder of words is called ``text``."""

    @abstractmethod
    def logits(self, layers: dict[str, Any], heard: NetworkInputs, training: bool) -> Any:
        """Return the logits of a batch, shape (utterances, classes)."""

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier; it standardises by itself."""
        from .classifier import DualClassifier

        epochs, patience = _limits(settings)
        own = dict(_AUTHORS) if settings.preset == "yoon2018" else {}
        if own and settings.embeddings is None:
            own["dimension"] = _AUTHORS_DIMENSION
        return DualClassifier(
            self,
            max_epochs=epochs,
            patience=patience,
            frame_pool=(settings.frame_pool or 1) if "frames" in self.inputs else 1,
            class_weight=None if settings.class_weight == "none" else settings.class_weight,
            embeddings=settings.embeddings if "text" in self.inputs else None,
            random_state=seed,
            **own,
        )

    def identity(self, settings: Settings) -> dict[str, Any]:
        """Return what tells this model from others: embeddings by their content, not their path."""
        found = super().identity(settings)
        if settings.embeddings is not None and "text" in self.inputs:
            found["settings"]["embeddings"] = fingerprint(settings.embeddings)
        return found

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return one empty candidate: the paper fixes everything."""
        return [{}]

    def training_outcome(self, estimator: Any) -> TrainingOutcome:
        """Return epochs, best epoch and why training ended."""
        return TrainingOutcome(estimator.epochs_, estimator.best_epoch_, estimator.stop_)

    def budget(self, settings: Settings) -> tuple[str, ...]:
        """Say how many epochs there may be, and what the words start from."""
        epochs, patience = _limits(settings)
        said = [f"at most {epochs} epochs, patience {patience}"]
        if settings.preset == "yoon2018":
            said = [f"the authors' code, at most {epochs} looks at dev, patience {patience}"]
        if settings.frame_pool and settings.frame_pool > 1 and "frames" in self.inputs:
            said.append(f"{settings.frame_pool} frames averaged into one")
        if "text" in self.inputs:
            given = settings.embeddings is not None
            said.append("pretrained word vectors" if given else "word vectors from chance")
        return tuple(said)

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return roughly what one training costs."""
        epochs = min(_limits(settings)[0], _USUAL_EPOCHS)
        frames = min(750.0, 1 + size.frames / (settings.frame_pool or 1))
        steps = frames * (1.1e-5 + 2e-8 * size.columns) if "frames" in self.inputs else 0.0
        words = size.words * 5e-5 if "text" in self.inputs else 0.0
        return 2.0 + epochs * (0.02 + size.utterances * (1e-4 + steps + words))


def _limits(settings: Settings) -> tuple[int, int]:
    """Return epochs at most, and patience."""
    if settings.preset == "yoon2018":
        return settings.max_epochs or _AUTHORS_STEPS, settings.patience or _AUTHORS_PATIENCE
    return (
        settings.max_epochs or _EPOCHS[settings.effort],
        settings.patience or _PATIENCE[settings.effort],
    )
