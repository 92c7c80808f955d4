"""Write word vectors made from MELD's own text, where no pretrained ones are at hand.

    python benchmarks/meld_vectors.py DIR vectors.txt
    aser-bench run --corpus meld=DIR --models tre --protocol given --embeddings vectors.txt

DIR is the folder of MELD. The vectors are the left singular vectors of the positive pointwise
mutual information of words within a few words of each other, in the text of all three parts,
without the labels. **They are a surrogate for pretrained vectors**: they show the effect of a
vector for words outside of the training part, but they are made from 13,708 short utterances, and a
word that is absent from the training part occurs in few of them. Results with them are not
comparable with results with GloVe.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.linalg import svds

from aser_bench.corpora import load_corpus
from aser_bench.models.text.tokens import tokenise

_WINDOW = 4


def vectors(texts: Iterable[Sequence[str]], dimension: int) -> dict[str, np.ndarray]:
    """Return a vector of each word of tokenised texts, float64, shape (dimension,).

    Source: Levy, Goldberg, Dagan, "Improving distributional similarity with lessons learned from
    word embeddings", TACL 3 (2015): PPMI with context distribution smoothing 0.75, and singular
    values to the power of 0.5.
    """
    pairs: Counter[tuple[str, str]] = Counter()
    for tokens in texts:
        for place, word in enumerate(tokens):
            for other in tokens[max(0, place - _WINDOW) : place]:
                pairs[word, other] += 1
                pairs[other, word] += 1
    words = sorted({word for word, _ in pairs})
    rows = {word: row for row, word in enumerate(words)}
    at = np.array([[rows[word], rows[other]] for word, other in pairs])
    counts = np.array(list(pairs.values()), dtype=float)
    total = np.bincount(at[:, 0], counts)
    smoothed = total**0.75 / (total**0.75).sum()
    ppmi = np.maximum(0, np.log(counts / total[at[:, 0]] / smoothed[at[:, 1]]))
    matrix = coo_matrix((ppmi, (at[:, 0], at[:, 1])), shape=(len(words), len(words))).tocsr()
    left, values, _ = svds(matrix, k=dimension, random_state=0)
    table = left * np.sqrt(values)
    return dict(zip(words, table / table.std() * 0.1, strict=True))


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="folder of MELD")
    parser.add_argument("out", type=Path, help="file of word vectors in GloVe's text format")
    parser.add_argument("--dimension", type=int, default=50)
    options = parser.parse_args()
    texts = [tokenise(text) for text in load_corpus("meld", options.corpus).utterances["text"]]
    table = vectors(texts, options.dimension)
    lines = (f"{word} {' '.join(f'{value:.5f}' for value in row)}\n" for word, row in table.items())
    options.out.write_text("".join(lines), encoding="utf-8")
    print(f"{len(table)} words, {options.dimension} values each: {options.out}")


if __name__ == "__main__":
    main()
