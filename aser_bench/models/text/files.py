"""Files of word vectors: opening with one-line errors, and identification by content."""

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

_OTHER_FORMATS = {
    **dict.fromkeys(
        (b"PK\x03\x04", b"7z\xbc\xaf", b"BZh", b"\xfd7zX", b"\x28\xb5\x2f\xfd"),
        "is compressed, but not with gzip (a zip archive, for example); unpack it first",
    ),
    b"\xba\x16\x4f\x2f": "is a fastText model; give the .vec file of the model",
}
"""First bytes of files of other formats, and the error message for them."""

FORMATS = "give a GloVe text file, a word2vec text file or a word2vec .bin, plain or .gz"
DAMAGED = "the file is cut short or damaged, fetch it again"


@contextlib.contextmanager
def open_vectors(path: str | Path, unpack: bool = True) -> Iterator[BinaryIO]:
    """Open a file and decompress gzip; errors name the flag and the file."""
    file, name = Path(path).expanduser(), f"--embeddings {str(path)!r}"
    try:
        if file.is_dir():
            raise UsageError("is a folder; give the file of word vectors in it")
        if not file.is_file():
            raise UsageError("is not a regular file" if file.exists() else "does not exist")
        with file.open("rb") as plain:
            magic = plain.read(4)
            plain.seek(0)
            if not magic:
                raise UsageError("is empty; " + FORMATS)
            for start, reason in _OTHER_FORMATS.items():
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
    """Return a hash of the content of a file of word vectors, 64 hexadecimal digits.

    SHA-256 of the size and of 256 evenly spaced blocks of 64 KiB, the first and the last included;
    a file of up to 16 MiB is hashed completely. In a larger file, a change between the blocks that
    keeps the size is not detected; vectors of another training differ in every block.

    Raises
    ------
    UsageError
        If the file cannot be read.
    """
    with open_vectors(path, unpack=False) as stream:
        status = os.fstat(stream.fileno())
    return _fingerprint(str(path), status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=8)  # computed once for all trainings, unless the file changes
def _fingerprint(path: str, size: int, modified: int, inode: int) -> str:
    block, blocks = 1 << 16, 256
    with open_vectors(path, unpack=False) as stream:
        digest = hashlib.sha256(f"{size} ".encode())
        whole = size <= block * blocks
        evenly = np.linspace(0, max(size - block, 0), blocks, dtype=np.int64)
        for start in range(0, size, block) if whole else evenly.tolist():
            stream.seek(start)
            digest.update(stream.read(block))
    return digest.hexdigest()
