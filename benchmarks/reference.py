"""Write aser_bench/evaluation/data/reference.csv, the reference of codec errors, from results.

    python benchmarks/reference.py results/demo-mp3 results/ravdess-mp3 ...

The file has the UAR over all test utterances of the SVM on functionals under the protocol speaker,
trained at the test condition and trained on the original.
"""

from __future__ import annotations

import argparse
from importlib import resources
from pathlib import Path

import pandas as pd

from aser_bench.core.tables import ORIGINAL
from aser_bench.evaluation.analysis import cells
from aser_bench.evaluation.outcomes import read
from aser_bench.results import reader
from aser_bench.results.merge import merge

SELECTION = {"features": "functionals", "model": "svm", "protocol": "speaker"}


def rows(folder: Path) -> pd.DataFrame:
    """Return the reference's rows of one results folder."""
    material = merge([reader.read(folder)])
    table = cells(read(material.sources))
    table = table[(table[list(SELECTION)] == pd.Series(SELECTION)).all(axis=1)]
    clean = table[table["train_condition"] == ORIGINAL].assign(training="clean")
    matched = table[table["train_condition"] == table["test_condition"]].assign(training="matched")
    both = pd.concat([clean, matched]).rename(columns={"test_condition": "condition"})
    return both[["corpus", "protocol", "training", "condition", "n_utterances", "uar"]].round(6)


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    table = pd.concat([rows(folder) for folder in parser.parse_args().folders])
    path = resources.files("aser_bench.evaluation").joinpath("data/reference.csv")
    table.to_csv(Path(str(path)), index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
