"""Compare the time of feature extraction with librosa, and with a lower bound.

    python benchmarks/speed/features.py --corpus DIR [--utterances N] [--repeats K] [--csv FILE]

All rows extract features of the same utterances, which are in memory, alternating in one run, so
that noise of the machine affects all of them. README.md in this folder describes the rows.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import librosa
import numpy as np
from joblib.externals.loky import get_reusable_executor
from scipy import fft
from scipy.signal import get_window
from threadpoolctl import threadpool_limits
from turns import Row, cpu_s, material, mean_seconds, report, signal_of, timed, timings_of

from aser_bench import features
from aser_bench.core.tables import SAMPLE_RATE as RATE
from aser_bench.pipeline.parallel import Pool

N_FFT, HOP = 2048, 512
BATCHES = 12  # of --batch utterances, for aser-bench: at -j 2, six per worker

PLAIN, SHARED = "librosa, three plain calls", "librosa, one shared STFT"
OURS, OURS_2, FLOOR = "aser-bench -j 1", "aser-bench -j 2", "floor: FFT alone"
SETS = {
    OURS: ("functionals",),
    "the same and frames": ("functionals", "frames"),
    "the same and frames of 180": ("functionals", "frames:parts=mfcc+chroma+mel"),
    "the same and robust": ("functionals", "robust"),
    "the same, tuning 0 and original": (
        "functionals",
        "functionals:tuning=0",
        "functionals:tuning=original",
    ),
    "all of these": (
        "functionals",
        "functionals:tuning=0",
        "functionals:tuning=original",
        "robust",
        "frames",
        "frames:parts=mfcc+chroma+mel",
    ),
}
GOALS = (
    *((PLAIN, OURS, what, ">=", 6.0) for what in ("CPU", "wall")),
    (OURS, OURS_2, "wall", ">=", 1.8),
)

# Computes the 180 values of a signal.
Extractor = Callable[[np.ndarray], np.ndarray]


def plain(signal: np.ndarray) -> np.ndarray:
    """Return the 180 values by the usual code: three calls, each with a separate STFT."""
    return _means(
        librosa.feature.mfcc(y=signal, sr=RATE, n_mfcc=40),
        librosa.feature.chroma_stft(y=signal, sr=RATE),
        librosa.feature.melspectrogram(y=signal, sr=RATE),
    )


def shared(signal: np.ndarray) -> np.ndarray:
    """Return the same by librosa from one power spectrogram and one mel spectrogram."""
    power = np.abs(librosa.stft(signal)) ** 2
    mel = librosa.feature.melspectrogram(S=power, sr=RATE)
    return _means(
        librosa.feature.mfcc(S=librosa.power_to_db(mel), sr=RATE, n_mfcc=40),
        librosa.feature.chroma_stft(S=power, sr=RATE),
        mel,
    )


def _means(*parts: np.ndarray) -> np.ndarray:
    return np.concatenate([part.mean(axis=1) for part in parts])


def floor(frames: np.ndarray) -> None:
    """Transform the windowed frames of an utterance."""
    fft.rfft(frames, axis=1)


def windowed(signal: np.ndarray) -> np.ndarray:
    """Return the windowed frames of an STFT, float64, (frames, N_FFT)."""
    frames = librosa.util.frame(np.pad(signal, N_FFT // 2), frame_length=N_FFT, hop_length=HOP)
    return np.ascontiguousarray(frames.T * get_window("hann", N_FFT))


def ours(sets: tuple[str, ...], wavs: list[Path]) -> float:
    """Extract the features of one batch as a worker of a run does; return the CPU seconds."""
    signals = [signal_of(wav) for wav in wavs]
    start = cpu_s()
    features.extract(sets, signals, RATE, features.audio_signals(signals, RATE))
    return cpu_s() - start


def _each(extractor: Extractor, wavs: list[Path]) -> dict[str, float]:
    signals = [signal_of(wav) for wav in wavs]
    extractor(signals[0])  # imports, compilation and caches of the first call are not timed
    return timed(lambda: [extractor(signal) for signal in signals], len(signals))


def _floor(wavs: list[Path]) -> dict[str, float]:
    frames = [windowed(signal_of(wav)) for wav in wavs]
    floor(frames[0])
    return timed(lambda: [floor(each) for each in frames], len(frames))


def _pooled(sets: tuple[str, ...], jobs: int, batch: int, wavs: list[Path]) -> dict[str, float]:
    many = wavs * -(-BATCHES * batch // len(wavs))  # batches of the size of a run
    batches = [many[start::BATCHES] for start in range(BATCHES)]
    work = partial(ours, sets)
    with ExitStack() as stack:
        if jobs > 1:  # otherwise the end of the workers would count in another row
            stack.callback(lambda: get_reusable_executor(reuse=True).shutdown())
        pool = stack.enter_context(Pool(jobs))
        list(pool.run(work, [many] * 2 * jobs))  # starts the workers and fills their caches
        return timed(lambda: sum(pool.run(work, batches)), len(many), in_workers=jobs > 1)


def alternatives(batch: int) -> dict[str, Row]:
    """Return all rows of the table; aser-bench takes batches of ``batch`` utterances."""
    return {
        PLAIN: partial(_each, plain),
        SHARED: partial(_each, shared),
        **{name: partial(_pooled, sets, 1, batch) for name, sets in SETS.items()},
        OURS_2: partial(_pooled, SETS[OURS], 2, batch),
        FLOOR: _floor,
    }


def differences(wavs: list[Path]) -> Iterator[str]:
    """Compare the values of aser-bench with those of librosa."""
    signals = [signal_of(wav) for wav in wavs]
    ours_ = np.array(features.extract(SETS[OURS], signals, RATE)["functionals"])
    expected = np.array([plain(signal) for signal in signals])
    # Relative and absolute tolerance of 1e-4 together, as in numpy.allclose.
    worst = (np.abs(ours_ - expected) / (1e-4 + 1e-4 * np.abs(expected))).max()
    verdict = "equal" if worst <= 1 else "NOT equal"
    yield f"aser-bench and librosa: {verdict} (at most {worst:.2f} of rtol = atol = 1e-4)"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--utterances", type=int, default=32, metavar="N")
    parser.add_argument("--repeats", type=int, default=5, metavar="K")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="a run has 32")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="to write all repeats to")
    wanted = parser.parse_args()
    rows = alternatives(wanted.batch)
    with tempfile.TemporaryDirectory(prefix="speed-features-") as folder:
        wavs = material(wanted.corpus, wanted.utterances, Path(folder))
        seconds = mean_seconds(wavs)
        with threadpool_limits(limits=1):  # for librosa, too; workers always have one thread
            timings = timings_of(rows, wavs, wanted.repeats)
        if wanted.csv:
            timings.to_csv(wanted.csv, index=False)
        print(f"ms for the features of one utterance ({seconds:.2f} s), best of the repeats:")
        print(*report(rows, timings, seconds, OURS, GOALS), sep="\n")
        print(*differences(wavs), sep="\n")


if __name__ == "__main__":
    main()
