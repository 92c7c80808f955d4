"""Notes on classes that the training or test part of a fold lacks."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from aser_bench.core.findings import FOLDS, Findings
from aser_bench.report import missing_classes, tables

EMOTIONS = ("angry", "happy", "sad")


def folds(*changes: tuple[int, str, dict[str, float]], number: int = 3) -> pd.DataFrame:
    """Return folds with ten utterances of each class in each part, with changes by fold."""
    rows = pd.DataFrame(
        [("demo", "speaker", f, e, 10, 10, 10) for f in range(number) for e in EMOTIONS],
        columns=list(FOLDS),
    ).astype({"n_train": float, "n_dev": float, "n_test": float})
    for fold, emotion, values in changes:
        chosen = (rows["fold"] == fold) & (rows["emotion"] == emotion)
        for name, value in values.items():
            rows.loc[chosen, name] = value
    return rows


def sentences(*changes, number=3):
    return missing_classes.sentences(folds(*changes, number=number), "demo", "speaker")


def test_complete_folds_have_no_note():
    assert sentences() == ()
    assert missing_classes.sentences(folds((0, "sad", {"n_test": 0})), "demo", "paper") == ()


def test_test_part_without_a_class_has_its_own_number_of_classes():
    assert sentences((2, "sad", {"n_test": 0})) == (
        "Fold 2 has no 'sad' in its test part: its UAR is the mean over 2 of 3 classes.",
        "The UAR over all folds is the mean over all 3 classes.",
    )


def test_folds_that_lack_the_same_classes_share_a_sentence():
    none = {"n_test": 0}
    notes = sentences((0, "sad", none), (2, "sad", none), (1, "happy", none), (1, "angry", none))
    assert notes[:2] == (
        "Folds 0 and 2 have no 'sad' in their test parts: the UAR of each is the mean over 2 of 3 "
        "classes.",
        "Fold 1 has no 'angry' or 'happy' in its test part: its UAR is the mean over 1 of 3 "
        "classes.",
    )


def test_class_that_no_fold_tests():
    changes = [(fold, "sad", {"n_test": 0}) for fold in range(3)]
    assert sentences(*changes)[-1] == (
        "No fold tests 'sad': the UAR over all folds is the mean over 2 of 3 classes."
    )


def test_training_part_without_a_class():
    assert sentences((1, "happy", {"n_train": 0, "n_dev": 0}), (2, "sad", {"n_train": 0})) == (
        "Fold 1 has no 'happy' in the training part: models of this fold cannot recognise it.",
        "Fold 2 has no 'sad' in the training part without dev: models of this fold that train "
        "without dev cannot recognise it.",
    )


def test_unknown_training_parts_have_no_note():
    unknown = {"n_train": math.nan, "n_dev": math.nan}
    assert sentences((1, "happy", unknown), (2, "sad", {"n_train": math.nan})) == ()


def test_many_groups_of_folds_are_counted():
    subsets = [("sad",), ("happy",), ("angry",), ("sad", "happy"), ("sad", "angry")]
    changes = [(f, e, {"n_test": 0}) for f, emotions in enumerate(subsets) for e in emotions]
    assert sentences(*changes, number=24)[0] == (
        "The test parts of 5 of 24 folds lack classes (see folds.csv): the UAR of such a fold is "
        "the mean over 1 to 2 of 3 classes."
    )


@pytest.mark.parametrize("train", [("original",), ("original", "matched")])
def test_all_tables_of_the_section_have_the_notes(build, train):
    scores, conditions, context = build(train=train)
    findings = Findings(folds=folds((2, "sad", {"n_test": 0})))
    for table in tables.build(scores, conditions, context, findings):
        assert any("Fold 2 has no 'sad'" in note for note in table.footnotes), table.stem
    ((overview, _),) = tables.overview(scores, conditions, context, findings)
    assert any("Fold 2 has no 'sad'" in note for note in overview.footnotes)
