"""Print the controls of the dual encoders: results that must, or must not, be at chance.

    aser-bench run benchmarks/demo-dual.yaml
    python benchmarks/dual_controls.py results/demo-dual --ravdess DIR

UAR of TRE if the text does not depend on the emotion (RAVDESS, in which two sentences are spoken
with every emotion, and the demo corpus with randomly permuted texts), one run per fold; and the
difference of MDRE and MDREA to the better of ARE and TRE, on the original demo corpus.
Speaker-clustered 95 % intervals (docs/statistics.md). A slow test checks all of these.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

import aser_bench
from aser_bench.core.tables import ORIGINAL
from aser_bench.corpora import load_corpus
from aser_bench.evaluation import confusion, intervals
from aser_bench.evaluation.outcomes import Outcomes, Source, read


def outcomes(folder: Path) -> Outcomes:
    """Return the predictions of a results folder."""
    return read([Source(folder / "predictions.parquet")])


def run(folder: Path, cache: Path | None = None, **study: Any) -> Outcomes:
    """Run a study on the original recordings, one run per fold."""
    done = aser_bench.run(
        {"codecs": ORIGINAL, "runs": 1, **study},
        out=folder,
        cache=cache,
        jobs=2,
        quiet=True,
        formats="csv",
    )
    if done.exit_code:
        raise SystemExit(done.text)
    return outcomes(folder)


def write_permuted(path: Path, seed: int) -> str:
    """Write the demo corpus with permuted texts as a table and return its path."""
    table = load_corpus("demo").utterances
    texts = np.random.default_rng(seed).permutation(table["text"].to_numpy())
    columns = ["file", "emotion", "speaker", "text"]
    pd.DataFrame(table.assign(text=texts))[columns].to_csv(path, index=False)
    return str(path)


def confusions(results: Outcomes, model: str) -> np.ndarray:
    """Return confusion matrices (runs, speakers, k, k) of a model on the original recordings."""
    (key,) = [key for key in results.cells if key[2] == model and key[4:] == (ORIGINAL, ORIGINAL)]
    corpus, cell = results.corpora[key[0]], results.cells[key]
    return confusion.by_cluster(corpus.truth, cell.predicted, corpus.speaker, len(corpus.emotions))


def uar(results: Outcomes, model: str) -> intervals.Interval:
    """Return a model's UAR on the original recordings."""
    return intervals.interval(confusions(results, model), confusion.uar)


def chance(results: Outcomes) -> float:
    """Return the UAR of guessing for a study of a single corpus."""
    (corpus,) = results.corpora.values()
    return 1 / len(corpus.emotions)


def gain(results: Outcomes, model: str) -> intervals.Interval:
    """Return the difference of a model's UAR to that of the better of ARE and TRE."""
    better = max(("are", "tre"), key=lambda name: uar(results, name).estimate)
    return intervals.interval(
        confusions(results, model), confusion.uar, confusions(results, better)
    )


def _format(value: intervals.Interval) -> str:
    return f"{value.estimate:.3f} ({value.low:.3f} to {value.high:.3f})"


def main() -> None:
    """Print one line per control."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="folder of a run of all four models on demo")
    parser.add_argument("--ravdess", type=Path, metavar="DIR")
    wanted = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        corpora = {"demo, permuted texts": {"csv": write_permuted(folder / "permuted.csv", seed=0)}}
        if wanted.ravdess is not None:
            corpora["ravdess"] = {"ravdess": str(wanted.ravdess)}
        for number, (name, corpus) in enumerate(corpora.items()):
            results = run(folder / str(number), corpora=[corpus], models="tre")
            print(f"tre, {name}: UAR {_format(uar(results, 'tre'))}, chance {chance(results):.3f}")
    demo = outcomes(wanted.results)
    for model in ("mdre", "mdrea"):
        print(f"{model}: above the better of are and tre by {_format(gain(demo, model))}")


if __name__ == "__main__":
    main()
