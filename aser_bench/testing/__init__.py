"""Contract checks for authors of components: call one in a test of your package.

    from aser_bench.testing import check_codec

    def test_my_codec():
        check_codec(MyCodec())

Each function runs every check of its kind of component and raises one AssertionError that lists
all that failed. The contract suites of aser-bench run the same checks.
"""

from .codecs import check_codec
from .corpora import check_corpus
from .features import check_feature_set
from .models import check_model
from .transcripts import check_transcriber

__all__ = ["check_codec", "check_corpus", "check_feature_set", "check_model", "check_transcriber"]
