"""Kernel matrices, and the SVC that is fitted to them, compared with scikit-learn's."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.metrics import pairwise
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import parametrize_with_checks

from aser_bench.models.gram import classifier, kernels
from aser_bench.models.gram.classifier import GramSVC
from aser_bench.models.gram.kernels import Gram, gamma_of

EVERY_KERNEL = ("linear", "rbf", "poly", "sigmoid")


def squared_distances(a, b):
    return ((a[:, None, :] - b[None, :, :]) ** 2).sum(axis=2)


THEIRS = {
    "linear": lambda a, b, gamma: pairwise.linear_kernel(a, b),
    "rbf": lambda a, b, gamma: np.exp(-gamma * squared_distances(a, b)),
    "poly": lambda a, b, gamma: pairwise.polynomial_kernel(a, b, 3, gamma, 0),
    "sigmoid": lambda a, b, gamma: pairwise.sigmoid_kernel(a, b, gamma, 0),
}


def make_data(seed: int, classes=("angry", "neutral", "sad"), sizes=(31, 17, 24), columns: int = 9):
    """Return overlapping classes of different sizes, not sorted: (float32 features, labels)."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.repeat(classes, sizes[: len(classes)]))
    centres = {name: rng.normal(size=columns) for name in classes}
    noise = rng.normal(scale=1.4, size=(len(labels), columns))
    return (np.stack([centres[label] for label in labels]) + noise).astype(np.float32), labels


# The matrices


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
@pytest.mark.parametrize("gamma", [0.01, 1.0])
def test_kernel_equals_its_formula(kernel, gamma):
    rows, others = (make_data(seed)[0].astype(float) for seed in (1, 2))
    for a, b in ((rows, rows), (others, rows)):
        matrix = Gram(a, b).matrix(kernel, gamma)
        assert matrix.dtype == np.float64
        assert matrix.flags.c_contiguous
        np.testing.assert_allclose(matrix, THEIRS[kernel](a, b, gamma), rtol=1e-9, atol=1e-13)


def test_matrix_can_be_computed_repeatedly():
    rows = make_data(1)[0].astype(float)
    gram = Gram(rows, rows)
    first = {kernel: gram.matrix(kernel, 0.1).copy() for kernel in EVERY_KERNEL}
    for kernel in EVERY_KERNEL:
        np.testing.assert_array_equal(gram.matrix(kernel, 0.1), first[kernel])


def test_rbf_of_a_row_with_itself_is_exactly_one():
    rows = np.repeat(1e4 + make_data(1)[0].astype(float), 2, axis=0)  # each row twice, far away
    matrix = Gram(rows, rows).matrix("rbf", 1.0)
    np.testing.assert_array_equal(np.diag(matrix), 1.0)
    assert matrix.max() == 1.0


def test_gamma_scale_equals_scikit_learn():
    rows = make_data(1)[0].astype(float)
    assert gamma_of("scale", rows) == 1 / (9 * rows.var())
    assert gamma_of("scale", np.ones((5, 3))) == 1.0
    assert gamma_of(0.25, rows) == 0.25


def test_largest_matrix_has_256_mib():
    assert kernels.matrix_fits(5792)
    assert not kernels.matrix_fits(5793)


# The classifier


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
@pytest.mark.parametrize("gamma", ["scale", 0.02])
@pytest.mark.parametrize("weight", [None, "balanced"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_equal_scikit_learn(kernel, gamma, weight, dtype):
    (features, labels), (others, _) = make_data(1), make_data(2, sizes=(90, 90, 90))
    features, others = features.astype(dtype), others.astype(dtype)
    settings = {"C": 0.8, "kernel": kernel, "gamma": gamma, "class_weight": weight}
    ours = GramSVC(**settings).fit(features, labels)
    theirs = SVC(**settings).fit(features, labels)
    np.testing.assert_array_equal(ours.classes_, theirs.classes_)
    np.testing.assert_array_equal(ours.predict(others), theirs.predict(others))
    np.testing.assert_allclose(
        ours.decision_function(others), theirs.decision_function(others), rtol=1e-7, atol=1e-9
    )


def test_class_weights_change_the_predictions():
    (features, labels), (others, _) = make_data(1, sizes=(60, 9, 15)), make_data(1)
    counts = [
        np.sum(
            GramSVC(C=0.3, class_weight=weight).fit(features, labels).predict(others) == "neutral"
        )
        for weight in (None, "balanced")
    ]
    assert counts[0] < counts[1]


def test_two_classes_have_one_decision_value():
    features, labels = make_data(1, ("angry", "sad"))
    ours, theirs = (svc.fit(features, labels) for svc in (GramSVC(), SVC()))
    values = ours.decision_function(features)
    assert values.shape == (len(labels),)
    np.testing.assert_allclose(values, theirs.decision_function(features), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(features), theirs.predict(features))


@pytest.mark.parametrize("kernel", EVERY_KERNEL)
def test_large_training_set_is_fitted_without_a_matrix(kernel, monkeypatch):
    (features, labels), (others, _) = make_data(1), make_data(2)
    by_matrix = GramSVC(kernel=kernel).fit(features, labels)
    monkeypatch.setattr(kernels, "GRAM_BYTES", 8 * len(labels) ** 2 - 1)
    by_rows = GramSVC(kernel=kernel).fit(features, labels)
    assert by_matrix.rows_ is not None
    assert by_rows.rows_ is None
    theirs = SVC(kernel=kernel).fit(features, labels)
    values = by_rows.decision_function(others)
    np.testing.assert_array_equal(values, theirs.decision_function(others))
    np.testing.assert_allclose(values, by_matrix.decision_function(others), atol=1e-9)
    np.testing.assert_array_equal(by_rows.predict(others), by_matrix.predict(others))


def test_rows_are_predicted_in_blocks(monkeypatch):
    (features, labels), (others, _) = make_data(1), make_data(2)
    ours = GramSVC().fit(features, labels)
    predicted, values = ours.predict(others), ours.decision_function(others)
    monkeypatch.setattr(classifier, "_BLOCK", 7)
    assert len(others) % 7
    np.testing.assert_array_equal(ours.predict(others), predicted)
    np.testing.assert_allclose(ours.decision_function(others), values, atol=1e-12)


def test_rejects_nan_and_unfitted_use():
    features, labels = make_data(1)
    broken = features.copy()
    broken[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        GramSVC().fit(broken, labels)
    with pytest.raises(ValueError, match="NaN"):
        GramSVC().fit(features, labels).predict(broken)
    with pytest.raises(NotFittedError):
        GramSVC().predict(features)


@parametrize_with_checks([GramSVC()])
def test_is_a_scikit_learn_estimator(estimator, check):
    check(estimator)
