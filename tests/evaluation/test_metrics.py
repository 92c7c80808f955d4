"""Metrics against scikit-learn, and their edge cases."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from aser_bench.core import tables
from aser_bench.core.metrics import Metric, score_columns
from aser_bench.evaluation import confusion, metrics, probability

EMOTIONS = ["angry", "bored", "happy", "neutral", "sad"]
LABELS = st.sampled_from(EMOTIONS)
BUILT_IN = {metric.name: metric for metric in metrics.METRICS}
PAIRS = st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40)


def reference(truth, predicted):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "wap": sk.precision_score(truth, predicted, average="weighted", zero_division=0),
            "accuracy": sk.accuracy_score(truth, predicted),
            "uar": sk.balanced_accuracy_score(truth, predicted),
            "macro_f1": sk.f1_score(truth, predicted, average="macro", zero_division=0),
        }


@settings(max_examples=60, deadline=None)
@given(PAIRS)
def test_metrics_agree_with_scikit_learn(pairs):
    truth, predicted = zip(*pairs, strict=True)
    expected = reference(truth, predicted)
    for name, metric in BUILT_IN.items():
        assert metric.function(truth, predicted) == pytest.approx(expected[name], abs=1e-12), name
    assert metrics.scores(truth, predicted) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_confusion_matrix_and_recalls_agree_with_scikit_learn(pairs):
    truth, predicted = zip(*pairs, strict=True)
    expected = sk.confusion_matrix(truth, predicted, labels=EMOTIONS)
    np.testing.assert_array_equal(confusion.confusion_matrix(truth, predicted, EMOTIONS), expected)
    recalls = metrics.recalls(truth, predicted, EMOTIONS)
    for label, recall in zip(EMOTIONS, recalls, strict=True):
        assert np.isnan(recall) == (label not in truth)
    assert np.nanmean(recalls) == pytest.approx(metrics.uar(truth, predicted))


@pytest.mark.parametrize(
    ("truth", "predicted"),
    [
        pytest.param(["sad", "angry"], ["sad", "sad"], id="a class never predicted"),
        pytest.param(["sad", "sad"], ["sad", "angry"], id="a class absent from truth"),
        pytest.param(["sad", "sad"], ["sad", "sad"], id="one class"),
        pytest.param(["sad", "sad"], ["angry", "happy"], id="nothing right"),
        pytest.param(["sad"], ["sad"], id="one utterance"),
        pytest.param([1, 2, 2], [2, 2, 1], id="numbers"),
        pytest.param(
            np.array(["sad", "angry"], dtype=object), np.array(["sad", "sad"]), id="two types"
        ),
    ],
)
def test_degenerate_input(truth, predicted):
    assert metrics.scores(truth, predicted) == pytest.approx(reference(truth, predicted))


@pytest.mark.parametrize("function", [metric.function for metric in metrics.METRICS])
@pytest.mark.parametrize(
    ("truth", "predicted"),
    [([], []), (["sad"], []), (["sad"], ["sad", "sad"]), ([["sad"]], [["sad"]])],
)
def test_rejects_empty_and_unequal_lists(function, truth, predicted):
    with pytest.raises(ValueError, match=r"utterance|length"):
        function(truth, predicted)


def test_macro_f1_counts_a_class_that_is_only_predicted():
    assert metrics.macro_f1(["sad", "sad"], ["sad", "angry"]) == pytest.approx((2 / 3 + 0) / 2)


def test_uar_leaves_out_a_class_that_is_only_predicted():
    assert metrics.uar(["sad", "sad"], ["sad", "angry"]) == 0.5


def test_confusion_matrix_rejects_unknown_labels():
    with pytest.raises(ValueError, match="not among the labels: happy"):
        confusion.confusion_matrix(["sad"], ["happy"], ["sad"])
    with pytest.raises(ValueError, match="twice"):
        confusion.confusion_matrix(["sad"], ["sad"], ["sad", "sad"])


@settings(max_examples=25, deadline=None)
@given(st.lists(PAIRS, min_size=1, max_size=5))
def test_many_matrices_at_once(lists):
    stack = np.stack(
        [confusion.confusion_matrix(*zip(*pairs, strict=True), EMOTIONS) for pairs in lists]
    )
    for metric in metrics.METRICS:
        expected = [metric.function(*zip(*pairs, strict=True)) for pairs in lists]
        np.testing.assert_allclose(metric.of_confusion(stack), expected)
        loop = metrics.on_confusions(replace(metric, of_confusion=None), EMOTIONS)
        np.testing.assert_allclose(loop(stack), expected)
        np.testing.assert_allclose(loop(stack[None].astype(float)), [expected])


KAPPA = Metric("kappa", "Cohen's kappa", sk.cohen_kappa_score)


@settings(max_examples=25, deadline=None)
@given(st.lists(PAIRS, min_size=1, max_size=5))
def test_a_function_of_labels_is_called_for_each_matrix(lists):
    stack = np.stack(
        [confusion.confusion_matrix(*zip(*pairs, strict=True), EMOTIONS) for pairs in lists]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # kappa is not defined for one class
        expected = [sk.cohen_kappa_score(*zip(*pairs, strict=True)) for pairs in lists]
        np.testing.assert_allclose(metrics.on_confusions(KAPPA, EMOTIONS)(stack), expected)


def test_a_function_of_labels_gets_the_names_of_the_classes():
    def recall_of_anger(truth, predicted):
        return float(np.mean(np.asarray(predicted)[np.asarray(truth) == "angry"] == "angry"))

    anger = Metric("anger", "Recall of anger", recall_of_anger)
    matrix = np.array([[1, 3], [2, 2]])
    assert metrics.on_confusions(anger, ["angry", "sad"])(matrix) == 0.25
    assert metrics.on_confusions(anger, ["sad", "angry"])(matrix) == 0.5


def test_a_metric_has_no_value_without_utterances_or_where_it_fails():
    def refuse(truth, predicted):
        raise ValueError("no value\nhere")

    broken = Metric("broken", "Broken", refuse)
    with pytest.warns(RuntimeWarning, match="metric 'broken' has no value .* no value here$"):
        assert np.isnan(metrics.on_confusions(broken, ["a", "b"])(np.eye(2)))
    assert np.isnan(metrics.on_confusions(KAPPA, ["a", "b"])(np.zeros((2, 2))))


@pytest.mark.parametrize("values", [lambda matrices: 1 / 0, lambda matrices: 0.5, lambda _: "x"])
def test_a_function_of_confusion_matrices_that_fails_has_no_value(values):
    broken = Metric("broken", "Broken", max, of_confusion=values)
    with pytest.warns(RuntimeWarning, match="metric 'broken' has no value"):
        result = metrics.on_confusions(broken, ["a", "b"])(np.ones((3, 2, 2)))
    np.testing.assert_array_equal(result, [np.nan] * 3)


def test_built_in_metrics_are_the_first_columns_after_the_keys():
    columns = score_columns(BUILT_IN)
    assert columns[:8] == tables.RESULT
    assert columns[8:12] == ("wap", "accuracy", "uar", "macro_f1") == tuple(BUILT_IN)
    assert {metric.better for metric in metrics.METRICS} == {"higher"}


# --- precisions and probabilities -------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_precisions_agree_with_scikit_learn(pairs):
    truth, predicted = zip(*pairs, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = sk.precision_score(
            truth, predicted, labels=EMOTIONS, average=None, zero_division=np.nan
        )
    np.testing.assert_allclose(metrics.precisions(truth, predicted, EMOTIONS), expected)


def test_precision_is_0_for_a_class_never_true_and_nan_for_one_never_predicted():
    found = metrics.precisions(["sad", "sad"], ["angry", "sad"], ["angry", "happy", "sad"])
    np.testing.assert_array_equal(found, [0, np.nan, 1])
    with pytest.raises(ValueError, match="no utterance"):
        metrics.precisions([], [], EMOTIONS)


@st.composite
def chances(draw):
    """Draw true labels and probabilities of each, which sum to one."""
    truth = draw(st.lists(LABELS, min_size=1, max_size=20))
    seed = draw(st.integers(0, 1000))
    rows = np.random.default_rng(seed).dirichlet(np.full(len(EMOTIONS), 0.5), len(truth))
    return truth, rows


@settings(max_examples=40, deadline=None)
@given(chances())
def test_brier_agrees_with_scikit_learn(given_):
    truth, rows = given_
    expected = sk.brier_score_loss(truth, rows, labels=EMOTIONS, scale_by_half=False)
    assert probability.brier(truth, rows, EMOTIONS) == pytest.approx(expected)


def test_brier_from_best_to_worst():
    labels = ["angry", "sad"]
    assert probability.brier(["sad", "angry"], [[0, 1], [1, 0]], labels) == 0
    assert probability.brier(["sad", "angry"], [[1, 0], [0, 1]], labels) == 2
    assert np.isnan(probability.brier(["sad", "sad"], [[0, 1], [np.nan, 1]], labels))


@pytest.mark.parametrize(
    ("truth", "rows"),
    [
        ([], np.zeros((0, 2))),
        (["sad"], [[0.5, 0.5], [0, 1]]),
        (["sad"], [[1.0]]),
        (["sad"], [0.5, 0.5]),
        (["happy"], [[0.5, 0.5]]),
    ],
)
def test_brier_rejects_wrong_shapes_and_labels(truth, rows):
    with pytest.raises(ValueError, match=r"expected|not among the labels"):
        probability.brier(truth, rows, ["angry", "sad"])


def naive_ece(right, confidence, bins):
    total = 0.0
    for b in range(bins):
        own = [
            (hit, sure)
            for hit, sure in zip(right, confidence, strict=True)
            if b / bins < sure <= (b + 1) / bins or (b == 0 and sure == 0)
        ]
        if own:
            hits, sures = zip(*own, strict=True)
            total += len(own) / len(right) * abs(np.mean(hits) - np.mean(sures))
    return total


# Sixteenths, which binary fractions write exactly: whether one is a bin's edge is no matter of
# rounding.
SURE = st.lists(st.tuples(st.booleans(), st.integers(0, 16)), min_size=1, max_size=40)


@settings(max_examples=60, deadline=None)
@given(SURE, st.sampled_from([1, 4, 16]))
def test_ece_agrees_with_a_plain_loop(pairs, bins):
    right, sixteenths = zip(*pairs, strict=True)
    confidence = [number / 16 for number in sixteenths]
    found = probability.ece(right, confidence, bins)
    assert found == pytest.approx(naive_ece(right, confidence, bins), abs=1e-12)
    assert 0 <= found <= 1


def test_ece_from_best_to_worst():
    assert probability.ece([True, True], [1, 1]) == 0
    assert probability.ece([False, False], [1, 1]) == 1
    assert probability.ece([True, False], [0.5, 0.5]) == 0
    assert probability.ece([True], [np.float32(1) + np.float32(1e-7)]) == pytest.approx(0, abs=1e-6)
    assert np.isnan(probability.ece([True, True], [1, np.nan]))


@pytest.mark.parametrize(
    ("right", "confidence"),
    [([], []), ([True], [0.5, 0.5]), ([[True]], [[0.5]]), ([True], [1.5]), ([True], [-0.1])],
)
def test_ece_rejects_invalid_input(right, confidence):
    with pytest.raises(ValueError, match=r"expected two lists|not from 0 to 1"):
        probability.ece(right, confidence)
