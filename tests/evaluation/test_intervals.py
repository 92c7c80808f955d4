"""Intervals and tests against plain definitions and examples by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import confusion_matrix

from aser_bench.core.metrics import all_metrics
from aser_bench.evaluation import confusion, intervals, significance

METRICS = {name: metric.of_confusion for name, metric in all_metrics().items()}
UAR = {"uar": confusion.uar}
CLASSES = 4


def study(seed: int = 0, speakers: int = 6, takes: int = 5, runs: int = 2):
    """Return truth (n,), two sets of predictions (runs, n) and speakers (n,)."""
    rng = np.random.default_rng(seed)
    speaker = np.repeat(np.arange(speakers), takes * CLASSES)
    truth = np.tile(np.arange(CLASSES), speakers * takes)
    said = [
        np.where(
            rng.random((runs, len(truth))) < share,
            truth,
            rng.integers(0, CLASSES, (runs, len(truth))),
        )
        for share in (0.6, 0.4)
    ]
    return truth, said[0], said[1], speaker


def matrices(seed: int = 0, **kinds):
    truth, one, other, speaker = study(seed, **kinds)
    return tuple(confusion.by_cluster(truth, said, speaker, CLASSES) for said in (one, other))


def test_confusion_matrices_agree_with_scikit_learn():
    truth, said, _, speaker = study()
    found = confusion.by_cluster(truth, said, speaker, CLASSES)
    assert found.shape == (2, 6, CLASSES, CLASSES)
    for run, one in itertools.product(range(2), range(6)):
        rows = speaker == one
        expected = confusion_matrix(truth[rows], said[run, rows], labels=range(CLASSES))
        assert (found[run, one] == expected).all()


@pytest.mark.parametrize("name", METRICS)
def test_interval_is_students_t_on_the_jackknife(name):
    one, other = matrices()
    metric = METRICS[name]
    left = [
        np.mean([metric(np.delete(c, s, axis=1).sum(axis=1)) for c in [a]])
        for a in [one]
        for s in range(6)
    ]
    left_other = [np.mean(metric(np.delete(other, s, axis=1).sum(axis=1))) for s in range(6)]
    values = np.array(left) - np.array(left_other)
    error = np.sqrt(5 / 6 * ((values - values.mean()) ** 2).sum())
    expected = np.mean(metric(one.sum(1))) - np.mean(metric(other.sum(1)))
    found = intervals.interval(one, metric, other)
    half = stats.t.ppf(0.975, 5) * error
    assert (found.estimate, found.low, found.high) == pytest.approx(
        (expected, expected - half, expected + half)
    )
    assert found.clusters == 6
    assert found.why == ""


def test_equal_speakers_give_the_paired_t_interval():
    """With the same utterances of each speaker, UAR is the mean of the speakers' UARs."""
    one, other = matrices(runs=1)
    values = confusion.uar(one[0]) - confusion.uar(other[0])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = intervals.interval(one, confusion.uar, other)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert found.effect == pytest.approx(values.mean() / values.std(ddof=1))


def test_an_interval_of_one_condition_alone():
    one, _ = matrices(runs=1)
    values = confusion.uar(one[0])
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = intervals.interval(one, confusion.uar)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


@pytest.mark.parametrize("speakers", [1, 2])
def test_two_speakers_have_no_interval(speakers):
    one, other = matrices(speakers=speakers)
    found = intervals.interval(one, confusion.uar, other)
    assert np.isnan([found.low, found.high, found.error, found.effect]).all()
    assert np.isfinite(found.estimate)
    assert f"{speakers} speaker" in found.why


def test_unequal_speakers_have_fewer_degrees_of_freedom():
    """Degrees of freedom of Kish's effective number; the standard error does not change."""
    truth, one, other, speaker = study(speakers=8)
    rows = (speaker < 4) | (np.arange(len(truth)) % 4 < 2)
    sides = [
        confusion.by_cluster(truth[rows], said[:, rows], speaker[rows], CLASSES)
        for said in (one, other)
    ]
    sizes = np.bincount(speaker[rows])
    assert len(set(sizes)) == 2
    found = intervals.interval(sides[0], confusion.uar, sides[1])
    df = sizes.sum() ** 2 / (sizes**2).sum() - 1
    assert df < 7
    assert found.high - found.estimate == pytest.approx(stats.t.ppf(0.975, df) * found.error)


def test_one_speaker_with_nearly_everything_has_no_interval():
    truth = np.tile(np.arange(2), 52)
    speaker = np.repeat([0, 1, 2], [100, 2, 2])
    found = confusion.by_cluster(truth, truth[None], speaker, 2)
    one = intervals.interval(found, confusion.uar)
    assert np.isnan(one.low)
    assert "one speaker has nearly all" in one.why


def test_no_interval_for_the_recall_of_a_class_of_one_speaker():
    truth = np.array([0, 1, 0, 0, 0, 0])
    said = np.array([[0, 1, 0, 1, 0, 1]])
    found = confusion.by_cluster(truth, said, np.array([0, 0, 1, 1, 2, 2]), 2)
    one = intervals.interval(found, lambda m: confusion.recalls(m)[..., 1])
    assert np.isnan(one.low)
    assert "not defined" in one.why
    assert one.estimate == 1.0


