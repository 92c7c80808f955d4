"""Coverage of intervals and error rates of tests in simulated studies."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "simulation.py"
STUDIES = 1000


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    """Return the script as a module."""
    spec = importlib.util.spec_from_file_location("simulation", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def nothing_lost(simulation: ModuleType) -> dict[int, dict[str, float]]:
    """Return the rates by number of speakers where the codec costs nothing."""
    return {n: simulation.rates(simulation.Population(n), STUDIES) for n in (10, 24)}


@pytest.mark.slow
@pytest.mark.parametrize("speakers", [10, 24])
def test_false_positive_rate_is_the_level(nothing_lost, speakers):
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
def test_holm_controls_the_family_error(simulation):
    assert simulation.family_error(simulation.Population(10), 300) <= 0.08


def test_a_large_loss_is_detected_and_no_loss_is_not(simulation):
    """The same machinery in seconds: a hundred studies cannot tell 93 % from 95."""
    lost = simulation.rates(simulation.Population(10, loss=0.15), 60)
    assert lost["permutation p <= 5 %"] > 0.9
    assert lost["non-inferior"] == 0
    none = simulation.rates(simulation.Population(10), 100)
    assert none["interval covers"] > 0.88
    assert none["permutation p <= 5 %"] < 0.13
