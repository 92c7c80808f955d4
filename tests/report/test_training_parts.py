"""Notes on models that are trained on train + dev beside models that are trained on train."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from findings_factory import findings_of

from aser_bench.core.findings import Findings
from aser_bench.report import tables

ALONE = "Trained on train + dev: svm and mlp; trained on train alone: lstm."
AGAIN = "Trained on train + dev: svm and mlp; retrained on train + dev: lstm."


@pytest.fixture
def two_sections(build):
    """Return a run of models without dev on functionals, and one with dev on frames."""
    scores, conditions, context = build(models=("svm", "mlp"), runs=2)
    scores["n_train"], scores["n_dev"] = 384, 0
    frames, _, _ = build(models=("lstm",), features=("frames",), runs=2)
    return pd.concat([scores, frames], ignore_index=True), conditions, context


def notes_of(run, findings=None):
    findings = Findings() if findings is None else findings
    return {table.stem: table.footnotes for table in tables.build(*run, findings)}


def test_tables_of_all_feature_sets_name_models_that_are_trained_on_other_parts(two_sections):
    findings = findings_of(two_sections[0])
    notes = notes_of(two_sections, findings)
    for stem in ("functionals-speaker-uar", "frames-speaker-losses", "bandwidth"):
        assert ALONE in notes[f"demo-{stem}"]
    for overview, _ in tables.overview(*two_sections, findings):
        assert ALONE in overview.footnotes
    assert tables.section_notes(*two_sections, Findings()) == {
        ("demo", "functionals", "speaker"): (ALONE,),
        ("demo", "frames", "speaker"): (ALONE,),
    }


def test_models_that_are_retrained_on_dev_are_named(two_sections):
    scores, conditions, context = two_sections
    context = replace(context, refitted=("svm", "mlp", "lstm"))
    notes = notes_of((scores, conditions, context))
    assert AGAIN in notes["demo-frames-speaker-uar"]


def test_protocols_are_compared_separately(two_sections):
    scores, conditions, context = two_sections
    paper = scores.assign(protocol="paper", n_train=384, n_dev=24)
    both = pd.concat([scores, paper], ignore_index=True)
    notes = notes_of((both, conditions, context), findings_of(both))
    assert ALONE in notes["demo-functionals-speaker-uar"]
    assert not any("rained on train" in note for note in notes["demo-functionals-paper-uar"])
    assert f"Protocol speaker: {ALONE[0].lower()}{ALONE[1:]}" in notes["demo-bandwidth"]


def test_models_with_the_same_parts_have_no_note(build):
    notes = notes_of(build(models=("svm", "lstm")))
    assert not any("rained on train" in note for lines in notes.values() for note in lines)
