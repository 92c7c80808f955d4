"""A grid search over networks that does not repeat epochs.

A network trained for 200 epochs equals the one trained for 500 epochs, as it was after 200. So
candidates that differ only in the number of epochs are one training, if its state after each epoch
can be observed (see `epoch_callback`). Otherwise each of them is trained separately with
scikit-learn's public API: the predictions are the same, but the search takes longer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from .epoch_callback import call_after_epochs
from .search import uar

# MLPClassifier with adam, the solver of the model, reads none of these parameters.
_IGNORED = ("learning_rate", "power_t", "momentum", "nesterovs_momentum", "validation_fraction")


def search(
    pipeline: Any,
    candidates: Sequence[dict[str, Any]],
    features: np.ndarray,
    labels: np.ndarray,
    folds: Sequence[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """Return the UAR of each candidate on each fold, equal to `search.score_grid` but faster.

    The scaler is fitted once per fold. Candidates that differ only in the number of epochs, or in
    ignored parameters, are one training.

    Parameters
    ----------
    pipeline : sklearn.pipeline.Pipeline
        A scaler ``scale`` and an MLPClassifier ``mlp``, with adam and without early stopping.
    candidates : sequence of dict
        Parameters of ``mlp`` (``mlp__alpha``).

    Returns
    -------
    numpy.ndarray of float64, shape (candidates, folds)
    """
    from sklearn.base import clone

    settings = [{name.removeprefix("mlp__"): c[name] for name in c} for c in candidates]
    networks = [clone(pipeline["mlp"]).set_params(**params) for params in settings]
    scores = np.empty((len(candidates), len(folds)))
    for column, (train, check) in enumerate(folds):
        scale = clone(pipeline["scale"]).fit(features[train])
        rows, others = scale.transform(features[train]), scale.transform(features[check])
        for group in _group_by_training(networks, len(train)):
            epochs = {networks[i].max_iter for i in group}
            predictions = predictions_after(networks[group[0]], epochs, rows, labels[train], others)
            for i in group:
                scores[i, column] = uar(labels[check], predictions[networks[i].max_iter])
    return scores


def _group_by_training(networks: list[Any], n_rows: int) -> list[list[int]]:
    """Return the indices of the networks in groups that differ only in the number of epochs."""
    groups: dict[str, list[int]] = {}
    for i, network in enumerate(networks):
        params = {k: v for k, v in network.get_params().items() if k not in {*_IGNORED, "max_iter"}}
        if params["batch_size"] != "auto":
            params["batch_size"] = min(params["batch_size"], n_rows)  # as MLPClassifier does
        groups.setdefault(repr(sorted(params.items())), []).append(i)
    return list(groups.values())


def predictions_after(
    network: Any,
    epochs: Collection[int],
    rows: np.ndarray,
    labels: np.ndarray,
    others: np.ndarray,
) -> dict[int, np.ndarray]:
    """Return the predictions of a network after several numbers of epochs.

    They are those of a separate ``fit`` with each value of ``max_iter``.

    Parameters
    ----------
    network : sklearn.neural_network.MLPClassifier
        Unfitted; it is cloned.
    epochs : collection of int
        Values of ``max_iter``.
    rows, others : numpy.ndarray
        Training rows and rows to predict, shapes (train, features) and (rows, features).

    Returns
    -------
    dict of int to numpy.ndarray
        Value of ``max_iter`` -> predicted classes of ``others``.
    """
    from sklearn.base import clone

    predictions: dict[int, np.ndarray] = {}

    def take_snapshot() -> None:
        if longest.n_iter_ in epochs:
            predictions[longest.n_iter_] = longest.predict(others)

    longest = clone(network).set_params(max_iter=max(epochs))
    call_after_epochs(longest, take_snapshot)
    longest.fit(rows, labels)
    final = longest.predict(others)
    for number in epochs:
        if number >= longest.n_iter_:  # training converged before, or ended there
            predictions[number] = final
        elif number not in predictions:  # this scikit-learn does not call back
            separate = clone(network).set_params(max_iter=number).fit(rows, labels)
            predictions[number] = separate.predict(others)
    return predictions
