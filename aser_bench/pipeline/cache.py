"""The content-addressed cache: what was computed once is not computed again.

A key is a hash of everything that decides the content, so nothing in the cache is ever stale.
A file is written under a temporary name and renamed when it is whole: two runs may share a
cache, and a run that is killed leaves nothing half-written under a real name. Arrays lie in
``.npz`` files that are read without pickle.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import time
import uuid
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..core.atomic import cannot_write

_STALE_S = 24 * 3600
_META = "__meta__"


def default_folder() -> Path:
    """Return ``$ASER_BENCH_CACHE``, or a folder in the user's cache."""
    import platformdirs

    # ASER_BENCH_STORE is the earlier name of the variable.
    named = os.environ.get("ASER_BENCH_CACHE") or os.environ.get("ASER_BENCH_STORE")
    return Path(named or platformdirs.user_cache_dir("aser-bench"))


def key(*parts: Any) -> str:
    """Return the sha256 (hex) of parts that JSON can hold."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """What lies under a key: named arrays, and a mapping that JSON can hold."""

    arrays: dict[str, np.ndarray]
    meta: dict[str, Any]


@dataclass(frozen=True)
class Cache:
    """A folder of entries; cheap to make and to send to a worker process."""

    root: Path

    @classmethod
    def at(cls, folder: str | Path | None) -> Cache:
        """Return the cache in a folder, or in `default_folder` for None."""
        return cls(Path(folder) if folder is not None else default_folder())

    def path(self, kind: str, name: str) -> Path:
        """Return where an entry lies or would lie."""
        return self.root / kind / name[:2] / f"{name}.npz"

    def has(self, kind: str, name: str) -> bool:
        """Whether there is a whole entry under this key."""
        return self.path(kind, name).exists()

    def load(self, kind: str, name: str) -> Entry | None:
        """Return an entry, or None if there is none or a disk has damaged it."""
        path = self.path(kind, name)
        try:
            with np.load(path, allow_pickle=False) as file:
                arrays = {part: file[part] for part in file.files}
            kept = json.loads(str(arrays.pop(_META)))
            if sorted(arrays) == kept["arrays"]:
                return Entry(arrays, kept["meta"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno != errno.EINVAL:  # a seek to nowhere; all else is the disk's word
                raise cannot_write(
                    error, self.root, "choose another folder with --cache"
                ) from error
        except (ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile):
            pass  # one wrong bit can make zip and npy say any of these
        path.unlink(missing_ok=True)  # damaged: as if it had never been written
        return None

    def save(
        self, kind: str, name: str, arrays: dict[str, np.ndarray], meta: dict[str, Any]
    ) -> None:
        """Write an entry whole or not at all.

        Raises
        ------
        AserBenchError
            If the disk is full or the folder cannot be written.
        """
        path = self.path(kind, name)
        kept = json.dumps({"arrays": sorted(arrays), "meta": meta})
        temporary = self.root / "tmp" / f"{name[:16]}.{os.getpid()}.{uuid.uuid4().hex}"
        try:
            temporary.parent.mkdir(parents=True, exist_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            with temporary.open("wb") as file:
                np.savez(file, **{_META: np.array(kept)}, **arrays)  # type: ignore[arg-type]
            temporary.replace(path)
        except OSError as error:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise cannot_write(error, self.root, "choose another folder with --cache") from error

    def sweep(self) -> None:
        """Remove what runs that were killed left half-written a day or more ago."""
        for left in (self.root / "tmp").glob("*"):
            try:
                if time.time() - left.stat().st_mtime > _STALE_S:
                    left.unlink()
            except OSError:  # another run swept it first
                continue
