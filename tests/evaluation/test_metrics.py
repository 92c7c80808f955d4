"""The metrics against scikit-learn, and against what they promise where it has no say."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from aser_bench import tables
from aser_bench.evaluation import metrics

EMOTIONS = ["angry", "bored", "happy", "neutral", "sad"]
LABELS = st.sampled_from(EMOTIONS)
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
def test_like_scikit_learn(pairs):
    truth, predicted = zip(*pairs, strict=True)
    expected = reference(truth, predicted)
    for name, metric in metrics.METRICS.items():
        assert metric.function(truth, predicted) == pytest.approx(expected[name], abs=1e-12), name
    assert metrics.scores(truth, predicted) == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_confusion_and_recalls_like_scikit_learn(pairs):
    truth, predicted = zip(*pairs, strict=True)
    expected = sk.confusion_matrix(truth, predicted, labels=EMOTIONS)
    np.testing.assert_array_equal(metrics.confusion(truth, predicted, EMOTIONS), expected)
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


@pytest.mark.parametrize("function", [m.function for m in metrics.METRICS.values()])
@pytest.mark.parametrize(
    ("truth", "predicted"),
    [([], []), (["sad"], []), (["sad"], ["sad", "sad"]), ([["sad"]], [["sad"]])],
)
def test_refuses_what_has_no_metric(function, truth, predicted):
    with pytest.raises(ValueError, match=r"utterance|length"):
        function(truth, predicted)


def test_macro_f1_counts_a_class_that_is_only_predicted():
    assert metrics.macro_f1(["sad", "sad"], ["sad", "angry"]) == pytest.approx((2 / 3 + 0) / 2)


def test_uar_leaves_out_a_class_that_is_only_predicted():
    assert metrics.uar(["sad", "sad"], ["sad", "angry"]) == 0.5


def test_confusion_refuses_labels_that_it_was_not_told():
    with pytest.raises(ValueError, match="not among the labels: happy"):
        metrics.confusion(["sad"], ["happy"], ["sad"])
    with pytest.raises(ValueError, match="twice"):
        metrics.confusion(["sad"], ["sad"], ["sad", "sad"])


@settings(max_examples=25, deadline=None)
@given(st.lists(PAIRS, min_size=1, max_size=5))
def test_many_matrices_at_once(lists):
    stack = np.stack([
        metrics.confusion(*zip(*pairs, strict=True), EMOTIONS) for pairs in lists
    ])  # fmt: skip
    for metric in metrics.METRICS.values():
        expected = [metric.function(*zip(*pairs, strict=True)) for pairs in lists]
        np.testing.assert_allclose(metric.of_confusion(stack), expected)


def test_the_registry_names_the_columns_of_the_scores():
    assert list(metrics.METRICS) == [c for c in tables.SCORES if c in metrics.METRICS]
    assert {metric.better for metric in metrics.METRICS.values()} == {"higher"}
    assert all(name == metric.name for name, metric in metrics.METRICS.items())
