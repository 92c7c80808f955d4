"""Reading of word vectors: formats, memory, and one-line errors for invalid files."""

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
    """Return the bytes of a file of vectors in a format, as the original tools write them."""
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
def test_formats_give_equal_vectors(form, packed, tmp_path):
    path = tmp_path / "vectors"
    data = content(form, SMALL)
    path.write_bytes(gzip.compress(data) if packed else data)
    embeddings = read(path, {"'s", "the", "absent"})
    assert embeddings.words == ("the", "'s")
    assert (embeddings.dimension, embeddings.vectors.dtype) == (3, np.float32)
    np.testing.assert_array_equal(embeddings.vectors, np.float32([SMALL[0][1], SMALL[2][1]]))


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=25, deadline=None)
@given(table=tables(), data=st.data())
def test_vectors_are_read_back_bit_by_bit(form, table, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("any") / "vectors.txt"
    path.write_bytes(content(form, table))
    requested = data.draw(st.sets(st.sampled_from([word for word, _ in table])))
    embeddings = read(path, requested)
    expected_rows = [(word, vector) for word, vector in table if word in requested]
    assert embeddings.words == tuple(word for word, _ in expected_rows)
    assert embeddings.dimension == len(table[0][1])
    expected = np.array([vector for _, vector in expected_rows], dtype=np.float32)
    np.testing.assert_array_equal(embeddings.vectors, expected.reshape(-1, embeddings.dimension))


def test_vectors_of_one_value_with_and_without_a_header(tmp_path):
    path = tmp_path / "one"
    path.write_bytes(b"2 1\nthe 0.5\n7 2\n")
    assert read(path, {"the", "7"}).vectors.tolist() == [[0.5], [2.0]]
    path.write_bytes(b"2 1\n. . . 4\n7 2\n")
    assert read(path, {". . .", "7"}).vectors.tolist() == [[4.0], [2.0]]
    path.write_bytes(b"5 3\nthe 0.5\n7 2\n")
    assert read(path, {"the", "5"}).words == ("5", "the")


def test_tokens_may_contain_spaces(tmp_path):
    path = tmp_path / "glove"
    path.write_bytes(
        b". 1 1\n. . . 2 2\nat name@domain.com 3 3\n2 4 4\nat 5 5\nnew york 6 6\n"
        b"\xc2\xa0 7 7\na\xc2\x85b 8 8\n"
    )
    embeddings = read(path, {".", "at", "new york", "2", "\u00a0", "a\u0085b", ". . ."})
    assert embeddings.words == (".", ". . .", "2", "at", "new york", "\u00a0", "a\u0085b")
    assert embeddings.vectors[:, 0].tolist() == [1, 2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("form", ["glove", "binary"])
def test_capitalised_words_match_only_without_an_exact_spelling(form, tmp_path):
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
    embeddings = read(path, {"the", "friday", "école"})
    assert embeddings.words == ("friday", "the", "école")
    assert embeddings.vectors[:, 0].tolist() == [2, 4, 6]
    assert read(path, {"THE", "Friday"}).vectors[:, 0].tolist() == [1, 2]


@pytest.mark.parametrize("form", ["glove", "binary"])
def test_invalid_utf8_is_skipped(form, tmp_path):
    path = tmp_path / "vectors"
    table = [("before", [1, 2]), ("QQ", [3, 4]), ("after", [5, 6])]
    path.write_bytes(content(form, table).replace(b"QQ", b"\xff\xe9"))
    assert read(path, {"before", "after", "é"}).words == ("before", "after")


def test_coverage_counts_repeated_words(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(content("glove", SMALL))
    embeddings = read(path, {"the", "cat", "'s"})
    assert embeddings.coverage({"the", "cat"}) == 0.5
    assert embeddings.coverage(["the", "the", "the", "cat"]) == 0.75
    assert embeddings.coverage([]) == 0
    nothing = read(path, set())
    assert (nothing.words, nothing.vectors.shape, nothing.dimension) == ((), (0, 3), 3)
    assert nothing.coverage(["the"]) == 0


GLOVE = content("glove", SMALL)
BINARY = content("binary", SMALL)

BAD = {
    "empty": (b"", "is empty"),
    "blank": (b"\n\n", "line 1 is not a word and its values"),
    "header alone": (b"400000 300\n", "has a first line, but no vectors"),
    "short line": (GLOVE + b"cat 1 2\n", "line 4 has 2 values instead of 3"),
    "long line": (GLOVE + b"cat 1 2 3 4\n", "line 4 has 4 values instead of 3"),
    "cut line": (GLOVE[:-8], "line 3 has 2 values instead of 3"),
    "no number": (GLOVE + b"dog 1 x 3\n", "line 4: a value of 'dog' is not a finite number"),
    "nan": (GLOVE + b"dog 1 nan 3\n", "line 4: a value of 'dog' is not a finite number"),
    "too large": (GLOVE + b"dog 1 1e39 3\n", "line 4: a value of 'dog' is not a finite number"),
    "too few": (b"9 3\n" + GLOVE, "line 1 states 9 vectors, but there are 3"),
    "too many": (b"2 3\n" + GLOVE, "line 1 states 2 vectors, but there are 3"),
    "other width": (b"3 4\n" + GLOVE, "line 2 has 3 values instead of 4"),
    "no number under a header": (
        b"4 3\nthe 1 x 3\n" + GLOVE,
        "line 2: a value of 'the' is not a finite number",
    ),
    "no width": (b"3 0\n" + GLOVE, "line 1 states 0 values per word"),
    "absurd width": (b"3 99999999\n" + GLOVE, "line 1 states 99999999 values per word"),
    "page": (b"<!DOCTYPE html>\n<html>\n", "line 1 is not a word and its values"),
    "prose": (b"Word vectors can be\nfetched from here.\n", "line 1 is not a word and its values"),
    "tabs": (b"the\t1\t2\ncat\t3\t4\n", "line 1 is not a word and its values"),
    "no lines": (b"the" + b" 1" * 600_000, "line 1"),
    "zip": (b"PK\x03\x04" + bytes(99), "is compressed, but not with gzip"),
    "xz": (b"\xfd7zXZ\x00" + bytes(99), "is compressed, but not with gzip"),
    "fastText": (b"\xba\x16\x4f\x2f" + bytes(99), "is a fastText model"),
    "NumPy": (b"\x93NUMPY\x01\x00" + bytes(99), "line 1 is not a word and its values"),
    "cut binary": (BINARY[:-5], f"ends at byte {len(BINARY) - 5}, in vector 3 of 3"),
    "cut in a word": (BINARY[:21], "ends at byte 21, in vector 2 of 3"),
    "binary continues": (BINARY + b"more", "continues after the 3 vectors"),
    "binary nan": (
        content("binary", [*SMALL, ("dog", [1, np.nan, 3])]),
        "a value of 'dog' is not a finite number",
    ),
    "binary without words": (b"5 2\n" + b"\x01" * (1 << 21), "vector 1 has no word"),
    "binary of a wrong width": (BINARY.replace(b"3 3\n", b"3 5\n"), "ends at byte"),
    "cut gzip": (gzip.compress(GLOVE * 50)[:-20], "cannot be unpacked"),
    "bad gzip": (b"\x1f\x8b" + bytes(99), "cannot be unpacked"),
}


@pytest.mark.parametrize("case", BAD)
def test_invalid_file_is_reported_in_one_line_with_flag_and_name(case, tmp_path):
    data, reason = BAD[case]
    path = tmp_path / "my vectors"
    path.write_bytes(data)
    with pytest.raises(UsageError) as caught:
        read(path, {"the", "dog", "'s"})
    message = str(caught.value)
    assert message.startswith(f"--embeddings {str(path)!r}: ")
    assert reason in message
    assert "\n" not in message
    assert len(message) < 300 + len(str(path))


def test_values_of_other_words_are_not_parsed(tmp_path):
    path = tmp_path / "vectors"
    path.write_bytes(BAD["no number"][0])
    assert read(path, {"the"}).words == ("the",)


@pytest.mark.parametrize("reader", [lambda path: read(path, {"the"}), fingerprint])
def test_rejects_paths_that_are_not_files(reader, tmp_path):
    for path, reason in (
        (tmp_path / "absent.txt", "does not exist"),
        (tmp_path, "is a folder"),
        (tmp_path / ("x" * 300), "cannot be read: File name too long"),
        ("/dev/null", "is not a regular file"),
        ("nul\0", "does not exist"),
    ):
        with pytest.raises(UsageError) as caught:
            reader(path)
        assert str(caught.value).startswith(f"--embeddings {str(path)!r}: {reason}")


def test_fingerprint_depends_on_the_content(tmp_path):
    first, second = tmp_path / "one", tmp_path / "two"
    first.write_bytes(GLOVE)
    second.write_bytes(GLOVE)
    assert fingerprint(first) == fingerprint(str(second))
    assert len(fingerprint(first)) == 64
    second.write_bytes(GLOVE.replace(b"0.5", b"0.6"))
    assert fingerprint(first) != fingerprint(second)


@pytest.mark.parametrize("place", [0, 9_000_000, 17_999_999])
def test_fingerprint_of_a_large_file_covers_start_middle_and_end(place, tmp_path):
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
def test_large_file_needs_little_memory(form, tmp_path):
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
        "before = peak(); result = read(sys.argv[1], {'word'})\n"
        "print(len(result.words), peak() - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True)
    words, kilobytes = map(int, done.stdout.split())
    assert words == 1
    assert path.stat().st_size > 35_000_000
    assert kilobytes < 12_000