def test_identical_predictions_have_an_interval():
    one, _ = matrices()
    found = intervals.interval(one, confusion.uar, one)
    n = 6 * 5 * CLASSES
    # Clopper and Pearson's bound for 0 of n.
    bound = stats.binomtest(0, n).proportion_ci(0.95, method="exact").high
    assert found.estimate == 0
    assert (found.low, found.high) == pytest.approx((-bound, bound))


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_swapping_the_sides_changes_the_signs(seed):
    one, other = matrices(seed)
    there, back = (intervals.interval(a, confusion.uar, b) for a, b in ((one, other), (other, one)))
    assert (there.estimate, there.low, there.high) == pytest.approx(
        (-back.estimate, -back.high, -back.low)
    )
    p = significance.permutation_test(one, other, UAR)["uar"]
    assert p == significance.permutation_test(other, one, UAR)["uar"]
    assert 0 < p <= 1


@pytest.mark.parametrize("name", METRICS)
def test_few_speakers_are_swapped_exhaustively(name):
    one, other = matrices(speakers=5)
    metric = METRICS[name]
    first, second = one.mean(axis=0), other.mean(axis=0)
    drawn = []
    for swap in itertools.product([False, True], repeat=5):
        mask = np.array(swap)[:, None, None]
        a, b = np.where(mask, second, first).sum(0), np.where(mask, first, second).sum(0)
        drawn.append(abs(float(metric(a) - metric(b))))
    expected = np.mean([value >= drawn[0] - 1e-9 for value in drawn])
    found = significance.permutation_test(one, other, {name: metric})
    assert found == {name: pytest.approx(expected)}


def test_permutation_test_agrees_with_scipy():
    one, other = matrices(seed=3, runs=1, speakers=8, takes=2)
    values = (confusion.uar(one[0]), confusion.uar(other[0]))
    expected = stats.permutation_test(
        values,
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=np.inf,
    )
    assert significance.permutation_test(one, other, UAR)["uar"] == pytest.approx(expected.pvalue)


def test_random_swaps_are_reproducible():
    one, other = matrices(speakers=20)
    p = significance.permutation_test(one, other, UAR)["uar"]
    assert p == significance.permutation_test(one, other, UAR)["uar"]
    assert 1 / 10_000 <= p < 0.001  # 20 points of loss
    assert significance.permutation_test(one, one, UAR)["uar"] == 1


def test_metrics_share_the_swaps():
    one, other = matrices(speakers=4)
    together = significance.permutation_test(one, other, METRICS)
    assert together == {
        name: significance.permutation_test(one, other, {name: metric})[name]
        for name, metric in METRICS.items()
    }


def test_one_speaker_has_no_test():
    assert np.isnan(significance.permutation_test(*matrices(speakers=1), UAR)["uar"])


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 5))
@settings(deadline=None)
def test_mcnemar_is_a_binomial_test(lost, won, same):
    one = np.array([True] * lost + [False] * won + [True] * same)
    other = np.array([False] * lost + [True] * won + [True] * same)
    expected = stats.binomtest(lost, lost + won).pvalue if lost + won else 1.0
    assert significance.mcnemar_test(one, other) == pytest.approx(expected)


@given(st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=12))
def test_holm_agrees_with_its_definition(values):
    found = significance.holm(values)
    known = [value for value in values if value == value]
    for value, corrected in zip(values, found, strict=True):
        if value != value:
            assert np.isnan(corrected)
            continue
        steps = sorted(known)[: sorted(known).index(value) + 1]
        expected = max(p * (len(known) - i) for i, p in enumerate(steps))
        # Equal p values share the step of the first of them, or a later and smaller one.
        assert corrected == pytest.approx(min(1.0, expected))


def test_random_clusters_are_even_and_reproducible():
    for n in (7, 500, 1440):
        dealt = intervals.random_clusters(n)
        sizes = np.bincount(dealt)
        assert len(sizes) == min(n, 500)
        assert sizes.max() - sizes.min() <= 1
        assert (dealt == intervals.random_clusters(n)).all()


def test_needed_clusters_by_the_formula():
    spread = 0.05
    found = intervals.Interval(0.0, -0.03, 0.03, spread / np.sqrt(10), 10)
    groups = intervals.needed_clusters(found, 0.02)
    need = [
        (stats.t.ppf(0.975, g - 1) + stats.t.ppf(0.8, g - 1)) * spread / np.sqrt(g)
        for g in (groups, groups - 2)
    ]
    assert need[0] <= 0.02 < need[1]
    assert np.isnan(
        intervals.needed_clusters(intervals.Interval(0.0, np.nan, np.nan, np.nan, 2, "none"), 0.02)
    )


def test_needed_clusters_is_the_smallest_number():
    """Four fifths of studies of that size, in which nothing is lost, call it non-inferior."""
    rng = np.random.default_rng(0)
    found = intervals.Interval(0.0, -0.03, 0.03, 0.05 / np.sqrt(10), 10)
    groups = int(intervals.needed_clusters(found, 0.02))
    drawn = 0.05 * rng.standard_normal((4000, groups))
    half = stats.t.ppf(0.975, groups - 1) * drawn.std(axis=1, ddof=1) / np.sqrt(groups)
    assert np.mean(drawn.mean(axis=1) - half > -0.02) == pytest.approx(0.8, abs=0.03)
