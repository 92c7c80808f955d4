"""Coverage of intervals and error rates of tests in simulated studies."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from aser_bench.evaluation import confusion, intervals, significance

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"
STUDIES = 1000


def script(name: str) -> ModuleType:
    """Return a script of the benchmarks as a module."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    """Return the simulation of single comparisons."""
    return script("simulation")


@pytest.fixture(scope="module")
def families() -> ModuleType:
    """Return the simulation of many comparisons and of recalls."""
    return script("families")


@pytest.fixture(scope="module")
def nothing_lost(simulation: ModuleType) -> dict[int, dict[str, float]]:
    """Return the rates by number of speakers where the codec costs nothing."""
    return {n: simulation.rates(simulation.Population(n), STUDIES) for n in (10, 24)}


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [10, 24])
def test_false_positive_rate_is_the_level(nothing_lost, speakers):
    assert nothing_lost[speakers]["t test p <= 5 %"] == pytest.approx(0.05, abs=0.015)
    assert nothing_lost[speakers]["permutation p <= 5 %"] == pytest.approx(0.05, abs=0.015)


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [10, 24])
def test_intervals_have_their_coverage(nothing_lost, speakers):
    assert nothing_lost[speakers]["interval covers"] == pytest.approx(0.95, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [10, 24])
def test_methods_that_ignore_speakers_fail(nothing_lost, speakers):
    assert nothing_lost[speakers]["unclustered covers"] < 0.9
    assert nothing_lost[speakers]["McNemar p <= 5 %"] > 0.1


@pytest.mark.slow
def test_a_plain_bootstrap_over_few_speakers_is_too_narrow(nothing_lost):
    assert nothing_lost[10]["plain bootstrap covers"] < 0.93
    assert nothing_lost[10]["plain bootstrap covers"] < nothing_lost[10]["interval covers"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "kinds",
    [
        {"speakers": 24, "loss": 0.02},
        {"speakers": 10, "loss": 0.02},
        {"speakers": 24, "unequal": True},
        {"speakers": 10, "unequal": True},
        {"speakers": 3},
    ],
)
def test_intervals_have_their_coverage_in_other_studies(simulation, kinds):
    found = simulation.rates(simulation.Population(**kinds), STUDIES, seed=1)
    assert found["interval covers"] == pytest.approx(0.95, abs=0.02)
    if kinds.get("loss") == simulation.MARGIN:
        # A loss of just the margin may pass in 2.5 % of studies; 1.5 % for the luck of a thousand.
        assert found["non-inferior"] <= 0.04


@pytest.mark.slow
@pytest.mark.parametrize("comparisons", [8, 28, 64])
@pytest.mark.parametrize("speakers", [10, 24])
@pytest.mark.parametrize("kinds", [{}, {"is_shared": False}, {"unequal": True}, {"takes": 2}])
def test_family_error_is_the_level(families, speakers, comparisons, kinds):
    family = families.Family(speakers, comparisons, **kinds)
    # Three standard errors of 2000 studies are 1.5 %.
    assert families.rates(family, 2000)["any significant"] <= 0.05 + 0.015


@pytest.mark.slow
@pytest.mark.parametrize(
    ("original", "coded"), [(0.6, 0.5), (0.95, 0.8), (0.2, 0.02), (0.97, 0.05)]
)
@pytest.mark.parametrize("speakers", [10, 24])
def test_intervals_of_recalls_have_their_coverage(families, original, coded, speakers):
    covers = families.coverage((original, coded), speakers, 8, 4000)["covers"]
    assert 0.93 <= covers <= 0.985


@pytest.mark.parametrize("comparisons", [28, 64])
def test_ten_speakers_find_a_large_loss_among_many_comparisons(families, comparisons):
    power = families.rates(families.Family(10, comparisons, loss=0.3), 10)
    assert power["permutation, Holm"] == 0  # its smallest p is 2 / 2^10
    assert power["uncorrected"] >= power["Holm"] >= power["Bonferroni"] > 0.9


def test_family_error_of_a_few_studies_is_small(families):
    """A hundred studies show gross errors in seconds; the slow tests show the level."""
    for is_shared in (True, False):
        family = families.Family(10, 28, takes=3, is_shared=is_shared)
        assert families.rates(family, 100)["any significant"] <= 0.12


@pytest.mark.parametrize("unequal", [False, True])
def test_simulated_p_values_are_those_of_the_package(families, unequal):
    family = families.Family(6, 3, takes=3, loss=0.1, unequal=unequal)
    coded, original, sizes = families.draw(family, 2, np.random.default_rng(0))
    p = families.p_values(coded, original, sizes)
    for study, comparison in np.ndindex(2, 3):
        sides = (coded[study, comparison], original[study, 0])
        matrices = [_matrices(correct, sizes[study, 0]) for correct in sides]
        change = intervals.interval(matrices[0], confusion.uar, matrices[1])
        assert p[study, comparison] == pytest.approx(change.p)
    np.testing.assert_allclose(families.holm(p)[0], significance.holm(p[0]))


def _matrices(correct, sizes):
    """Return confusion matrices in which all errors are the next class."""
    diagonal = np.eye(8)[None, None] * correct[None, ..., None]
    wrong = np.roll(np.eye(8), 1, axis=1)[None, None] * (sizes - correct)[None, ..., None]
    return diagonal + wrong


def test_intervals_of_recalls_are_narrower_with_more_speakers(families):
    few, many = (families.coverage((0.8, 0.6), n, 6, 100) for n in (10, 24))
    assert few["covers"] > 0.88
    assert many["covers"] > 0.88
    assert many["width"] < few["width"] < 1


def test_a_large_loss_is_detected_and_no_loss_is_not(simulation):
    """The same machinery in seconds: a hundred studies cannot tell 93 % from 95."""
    lost = simulation.rates(simulation.Population(10, loss=0.15), 60)
    assert lost["permutation p <= 5 %"] > 0.9
    assert lost["non-inferior"] == 0
    none = simulation.rates(simulation.Population(10), 100)
    assert none["interval covers"] > 0.88
    assert none["permutation p <= 5 %"] < 0.13
