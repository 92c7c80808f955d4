"""Content-addressed cache of results, so that nothing is computed twice.

A key is a hash of everything that determines the content, so no entry is ever out of date. A file
is written under a temporary name and renamed when it is complete: several runs may share a cache,
and a run that is killed leaves no incomplete entry. Arrays are in ``.npz`` files, which are read
without pickle.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.atomic import cannot_write, write_file
from ..core.errors import AserBenchError

_STALE_S = 24 * 3600
_META = "__meta__"
_REMEDY = (
    "choose another folder with --cache or ASER_BENCH_CACHE; finished work is kept, and the same "
    "command continues from there"
)


def default_folder() -> Path:
    """Return ``$ASER_BENCH_CACHE``, or a folder in the user's cache."""
    import platformdirs

    # ASER_BENCH_STORE is the earlier name of the variable.
    named = os.environ.get("ASER_BENCH_CACHE") or os.environ.get("ASER_BENCH_STORE")
    return Path(named or platformdirs.user_cache_dir("aser-bench"))


def key(*parts: Any) -> str:
    """Return the sha256 (hex) of values that JSON can represent."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """Content of the cache under one key: named arrays, and a mapping that JSON can represent."""

    arrays: dict[str, npt.NDArray[Any]]
    meta: dict[str, Any]


@dataclass(frozen=True)
class Cache:
    """A folder of entries; cheap to construct and to send to a worker process."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path | None) -> Cache:
        """Return the cache in a folder, or in `default_folder` for None."""
        return cls(Path(folder) if folder is not None else default_folder())

    def path(self, kind: str, name: str) -> Path:
        """Return the path of an entry, which need not exist."""
        return self.root / kind / name[:2] / f"{name}.npz"

    def has(self, kind: str, name: str) -> bool:
        """Return whether there is an entry under this key."""
        return self.path(kind, name).exists()

    def load(self, kind: str, name: str) -> Entry | None:
        """Return an entry, or None if there is none or it is damaged.

        A damaged entry is removed.

        Raises
        ------
        AserBenchError
            If the disk cannot be read.
        """
        path = self.path(kind, name)
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {part: file[part] for part in file.files}
            index = json.loads(str(arrays.pop(_META)))
            if sorted(arrays) == index["arrays"] and index.get("key", name) == name:
                return Entry(arrays, index["meta"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno != errno.EINVAL:  # a damaged index; other errors are the disk's
                reason = error.strerror or error
                raise AserBenchError(f"{path} cannot be read ({reason}): {_REMEDY}") from error
        except (ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile):
            pass  # a damaged file can raise any of these
        path.unlink(missing_ok=True)
        return None

    def save(
        self, kind: str, name: str, arrays: Mapping[str, npt.ArrayLike], meta: dict[str, Any]
    ) -> None:
        """Write an entry as a whole or not at all; an old entry is replaced.

        Raises
        ------
        AserBenchError
            If the disk is full or the folder cannot be written.
        """
        path = self.path(kind, name)
        index = json.dumps({"key": name, "arrays": sorted(arrays), "meta": meta})
        content: dict[str, Any] = {_META: np.array(index), **arrays}
        temporary = self.root / "tmp" / f"{name[:16]}.{os.getpid()}.{uuid.uuid4().hex}"
        try:
            write_file(path, lambda file: np.savez(file, **content), temporary)
        except OSError as error:
            raise cannot_write(error, self.root, _REMEDY) from error

    def sweep(self) -> None:
        """Remove temporary files that killed runs left a day or more ago."""
        for path in (self.root / "tmp").glob("*"):
            try:
                if time.time() - path.stat().st_mtime > _STALE_S:
                    path.unlink()
            except OSError:  # another run removed it first
                continue
