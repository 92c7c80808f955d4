"""The grid searches compared with scikit-learn's GridSearchCV: scores, choice, predictions."""

from __future__ import annotations

import warnings
from copy import copy
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import GridSearchCV, ParameterGrid, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.neural_network import _multilayer_perceptron as multilayer_perceptron
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from aser_bench import features as feature_sets
from aser_bench import models
from aser_bench.core.tables import SAMPLE_RATE
from aser_bench.corpora import load_corpus
from aser_bench.corpora.audio import read
from aser_bench.evaluation.splits import inner_folds, split
from aser_bench.models import epoch_callback, snapshots, tuning
from aser_bench.models.base import Model, Settings
from aser_bench.models.gram import kernels
from aser_bench.models.search import best_candidate, uar

EMOTIONS = ["angry", "neutral", "sad"]
SETTINGS = Settings()

# The grid of the widespread recipe, in which a linear kernel has a gamma like the others.
RECIPE = {
    "svc__C": [0.0005, 0.001, 0.002, 0.01, 0.1, 1, 10],
    "svc__gamma": [0.001, 0.01, 0.1, 1],
    "svc__kernel": ["linear", "rbf", "poly", "sigmoid"],
}


def with_grid(name: str, grid) -> Model:
    """Return a built-in model with another grid."""
    model = copy(models.get(name))
    model.grid = lambda settings: grid
    return model


