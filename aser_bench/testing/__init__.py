"""Contract checks for authors of components: call one in a test of your package.

    from aser_bench.testing import check_codec

    def test_my_codec():
        check_codec(MyCodec())

Each of these functions runs every check of its kind of component and raises one AssertionError that
lists all that failed. The tuples, such as `CODEC_CHECKS`, hold the checks; each takes the object
under test, for example a `CodecUnderTest`. The contract suites of aser-bench run the same checks,
one test for each component and check.
"""

from .codecs import CODEC_CHECKS, CodecUnderTest, check_codec
from .corpora import CORPUS_CHECKS, CorpusUnderTest, check_corpus
from .features import FEATURE_SET_CHECKS, check_feature_set
from .models import MODEL_CHECKS, ModelUnderTest, check_model
from .transcripts import TRANSCRIBER_CHECKS, check_transcriber

__all__ = [
    "CODEC_CHECKS",
    "CORPUS_CHECKS",
    "FEATURE_SET_CHECKS",
    "MODEL_CHECKS",
    "TRANSCRIBER_CHECKS",
    "CodecUnderTest",
    "CorpusUnderTest",
    "ModelUnderTest",
    "check_codec",
    "check_corpus",
    "check_feature_set",
    "check_model",
    "check_transcriber",
]
