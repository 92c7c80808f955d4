"""Word vectors from the text of a corpus."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

_FILE = Path(__file__).resolve().parents[2] / "benchmarks" / "meld_vectors.py"
_spec = importlib.util.spec_from_file_location("meld_vectors", _FILE)
benchmark = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(benchmark)


def test_words_in_the_same_contexts_have_similar_vectors():
    rng = np.random.default_rng(0)
    contexts = {"cat": "purr fur paw", "dog": "purr fur paw", "car": "road fuel gear"}
    texts = []
    for word, context in contexts.items():
        words = context.split()
        texts += [[word, *rng.permutation(words).tolist()] for _ in range(20)]
    table = benchmark.vectors(texts, 3)
    assert set(table) == {word for text in texts for word in text}

    def cosine(one, other):
        return table[one] @ table[other] / np.linalg.norm(table[one]) / np.linalg.norm(table[other])

    assert cosine("cat", "dog") > 0.9
    assert cosine("cat", "car") < 0.5