def make_data(sizes=(30, 14, 22), columns: int = 9, seed: int = 0):
    """Return overlapping classes in columns of different scale: (float32 features, labels)."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(EMOTIONS, sizes))
    centres = {
        name: np.random.default_rng(9).normal(size=(3, columns))[i]
        for i, name in enumerate(EMOTIONS)
    }
    rows = np.stack([centres[label] for label in labels])
    rows = rows + rng.normal(scale=1.2, size=rows.shape)
    return (rows * 10.0 ** np.linspace(-2, 3, columns)).astype(np.float32), labels


def stratified(labels, number: int = 3):
    splitter = StratifiedKFold(number, shuffle=True, random_state=0)
    return list(splitter.split(np.zeros(len(labels)), labels))


def pipeline(step):
    return Pipeline([("scale", StandardScaler()), step])


def svc(**settings):
    return pipeline(("svc", SVC(**settings)))


def scikit_learn_scores(estimator, grid, features, labels, folds, refit=False):
    """Return a fitted GridSearchCV and its scores (candidates, folds)."""
    search = GridSearchCV(estimator, grid, scoring="balanced_accuracy", cv=folds, refit=refit)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", UserWarning)
        search.fit(features, labels)
    columns = [search.cv_results_[f"split{i}_test_score"] for i in range(len(folds))]
    return search, np.stack(columns, axis=1)


def our_scores(name, grid, features, labels, folds, settings=SETTINGS, seed=0):
    with tuning.suppress_expected_warnings():
        return models.get(name).search(
            list(ParameterGrid(grid)), features, labels, folds, settings, seed
        )


# Scores and choices


@pytest.mark.parametrize("absent", [None, "sad"])
def test_uar_equals_balanced_accuracy_to_the_last_bit(absent):
    rng = np.random.default_rng(0)
    for _ in range(200):
        truth, predicted = rng.choice(EMOTIONS, size=(2, 47), p=[0.6, 0.3, 0.1])
        truth = truth[truth != absent]
        predicted = predicted[: len(truth)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            assert uar(truth, predicted) == balanced_accuracy_score(truth, predicted)


def test_first_of_equal_candidates_is_chosen():
    nan = np.nan
    assert best_candidate(np.array([[0.2, 0.4], [0.5, 0.3], [0.3, 0.5]])) == (1, 0.4)
    assert best_candidate(np.array([[nan, 0.9], [0.5, 0.3], [0.3, 0.5]])) == (1, 0.4)
    assert best_candidate(np.array([[nan, 0.9], [nan, 0.9]]))[0] == 0


def test_default_search_fits_every_candidate():
    features, labels = make_data()
    folds = stratified(labels)
    grid = [{"model__n_neighbors": [1, 4, 40], "model__weights": ["uniform", "distance"]}]

    class Neighbours(Model):
        name = title = "neighbours"

        def estimator(self, settings, seed):
            return pipeline(("model", KNeighborsClassifier()))

        def grid(self, settings):
            return grid

    search, scores = scikit_learn_scores(
        Neighbours().estimator(SETTINGS, 0), grid, features, labels, folds
    )
    candidates = list(ParameterGrid(grid))
    default = Neighbours().search(candidates, features, labels, folds, SETTINGS, 0)
    np.testing.assert_array_equal(default, scores)
    tuned = tuning.tune(Neighbours(), features, labels, folds, SETTINGS, 0)
    assert (tuned.params, tuned.score) == (search.best_params_, search.best_score_)


# The support vector machine


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_svm_scores_every_candidate_on_every_fold(dtype):
    features, labels = make_data()
    features, folds = features.astype(dtype), stratified(labels)
    grid = {**RECIPE, "svc__C": [0.001, 0.1, 10], "svc__gamma": [0.001, 0.1]}
    _, scores = scikit_learn_scores(svc(), grid, features, labels, folds)
    np.testing.assert_array_equal(our_scores("svm", grid, features, labels, folds), scores)
    assert len(np.unique(scores)) > 10


def test_svm_scores_gamma_scale_and_class_weights():
    features, labels = make_data((40, 7, 19))
    folds = stratified(labels)
    grid = {"svc__kernel": ["rbf", "poly"], "svc__C": [0.1, 1], "svc__gamma": ["scale", 0.05]}
    results = []
    for weight, setting in ((None, "none"), ("balanced", "balanced")):
        _, scores = scikit_learn_scores(svc(class_weight=weight), grid, features, labels, folds)
        settings = Settings(class_weight=setting)
        results.append(our_scores("svm", grid, features, labels, folds, settings))
        np.testing.assert_array_equal(results[-1], scores)
    assert not np.array_equal(*results)


@pytest.mark.parametrize("side", ["training", "validation"])
def test_svm_scores_a_fold_that_lacks_a_class(side):
    features, labels = make_data()
    sad, rest = np.flatnonzero(labels == "sad"), np.flatnonzero(labels != "sad")
    train, check = rest[::2], np.r_[rest[1::2], sad]
    fold = (train, check) if side == "training" else (check, train)
    grid = {"svc__C": [0.1, 1], "svc__kernel": ["linear", "rbf"], "svc__gamma": [0.05]}
    _, scores = scikit_learn_scores(svc(), grid, features, labels, [fold])
    np.testing.assert_array_equal(our_scores("svm", grid, features, labels, [fold]), scores)


def test_svm_breaks_ties_as_scikit_learn_does():
    features, labels = make_data()
    folds = stratified(labels)
    # The best candidate and equivalents of it before and after: a linear kernel has no gamma.
    grid = [{"svc__kernel": ["linear"], "svc__gamma": [2, 1, 3], "svc__C": [0.0001, 1, 0.1]}]
    search, scores = scikit_learn_scores(svc(), grid, features, labels, folds)
    means = scores.mean(axis=1)
    assert np.sum(means == means.max()) >= 3
    tuned = tuning.tune(with_grid("svm", grid), features, labels, folds, SETTINGS, 0)
    assert (tuned.params, tuned.score) == (search.best_params_, search.best_score_)


def test_svm_fits_equivalent_candidates_once(monkeypatch):
    fits, matrices = [], []
    fit, matrix = SVC.fit, kernels.Gram.matrix
    monkeypatch.setattr(SVC, "fit", lambda self, x, y: fits.append(self.C) or fit(self, x, y))
    monkeypatch.setattr(
        kernels.Gram,
        "matrix",
        lambda self, *kernel: matrices.append(kernel) or matrix(self, *kernel),
    )
    features, labels = make_data()
    our_scores("svm", RECIPE, features, labels, stratified(labels))
    assert len(fits) == 3 * (7 + 3 * 4 * 7)
    assert len(matrices) == 3 * 2 * (1 + 3 * 4)  # training and validation rows


def test_svm_scores_are_equal_without_a_matrix(monkeypatch):
    features, labels = make_data()
    folds = stratified(labels)
    folds[0] = folds[0][0][:-9], folds[0][1]
    grid = {**RECIPE, "svc__C": [0.01, 1]}
    by_matrix = our_scores("svm", grid, features, labels, folds)
    monkeypatch.setattr(kernels, "GRAM_BYTES", 8 * len(folds[0][0]) ** 2)  # enough for one fold
    sizes = []
    matrix = kernels.Gram.matrix
    monkeypatch.setattr(
        kernels.Gram,
        "matrix",
        lambda self, *kernel: sizes.append(self.dots.shape[1]) or matrix(self, *kernel),
    )
    np.testing.assert_array_equal(our_scores("svm", grid, features, labels, folds), by_matrix)
    assert set(sizes) == {len(folds[0][0])}


@pytest.mark.parametrize(
    ("name", "grid"),
    [("svm", {"svc__C": [0.1, 1]}), ("mlp", {"mlp__max_iter": [2, 4]})],
)
def test_rows_outside_of_a_fold_are_not_read(name, grid):
    features, labels = make_data()
    train, check = stratified(labels)[0]
    fold = (train[5:], check[3:])
    scores = our_scores(name, grid, features, labels, [fold])
    features = features.copy()
    features[train[:5]] = features[check[:3]] = np.nan
    np.testing.assert_array_equal(our_scores(name, grid, features, labels, [fold]), scores)
    features[fold[0][0]] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        our_scores(name, grid, features, labels, [fold])


# The multi-layer perceptron


def mlp(seed=0):
    network = MLPClassifier(
        (12,), learning_rate_init=0.02, batch_size=16, max_iter=15, tol=0.02, random_state=seed
    )
    return pipeline(("mlp", network))


MLP_GRID = {
    "mlp__alpha": [0.001],
    "mlp__batch_size": [16, 300, 400],  # two exceed the number of rows: the same training
    "mlp__hidden_layer_sizes": [(12,)],
    "mlp__learning_rate": ["constant", "adaptive"],
    "mlp__learning_rate_init": [0.02],
    "mlp__max_iter": [7, 3, 22, 200],  # converges after 20 to 26 epochs
    "mlp__tol": [0.02],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_mlp_scores_every_candidate_on_every_fold(dtype):
    features, labels = make_data()
    features, folds = features.astype(dtype), stratified(labels, 2)
    _, scores = scikit_learn_scores(mlp(5), MLP_GRID, features, labels, folds)
    np.testing.assert_array_equal(
        our_scores("mlp", MLP_GRID, features, labels, folds, seed=5), scores
    )
    assert len(np.unique(scores)) > 6


def test_mlp_does_not_repeat_epochs(monkeypatch):
    epochs = []
    fit = MLPClassifier.fit

    def counting(self, x, y):
        fit(self, x, y)
        epochs.append((self.n_iter_, self.max_iter, self.coefs_[0].dtype.name))
        return self

    monkeypatch.setattr(MLPClassifier, "fit", counting)
    features, labels = make_data()
    our_scores("mlp", MLP_GRID, features, labels, stratified(labels, 2))
    assert len(epochs) == 2 * 2  # folds x distinct batch sizes
    assert {max_iter for _, max_iter, _ in epochs} == {200}
    assert {dtype for _, _, dtype in epochs} == {"float32"}
    assert min(epochs)[0] < 22 < max(epochs)[0]


def scikit_learn_without(name: str, replacement: str) -> type:
    """Return MLPClassifier of a scikit-learn in which a private name is another one."""
    source = Path(multilayer_perceptron.__file__).read_text()
    assert name in source
    module = ModuleType("sklearn.neural_network._renamed")
    exec(source.replace(name, replacement), vars(module))
    return module.MLPClassifier


@pytest.mark.parametrize("epochs", [[3, 7, 22, 200], [5]])
def test_snapshots_without_the_private_method_of_scikit_learn(epochs):
    features, labels = make_data()
    rows, others = features[::2], features[1::2]
    renamed = scikit_learn_without(epoch_callback.PRIVATE_METHOD, "_end_epoch")
    assert not hasattr(renamed, epoch_callback.PRIVATE_METHOD)
    settings = {**mlp(3)["mlp"].get_params(), "tol": 0.02}
    with tuning.suppress_expected_warnings():
        patched, fallback = (
            snapshots.predictions_after(network(**settings), epochs, rows, labels[::2], others)
            for network in (MLPClassifier, renamed)
        )
    assert patched.keys() == fallback.keys() == set(epochs)
    for number in epochs:
        np.testing.assert_array_equal(fallback[number], patched[number])


def test_call_after_epochs_without_the_private_method_changes_nothing():
    network = scikit_learn_without(epoch_callback.PRIVATE_METHOD, "_end_epoch")()
    before = dict(vars(network))
    assert not epoch_callback.call_after_epochs(network, lambda: None)
    assert vars(network) == before


def test_call_after_epochs_counts_epochs():
    network, numbers = mlp()["mlp"].set_params(max_iter=4), []
    assert epoch_callback.call_after_epochs(network, lambda: numbers.append(network.n_iter_))
    with tuning.suppress_expected_warnings():
        network.fit(*make_data())
    assert numbers == [1, 2, 3, 4]


def test_mlp_scores_are_equal_without_the_callback(monkeypatch):
    features, labels = make_data()
    folds = stratified(labels, 2)
    scores = our_scores("mlp", MLP_GRID, features, labels, folds)
    monkeypatch.setattr(snapshots, "call_after_epochs", lambda network, callback: False)
    np.testing.assert_array_equal(our_scores("mlp", MLP_GRID, features, labels, folds), scores)


@pytest.mark.parametrize(("epochs", "stop"), [(3, "max_epochs"), (400, "converged")])
def test_mlp_reports_its_training(epochs, stop):
    model = models.get("mlp")
    fitted = tuning.fit(model, {"mlp__max_iter": epochs}, *make_data(), SETTINGS, 0)
    outcome = model.training_outcome(fitted)
    assert outcome.stop == stop
    assert outcome.epochs == outcome.best_epoch == len(fitted["mlp"].loss_curve_) <= epochs


# Real speech


@cache
def real(folder, every: int = 1):
    """Return features and labels of RAVDESS, and training, inner folds and test of one fold."""
    table = load_corpus("ravdess", folder / "ravdess").utterances
    table = table.iloc[::every].reset_index(drop=True).assign(group=lambda rows: rows.index)
    signals = [read(file) for file in table["file"]]
    values = feature_sets.extract(["functionals"], signals, SAMPLE_RATE)["functionals"]
    labels = table["emotion"].to_numpy(dtype=str)
    first = split("speaker", table, 0)[0]
    train = np.union1d(first.train, first.dev)
    folds, _ = inner_folds("speaker", table, train, 5 if every == 1 else 3, 0)
    return np.stack(values), labels, train, folds, first.test


def check_search(name, estimator, grid, equivalents, data):
    """Compare a model's search with GridSearchCV over a grid followed by equivalent candidates.

    The equivalents cannot be chosen, since the first of equal candidates is. The scores of every
    candidate and fold, the choice, and the predictions of the test rows are compared.
    """
    features, labels, train, folds, test = data
    rows, answers = features[train], labels[train]
    search, scores = scikit_learn_scores(
        estimator, [*grid, *equivalents], rows, answers, folds, refit=True
    )
    np.testing.assert_array_equal(
        our_scores(name, [*grid, *equivalents], rows, answers, folds), scores
    )
    tuned = tuning.tune(with_grid(name, grid), rows, answers, folds, SETTINGS, 0)
    assert (tuned.params, tuned.score) == (search.best_params_, search.best_score_)
    fitted = tuning.fit(models.get(name), tuned.params, rows, answers, SETTINGS, 0)
    np.testing.assert_array_equal(fitted.predict(features[test]), search.predict(features[test]))
    return scores


def linear_with_gamma(grid):
    return [{**grid, "svc__kernel": ["linear"]}]


def test_svm_on_real_speech(shared_corpora):
    grid = {**RECIPE, "svc__C": [0.01, 10], "svc__gamma": [0.001]}
    data = real(shared_corpora, every=13)
    scores = check_search("svm", svc(), [grid], linear_with_gamma(grid), data)
    assert scores.max() > 0.2


@pytest.mark.slow
def test_svm_on_ravdess_with_the_grid_of_the_recipe(shared_corpora):
    grid = models.get("svm").grid(Settings(effort="paper"))
    scores = check_search("svm", svc(), grid, linear_with_gamma(RECIPE), real(shared_corpora))
    assert scores.mean(axis=1).max() > 0.3


@pytest.mark.slow
def test_mlp_on_ravdess(shared_corpora):
    features, labels, train, folds, test = real(shared_corpora)
    network = pipeline(("mlp", MLPClassifier(random_state=0)))
    grid = {
        "mlp__hidden_layer_sizes": [(300,)],
        "mlp__alpha": [0.001, 0.01],
        "mlp__batch_size": [512, 1024],  # fewer than the rows, and more
        "mlp__learning_rate_init": [0.001],
        "mlp__max_iter": [40, 80],
    }
    equivalents = {**grid, "mlp__learning_rate": ["adaptive"], "mlp__alpha": [0.01]}
    check_search("mlp", network, [grid], [equivalents], (features, labels, train, folds[:2], test))
