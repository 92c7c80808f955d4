"""The study as a typical script, with which `study.py` compares aser-bench.

    python straightforward.py PLAN RESULT

The script uses pydub, librosa, scikit-learn's GridSearchCV and one Keras fit per run, and records
the time of each task. PLAN and RESULT are pickles; `study.py` writes PLAN and reads RESULT.
"""

from __future__ import annotations

import pickle
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import librosa
import numpy as np
from pydub import AudioSegment
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from slice_of_study import GRIDS, Cell, Plan, needed, peak_mb
from turns import cpu_s

RATE = 16_000
ORIGINAL = "original"


@dataclass
class Result:
    """Result of the script.

    Attributes
    ----------
    pieces : list of dict
        Tasks: stage, what, condition (trained on), test, fold, run, CPU and wall seconds. For a
        search, also the share of its time for redundant candidates (``double``) and for the
        final fit (``refit``).
    CPU : float
        CPU seconds of the whole process.
    peaks : list of float
        Peak resident memory in MB.
    features : dict
        Condition -> the 180 values of all utterances, (utterances, 180).
    predicted : dict
        (model, fold, training condition, run) -> test condition -> predicted emotions.
    params : dict
        The same key -> the settings that a search chose.
    """

    pieces: list[dict[str, Any]] = field(default_factory=list)
    features: dict[str, np.ndarray] = field(default_factory=dict)
    predicted: dict[tuple, dict[str, np.ndarray]] = field(default_factory=dict)
    params: dict[tuple, dict[str, Any]] = field(default_factory=dict)
    CPU: float = 0.0
    peaks: list[float] = field(default_factory=list)

    def timed(self, task: dict[str, Any], function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function, and record the time of the task."""
        cpu, wall = cpu_s(), time.perf_counter()
        value = function(*arguments)
        cpu, wall = cpu_s() - cpu, time.perf_counter() - wall
        self.pieces.append({**task, "CPU": cpu, "wall": wall})
        return value


def code(bitrate: int, file: Path) -> np.ndarray:
    """Return a recording after MP3."""
    mp3 = file.with_suffix(f".{bitrate}.mp3")
    AudioSegment.from_file(file).export(mp3, format="mp3", bitrate=f"{bitrate}k").close()
    return load(mp3)


def load(file: Path) -> np.ndarray:
    """Return the samples of a recording."""
    return librosa.load(file, sr=RATE)[0]


def values(signal: np.ndarray) -> np.ndarray:
    """Return the 180 means of the features."""
    mfcc = librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40)
    chroma = librosa.feature.chroma_stft(y=signal, sr=RATE)
    mel = librosa.feature.melspectrogram(y=signal, sr=RATE)
    return np.hstack([part.mean(axis=1) for part in (mfcc, chroma, mel)])


def frames(signal: np.ndarray) -> np.ndarray:
    """Return the MFCC of each frame."""
    return librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40).T


def network(seed: int) -> MLPClassifier:
    """Return the MLP of the study."""
    return MLPClassifier(
        (300,),
        learning_rate="adaptive",
        learning_rate_init=0.001,
        batch_size=1024,
        validation_fraction=0.1,
        max_iter=50,
        random_state=seed,
    )


def search(model: str, seed: int, folds: list) -> GridSearchCV:
    """Return the grid search of a model."""
    last = ("svc", SVC()) if model == "svm" else ("mlp", network(seed))
    pipeline = Pipeline([("scale", StandardScaler()), last])
    return GridSearchCV(pipeline, GRIDS[model], scoring="balanced_accuracy", cv=folds)


def shares(fitted: GridSearchCV, wall: float) -> dict[str, float]:
    """Return the shares of the time of a search for redundant candidates and for the refit."""
    results = fitted.cv_results_
    seconds = (results["mean_fit_time"] + results["mean_score_time"]) * fitted.n_splits_
    double = sum(seconds[~needed(results["params"])])
    return {"double": double / wall, "refit": fitted.refit_time_ / wall}


def keras_run(
    plan: Plan, cell: Cell, seed: int, padded: Callable[[str, np.ndarray], np.ndarray]
) -> Any:
    """Train the two LSTM layers; return a function that predicts emotions from frames."""
    import keras

    keras.utils.set_random_seed(seed % 2**31)
    layers = keras.layers
    x, dev = padded(cell.condition, cell.train), padded(cell.condition, cell.dev)
    filled = np.any(x != 0, axis=2)
    mean, scale = x[filled].mean(axis=0), x[filled].std(axis=0)

    def scaled(frames: np.ndarray) -> np.ndarray:
        return np.where(np.any(frames != 0, axis=2, keepdims=True), (frames - mean) / scale, 0)

    emotions, y = np.unique(plan.labels[cell.train], return_inverse=True)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Masking(),
            layers.LSTM(128, return_sequences=True),
            layers.Dropout(0.5),
            layers.LSTM(128),
            layers.Dropout(0.5),
            layers.Dense(len(emotions), activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    stop = keras.callbacks.EarlyStopping(patience=plan.epochs, restore_best_weights=True)
    model.fit(
        scaled(x),
        y,
        batch_size=64,
        epochs=plan.epochs,
        callbacks=[stop],
        verbose=0,
        validation_data=(scaled(dev), np.searchsorted(emotions, plan.labels[cell.dev])),
    )
    return lambda frames: emotions[model.predict(scaled(frames), verbose=0).argmax(axis=1)]


def coded(plan: Plan, result: Result) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield the recordings at each condition."""
    functions = {ORIGINAL: load, **{f"mp3-{kbps}k": partial(code, kbps) for kbps in plan.bitrates}}
    for condition, function in functions.items():
        task = {"stage": "coding", "what": "coding", "condition": condition}
        yield condition, result.timed(task, call_each, function, plan.files)


def call_each(function: Callable[[Any], Any], items: list) -> list:
    """Return the results of a function for each item."""
    return [function(item) for item in items]


def train(plan: Plan, cell: Cell, run: int, seed: int, select: Any, result: Result) -> None:
    """Train once and predict every condition."""
    task = {"stage": cell.model, "condition": cell.condition, "fold": cell.fold, "run": run}
    key = cell.model, cell.fold, cell.condition, run
    if cell.model == "lstm":
        predict = result.timed({**task, "what": "fit"}, keras_run, plan, cell, seed, select)
    else:
        grid = search(cell.model, seed, cell.folds)
        rows, labels = select(cell.condition, cell.train), plan.labels[cell.train]
        result.timed({**task, "what": "search"}, grid.fit, rows, labels)
        result.pieces[-1] |= shares(grid, result.pieces[-1]["wall"])
        predict, result.params[key] = grid.predict, grid.best_params_
    result.predicted[key] = {}
    for test in result.features:
        prediction = {**task, "what": "predict", "test": test}
        rows = select(test, cell.test)
        result.predicted[key][test] = result.timed(prediction, predict, rows)


def main(plan: Plan) -> Result:
    """Return the result of the whole study."""
    AudioSegment.converter = plan.ffmpeg
    result, matrices = Result(), {}
    for condition, signals in coded(plan, result):
        task = {"stage": "features", "what": "features", "condition": condition}
        means = result.timed(task, call_each, values, signals)
        result.features[condition] = np.array(means)
        matrices[condition] = result.timed(task, call_each, frames, signals)
    longest = max(len(matrix) for rows in matrices.values() for matrix in rows)

    def padded(condition: str, rows: np.ndarray) -> np.ndarray:
        batch = np.zeros((len(rows), longest, 40), dtype=np.float32)
        for index, row in enumerate(rows):
            batch[index, : len(matrices[condition][row])] = matrices[condition][row]
        return batch

    def vectors(condition: str, rows: np.ndarray) -> np.ndarray:
        return result.features[condition][rows]

    for cell in plan.cells:
        print("script:", cell.model, cell.condition, "fold", cell.fold, file=sys.stderr)
        for run, seed in enumerate(cell.seeds):
            train(plan, cell, run, seed, padded if cell.model == "lstm" else vectors, result)
    result.CPU, result.peaks = cpu_s(), [peak_mb()]
    return result


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # about truncated batches and the limit of epochs
    with Path(sys.argv[1]).open("rb") as file:
        study_result = main(pickle.load(file))
    with Path(sys.argv[2]).open("wb") as file:
        pickle.dump(vars(study_result), file)
