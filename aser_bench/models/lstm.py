"""Two LSTM layers over the frames (Keras): the recurrent model of the study."""

from __future__ import annotations

from typing import Any, NamedTuple

from .base import Grid, Model, Settings, TrainingOutcome, TrainingSize
from .recurrent.stopping import describe_stopping

_BUDGETS = {
    "loss": {"quick": (100, 5), "standard": (1000, 10), "paper": (1000, 50)},
    "uar": {"quick": (40, 20), "standard": (1000, 20), "paper": (1000, 50)},
    "none": {"quick": (40, 1), "standard": (1000, 1), "paper": (1000, 1)},
}
"""Rule of early stopping -> effort -> maximal number of epochs, and patience."""

_PAPER_EPOCHS = 1000  # of the preset paper, for every effort
_RULE = "uar"
_DEFAULT_POOL = 4
_BEST_EPOCH = {"loss": 7, "uar": 48}  # typical values, for the cost estimate only


class Lstm(Model):
    """Two uni-directional LSTM layers of 128 units, dropout 0.5, batch 64, learning rate 0.001.

    Training stops early by the dev UAR, averaged over 20 epochs, after at most 1000 epochs
    (patience 20; effort quick: 40 and 20; effort paper: 1000 and 50), and the weights of the best
    epoch are used; ``early_stopping`` selects another rule. By default four frames (128 ms) are
    averaged into one, which reduces the cost to a quarter. The paper preset does not average, and
    has 1000 epochs for every effort. Nothing is searched.
    """

    name = "lstm"
    title = "two LSTM layers over frames (Keras), early stopping on dev, no grid search"
    version = 3
    packages = ("tensorflow", "keras", "numpy")
    uses_dev = True
    is_random = True
    inputs = ("frames",)

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier, which standardises its inputs."""
        from .recurrent.classifier import LstmClassifier

        limits = _limits(settings)
        return LstmClassifier(
            max_epochs=limits.epochs,
            patience=limits.patience,
            early_stopping=limits.rule,
            refit_dev=settings.refit_dev,
            frame_pool=limits.pool,
            class_weight=None if settings.class_weight == "none" else settings.class_weight,
            random_state=seed,
        )

    def grid(self, settings: Settings) -> Grid:
        """Return one empty candidate: the study fixes all hyperparameters."""
        return [{}]

    def training_outcome(self, estimator: Any) -> TrainingOutcome:
        """Return number of epochs, best epoch and reason why training ended."""
        return TrainingOutcome(estimator.epochs_, estimator.best_epoch_, estimator.stop_)

    def budget(self, settings: Settings) -> tuple[str, ...]:
        """Describe the limits on epochs, and how many frames are averaged into one."""
        limits = _limits(settings)
        frames = f"{limits.pool} frames averaged into one" if limits.pool > 1 else "every frame"
        stopping = describe_stopping(limits.rule, limits.patience)
        at_most = "" if limits.rule == "none" else "at most "
        return (f"{at_most}{limits.epochs} epochs", stopping, frames)

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return the approximate cost of one training with a typical number of epochs."""
        limits = _limits(settings)
        frames = 1 + size.frames / limits.pool
        per_epoch = size.utterances * frames * (2e-5 + 6e-8 * size.columns)
        epochs = limits.epochs
        if limits.rule != "none":
            best = min(epochs, _BEST_EPOCH[limits.rule])
            epochs = min(epochs, best + limits.patience) + best * settings.refit_dev
        return 0.3 + epochs * (per_epoch + 0.01)


class _Limits(NamedTuple):
    """Maximal epochs, patience, rule of early stopping, number of frames averaged into one."""

    epochs: int
    patience: int
    rule: str
    pool: int


def _limits(settings: Settings) -> _Limits:
    paper = settings.preset == "paper"
    rule = settings.early_stopping or _RULE
    epochs, patience = _BUDGETS[rule][settings.effort]
    return _Limits(
        settings.max_epochs or (_PAPER_EPOCHS if paper else epochs),
        settings.patience or patience,
        rule,
        settings.frame_pool or (1 if paper else _DEFAULT_POOL),
    )


COMPONENT = Lstm()
