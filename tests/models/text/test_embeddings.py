"""The reader of word vectors: each format, little memory, one line for a bad file."""

from __future__ import annotations

import gzip
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.models.text.embeddings import read
from aser_bench.models.text.files import fingerprint

FORMATS = ("glove", "word2vec", "trailing", "windows", "binary", "binary-lines")


def content(form, table):
    """Return the bytes of a file of vectors, as the tools that make such files write them."""
    rows = [(word.encode(), np.asarray(vector, "<f4")) for word, vector in table]
    header = b"%d %d\n" % (len(rows), len(rows[0][1]))
    if form.startswith("binary"):
        end = b"\n" if form == "binary-lines" else b""
        return header + b"".join(word + b" " + row.tobytes() + end for word, row in rows)
    end = {"trailing": b" \n", "windows": b"\r\n"}.get(form, b"\n")
    values = [b" ".join(repr(float(value)).encode() for value in row) for _, row in rows]
    lines = [word + b" " + row + end for (word, _), row in zip(rows, values, strict=True)]
    return (b"" if form in ("glove", "windows") else header) + b"".join(lines)


SMALL = [("the", [0.5, -1.0, 2.0]), (",", [0.25, 3.0, -4.0]), ("'s", [1e-9, 1e9, 0.0])]

values = st.floats(width=32, allow_nan=False, allow_infinity=False)
tokens = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8)


@st.composite
def tables(draw):
    dimension = draw(st.integers(2, 6))
    names = draw(st.lists(tokens, min_size=1, max_size=12, unique_by=str.lower))
    row = st.lists(values, min_size=dimension, max_size=dimension)
    return [(name, draw(row)) for name in names]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", FORMATS)
