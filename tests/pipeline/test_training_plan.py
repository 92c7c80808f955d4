"""Training plans: tasks of runs, keys, dev parts, and notes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from aser_bench import models
from aser_bench.pipeline import coding_plan, training_plan
from aser_bench.pipeline.cache import Cache
from aser_bench.study.config import resolve
from aser_bench.study.experiment import Experiment


def ingested(speakers: int = 6, takes: int = 2) -> SimpleNamespace:
    """A corpus as the plan reads it: speakers x 3 emotions x takes."""
    rows = [
        (speaker, emotion, take)
        for speaker in range(speakers)
        for emotion in ("angry", "happy", "sad")
        for take in range(takes)
    ]
    table = pd.DataFrame(rows, columns=["speaker", "emotion", "take"]).astype(str)
    table["utterance"] = [f"u{i:03d}" for i in range(len(table))]
    table["file"] = table["utterance"] + ".wav"
    table["group"] = table["samples_sha256"] = table["utterance"]
    table["duration_s"], table["text"] = 1.0, [f"Take {take}." for take in table["take"]]
    return SimpleNamespace(
        corpus=SimpleNamespace(name="made-up", language="en"),
        utterances=table,
        emotions=["angry", "happy", "sad"],
        has_audio=True,
    )


def planned(tmp_path, corpus=None, **layer):
    """Return the experiment on a corpus and its training tasks."""
    corpus = corpus or ingested()
    study = resolve({"codecs": "gain", "effort": "quick", **layer})
    experiment = Experiment.from_study(study).for_corpus(corpus.corpus, corpus.utterances)
    cache = Cache(tmp_path)
    batches = coding_plan.coding_tasks(experiment, corpus, cache)
    return experiment, training_plan.training_tasks(experiment, corpus, batches, cache)


def tasks(tmp_path, corpus=None, **layer):
    return planned(tmp_path, corpus, **layer)[1]


def test_runs_without_a_search_are_separate_tasks(tmp_path):
    planned_tasks = tasks(tmp_path, models="lstm", runs=3, train="original")
    assert [task.runs for task in planned_tasks[:3]] == [(0,), (1,), (2,)]
    assert (
        len({task.key for task in planned_tasks})
        == len({task.seeds for task in planned_tasks})
        == len(planned_tasks)
    )


def test_runs_with_a_search_are_one_task(tmp_path):
    planned_tasks = tasks(tmp_path, models="mlp", runs=3, effort="standard", train="original")
    assert {task.runs for task in planned_tasks} == {(0, 1, 2)}
    assert {task.runs for task in tasks(tmp_path, models="svm", train="original")} == {(0,)}


def test_more_runs_contain_the_keys_of_fewer(tmp_path):
    few, many = (tasks(tmp_path, models="lstm", runs=n, train="original") for n in (2, 5))
    assert {task.key for task in few} < {task.key for task in many}


@pytest.mark.parametrize(
    "layer",
    [
        {"max_epochs": 5},
        {"patience": 3},
        {"early_stopping": "none"},
        {"refit_dev": True},
        {"frame_pool": 2},
        {"class_weight": "balanced"},
        {"seed": 1},
    ],
)
def test_settings_of_a_training_change_its_key(tmp_path, layer):
    plain = {task.key for task in tasks(tmp_path, models="lstm", runs=1)}
    assert not plain & {task.key for task in tasks(tmp_path, models="lstm", runs=1, **layer)}


def test_trainings_on_different_conditions_have_the_same_seeds(tmp_path):
    layer = {"models": "mlp", "effort": "standard", "runs": 2, "codecs": "gain,int16"}
    planned_tasks = tasks(tmp_path, train="matched,multi", **layer)
    seeds: dict[int, set] = {}
    for task in planned_tasks:
        seeds.setdefault(task.cell["fold"], set()).add(task.seeds)
    assert len({task.cell["train_condition"] for task in planned_tasks}) == 4
    assert all(len(distinct) == 1 for distinct in seeds.values())
    assert len(set.union(*seeds.values())) == len(seeds)  # other folds have other seeds
    assert len({task.key for task in planned_tasks}) == len(planned_tasks)


def test_repeats_draw_other_folds_and_seeds(tmp_path):
    layer = {"models": "mlp", "effort": "standard", "runs": 2, "train": "original"}
    once, thrice = (tasks(tmp_path, repeats=number, **layer) for number in (1, 3))
    assert [task.key for task in thrice[: len(once)]] == [task.key for task in once]
    assert [task.repeat for task in thrice] == [0] * 5 + [1] * 5 + [2] * 5
    assert [task.cell["fold"] for task in thrice] == list(range(15))
    assert len({task.seeds for task in thrice}) == 15
    folds = [{tuple(task.test) for task in thrice[i : i + 5]} for i in (0, 5, 10)]
    assert folds[0] != folds[1] != folds[2] != folds[0]
    for repeat in (0, 5, 10):
        rows = np.concatenate([task.test for task in thrice[repeat : repeat + 5]])
        assert sorted(rows) == list(range(36))


def test_note_on_repeats_with_the_same_folds(tmp_path):
    corpus = ingested()
    for protocol, number in (("loso", 1), ("speaker", 0)):
        layer = {"models": "svm", "train": "original", "repeats": 2, "protocol": protocol}
        experiment, trainings = planned(tmp_path, corpus, **layer)
        lines = training_plan.notes(experiment, corpus, trainings)
        assert sum("all repeats have the same folds" in line for line in lines) == number


def test_model_that_uses_dev_gets_a_dev_part(tmp_path):
    corpus = ingested()
    speaker = corpus.utterances["speaker"].to_numpy()
    for task in tasks(tmp_path, corpus, models="lstm,svm", runs=1, train="original"):
        parts = [set(speaker[rows]) for rows in (task.train, task.dev, task.test)]
        assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]
        assert bool(len(task.dev)) == models.get(task.cell["model"]).uses_dev
    experiment, trainings = planned(tmp_path, corpus, models="lstm", runs=1)
    assert training_plan.notes(experiment, corpus, trainings) == []


def test_refit_on_dev_only_where_models_without_dev_are_trained_on_it(tmp_path):
    corpus = ingested(speakers=5, takes=8)
    layer = {"models": "lstm", "runs": 1, "refit_dev": True, "protocol": "speaker,paper"}
    experiment, trainings = planned(tmp_path, corpus, **layer)
    refitted = {(task.cell["protocol"], task.settings.refit_dev) for task in trainings}
    assert refitted == {("speaker", True), ("paper", False)}
    notes = training_plan.notes(experiment, corpus, trainings)
    assert [note for note in notes if "retrained" in note] == [
        "lstm is not retrained on dev under protocol paper: no model is trained on this dev part"
    ]


def test_models_without_early_stopping_do_not_depend_on_refit_dev(tmp_path):
    plain, refitted = (
        {task.key for task in tasks(tmp_path, models="svm,mlp", runs=1, refit_dev=refit)}
        for refit in (False, True)
    )
    assert plain == refitted


def test_note_on_a_dev_part_of_the_training_speakers(tmp_path):
    corpus = ingested(speakers=2, takes=8)
    experiment, trainings = planned(tmp_path, corpus, models="lstm,svm", runs=1)
    assert all(len(task.dev) for task in trainings if task.cell["model"] == "lstm")
    (note,) = training_plan.notes(experiment, corpus, trainings)
    assert note.startswith("lstm: too few speakers to spare any for dev")


def test_multi_condition_training_uses_all_conditions(tmp_path):
    (task, *_) = tasks(tmp_path, models="lstm", runs=1, train="multi")
    assert len(task.train_on) > 1
    assert task.train_on == task.test_on
    assert not np.intersect1d(task.train, task.dev).size


def test_reference_transcripts_are_cached_once_by_every_word(tmp_path):
    cache, corpus = Cache(tmp_path), ingested()
    key = training_plan.cache_reference(corpus, cache)
    assert training_plan.cache_reference(corpus, cache) == key
    assert cache.load("transcripts", key).meta["texts"] == corpus.utterances["text"].tolist()
    corpus.utterances.loc[0, "text"] = "Another text."
    assert training_plan.cache_reference(corpus, cache) != key
