"""Two LSTM layers over the frames (Keras), the study's recurrent model."""

from __future__ import annotations

from typing import Any

from .base import Model, Settings, TrainingOutcome, TrainingSize

_EPOCHS = {"quick": 100, "standard": 1000, "paper": 1000}
_PATIENCE = {"quick": 5, "standard": 10, "paper": 50}
_POOL = {"paper": 1}
_USUAL_POOL = 4
_BEST_EPOCH = 6  # on RAVDESS; for the estimate of costs alone


class Lstm(Model):
    """Two uni-directional LSTM layers of 128 units, dropout 0.5, batch 64, learning rate 0.001.

    At most 1000 epochs, ended early by the dev part (patience 10; effort quick: 100 and 5;
    effort paper: 1000 and 50), with the best weights restored. By default four frames (128 ms)
    are averaged into one, which costs a quarter; the paper preset averages none. Nothing is
    searched.
    """

    name = "lstm"
    title = "two LSTM layers over frames (Keras), stopped early by the dev part; nothing searched"
    packages = ("tensorflow", "keras", "numpy")
    uses_dev = True
    is_random = True
    inputs = ("frames",)

    def estimator(self, settings: Settings, seed: int) -> Any:
        """Return the classifier; it standardises by itself."""
        from .recurrent.classifier import LstmClassifier

        epochs, patience, pool = _limits(settings)
        return LstmClassifier(
            max_epochs=epochs,
            patience=patience,
            frame_pool=pool,
            class_weight=None if settings.class_weight == "none" else settings.class_weight,
            random_state=seed,
        )

    def grid(self, settings: Settings) -> list[dict[str, list]]:
        """Return one empty candidate: the study fixes everything."""
        return [{}]

    def training_outcome(self, estimator: Any) -> TrainingOutcome:
        """Return epochs, best epoch and why training ended."""
        return TrainingOutcome(estimator.epochs_, estimator.best_epoch_, estimator.stop_)

    def budget(self, settings: Settings) -> tuple[str, ...]:
        """Say how many epochs there may be, and how many frames make one."""
        epochs, patience, pool = _limits(settings)
        frames = f"{pool} frames averaged into one" if pool > 1 else "every frame"
        return (f"at most {epochs} epochs, patience {patience}, {frames}",)

    def estimated_seconds(self, size: TrainingSize, settings: Settings) -> float:
        """Return roughly what one training costs, if the dev loss is lowest soon."""
        epochs, patience, pool = _limits(settings)
        frames = 1 + size.frames / pool
        an_epoch = size.utterances * frames * (2e-5 + 6e-8 * size.columns)
        return 0.3 + min(epochs, patience + _BEST_EPOCH) * (an_epoch + 0.01)


def _limits(settings: Settings) -> tuple[int, int, int]:
    """Return epochs at most, patience, and frames that make one."""
    return (
        settings.max_epochs or _EPOCHS[settings.effort],
        settings.patience or _PATIENCE[settings.effort],
        settings.frame_pool or _POOL.get(settings.preset, _USUAL_POOL),
    )


COMPONENT = Lstm()
