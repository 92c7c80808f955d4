"""Compare the built-in front end with openSMILE on a corpus: values and time.

    pip install aser-bench[opensmile]
    python benchmarks/prosody.py --corpus ravdess=DIR [--utterances 240]

For each of the 35 values of ``prosody35``: Pearson's correlation over utterances between the front
ends; the same without utterances in which openSMILE's HNR contains values near -80 dB of digital
silence, which have a standard deviation that speech does not reach; and the median difference in
standard deviations of openSMILE. For ``mfcc39``: the largest difference and the share of values
that differ by more than 2e-4, without the second differences of the last two frames. CPU time is
the median over utterances of the fastest of several repetitions. The output is in
docs/dual-features.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd

from aser_bench import features
from aser_bench.core.tables import SAMPLE_RATE as RATE
from aser_bench.corpora.audio import read
from aser_bench.features.audio_signal import AudioSignal
from aser_bench.features.base import FeatureSet

SETS = ("prosody35", "mfcc39")
CLOSE = 2e-4
SILENT_HNR_SD = 9.0
"""In dB. One frame of -80 dB in a hundred gives 8 dB; other recordings have 2 to 6 dB."""
TIMED, REPETITIONS = 40, 5


def spread(folder: Path, n: int) -> list[Path]:
    """Return at most n recordings of a folder, evenly spread over its sorted files."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".flac", ".wav"))
    return [files[i] for i in np.linspace(0, len(files) - 1, min(n, len(files))).astype(int)]


def fronts(name: str) -> tuple[FeatureSet, FeatureSet]:
    """Return a feature set with the built-in front end and with openSMILE."""
    return features.get(name), features.get(f"{name}:by=opensmile")


def prosody(signals: list[np.ndarray]) -> pd.DataFrame:
    """Return a table of the agreement of each of the 35 values."""
    ours, theirs = (
        np.array([front.extract(AudioSignal(signal, RATE)) for signal in signals], dtype=np.float64)
        for front in fronts("prosody35")
    )
    distances = np.median(np.abs(ours - theirs), axis=0) / theirs.std(axis=0)
    columns = fronts("prosody35")[0].columns
    defined = theirs[:, columns.index("hnr_sd")] < SILENT_HNR_SD
    table = {
        f"r of {len(signals)}": correlations(ours, theirs),
        f"r of {defined.sum()} without silent HNR": correlations(ours[defined], theirs[defined]),
        "median difference / sd": distances,
    }
    return pd.DataFrame(table, index=pd.Index(columns))


def correlations(ours: np.ndarray, theirs: np.ndarray) -> list[float]:
    """Return Pearson's correlation of each column."""
    return [float(np.corrcoef(a, b)[0, 1]) for a, b in zip(ours.T, theirs.T, strict=True)]


def mfcc(signals: list[np.ndarray]) -> tuple[float, float]:
    """Return the largest difference and the share of values that differ by more than 2e-4."""
    differences = []
    for signal in signals:
        ours, theirs = (front.extract(AudioSignal(signal, RATE)) for front in fronts("mfcc39"))
        difference = np.abs(ours - theirs)
        difference[-2:, 26:] = 0
        differences.append(difference.ravel())
    joined = np.concatenate(differences)
    return float(joined.max()), float((joined > CLOSE).mean())


def milliseconds(front: FeatureSet, signals: list[np.ndarray]) -> float:
    """Return the CPU time per utterance: the median of the best repetition of each."""
    best = []
    for signal in signals:
        seconds = []
        for _ in range(REPETITIONS):
            start = time.process_time()
            front.extract(AudioSignal(signal, RATE))
            seconds.append(time.process_time() - start)
        best.append(min(seconds))
    return 1000 * float(np.median(best))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, metavar="NAME=DIR", help="ravdess=DIR")
    parser.add_argument("--utterances", type=int, default=240, metavar="N")
    wanted = parser.parse_args()
    files = spread(Path(wanted.corpus.partition("=")[2] or wanted.corpus), wanted.utterances)
    signals = [read(file) for file in files]
    print(f"{len(files)} utterances")
    print(prosody(signals).round(3).to_string())
    largest, share = mfcc(signals)
    print(f"mfcc39: largest difference {largest:.1e}, above {CLOSE:g}: {share:.1e} of the values")
    timed = signals[:: max(1, len(signals) // TIMED)]
    print(f"CPU ms per utterance of {np.mean([len(s) for s in timed]) / RATE:.1f} s (mean)")
    for name in SETS:
        for front in fronts(name):
            print(f"  {front.spec:28s} {milliseconds(front, timed):6.1f}")


if __name__ == "__main__":
    main()
