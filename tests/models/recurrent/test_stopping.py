"""The rules of early stopping."""

from __future__ import annotations

import numpy as np
import pytest

from aser_bench.models.base import EARLY_STOPPING
from aser_bench.models.recurrent.stopping import (
    SMOOTHING,
    STOPPING,
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
    correct = [4, 14, *range(5, 20)]
    rule = HighestUar(patience=10)
    assert run(rule, results(correct=correct)) == len(correct)
    assert rule.best_epoch == len(correct)


def test_uar_is_an_exponential_moving_average():
    correct = [6, 10, 2, 12, 12, 3, 3]
    average, averages = correct[0] / 20, []
    for value in correct:
        average += SMOOTHING * (value / 20 - average)
        averages.append(average)
    rule = HighestUar(patience=99)
    run(rule, results(correct=correct))
    assert rule.best_epoch == 1 + int(np.argmax(averages))
