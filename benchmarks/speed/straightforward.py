"""The study as a researcher writes it down in an afternoon: what `study.py` compares with.

    python straightforward.py PLAN RESULT

pydub, librosa, scikit-learn's GridSearchCV and a Keras fit a run, with what each piece takes.
PLAN and RESULT are pickles; `study.py` writes the one and reads the other.
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
class Done:
    """What it did.

    Attributes
    ----------
    pieces : list of dict
        stage, what, condition (trained on), test, fold, run, CPU and wall seconds; of a search
        the share of its time that went into candidates which repeat another (``double``) and
        into the fit that follows (``refit``).
    CPU : float
        CPU seconds of the whole process.
    peaks : list of float
        The most memory that it had resident, in MB.
    features : dict
        condition -> the 180 values of all utterances, (utterances, 180).
    predicted : dict
        (model, fold, training condition, run) -> test condition -> words.
    params : dict
        The same key -> what a search chose.
    """

    pieces: list[dict[str, Any]] = field(default_factory=list)
    features: dict[str, np.ndarray] = field(default_factory=dict)
    predicted: dict[tuple, dict[str, np.ndarray]] = field(default_factory=dict)
    params: dict[tuple, dict[str, Any]] = field(default_factory=dict)
    CPU: float = 0.0
    peaks: list[float] = field(default_factory=list)

    def timed(self, about: dict[str, Any], work: Callable[..., Any], *given: Any) -> Any:
        """Do a piece of the work and note what it took."""
        cpu, wall = cpu_s(), time.perf_counter()
        result = work(*given)
        cpu, wall = cpu_s() - cpu, time.perf_counter() - wall
        self.pieces.append({**about, "CPU": cpu, "wall": wall})
        return result


def code(bitrate: int, file: Path) -> np.ndarray:
    """Take a recording through MP3."""
    mp3 = file.with_suffix(f".{bitrate}.mp3")
    AudioSegment.from_file(file).export(mp3, format="mp3", bitrate=f"{bitrate}k").close()
    return load(mp3)


def load(file: Path) -> np.ndarray:
    """Read a recording."""
    return librosa.load(file, sr=RATE)[0]


def values(signal: np.ndarray) -> np.ndarray:
    """Return the 180 means."""
    mfcc = librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40)
    chroma = librosa.feature.chroma_stft(y=signal, sr=RATE)
    mel = librosa.feature.melspectrogram(y=signal, sr=RATE)
    return np.hstack([part.mean(axis=1) for part in (mfcc, chroma, mel)])


def frames(signal: np.ndarray) -> np.ndarray:
    """Return the MFCC of each frame."""
    return librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40).T


def network(seed: int) -> MLPClassifier:
    """Return the study's MLP."""
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
    """Return which share of a search's time went into known candidates, and into the refit."""
    results = fitted.cv_results_
    seconds = (results["mean_fit_time"] + results["mean_score_time"]) * fitted.n_splits_
    double = sum(seconds[~needed(results["params"])])
    return {"double": double / wall, "refit": fitted.refit_time_ / wall}


def keras_run(
    plan: Plan, cell: Cell, seed: int, padded: Callable[[str, np.ndarray], np.ndarray]
) -> Any:
    """Train the two LSTM layers; return what takes frames and gives words."""
    import keras

    keras.utils.set_random_seed(seed % 2**31)
    layers = keras.layers
    x, watched = padded(cell.condition, cell.train), padded(cell.condition, cell.dev)
    real = np.any(x != 0, axis=2)
    mean, scale = x[real].mean(axis=0), x[real].std(axis=0)

    def scaled(some: np.ndarray) -> np.ndarray:
        return np.where(np.any(some != 0, axis=2, keepdims=True), (some - mean) / scale, 0)

    words, y = np.unique(plan.labels[cell.train], return_inverse=True)
    model = keras.Sequential(
        [
            keras.Input(x.shape[1:]),
            layers.Masking(),
            layers.LSTM(128, return_sequences=True),
            layers.Dropout(0.5),
            layers.LSTM(128),
            layers.Dropout(0.5),
            layers.Dense(len(words), activation="softmax"),
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
        validation_data=(scaled(watched), np.searchsorted(words, plan.labels[cell.dev])),
    )
    return lambda some: words[model.predict(scaled(some), verbose=0).argmax(axis=1)]


def coded(plan: Plan, done: Done) -> Iterator[tuple[str, list[np.ndarray]]]:
    """Yield the recordings at each condition."""
    ways = {ORIGINAL: load, **{f"mp3-{one}k": partial(code, one) for one in plan.bitrates}}
    for condition, way in ways.items():
        about = {"stage": "coding", "what": "coding", "condition": condition}
        yield condition, done.timed(about, each, way, plan.files)


def each(function: Callable[[Any], Any], some: list) -> list:
    """Call a function with one after the other."""
    return [function(one) for one in some]


def train(plan: Plan, cell: Cell, run: int, seed: int, take: Any, done: Done) -> None:
    """Train once and predict every condition."""
    about = {"stage": cell.model, "condition": cell.condition, "fold": cell.fold, "run": run}
    key = cell.model, cell.fold, cell.condition, run
    if cell.model == "lstm":
        predict = done.timed({**about, "what": "fit"}, keras_run, plan, cell, seed, take)
    else:
        grid = search(cell.model, seed, cell.folds)
        rows, labels = take(cell.condition, cell.train), plan.labels[cell.train]
        done.timed({**about, "what": "search"}, grid.fit, rows, labels)
        done.pieces[-1] |= shares(grid, done.pieces[-1]["wall"])
        predict, done.params[key] = grid.predict, grid.best_params_
    done.predicted[key] = {}
    for test in done.features:
        piece = {**about, "what": "predict", "test": test}
        done.predicted[key][test] = done.timed(piece, predict, take(test, cell.test))


def main(plan: Plan) -> Done:
    """Do it all."""
    AudioSegment.converter = plan.ffmpeg
    done, matrices = Done(), {}
    for condition, signals in coded(plan, done):
        about = {"stage": "features", "what": "features", "condition": condition}
        means = done.timed(about, each, values, signals)
        done.features[condition] = np.array(means)
        matrices[condition] = done.timed(about, each, frames, signals)
    longest = max(len(one) for some in matrices.values() for one in some)

    def padded(condition: str, rows: np.ndarray) -> np.ndarray:
        found = np.zeros((len(rows), longest, 40), dtype=np.float32)
        for place, row in enumerate(rows):
            found[place, : len(matrices[condition][row])] = matrices[condition][row]
        return found

    def vectors(condition: str, rows: np.ndarray) -> np.ndarray:
        return done.features[condition][rows]

    for cell in plan.cells:
        print("script:", cell.model, cell.condition, "fold", cell.fold, file=sys.stderr)
        for run, seed in enumerate(cell.seeds):
            train(plan, cell, run, seed, padded if cell.model == "lstm" else vectors, done)
    done.CPU, done.peaks = cpu_s(), [peak_mb()]
    return done


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of batches cut to size and epochs used up
    with Path(sys.argv[1]).open("rb") as given:
        did = main(pickle.load(given))
    with Path(sys.argv[2]).open("wb") as kept:
        pickle.dump(vars(did), kept)
