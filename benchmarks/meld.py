"""Compare TRE on the transcripts of MELD with published text-only models.

    aser-bench run --corpus meld=DIR --models tre --protocol given --runs 10 --out results/meld
    python benchmarks/meld.py results/meld [results/meld-glove ...]

Prints weighted F1 (the usual measure on MELD), UAR and accuracy on the test part for each model of
each folder: mean over runs, with the speaker-clustered interval of docs/statistics.md. The
intervals are wide because six speakers speak most of the test part. The published values are for
all seven emotions.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from aser_bench.evaluation import confusion, intervals
from aser_bench.evaluation.outcomes import Source, read

PUBLISHED = (
    ("majority class: all neutral", 0.313, "arithmetic on the test part"),
    ("text-CNN, GloVe, one utterance", 0.5512, "Poria et al., arXiv:1810.02508 (2018), table 12"),
    ("contextual biLSTM, text, whole dialogue", 0.5644, "the same"),
    ("RoBERTa", 0.6202, "Ghosal et al., COSMIC, Findings of EMNLP 2020 (authors' repository)"),
    ("EmoBERTa, one utterance", 0.6346, "Kim and Vossen, arXiv:2108.12009 (authors' repository)"),
)
"""Model, weighted F1 on the test part, and source of the value."""


def weighted_f1(matrix: np.ndarray) -> np.ndarray:
    """Return the mean F1 weighted by class size, of confusion matrices (..., k, k).

    Examples
    --------
    >>> round(float(weighted_f1(np.array([[2, 0], [1, 1]]))), 4)
    0.7333
    """
    sizes = confusion.true_counts(matrix)
    f1 = confusion.ratio(
        2 * confusion.correct_counts(matrix), sizes + confusion.predicted_counts(matrix), 0.0
    )
    return (f1 * sizes).sum(axis=-1) / sizes.sum(axis=-1)


METRICS = {"weighted F1": weighted_f1, "UAR": confusion.uar, "accuracy": confusion.accuracy}


def measured(folder: Path) -> pd.DataFrame:
    """Return a row for each cell of a results folder: metrics with intervals, in per cent."""
    outcomes = read([Source(folder / "predictions.parquet")])
    rows = []
    for (corpus, _, model, *_), cell in outcomes.cells.items():
        utterances = outcomes.corpora[corpus]
        tested = cell.tested
        speakers = np.unique(utterances.speaker[tested], return_inverse=True)[1]
        confusions = confusion.by_cluster(
            utterances.truth[tested], cell.predicted[:, tested], speakers, len(utterances.emotions)
        )
        row = {
            "results": folder.name,
            "model": model,
            "runs": len(cell.predicted),
            "emotions": len(utterances.emotions),
            "utterances": int(tested.sum()),
        }
        for name, metric in METRICS.items():
            value = intervals.interval(confusions, metric)
            row[name] = f"{value.estimate:.1%} ({value.low:.1%} to {value.high:.1%})"
        rows.append(row)
    return pd.DataFrame(rows)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    table = pd.concat([measured(folder) for folder in parser.parse_args().folders])
    print(table.to_string(index=False))
    print("\nPublished, seven emotions, text only, weighted F1:")
    for model, value, source in PUBLISHED:
        print(f"  {value:.1%}  {model} [{source}]")


if __name__ == "__main__":
    main()