def test_every_format_gives_the_same(form, packed, tmp_path):
    path = tmp_path / "vectors"
    data = content(form, SMALL)
    path.write_bytes(gzip.compress(data) if packed else data)
    found = read(path, {"'s", "the", "absent"})
    assert found.words == ("the", "'s")
    assert (found.dimension, found.vectors.dtype) == (3, np.float32)
    np.testing.assert_array_equal(found.vectors, np.float32([SMALL[0][1], SMALL[2][1]]))


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=25, deadline=None)
@given(table=tables(), data=st.data())
def test_any_table_comes_back_bit_by_bit(form, table, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "vectors.txt"
    path.write_bytes(content(form, table))
    wanted = data.draw(st.sets(st.sampled_from([word for word, _ in table])))
    found = read(path, wanted)
    kept = [(word, vector) for word, vector in table if word in wanted]
    assert found.words == tuple(word for word, _ in kept)
    assert found.dimension == len(table[0][1])
    expected = np.array([vector for _, vector in kept], dtype=np.float32)
    np.testing.assert_array_equal(found.vectors, expected.reshape(-1, found.dimension))


def test_one_value_a_word_with_and_without_a_header(tmp_path):
    path = tmp_path / "one"
    path.write_bytes(b"2 1\nthe 0.5\n7 2\n")
    assert read(path, {"the", "7"}).vectors.tolist() == [[0.5], [2.0]]
    path.write_bytes(b"2 1\n. . . 4\n7 2\n")
    assert read(path, {". . .", "7"}).vectors.tolist() == [[4.0], [2.0]]
    path.write_bytes(b"5 3\nthe 0.5\n7 2\n")
    assert read(path, {"the", "5"}).words == ("5", "the")


def test_tokens_with_spaces_are_read_from_the_right(tmp_path):
    path = tmp_path / "glove"
    path.write_bytes(
        b". 1 1\n. . . 2 2\nat name@domain.com 3 3\n2 4 4\nat 5 5\nnew york 6 6\n"
        b"\xc2\xa0 7 7\na\xc2\x85b 8 8\n"
    )
    found = read(path, {".", "at", "new york", "2", "\u00a0", "a\u0085b", ". . ."})
    assert found.words == (".", ". . .", "2", "at", "new york", "\u00a0", "a\u0085b")
    assert found.vectors[:, 0].tolist() == [1, 2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("form", ["glove", "binary"])
def test_capitals_stand_in_only_where_nothing_better_is_there(form, tmp_path):
    path = tmp_path / "vectors"
    table = [
        ("THE", [1, 1]),
        ("Friday", [2, 2]),
        ("FRIDAY", [3, 3]),
        ("the", [4, 4]),
        ("the", [5, 5]),
        ("École", [6, 6]),
    ]
    path.write_bytes(content(form, table))
    found = read(path, {"the", "friday", "école"})
    assert found.words == ("friday", "the", "école")
    assert found.vectors[:, 0].tolist() == [2, 4, 6]
    assert read(path, {"THE", "Friday"}).vectors[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize("form", ["glove", "binary"])
def test_bytes_that_are_no_text_do_not_end_the_reading(form, tmp_path):
    path = tmp_path / "vectors"
    table = [("before", [1, 2]), ("QQ", [3, 4]), ("after", [5, 6])]
    path.write_bytes(content(form, table).replace(b"QQ", b"\xff\xe9"))
    assert read(path, {"before", "after", "é"}).words == ("before", "after")


def test_coverage_counts_what_it_is_given(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(content("glove", SMALL))
    found = read(path, {"the", "cat", "'s"})
    assert found.coverage({"the", "cat"}) == 0.5
    assert found.coverage(["the", "the", "the", "cat"]) == 0.75
    assert found.coverage([]) == 0
    nothing = read(path, set())
    assert (nothing.words, nothing.vectors.shape, nothing.dimension) == ((), (0, 3), 3)
    assert nothing.coverage(["the"]) == 0


GLOVE = content("glove", SMALL)
BINARY = content("binary", SMALL)

BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "line 1 is not a word and its values"),
    "header alone": (b"400000 300\n", "has a first line and no vectors"),
    "short line": (GLOVE + b"cat 1 2\n", "line 4 has 2 values instead of 3"),
    "long line": (GLOVE + b"cat 1 2 3 4\n", "line 4 has 4 values instead of 3"),
    "cut line": (GLOVE[:-8], "line 3 has 2 values instead of 3"),
    "no number": (GLOVE + b"dog 1 x 3\n", "line 4: a value of 'dog' is not a finite number"),
    "nan": (GLOVE + b"dog 1 nan 3\n", "line 4: a value of 'dog' is not a finite number"),
    "too large": (GLOVE + b"dog 1 1e39 3\n", "line 4: a value of 'dog' is not a finite number"),
    "too few": (b"9 3\n" + GLOVE, "line 1 tells of 9 vectors, there are 3"),
    "too many": (b"2 3\n" + GLOVE, "line 1 tells of 2 vectors, there are 3"),
    "other width": (b"3 4\n" + GLOVE, "line 2 has 3 values instead of 4"),
    "no number under a header": (
        b"4 3\nthe 1 x 3\n" + GLOVE,
        "line 2: a value of 'the' is not a finite number",
    ),
    "no width": (b"3 0\n" + GLOVE, "line 1 tells of 0 values a word"),
    "absurd width": (b"3 99999999\n" + GLOVE, "line 1 tells of 99999999 values a word"),
    "page": (b"<!DOCTYPE html>\n<html>\n", "line 1 is not a word and its values"),
    "prose": (b"Word vectors can be\nfetched from here.\n", "line 1 is not a word and its values"),
    "tabs": (b"the\t1\t2\ncat\t3\t4\n", "line 1 is not a word and its values"),
    "no lines": (b"the" + b" 1" * 600_000, "line 1"),
    "zip": (b"PK\x03\x04" + bytes(99), "is packed, not with gzip"),
    "xz": (b"\xfd7zXZ\x00" + bytes(99), "is packed, not with gzip"),
    "fastText": (b"\xba\x16\x4f\x2f" + bytes(99), "is a fastText model"),
    "NumPy": (b"\x93NUMPY\x01\x00" + bytes(99), "line 1 is not a word and its values"),
    "cut binary": (BINARY[:-5], f"ends at byte {len(BINARY) - 5}, in vector 3 of 3"),
    "cut in a word": (BINARY[:21], "ends at byte 21, in vector 2 of 3"),
    "binary goes on": (BINARY + b"more", "goes on after the 3 vectors"),
    "binary nan": (
        content("binary", [*SMALL, ("dog", [1, np.nan, 3])]),
        "a value of 'dog' is not a finite number",
    ),
    "binary without words": (b"5 2\n" + b"\x01" * (1 << 21), "vector 1 has no word before it"),
    "binary of a wrong width": (BINARY.replace(b"3 3\n", b"3 5\n"), "ends at byte"),
    "cut gzip": (gzip.compress(GLOVE * 50)[:-20], "cannot be unpacked"),
    "bad gzip": (b"\x1f\x8b" + bytes(99), "cannot be unpacked"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_told_in_one_line_with_flag_and_name(kind, tmp_path):
    data, reason = BAD[kind]
    path = tmp_path / "my vectors"
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(path, {"the", "dog", "'s"})
    message = str(caught.value)
    assert message.startswith(f"--embeddings {str(path)!r}: ")
    assert reason in message
    assert "\n" not in message
    assert len(message) < 300 + len(str(path))


def test_what_nobody_wants_need_not_be_numbers(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(BAD["no number"][0])
    assert read(path, {"the"}).words == ("the",)


@pytest.mark.parametrize("reader", [lambda path: read(path, {"the"}), fingerprint])
def test_what_is_no_file(reader, tmp_path):
    for path, reason in (
        (tmp_path / "absent.txt", "is not there"),
        (tmp_path, "is a folder"),
        (tmp_path / ("x" * 300), "cannot be read: File name too long"),
        ("/dev/null", "is no file on a disk"),
        ("nul\0", "is not there"),
    ):
        with pytest.raises(UsageError) as caught:
            reader(path)
        assert str(caught.value).startswith(f"--embeddings {str(path)!r}: {reason}")


def test_the_fingerprint_is_of_the_content(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(GLOVE)
    two.write_bytes(GLOVE)
    assert fingerprint(one) == fingerprint(str(two))
    assert len(fingerprint(one)) == 64
    two.write_bytes(GLOVE.replace(b"0.5", b"0.6"))
    assert fingerprint(one) != fingerprint(two)


@pytest.mark.parametrize("place", [0, 9_000_000, 17_999_999])
def test_the_fingerprint_of_a_large_file_sees_its_ends_and_between(place, tmp_path):
    path = tmp_path / "large"
    data = bytearray(18_000_000)
    path.write_bytes(data)
    before = fingerprint(path)
    # 18 MB in 256 blocks of 64 KiB: 93 % of the bytes are in one.
    data[place : place + 70_000] = b"\x01" * 70_000
    path.write_bytes(data[:18_000_000])
    assert fingerprint(path) != before
    path.write_bytes(bytes(18_000_001))
    assert fingerprint(path) != before


@pytest.mark.parametrize("form", ["glove", "binary"])
def test_a_large_file_needs_little_memory(form, tmp_path):
    path = tmp_path / "large"
    row = np.linspace(-1, 1, 300)
    block = content(form, [("word", row)] * 1000)
    head = block.index(b"\n") + 1 if form == "binary" else 0
    with path.open("wb") as file:
        file.write(b"30000 300\n" if form == "binary" else b"")
        for _ in range(30):
            file.write(block[head:])
    code = (
        "import resource, sys; from aser_bench.models.text.embeddings import read\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = peak(); found = read(sys.argv[1], {'word'})\n"
        "print(len(found.words), peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True)
    words, kilobytes = map(int, done.stdout.split())
    assert words == 1
    assert path.stat().st_size > 35_000_000
    assert kilobytes < 12_000
