"""Measure what a codec does to the chroma and to the tuning estimate on which it rests.

    python benchmarks/chroma_tuning.py --corpus DIR [--codec mp3] [--bitrates 16,64,128]

For each bitrate: on how many utterances the tuning estimate moves, and by how much the twelve
means of the chroma do under each choice of tuning (mean absolute difference to the original's,
over utterances and pitch classes). The tables in docs/features.md are made of it.
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


def means(sound: AudioSignal) -> dict[str, np.ndarray]:
    """Return the twelve chroma means for each choice of tuning."""
    return {tuning: sound.chroma(tuning).mean(axis=0) for tuning in TUNINGS}


def differences(original: AudioSignal, coded: AudioSignal) -> dict[str, float]:
    """Return by how much the tuning (semitones, around the circle) and the means differ."""
    moved = abs(coded.tuning - original.tuning)
    both = means(original), means(coded)
    return {"moved": min(moved, 1 - moved)} | {
        f"tuning={tuning}": float(np.abs(both[1][tuning] - both[0][tuning]).mean())
        for tuning in TUNINGS
    }


def measured(files: list[Path], codec: str, bitrates: list[float]) -> pd.DataFrame:
    """Return one row for each utterance and condition."""
    component = specs.get_available(codec)
    conditions, _ = component.conditions(bitrates, RATE, "promote")
    found = []
    for start in range(0, len(files), BATCH):
        signals = [read(file) for file in files[start : start + BATCH]]
        originals = features.audio_signals(signals, RATE)
        coded = component.roundtrip(signals, RATE, conditions)
        for condition, versions in zip(conditions, coded, strict=True):
            for original, version in zip(originals, versions, strict=True):
                sound = AudioSignal(version.signal, RATE, original)
                found.append({"condition": condition.name, **differences(original, sound)})
    return pd.DataFrame(found)


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
    moved = table["moved"]
    table.insert(2, "share moved", moved > 1e-9)
    table.insert(3, f"share moved > {LARGE}", moved > LARGE + 1e-9)
    print(f"{len(files[:: wanted.every])} utterances; tuning in semitones")
    print(table.groupby("condition", sort=False).mean().round(4).to_string(index_names=False))


if __name__ == "__main__":
    main()
