"""Two LSTM layers over the frames (Keras): the recurrent model of the study."""

from __future__ import annotations

from typing import Any

from .base import Grid, Model, Settings, TrainingOutcome, TrainingSize

_EPOCHS = {"quick": 100, "standard": 1000, "paper": 1000}
_PATIENCE = {"quick": 5, "standard": 10, "paper": 50}
_POOL = {"paper": 1}
_DEFAULT_POOL = 4
_BEST_EPOCH = 6  # typical value on RAVDESS, for the cost estimate only


class Lstm(Model):
    """Two uni-directional LSTM layers of 128 units, dropout 0.5, batch 64, learning rate 0.001.

    Training stops early by the dev loss, after at most 1000 epochs (patience 10; effort quick: 100
    and 5; effort paper: 1000 and 50), and the best weights are restored. By default four frames
    (128 ms) are averaged into one, which reduces the cost to a quarter; the paper preset does not
    average. Nothing is searched.
    """

    name = "lstm"
    title = "two LSTM layers over frames (Keras), early stopping by dev loss, no grid search"
    version = 2
    packages = ("tensorflow", "keras", "numpy")
    uses_dev = True
    is_random = True
    inputs = ("frames",)

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier, which standardises its inputs."""
        from .recurrent.classifier import LstmClassifier

        epochs, patience, pool = _limits(settings)
        return LstmClassifier(
            max_epochs=epochs,
            patience=patience,
            frame_pool=pool,
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
        epochs, patience, pool = _limits(settings)
        frames = f"{pool} frames averaged into one" if pool > 1 else "every frame"
        return (f"at most {epochs} epochs, patience {patience}, {frames}",)

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return the approximate cost of one training with an early minimum of the dev loss."""
        epochs, patience, pool = _limits(settings)
        frames = 1 + size.frames / pool
        per_epoch = size.utterances * frames * (2e-5 + 6e-8 * size.columns)
        return 0.3 + min(epochs, patience + _BEST_EPOCH) * (per_epoch + 0.01)


def _limits(settings: Settings) -> tuple[int, int, int]:
    """Return maximal epochs, patience, and number of frames averaged into one."""
    return (
        settings.max_epochs or _EPOCHS[settings.effort],
        settings.patience or _PATIENCE[settings.effort],
        settings.frame_pool or _POOL.get(settings.preset, _DEFAULT_POOL),
    )


COMPONENT = Lstm()
