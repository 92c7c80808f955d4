"""Compare the time of the grid search of svm and mlp with scikit-learn's GridSearchCV.

    python benchmarks/speed/grid.py --corpus NAME=DIR [--corpus ...] [--model svm] [--model mlp]
                                    [--folds N] [--repeats K] [--csv FILE]

All rows search the same candidates on the same inner folds of one training set, on one core,
alternating in one run, so that noise of the machine affects all of them. README.md in this folder
describes the rows.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from turns import timed

from aser_bench import features, models
from aser_bench.core.tables import SAMPLE_RATE
from aser_bench.corpora.audio import read
from aser_bench.evaluation.splits import inner_folds, split
from aser_bench.models.base import INNER_FOLDS, Settings
from aser_bench.models.search import best_candidate
from aser_bench.pipeline.cache import Cache, key
from aser_bench.pipeline.ingest import Ingested, ingest
from aser_bench.pipeline.parallel import Pool
from aser_bench.study.parsing import CorpusChoice

SETTINGS, SEED = Settings(effort="paper"), 0
SET = "functionals"
Fold = tuple[np.ndarray, np.ndarray]

WRITTEN, DISTINCT = "GridSearchCV, as written", "GridSearchCV, no candidate twice"
FLOAT32, OURS = "the same, float32", "aser-bench"
SHARES = (
    ("work not done: equivalent candidates", WRITTEN, DISTINCT),
    ("features in float32", DISTINCT, FLOAT32),
    ("done faster, or shared between candidates", FLOAT32, OURS),
    ("all", WRITTEN, OURS),
)
GOALS = {
    ("svm", "ravdess"): 4.0,
    ("svm", "tess"): 6.0,
    ("mlp", "ravdess"): 2.0,
    ("mlp", "tess"): 2.0,
}


@dataclass(frozen=True)
class Search:
    """The grid of a model, in the usual form and without equivalent candidates.

    ``ignored`` returns the name of the parameter that has no effect in a candidate.
    """

    network: Any
    written: dict[str, list[Any]]
    distinct: list[dict[str, list[Any]]]
    ignored: Callable[[dict[str, Any]], str | None]


_C, _GAMMA = [0.0005, 0.001, 0.002, 0.01, 0.1, 1, 10], [0.001, 0.01, 0.1, 1]
_MLP: dict[str, list[Any]] = {
    "mlp__hidden_layer_sizes": [(300,)],
    "mlp__alpha": [0.001, 0.01],
    "mlp__batch_size": [512],
    "mlp__max_iter": [200, 300],
}
SEARCHES = {
    "svm": Search(
        Pipeline([("scale", StandardScaler()), ("svc", SVC())]),
        {"svc__C": _C, "svc__gamma": _GAMMA, "svc__kernel": ["linear", "rbf", "poly", "sigmoid"]},
        models.get("svm").grid(SETTINGS),
        lambda candidate: "svc__gamma" if candidate["svc__kernel"] == "linear" else None,
    ),
    "mlp": Search(
        Pipeline([("scale", StandardScaler()), ("mlp", MLPClassifier(random_state=SEED))]),
        {**_MLP, "mlp__learning_rate": ["constant", "adaptive"]},
        [{**_MLP, "mlp__learning_rate_init": [0.001]}],
        lambda candidate: "mlp__learning_rate",
    ),
}


@dataclass(frozen=True)
class Material:
    """A training set (rows, columns), its emotions (rows,), and its inner folds."""

    features: np.ndarray
    labels: np.ndarray
    folds: list[Fold]


def grid_search(network: Any, grid: Any, dtype: str, material: Material, fold: Fold) -> np.ndarray:
    """Return the score of each candidate on one inner fold by GridSearchCV."""
    search = GridSearchCV(network, grid, scoring="balanced_accuracy", cv=[fold], refit=False)
    search.fit(material.features.astype(dtype), material.labels)
    return search.cv_results_["split0_test_score"]


def ours(model: str, material: Material, fold: Fold) -> np.ndarray:
    """Return the score of each candidate on one inner fold as a run computes it."""
    candidates = list(ParameterGrid(SEARCHES[model].distinct))
    arguments = (candidates, material.features, material.labels, [fold], SETTINGS, SEED)
    return models.get(model).search(*arguments)[:, 0]


def score(row: str, model: str, material: Material, fold: Fold) -> np.ndarray:
    """Return the scores of a row of the table on one inner fold."""
    search = SEARCHES[model]
    methods: dict[str, Callable[[], np.ndarray]] = {
        WRITTEN: lambda: grid_search(search.network, search.written, "float64", material, fold),
        DISTINCT: lambda: grid_search(search.network, search.distinct, "float64", material, fold),
        FLOAT32: lambda: grid_search(search.network, search.distinct, "float32", material, fold),
        OURS: lambda: ours(model, material, fold),
    }
    return methods[row]()


ROWS = (WRITTEN, DISTINCT, FLOAT32, OURS)


def measured(
    model: str, material: Material, repeats: int
) -> tuple[pd.DataFrame, dict[str, np.ndarray]]:
    """Return times and scores (candidates, folds) of all rows, alternating on each fold."""
    times, scores = [], {row: [] for row in ROWS}
    for repeat in range(repeats):
        for number, fold in enumerate(material.folds):
            for row in ROWS:
                fold_scores: list[np.ndarray] = []
                cost = timed(lambda: fold_scores.append(score(row, model, material, fold)), 1000)  # noqa: B023
                times.append({"row": row, "repeat": repeat, "fold": number, **cost})
                print(*times[-1].values(), file=sys.stderr)
                if not repeat:
                    scores[row] += fold_scores
    return pd.DataFrame(times), {
        row: np.stack(fold_scores, axis=1) for row, fold_scores in scores.items()
    }


def report(model: str, corpus: str, times: pd.DataFrame) -> Iterator[str]:
    """Yield the table (seconds of all folds, best of the repeats), and the goals."""
    fold_best = times.groupby(["row", "fold"], sort=False)[["CPU", "wall"]].min()
    table = fold_best.groupby("row", sort=False).sum()
    yield table.round(2).to_string(index_names=False)
    for reason, slow, fast in SHARES:
        ratio = table.loc[slow] / table.loc[fast]
        yield f"{reason}: {ratio['CPU']:.2f} times in CPU, {ratio['wall']:.2f} in wall"
    goal = GOALS.get((model, corpus))
    if goal is None:
        yield f"goal: none is set for {model} on {corpus}"
        return
    for clock in ("CPU", "wall"):
        ratio = table[clock][WRITTEN] / table[clock][OURS]
        verdict = "met" if ratio >= goal else "not met"
        yield f"goal: {WRITTEN} / {OURS}, {clock} >= {goal}: {ratio:.2f}, {verdict}"


def compared(model: str, scores: dict[str, np.ndarray]) -> Iterator[str]:
    """Compare the scores of every candidate and the choice of each row with aser-bench."""
    search = SEARCHES[model]
    candidates = list(ParameterGrid(search.distinct))
    index = {_name(search, candidate): i for i, candidate in enumerate(candidates)}
    chosen = _name(search, candidates[best_candidate(scores[OURS])[0]])
    yield f"{OURS} chooses {chosen}"
    for row in ROWS[:-1]:
        theirs = list(ParameterGrid(search.written if row == WRITTEN else search.distinct))
        ours_ = scores[OURS][[index[_name(search, candidate)] for candidate in theirs]]
        equal = int((scores[row] == ours_).sum())
        choice = _name(search, theirs[best_candidate(scores[row])[0]])
        verdict = "the same choice" if choice == chosen else f"another choice, {choice}"
        yield f"{row}: {equal} of {ours_.size} scores equal to ours, {verdict}"


def _name(search: Search, candidate: dict[str, Any]) -> str:
    """Describe a candidate without its ignored parameters."""
    left_out = {search.ignored(candidate), "mlp__learning_rate_init"}
    values = sorted((name, value) for name, value in candidate.items() if name not in left_out)
    return ", ".join(f"{name.partition('__')[2]} {value}" for name, value in values)


def material_of(corpus: str, n_folds: int) -> Material:
    """Return the first training set of the protocol ``speaker``; features are cached."""
    name, _, source = corpus.partition("=")
    cache = Cache(Path(tempfile.gettempdir()) / "aser-bench-speed-grid")
    with Pool(1) as pool:
        ingested = ingest(CorpusChoice(name, source or None), None, cache, pool)
    first = split("speaker", ingested.utterances, SEED)[0]
    rows = np.union1d(first.train, first.dev)
    number = INNER_FOLDS[SETTINGS.effort]
    folds, _ = inner_folds("speaker", ingested.utterances, rows, number, SEED)
    labels = ingested.utterances["emotion"].to_numpy(dtype=str)
    return Material(_features(ingested, cache)[rows], labels[rows], folds[:n_folds])


def _features(ingested: Ingested, cache: Cache) -> np.ndarray:
    name = key(SET, features.get(SET).version, ingested.sha256)
    entry = cache.load("features", name)
    if entry is None:
        signals = [read(file) for file in ingested.utterances["file"]]
        values = np.stack(features.extract([SET], signals, SAMPLE_RATE)[SET])
        cache.save("features", name, {"values": values}, {})
        return values
    return entry.arrays["values"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", action="append", required=True, metavar="NAME=DIR")
    parser.add_argument("--model", action="append", choices=SEARCHES, help="default: all")
    parser.add_argument("--folds", type=int, default=5, metavar="N", help="inner folds to time")
    parser.add_argument("--repeats", type=int, default=1, metavar="K")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="to write all times to")
    wanted = parser.parse_args(arguments)
    warnings.simplefilter("ignore", ConvergenceWarning)
    warnings.filterwarnings("ignore", message="Got `batch_size`")
    warnings.filterwarnings("ignore", message="y_pred contains classes not in y_true")
    tables = []
    for corpus in wanted.corpus:
        material = material_of(corpus, wanted.folds)
        for model in wanted.model or SEARCHES:
            with Pool(1) as pool:  # one thread for the numerical libraries, as in a run
                run = pool.run(lambda model: measured(model, material, wanted.repeats), [model])  # noqa: B023
                times, scores = next(run)
            name, shape = corpus.partition("=")[0], material.features.shape
            tables.append(times.assign(corpus=name, model=model))
            lines = [*report(model, name, times), *compared(model, scores)]
            print(f"{model} on {name}, {shape[0]} x {shape[1]}, {len(material.folds)} inner folds:")
            print("seconds, best of the repeats:", *lines, "", sep="\n", flush=True)
    if wanted.csv:
        pd.concat(tables).to_csv(wanted.csv, index=False)


if __name__ == "__main__":
    main()
