"""Words of a transcript, as NLTK finds them, without the data that NLTK would download.

NLTK's ``word_tokenize`` finds sentences with a trained Punkt model, then words in each sentence
with ``NLTKWordTokenizer``. The second part is in the package; the model is a download of its own.
What sentences are needed for is one thing alone: a full stop at a sentence's end is a token, one
inside of a sentence belongs to its word. So the same Punkt algorithm is run here with a short
list of abbreviations and of first words, all of which the trained English model knows too.
``benchmarks/tokens.py`` measures how far that is from the trained model; docs/text.md says.
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
# Without the last full stop. To the trained model, ok is Oklahoma, so "ok." is a token.

_FIRST_WORDS = """
    although but despite even he however i if in instead it many meanwhile most since so some
    the there these they this though when while yet
"""
# With a capital, and after an abbreviation's full stop, they begin a sentence.

_TYPEWRITTEN = str.maketrans(
    {**dict.fromkeys("‘’‛ʼ´＇", "'"), **dict.fromkeys("“”„‟＂", '"'), "…": "..."}  # noqa: RUF001
)
"""Printed marks to those of a keyboard, which are the only ones that NLTK's contractions know."""


def tokenise(text: str) -> list[str]:
    """Return the lower-case tokens of a transcript; none for one without any.

    Curly apostrophes and quotes and the ellipsis character are straightened first: NLTK splits
    ``don’t`` into three tokens where ``don't`` is the two that word vectors exist for.

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
    r"""Return a text with the quotes and dots of a keyboard, its accents joined to their letters.

    Examples
    --------
    >>> with_plain_punctuation("“So… you’re Ross”")
    '"So... you\'re Ross"'
    """
    return unicodedata.normalize("NFC", text).translate(_TYPEWRITTEN)


@functools.cache
def _tokenisers() -> tuple[PunktSentenceTokenizer, NLTKWordTokenizer]:
    from nltk.tokenize import NLTKWordTokenizer
    from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer

    known = PunktParameters()
    known.abbrev_types = set(_ABBREVIATIONS.split())
    known.sent_starters = set(_FIRST_WORDS.split())
    return PunktSentenceTokenizer(known), NLTKWordTokenizer()
