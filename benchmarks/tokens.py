"""Compare tokenise() with NLTK's word_tokenize and its trained English model.

    NLTK_DATA=DIR python benchmarks/tokens.py FILE.csv:COLUMN [...] [--show N]

DIR must contain NLTK's `punkt_tab` data, which aser-bench does not need. Typographic quotes are
replaced by ASCII before the comparison; the number of transcripts with such marks is printed, since
word_tokenize would split them in another way. The output is the source of the table in docs/text.md
and of the digest in tests/models/text/test_tokens.py.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import sys
import time
from collections.abc import Callable
from pathlib import Path

from aser_bench.models.text import tokens

Tokeniser = Callable[[str], list[str]]


def transcripts(place: str) -> list[str]:
    """Return the cells of a column, for ``FILE.csv:COLUMN``."""
    path, _, column = place.rpartition(":")
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        return [row[column] for row in csv.DictReader(file)]


def others() -> dict[str, Tokeniser]:
    """Return simpler alternatives to the trained model."""
    from nltk.tokenize import NLTKWordTokenizer, PunktSentenceTokenizer

    words, sentences = NLTKWordTokenizer(), PunktSentenceTokenizer()
    return {
        "no sentences": words.tokenize,
        "untrained Punkt": lambda text: [
            token for sentence in sentences.tokenize(text) for token in words.tokenize(sentence)
        ],
    }


def lower(words: list[str]) -> list[str]:
    """Return tokens in lower case."""
    return [word.lower() for word in words]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("places", nargs="+", metavar="FILE.csv:COLUMN")
    parser.add_argument(
        "--show", type=int, default=10, metavar="N", help="print N differing transcripts"
    )
    wanted = parser.parse_args()
    from nltk import word_tokenize
    from nltk.tokenize import punkt_model_available

    if not punkt_model_available():
        sys.exit("NLTK's punkt_tab is not installed: set NLTK_DATA to a folder with it")
    texts = [text for place in wanted.places for text in transcripts(place)]
    plain = [tokens.with_plain_punctuation(text) for text in texts]
    real = [lower(word_tokenize(text)) for text in plain]
    number = sum(map(len, real))
    tokens.tokenise("Loaded.")
    before = time.process_time()
    ours = [tokens.tokenise(text) for text in texts]
    seconds = time.process_time() - before
    print(f"{len(texts)} transcripts, {number} tokens, {number / seconds:.0f} per CPU second")
    print(f"with typographic marks: {sum(a != b for a, b in zip(texts, plain, strict=True))}")
    differing = [text for text, a, b in zip(texts, ours, real, strict=True) if a != b]
    print(f"tokenise(): {len(differing)} transcripts differ from word_tokenize")
    for name, tokenise in others().items():
        results = (lower(tokenise(text)) for text in plain)
        print(f"{name}: {sum(a != b for a, b in zip(results, real, strict=True))} differ")
    agreed = [b for a, b in zip(ours, real, strict=True) if a == b]
    lines = "".join("\t".join(words) + "\n" for words in agreed)
    print(f"digest of the agreeing transcripts: {hashlib.sha256(lines.encode()).hexdigest()}")
    for text in differing[: wanted.show]:
        print(f"  {text!r}")


if __name__ == "__main__":
    main()
