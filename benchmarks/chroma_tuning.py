"""Measure the effect of a codec on the chroma and on their tuning estimate.

    python benchmarks/chroma_tuning.py --corpus DIR [--codec mp3] [--bitrates 16,64,128]

For each bitrate: the share of utterances in which the tuning estimate changes, and the change of
the twelve chroma means for each tuning option (mean absolute difference to the original, over
utterances and pitch classes). The output is the source of the tables in docs/features.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from aser_bench import features
from aser_bench.codecs import specs
from aser_bench.core.tables import SAMPLE_RATE as RATE
from aser_bench.corpora.audio import read
from aser_bench.features.audio_signal import TUNINGS, AudioSignal

BATCH = 32
LARGE = 0.1  # of a semitone


def means(signal: AudioSignal) -> dict[str, np.ndarray]:
    """Return the twelve chroma means for each tuning option."""
    return {tuning: signal.chroma(tuning).mean(axis=0) for tuning in TUNINGS}


def differences(original: AudioSignal, coded: AudioSignal) -> dict[str, float]:
    """Return the differences of the tuning (semitones, modulo 1) and of the means."""
    change = abs(coded.tuning - original.tuning)
    both = means(original), means(coded)
    return {"change": min(change, 1 - change)} | {
        f"tuning={tuning}": float(np.abs(both[1][tuning] - both[0][tuning]).mean())
        for tuning in TUNINGS
    }


def measured(files: list[Path], codec: str, bitrates: list[float]) -> pd.DataFrame:
    """Return one row for each utterance and condition."""
    component = specs.get_available(codec)
    conditions, _ = component.conditions(bitrates, RATE, "promote")
    rows = []
    for start in range(0, len(files), BATCH):
        signals = [read(file) for file in files[start : start + BATCH]]
        originals = features.audio_signals(signals, RATE)
        coded = component.roundtrip(signals, RATE, conditions)
        for condition, versions in zip(conditions, coded, strict=True):
            for original, version in zip(originals, versions, strict=True):
                coded_signal = AudioSignal(version.signal, RATE, original)
                row = differences(original, coded_signal)
                rows.append({"condition": condition.name, **row})
    return pd.DataFrame(rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--codec", default="mp3")
    parser.add_argument("--bitrates", default="16,64,128", metavar="A,B", help="kbit/s")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="take each Nth file")
    wanted = parser.parse_args()
    files = sorted(p for p in wanted.corpus.rglob("*") if p.suffix in (".flac", ".wav"))
    bitrates = [float(word) for word in wanted.bitrates.split(",") if word]
    table = measured(files[:: wanted.every], wanted.codec, bitrates)
    change = table["change"]
    table.insert(2, "share changed", change > 1e-9)
    table.insert(3, f"share changed > {LARGE}", change > LARGE + 1e-9)
    print(f"{len(files[:: wanted.every])} utterances; tuning in semitones")
    print(table.groupby("condition", sort=False).mean().round(4).to_string(index_names=False))


if __name__ == "__main__":
    main()
