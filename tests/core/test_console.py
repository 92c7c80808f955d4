"""Consoles that cannot show all characters, and streams that fail."""

from __future__ import annotations

import errno
import io

import pytest

from aser_bench.core.console import GuardedStream, displayable

ENCODINGS = ("gbk", "latin-1", "ascii", "cp437")


def stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (".822 ± .202", ".822 +/- .202"),
        ("-4.4† -2.0‡ 1§ 2¶ 3‖", "-4.4* -2.0** 1# 2^ 3~"),
        ("svm – safe…", "svm - safe..."),
        ("plain", "plain"),
        ("−1 ≤ x → 2×3", "-1 <= x -> 2x3"),
    ],
)
def test_symbols_become_ascii(encoding, text, shown):
    assert displayable(text, stream(encoding)) == shown


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_text_can_be_written(encoding):
    text = "".join(map(chr, [*range(32, 0x3000, 7), 0xDC80, 0xDCFF, 0xD800, 0x1F600]))
    displayable(text, stream(encoding)).encode(encoding)


def test_other_characters_become_similar_ones_or_escapes():
    shown = displayable("Zoë Müller 中 x\udcff│─┌ ß", stream("ascii"))
    assert shown == "Zoe Muller \\u4e2d x\\xff|-+ ss"
    assert displayable("Zoë 中", stream("gbk")) == "Zoe 中"


def test_utf_8_is_not_changed():
    assert displayable("± † ‡ – … Zoë", stream("utf-8")) == "± † ‡ – … Zoë"
    assert displayable("x\udcff", stream("utf-8")) == "x\\xff"
    assert displayable("±", io.StringIO()) == "±"


class Failing(io.StringIO):
    """A stream that fails on every write with an error."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, "it fails")


@pytest.mark.parametrize(("number", "is_full"), [(errno.ENOSPC, True), (errno.EPIPE, False)])
def test_output_after_an_error_is_discarded(number, is_full):
    guarded = GuardedStream(Failing(number))
    print("one", file=guarded, flush=True)
    print("two", file=guarded, flush=True)
    assert guarded.is_full == is_full
    assert guarded.reason == "it fails; the printed text is incomplete"
