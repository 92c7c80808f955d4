"""Measure a rendered demo corpus: ``python benchmarks/demo_corpus/check.py DIR``.

Prints statistics of the audio files (levels, durations, duplicates), and how well a support vector
machine on acoustic features and a baseline on the texts recognise the emotions. Requires
``librosa``, ``pandas``, ``scikit-learn`` and ``soundfile``.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import soundfile
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import confusion_matrix, recall_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

SAMPLE_RATE = 16_000
FOLDS = 5
SVM_SETTINGS = tuple((kernel, c) for kernel in ("linear", "rbf") for c in (0.01, 0.1, 1.0, 10.0))


def features(samples: np.ndarray) -> np.ndarray:
    """Return the means over time of 40 MFCCs, 12 chroma bins and 128 mel bands."""
    parts = (
        librosa.feature.mfcc(y=samples, sr=SAMPLE_RATE, n_mfcc=40),
        librosa.feature.chroma_stft(y=samples, sr=SAMPLE_RATE),
        librosa.feature.melspectrogram(y=samples, sr=SAMPLE_RATE),
    )
    return np.concatenate([part.mean(axis=1) for part in parts])


def measure(samples: np.ndarray) -> dict[str, float]:
    """Return duration, peak, level, noise floor, and the level at the ends of the recording."""
    frames = samples[: samples.size // 400 * 400].reshape(-1, 400)
    levels = 10.0 * np.log10(np.mean(frames**2, axis=1) + 1e-12)
    return {
        "seconds": samples.size / SAMPLE_RATE,
        "peak": float(np.abs(samples).max()),
        "level_db": float(10.0 * np.log10(np.mean(samples**2))),
        "floor_db": float(levels.min()),
        "ends_db": float(max(levels[:3].max(), levels[-3:].max())),
    }


def folds(table: pd.DataFrame) -> np.ndarray:
    """Return the fold of each utterance; a fold has two speakers, in the order of their names."""
    order = {name: i for i, name in enumerate(sorted(table.speaker.unique()))}
    return table.speaker.map(order).to_numpy() * FOLDS // len(order)


def predict(model: Pipeline, inputs: np.ndarray, truth: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return predictions by models that were trained without the speaker of the utterance."""
    predicted = np.empty_like(truth)
    for held_out in range(FOLDS):
        test = fold == held_out
        model.fit(inputs[~test], truth[~test])
        predicted[test] = model.predict(inputs[test])
    return predicted


def uar(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return the unweighted average recall."""
    return float(recall_score(truth, predicted, average="macro"))


def report_svm(inputs: np.ndarray, truth: np.ndarray, table: pd.DataFrame) -> None:
    """Print the UAR of all settings of the acoustic baseline, and details of the best."""
    fold = folds(table)
    results = {}
    for kernel, c in SVM_SETTINGS:
        model = make_pipeline(StandardScaler(), SVC(kernel=kernel, C=c))
        results[kernel, c] = predict(model, inputs, truth, fold)
        print(f"SVM {kernel:6} C={c:<5} UAR {uar(truth, results[kernel, c]):.3f}")
    best = max(results, key=lambda setting: uar(truth, results[setting]))
    names = np.unique(truth)
    print(f"\nbest: {best}; rows are the acted emotions")
    matrix = pd.DataFrame(confusion_matrix(truth, results[best]), names, names)
    matrix["recall"] = np.diag(matrix) / matrix.sum(axis=1)
    print(matrix.round(2).to_string())
    correct = pd.Series(results[best] == truth)
    print(correct.groupby(table.speaker.to_numpy()).mean().round(2).to_dict())


def report_words(truth: np.ndarray, table: pd.DataFrame) -> None:
    """Print the UAR of the text baseline, by kind of text."""
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10.0, max_iter=1000)
    )
    predicted = predict(model, table.text.to_numpy(), truth, folds(table))
    print(f"\nwords: UAR {uar(truth, predicted):.3f} over all")
    for kind, rows in table.groupby("text_kind").indices.items():
        print(f"words: UAR {uar(truth[rows], predicted[rows]):.3f} on {kind} texts")
    rows = table.groupby("text_kind").indices["emotional"]
    recalls = recall_score(truth[rows], predicted[rows], average=None)
    print(dict(zip(np.unique(truth), recalls.round(2).tolist(), strict=True)))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Measure a rendered demo corpus.")
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder = parser.parse_args().folder
    table = pd.read_csv(folder / "utterances.csv")
    signals = [soundfile.read(folder / file)[0] for file in table.file]
    statistics = pd.DataFrame([measure(samples) for samples in signals])
    print(statistics.describe(percentiles=[0.5]).drop("count").round(3).to_string())
    by_emotion = statistics.groupby(table.emotion.to_numpy())[["seconds", "level_db"]]
    print(by_emotion.mean().round(2).to_string())
    size = sum(path.stat().st_size for path in folder.rglob("*.flac"))
    distinct = len({hashlib.sha256(samples.tobytes()).digest() for samples in signals})
    print(
        f"{len(signals)} utterances, {distinct} distinct, {statistics.seconds.sum() / 60:.2f} min, "
    )
    print(f"{size / 1e6:.2f} MB; words: {table.text.nunique()} distinct texts\n")
    truth = table.emotion.to_numpy()
    report_svm(np.stack([features(samples) for samples in signals]), truth, table)
    report_words(truth, table)


if __name__ == "__main__":
    main()
