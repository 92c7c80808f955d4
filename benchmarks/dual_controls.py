"""Print the controls of the dual encoders: what must be at chance, and what must not.

    aser-bench run benchmarks/demo-dual.yaml
    python benchmarks/dual_controls.py results/demo-dual --ravdess DIR

UAR of TRE where words say nothing (on RAVDESS, whose two sentences stand under every emotion, and
on the demo corpus with its texts dealt out anew), one run a fold; and what MDRE and MDREA of a run
on the demo corpus have above the better of ARE and TRE, on the original. Speaker-clustered 95 %
intervals (docs/statistics.md). A slow test holds all of it to what it must be.
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
    """Run a study on the original recordings, once a fold."""
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


def shuffled(path: Path, seed: int) -> str:
    """Write the demo corpus as a table, each text at somebody else's recording; return its path."""
    table = load_corpus("demo").utterances
    texts = np.random.default_rng(seed).permutation(table["text"].to_numpy())
    columns = ["file", "emotion", "speaker", "text"]
    pd.DataFrame(table.assign(text=texts))[columns].to_csv(path, index=False)
    return str(path)


def confusions(found: Outcomes, model: str) -> np.ndarray:
    """Confusion matrices by speaker (runs, speakers, k, k) of a model, trained and tested clean."""
    (key,) = [key for key in found.cells if key[2] == model and key[4:] == (ORIGINAL, ORIGINAL)]
    corpus, cell = found.corpora[key[0]], found.cells[key]
    return confusion.by_cluster(corpus.truth, cell.predicted, corpus.speaker, len(corpus.emotions))


def uar(found: Outcomes, model: str) -> intervals.Interval:
    """Return a model's UAR on the original recordings."""
    return intervals.interval(confusions(found, model), confusion.uar)


def chance(found: Outcomes) -> float:
    """Return the UAR of guessing, for the one corpus."""
    (corpus,) = found.corpora.values()
    return 1 / len(corpus.emotions)


def gain(found: Outcomes, model: str) -> intervals.Interval:
    """Return what a model's UAR is above that of the better of ARE and TRE."""
    better = max(("are", "tre"), key=lambda name: uar(found, name).estimate)
    return intervals.interval(confusions(found, model), confusion.uar, confusions(found, better))


def _said(found: intervals.Interval) -> str:
    return f"{found.estimate:.3f} ({found.low:.3f} to {found.high:.3f})"


def main() -> None:
    """Print one line a control."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="folder of a run of all four models on demo")
    parser.add_argument("--ravdess", type=Path, metavar="DIR")
    wanted = parser.parse_args()
    with TemporaryDirectory() as scratch:
        place = Path(scratch)
        corpora = {"demo, texts dealt out anew": {"csv": shuffled(place / "shuffled.csv", seed=0)}}
        if wanted.ravdess is not None:
            corpora["ravdess"] = {"ravdess": str(wanted.ravdess)}
        for number, (name, corpus) in enumerate(corpora.items()):
            found = run(place / str(number), corpora=[corpus], models="tre")
            print(f"tre, {name}: UAR {_said(uar(found, 'tre'))}, chance {chance(found):.3f}")
    both = outcomes(wanted.results)
    for model in ("mdre", "mdrea"):
        print(f"{model}: above the better of are and tre by {_said(gain(both, model))}")


if __name__ == "__main__":
    main()
