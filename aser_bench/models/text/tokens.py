"""Word tokens of a transcript by NLTK, without the data that NLTK would download.

NLTK's ``word_tokenize`` splits a text into sentences with a trained Punkt model, and each sentence
into words with ``NLTKWordTokenizer``. The second part is in the package; the model is a separate
download. Sentences affect only full stops: at the end of a sentence it is a token, within a
sentence it is part of its word. So the same Punkt algorithm is used here with a short list of
abbreviations and of first words, all of which are in the trained English model, too. docs/text.md
compares the result with the trained model (``benchmarks/tokens.py``).
"""

from __future__ import annotations

import functools
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nltk.tokenize import NLTKWordTokenizer, PunktSentenceTokenizer

_ABBREVIATIONS = """
    adm col dr gen jr lt maj messrs mr mrs ms prof rep sen sr st
    a.m p.m jan feb aug sep sept oct nov dec tues wed fri
    ave d.c l.a n.c n.j n.y s.c u.k u.n u.s u.s.a
    ariz calif colo conn fla ill mich minn tenn wash
    bros co corp ft inc ltd m.b.a ok ph.d vs
"""
# Without the final full stop. In the trained model, ok is an abbreviation of Oklahoma.

_FIRST_WORDS = """
    although but despite even he however i if in instead it many meanwhile most since so some
    the there these they this though when while yet
"""
# Words that start a sentence if they are capitalised and follow the full stop of an abbreviation.

_PLAIN_PUNCTUATION = str.maketrans(
    {**dict.fromkeys("‘’‛ʼ´＇", "'"), **dict.fromkeys("“”„‟＂", '"'), "…": "..."}  # noqa: RUF001
)
"""Typographic marks to ASCII; NLTK recognises contractions with ASCII apostrophes only."""


def tokenise(text: str) -> list[str]:
    """Return the lower-case tokens of a transcript; an empty list for an empty one.

    Typographic apostrophes, quotes and ellipses are replaced by ASCII first: NLTK splits
    ``don’t`` into three tokens, but ``don't`` into the two that have word vectors.

    Source: Bird, Klein, Loper, "Natural Language Processing with Python" (2009) for NLTK; Kiss
    and Strunk, "Unsupervised Multilingual Sentence Boundary Detection", Computational Linguistics
    32 (2006), for Punkt.

    Examples
    --------
    >>> tokenise("Dr. Green, I don’t know. You’re gonna love it!")
    ['dr.', 'green', ',', 'i', 'do', "n't", 'know', '.', 'you', "'re", 'gon', 'na', 'love', 'it', '!']
    >>> tokenise(" ")
    []
    """  # noqa: E501
    sentences, words = _tokenisers()
    return [
        token.lower()
        for sentence in sentences.tokenize(with_plain_punctuation(text))
        for token in words.tokenize(sentence)
    ]


def with_plain_punctuation(text: str) -> str:
    r"""Return a text with ASCII quotes and dots, and accents combined with their letters.

    Examples
    --------
    >>> with_plain_punctuation("“So… you’re Ross”")
    '"So... you\'re Ross"'
    """
    return unicodedata.normalize("NFC", text).translate(_PLAIN_PUNCTUATION)


@functools.cache
def _tokenisers() -> tuple[PunktSentenceTokenizer, NLTKWordTokenizer]:
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    parameters = PunktParameters()
    parameters.abbrev_types = set(_ABBREVIATIONS.split())
    parameters.sent_starters = set(_FIRST_WORDS.split())
    return PunktSentenceTokenizer(parameters), NLTKWordTokenizer()
