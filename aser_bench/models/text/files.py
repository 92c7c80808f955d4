"""Files of word vectors: opened with what is wrong told in one line, and known by their content."""

from __future__ import annotations

import contextlib
import functools
import gzip
import hashlib
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np

from ...core.errors import UsageError

_OTHERS = {
    **dict.fromkeys(
        (b"PK\x03\x04", b"7z\xbc\xaf", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd"),
        "is packed, not with gzip (a zip archive, say); unpack it and give the file in it",
    ),
    b"\xba\x16\x4f\x2f": "is a fastText model; give the .vec file that belongs to it",
}
"""What a file of another kind begins with."""

FORMATS = "give a GloVe text file, a word2vec text file or a word2vec .bin, plain or .gz"
DAMAGED = "the file is cut short or damaged, fetch it again"


@contextlib.contextmanager
def open_vectors(path: str | Path, unpack: bool = True) -> Iterator[BinaryIO]:
    """Open a file, unpacking gzip; what is wrong with it is told with the flag and its name."""
    file, name = Path(path).expanduser(), f"--embeddings {str(path)!r}"
    try:
        if file.is_dir():
            raise UsageError("is a folder; give the file of word vectors in it")
        if not file.is_file():
            raise UsageError(f"is {'no file on a disk' if file.exists() else 'not there'}")
        with file.open("rb") as plain:
            magic = plain.read(4)
            plain.seek(0)
            if not magic:
                raise UsageError("is empty; " + FORMATS)
            for start, reason in _OTHERS.items():
                if magic.startswith(start):
                    raise UsageError(reason)
            if unpack and magic.startswith(b"\x1f\x8b"):
                with gzip.GzipFile(fileobj=plain) as unpacked:
                    yield cast(BinaryIO, unpacked)
            else:
                yield plain
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UsageError(f"{name}: cannot be unpacked; {DAMAGED}") from error
    except OSError as error:
        raise UsageError(f"{name}: cannot be read: {error.strerror}") from error


def fingerprint(path: str | Path) -> str:
    """Return what identifies the content of a file of word vectors, 64 hexadecimal digits.

    SHA-256 of the size and of 256 blocks of 64 KiB, the first, the last and those evenly between:
    all of a file up to 16 MiB. Of a larger one, a change that keeps the size and lies between the
    blocks is not seen; vectors of another training differ in every block.

    Raises
    ------
    UsageError
        If the file cannot be read.
    """
    with open_vectors(path, unpack=False) as stream:
        status = os.fstat(stream.fileno())
    return _fingerprint(str(path), status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=8)  # asked for once a training
def _fingerprint(path: str, size: int, changed: int, number: int) -> str:
    block, blocks = 1 << 16, 256
    with open_vectors(path, unpack=False) as stream:
        digest = hashlib.sha256(f"{size} ".encode())
        whole = size <= block * blocks
        spread = np.linspace(0, max(size - block, 0), blocks, dtype=np.int64)
        for start in range(0, size, block) if whole else spread.tolist():
            stream.seek(start)
            digest.update(stream.read(block))
    return digest.hexdigest()
