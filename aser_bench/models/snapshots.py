"""A grid search over networks that trains no epoch twice.

A network trained for 200 epochs is the one that is trained for 500, as it stood after 200.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np

from .search import uar

# Under adam, which the model uses, MLPClassifier reads none of these.
_INERT = ("learning_rate", "power_t", "momentum", "nesterovs_momentum", "validation_fraction")


def search(
    pipeline: Any,
    candidates: Sequence[dict[str, Any]],
    features: np.ndarray,
    labels: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return the UAR of each candidate on each fold, as `search.score_grid` does, but sooner.

    The scaler is fitted once a fold. Candidates that differ in nothing but the number of
    epochs, or in settings that are not read, are one training.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        A scaler ``scale`` and an MLPClassifier ``mlp``, by adam and without early stopping.
    candidates : sequence of dict
        Settings of ``mlp`` (``mlp__alpha``).

    Returns
    -------
    numpy.ndarray of float64, shape (candidates, folds)
    """
    from sklearn.base import clone

    settings = [{name.removeprefix("mlp__"): one[name] for name in one} for one in candidates]
    networks = [clone(pipeline["mlp"]).set_params(**one) for one in settings]
    scores = np.empty((len(candidates), len(folds)))
    for column, (train, check) in enumerate(folds):
        scale = clone(pipeline["scale"]).fit(features[train])
        rows, others = scale.transform(features[train]), scale.transform(features[check])
        for members in _alike(networks, len(train)):
            budgets = {networks[i].max_iter for i in members}
            found = predictions_after(networks[members[0]], budgets, rows, labels[train], others)
            for i in members:
                scores[i, column] = uar(labels[check], found[networks[i].max_iter])
    return scores


def _alike(networks: list[Any], n_rows: int) -> list[list[int]]:
    """Return the networks (their numbers) in groups that differ in the epochs alone."""
    groups: dict[str, list[int]] = {}
    for i, network in enumerate(networks):
        read = {k: v for k, v in network.get_params().items() if k not in {*_INERT, "max_iter"}}
        if read["batch_size"] != "auto":
            read["batch_size"] = min(read["batch_size"], n_rows)  # as it is when it is trained
        groups.setdefault(repr(sorted(read.items())), []).append(i)
    return list(groups.values())


def predictions_after(
    network: Any,
    budgets: Collection[int],
    rows: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
) -> dict[int, np.ndarray]:
    """Train a network once, and return what it predicts for others after each budget of epochs.

    Parameters
    ----------
    network : sklearn.neural_network.MLPClassifier
        Unfitted, and left so.
    budgets : collection of int
        Values of ``max_iter``.
    rows, others : numpy.ndarray
        Shapes (train, features) and (rows, features).
    """
    from sklearn.base import clone

    found: dict[int, np.ndarray] = {}

    def look() -> None:
        if longest.n_iter_ in budgets:
            found[longest.n_iter_] = longest.predict(others)

    longest = clone(network).set_params(max_iter=max(budgets))
    _call_after_epochs(longest, look)
    longest.fit(rows, labels)
    last = longest.predict(others)
    for budget in budgets:
        if budget >= longest.n_iter_:  # it had ended before, or ends there
            found[budget] = last
        elif budget not in found:  # the hook is not called: a scikit-learn of other insides
            alone = clone(network).set_params(max_iter=budget).fit(rows, labels)
            found[budget] = alone.predict(others)
    return found


def _call_after_epochs(network: Any, call: Callable[[], None]) -> None:
    """Have a function called after each epoch of an MLPClassifier.

    There is no public way. This method ends every epoch in all versions that we know; a test
    sees whether the trained network is still the same.
    """
    end_of_epoch = getattr(network, "_update_no_improvement_count", lambda *args: None)

    def ended(*args: Any) -> None:
        end_of_epoch(*args)
        call()

    network._update_no_improvement_count = ended
