"""Tokens compared with NLTK's, without its downloads."""

from __future__ import annotations

import csv
import hashlib
import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aser_bench.models.text.tokens import tokenise

# SHA-256 of the tokens that nltk.word_tokenize (3.10, with its trained English model) returns for
# MELD's transcripts, except the two that tokenise() splits differently: one line per transcript,
# lower-case tokens separated by tabs. benchmarks/tokens.py prints it.
MELD = "35dd882a9f9de1659475747b79a41d598ca858ce6eb94678cedd57352f4639a6"
MELD_TOKENS = 148011
MELD_EXCEPTIONS = {
    "OK. Here goes. For a while now, I've been wanting to, um....",
    "Oh, uh, ok. Right this way. All the other pregnant women seem to be goin' in here.",
}


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Kids are talking by the door", "kids are talking by the door"),
        ("Say the word back.", "say the word back ."),
        ("I can't believe you did that!", "i ca n't believe you did that !"),
        ("That I did. That I did.", "that i did . that i did ."),
        ("Or! Or, we could go to the bank", "or ! or , we could go to the bank"),
        (
            "Mr. Tribbiani met Dr. Green at 5 p.m. today.",
            "mr. tribbiani met dr. green at 5 p.m. today .",
        ),
        ("It's O.K., isn't it?", "it 's o.k. , is n't it ?"),
        ('She said "hi." Twice.', "she said `` hi . '' twice ."),
        ("Well... I cannot, gotta go--bye", "well ... i can not , got ta go -- bye"),
        ("Y'know what?", "y'know what ?"),
        ("It was 4:30, $3.50 (or so).", "it was 4:30 , $ 3.50 ( or so ) ."),
        ("<b>hi</b> &amp; bye", "< b > hi < /b > & amp ; bye"),
        ("😀 yes😀", "😀 yes😀"),
        ("?!...", "? ! ..."),
    ],
)
def test_tokens_equal_word_tokenize(text, tokens):
    assert tokenise(text) == tokens.split()


@pytest.mark.parametrize(
    ("typographic", "ascii_text"),
    [
        ("don\u2019t", "don't"),
        ("You\u2019re a genius! \u2018Kay", "You're a genius! 'Kay"),
        ("\u201cAww Pheebs, that sucks!\u201d", '"Aww Pheebs, that sucks!"'),
        ("So\u2026 So\u2026here\u2019s a key", "So... So...here's a key"),
        ("Nestle\u0301", "Nestlé"),
    ],
)
def test_typographic_marks_equal_ascii(typographic, ascii_text):
    assert tokenise(typographic) == tokenise(ascii_text)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u00a0", "\u2003"])
def test_blank_text_has_no_tokens(text):
    assert tokenise(text) == []


@given(st.text())
def test_tokens_are_lower_case_without_spaces(text):
    for token in tokenise(text):
        assert token == token.lower()
        assert token.split() == [token]


words = st.text(string.ascii_letters + "'\u2019,-:;\"()$0123456789", min_size=1, max_size=9)


@given(st.lists(words, max_size=12).map(" ".join), st.sampled_from(["", ".", "!", "?", "..."]))
def test_single_sentence_is_tokenised_as_by_nltk(sentence, end):
    from nltk import word_tokenize

    text = (sentence + end).replace("\u2019", "'")
    expected = word_tokenize(text, preserve_line=True)
    assert tokenise(sentence + end) == [token.lower() for token in expected]


def test_tokens_of_meld_equal_word_tokenize(shared_corpora):
    number, digest = 0, hashlib.sha256()
    for split in ("train", "dev", "test"):
        path = shared_corpora / "meld-text" / f"{split}_sent_emo.csv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                tokens = tokenise(row["Utterance"])
                number += len(tokens)
                if row["Utterance"] not in MELD_EXCEPTIONS:
                    digest.update(("\t".join(tokens) + "\n").encode())
    assert digest.hexdigest() == MELD
    assert abs(number - MELD_TOKENS) <= len(MELD_EXCEPTIONS)


def test_tokens_equal_the_trained_model_if_installed():
    from nltk import word_tokenize
    from nltk.tokenize import punkt_model_available

    if not punkt_model_available():
        pytest.skip("NLTK's punkt_tab is not installed")
    text = "Dr. Green was ill. But Mr. Bing (from N.Y. or so) wasn't. He's o.k."
    assert tokenise(text) == [token.lower() for token in word_tokenize(text)]


def test_needs_no_data_and_imports_nltk_on_use(tmp_path):
    code = (
        "import sys; from aser_bench.models.text.tokens import tokenise\n"
        "assert 'nltk' not in sys.modules\n"
        "import socket; socket.socket.connect = None\n"
        "print(tokenise('Oh. No!'))"
    )
    environment = {"HOME": str(tmp_path), "NLTK_DATA": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stdout.decode().strip() == "['oh', '.', 'no', '!']", done.stderr.decode()


def test_long_unusual_texts_are_tokenised_quickly():
    for text in ("." * 50_000, "a" * 200_000, "'" * 20_000, "(" * 20_000, " " * 50_000 + "x"):
        assert tokenise(text)
