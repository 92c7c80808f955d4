"""The rules of early stopping."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.models.base import EARLY_STOPPING
from aser_bench.models.recurrent.stopping import (
    STOPPING,
    WINDOW,
    DevResult,
    HighestUar,
    LowestLoss,
    describe_stopping,
)

LABELS = np.repeat([0, 1], 10)


def results(losses=(), correct=()):
    """Return results by epoch, with given losses, or with given numbers of correct utterances."""
    if len(losses):
        return [DevResult(loss, LABELS, LABELS) for loss in losses]
    return [DevResult(1.0, LABELS, np.where(np.arange(20) < n, LABELS, 2)) for n in correct]


def run(rule, epochs):
    """Return the number of epochs until a rule ends training, or of all epochs."""
    for number, result in enumerate(epochs, 1):
        rule.improves(result)
        if rule.is_over:
            return number
    return len(epochs)


def test_every_rule_has_a_class_and_a_description():
    assert tuple(STOPPING) == EARLY_STOPPING
    assert all(describe_stopping(rule, 7) for rule in EARLY_STOPPING)


def test_lowest_loss_ends_after_the_patience():
    rule = LowestLoss(patience=3)
    assert run(rule, results(losses=[3, 2, 2.5, 1, 1.5, 1, 2, 0.5])) == 7
    assert rule.best_epoch == 4  # the first of two equal epochs


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_an_improvement_is_reported_when_it_happens(epoch):
    losses = [2.0, 2.0, 2.0]
    losses[epoch - 1] = 1.0
    rule = LowestLoss(patience=5)
    improved = [number for number, r in enumerate(results(losses=losses), 1) if rule.improves(r)]
    assert improved == sorted({1, epoch})


def test_a_single_high_uar_does_not_end_training():
    # One lucky epoch, and a slow increase after it.
    correct = [4, 14, *np.arange(5, 20, 0.5).astype(int)]
    rule = HighestUar(patience=3)
    assert run(rule, results(correct=correct)) == len(correct)
    assert rule.best_epoch == len(correct)


def test_uar_is_averaged_over_a_window():
    rng = np.random.default_rng(0)
    correct = rng.integers(2, 18, 3 * WINDOW)
    rule = HighestUar(patience=99)
    run(rule, results(correct=correct))
    means = np.convolve(correct, np.ones(WINDOW), "valid")
    assert rule.best_epoch == WINDOW + int(np.argmax(means))


def test_training_by_uar_lasts_as_long_as_the_window():
    falling = [*range(18, 2, -1), *[2] * 30]
    rule = HighestUar(patience=2)
    assert run(rule, results(correct=falling)) == WINDOW + 2
    assert rule.best_epoch == WINDOW


def test_fewer_epochs_than_the_window_have_a_best_one():
    rule = HighestUar(patience=2)
    assert run(rule, results(correct=[3, 9, 4, 4])) == 4
    assert rule.best_epoch == 2
