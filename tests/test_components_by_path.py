"""Components named ``package.module:Name``, as class or instance, in a run without installation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

MODULE = """
import re
from dataclasses import dataclass

import numpy as np

from aser_bench.codecs.control import Control
from aser_bench.corpora.folder import FolderCorpus, Labels
from aser_bench.features.base import FeatureSet
from aser_bench.models.base import Model


class Quantiser(Control):
    name = "quantiser"
    title = "8-bit samples"

    def apply(self, signal, rate, condition):
        return (np.round(signal * 128) / 128).astype(np.float32)


class Voices(FolderCorpus):
    name = "voices"
    title = licence = citation = "voices of a test"
    pattern = re.compile(r"([a-z])_([ah])(\\d)")
    example = "b_a1.wav"

    def labels(self, match):
        return Labels({"a": "angry", "h": "happy"}[match[2]], speaker=match[1])


@dataclass(frozen=True)
class Level(FeatureSet):
    name = "level"
    title = "level and crossings"
    version = 1
    columns = ("level", "crossings")

    def extract(self, signal):
        crossings = np.count_nonzero(np.diff(np.signbit(signal.signal)))
        return np.array([np.abs(signal.signal).mean(), crossings], dtype=np.float32)


class Nearest(Model):
    name = "nearest"
    title = "nearest centroid"

    def estimator(self, settings, seed):
        from sklearn.neighbors import KNeighborsClassifier
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return make_pipeline(StandardScaler(), KNeighborsClassifier(1))

    def grid(self, settings):
        return [{}]


quantiser, voices, level, nearest = Quantiser(), Voices(), Level(), Nearest()
"""

NAMES = {
    "classes": ("Quantiser", "Voices", "Level", "Nearest"),
    "instances": ("quantiser", "voices", "level", "nearest"),
}


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Return a folder of 32 tones: quiet and low ones are happy, loud and high ones angry."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    time = np.arange(6400) / 16_000
    rng = np.random.default_rng(0)
    for speaker in "bcde":
        for emotion, amplitude, frequency in (("a", 0.5, 400), ("h", 0.1, 150)):
            for number in range(4):
                tone = amplitude * np.sin(2 * np.pi * frequency * time)
                signal = tone + 0.005 * rng.standard_normal(len(time))
                soundfile.write(folder / f"{speaker}_{emotion}{number}.wav", signal, 16_000)
    return folder


@pytest.mark.parametrize("kind", NAMES)
def test_components_of_every_kind_run_by_their_path(tmp_path, recordings, kind):
    (tmp_path / "my_components.py").write_text(MODULE)
    codec, corpus, features, model = (f"my_components:{name}" for name in NAMES[kind])
    process = subprocess.run(
        [
            *(sys.executable, "-m", "aser_bench", "run"),
            *("--corpus", f"{corpus}={recordings}", "--codec", codec),
            *("--features", features, "--models", f"{model},svm"),
            *("--effort", "quick", "-j", "2", "-q", "--format", "csv", "--out", "out"),
        ],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)]),
            "ASER_BENCH_CACHE": str(tmp_path / "cache"),
        },
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert set(scores["model"]) == {model, "svm"}
    assert set(scores["features"]) == {features}
    assert set(scores["test_condition"]) == {"original", "quantiser"}
    assert (scores["uar"] == 1).all()
