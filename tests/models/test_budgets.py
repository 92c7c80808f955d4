"""Limits on the training of the models with early stopping, by effort and preset."""

from __future__ import annotations

import pytest

from aser_bench import models
from aser_bench.models.base import EARLY_STOPPING, EFFORTS, Settings, TrainingSize


def limits(name: str, **settings):
    """Return maximal epochs, patience and rule of an estimator."""
    estimator = models.get(name).estimator(Settings(**settings), 0)
    return estimator.max_epochs, estimator.patience, estimator.early_stopping


@pytest.mark.parametrize("effort", EFFORTS)
def test_preset_paper_trains_up_to_1000_epochs(effort):
    for rule in (None, *EARLY_STOPPING):
        epochs, _, used = limits("lstm", effort=effort, preset="paper", early_stopping=rule)
        assert epochs == 1000
        assert used == (rule or "uar")


def test_default_rules():
    assert limits("lstm") == (1000, 20, "uar")
    assert limits("lstm", early_stopping="loss") == (1000, 10, "loss")
    assert limits("lstm", effort="quick") == (40, 20, "uar")
    assert limits("lstm", effort="quick", early_stopping="loss") == (100, 5, "loss")
    assert limits("mdre") == (300, 20, "loss")
    assert limits("mdre", preset="yoon2018") == (10_000, 8, "loss")


@pytest.mark.parametrize("name", ["lstm", "mdre"])
def test_given_values_replace_the_defaults(name):
    given = {"max_epochs": 7, "patience": 3, "early_stopping": "none"}
    assert limits(name, **given) == (7, 3, "none")
    assert models.get(name).estimator(Settings(refit_dev=True), 0).refit_dev


@pytest.mark.parametrize("name", ["lstm", "mdre"])
def test_captions_name_the_rule(name):
    captions = {
        rule: ", ".join(models.get(name).budget(Settings(early_stopping=rule)))
        for rule in EARLY_STOPPING
    }
    assert "dev loss" in captions["loss"]
    assert "dev UAR" in captions["uar"]
    assert "no early stopping" in captions["none"]
    assert [rule for rule, text in captions.items() if "at most" not in text] == ["none"]


def test_caption_of_the_authors_code():
    budget = models.get("tre").budget(Settings(preset="yoon2018"))
    assert budget[0] == "the authors' code, at most 10000 batches"


@pytest.mark.parametrize("name", ["lstm", "mdre"])
def test_estimate_grows_with_refit_and_without_early_stopping(name):
    size = TrainingSize(1000, 40, 100.0, 8, 10.0)
    seconds = {
        case: models.get(name).estimated_seconds(size, Settings(**settings))
        for case, settings in {
            "default": {},
            "refit": {"refit_dev": True},
            "none": {"early_stopping": "none"},
            "short": {"early_stopping": "none", "max_epochs": 5},
        }.items()
    }
    assert seconds["short"] < seconds["default"] < seconds["refit"] < seconds["none"]
