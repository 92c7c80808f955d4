"""Output equals golden files, byte for byte.

Set ASER_BENCH_UPDATE_GOLDEN=1 to write them anew, and read the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from check_factory import every_verdict, incomparable, passing

from aser_bench.baseline.formats import FORMATS

pytestmark = pytest.mark.usefixtures("named_folders")

GOLDEN = Path(__file__).parent / "golden"
CHECKS = {
    "every": every_verdict(),
    "nothing": incomparable("encoder of gsm: libgsm 1.0.22 was libgsm 1.0.19"),
    "passed": passing(),
}


@pytest.mark.parametrize("name", CHECKS)
@pytest.mark.parametrize(("form", "ending"), [("text", "txt"), ("markdown", "md")])
def test_output_equals_the_golden_file(name, form, ending):
    text = FORMATS[form](CHECKS[name])
    path = GOLDEN / f"{name}.{ending}"
    if os.environ.get("ASER_BENCH_UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8", newline="\n")
    assert text == path.read_bytes().decode("utf-8")
