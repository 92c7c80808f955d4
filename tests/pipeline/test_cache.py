"""The cache returns complete entries or none, and loads no pickle."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import AserBenchError
from aser_bench.pipeline.cache import Cache, default_folder, key

NAME = key("a name")
ARRAYS = {
    "values": np.arange(6, dtype=np.float32).reshape(2, 3),
    "offsets": np.array([0, 1, 2]),
    "words": np.array(["sad", "fröhlich"]),
    "nothing": np.zeros((0, 180), np.float32),
}
META = {"kbps": [8.0, None], "params": {"C": 0.1}, "note": "é"}


@pytest.fixture
def cache(tmp_path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def saved(cache) -> Path:
    cache.save("features", NAME, ARRAYS, META)
    return cache.path("features", NAME)


def files(cache: Cache) -> list[Path]:
    return [path for path in cache.root.rglob("*") if path.is_file()]


# Round trip


@pytest.mark.usefixtures("saved")
def test_saved_entry_is_loaded(cache):
    assert cache.has("features", NAME)
    entry = cache.load("features", NAME)
    assert entry.meta == META
    assert list(entry.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert entry.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(entry.arrays[name], array)


def test_entry_may_be_empty(cache):
    cache.save("sources", NAME, {}, {})
    entry = cache.load("sources", NAME)
    assert (entry.arrays, entry.meta) == ({}, {})


def test_missing_entry_is_none(cache):
    assert not cache.has("features", NAME)
    assert cache.load("features", NAME) is None
    assert not cache.root.exists()


@pytest.mark.usefixtures("saved")
def test_kinds_and_names_are_separate(cache):
    assert cache.load("audits", NAME) is None
    assert cache.load("features", key("another name")) is None
    cache.save("audits", NAME, {}, {"kbps": 8})
    assert cache.load("features", NAME).meta == META


@pytest.mark.usefixtures("saved")
def test_later_entry_replaces_the_earlier_one(cache):
    cache.save("features", NAME, {"values": np.ones(2)}, {"note": "new"})
    entry = cache.load("features", NAME)
    assert entry.meta == {"note": "new"}
    np.testing.assert_array_equal(entry.arrays["values"], [1, 1])


@pytest.mark.usefixtures("saved")
def test_saving_writes_one_file(cache):
    assert files(cache) == [cache.path("features", NAME)]


@pytest.mark.parametrize("variable", ["ASER_BENCH_CACHE", "ASER_BENCH_STORE"])
def test_default_folder_is_set_by_a_variable(monkeypatch, tmp_path, variable):
    monkeypatch.delenv("ASER_BENCH_CACHE", raising=False)
    monkeypatch.setenv(variable, str(tmp_path))
    assert default_folder() == tmp_path


def test_default_folder_is_in_the_users_cache(monkeypatch):
    monkeypatch.delenv("ASER_BENCH_STORE", raising=False)
    monkeypatch.delenv("ASER_BENCH_CACHE", raising=False)
    assert default_folder().name == "aser-bench"


# Damage


def assert_removed(cache: Cache) -> None:
    assert cache.load("features", NAME) is None
    assert not cache.has("features", NAME)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"garbage" * 99,
        bytes(4096),
        b"\x80\x04N.",
        b"PK\x03\x04" + bytes(60),
        b"PK\x05\x06" + bytes(18),
        b"\x93NUMPY" + bytes(200),
    ],
)
def test_damaged_file_is_removed(cache, saved, content):
    saved.write_bytes(content)
    assert_removed(cache)
    cache.save("features", NAME, ARRAYS, META)
    assert cache.load("features", NAME).meta == META


@pytest.mark.parametrize("part", [0.01, 0.3, 0.7, 0.99])
def test_truncated_file_is_removed(cache, saved, part):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(part * len(content))])
    assert_removed(cache)


def test_entry_of_another_key_is_removed(cache, saved):
    other = key("another name")
    path = cache.path("features", other)
    path.parent.mkdir(exist_ok=True)
    saved.rename(path)
    assert cache.load("features", other) is None
    assert not path.exists()


@pytest.mark.parametrize("what", ["no meta", "broken meta"])
def test_file_that_is_no_entry_is_removed(cache, saved, what):
    strange = {} if what == "no meta" else {"__meta__": np.array("{")}
    np.savez(saved, values=np.ones(3), **strange)
    assert_removed(cache)


def with_a_byte_changed(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]


def assert_none_or_complete(cache: Cache, content: bytes) -> None:
    cache.path("audits", NAME).write_bytes(content)
    entry = cache.load("audits", NAME)
    if entry is not None:
        assert entry.meta == {"kbps": 8}
        assert list(entry.arrays) == ["values"]
        np.testing.assert_array_equal(entry.arrays["values"], [1, 1, 1])


@pytest.fixture
def small(cache) -> bytes:
    cache.save("audits", NAME, {"values": np.ones(3, np.float32)}, {"kbps": 8})
    return cache.path("audits", NAME).read_bytes()


def test_wrong_byte_never_changes_numbers(cache, small):
    for place in range(0, small.index(b"PK\x01\x02"), 3):
        assert_none_or_complete(cache, with_a_byte_changed(small, place))


def test_wrong_byte_in_the_zip_directory_never_changes_numbers(cache, small):
    for place in range(small.index(b"PK\x01\x02"), len(small)):
        assert_none_or_complete(cache, with_a_byte_changed(small, place))


class Bomb:
    """Create a file when unpickled."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_pickle_is_not_loaded(cache, saved, tmp_path):
    trace = tmp_path / "trace"
    meta = np.array(json.dumps(META))
    np.savez(saved, __meta__=meta, values=np.array([Bomb(trace)], dtype=object))
    assert_removed(cache)
    assert not trace.exists()


# Failing writes


def assert_nothing_written(cache: Cache) -> None:
    assert not cache.has("features", NAME)
    assert files(cache) == []


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half_written(file, **arrays):
    file.write(b"PK half")
    full_disk()


@pytest.mark.parametrize(
    ("owner", "name", "replacement"),
    [(np, "savez", full_disk), (np, "savez", half_written), (Path, "replace", full_disk)],
)
def test_full_disk_is_reported_and_leaves_nothing(cache, monkeypatch, owner, name, replacement):
    monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(AserBenchError) as caught:
        cache.save("features", NAME, ARRAYS, META)
    assert str(cache.root) in str(caught.value)
    assert "no space left" in str(caught.value)
    assert "--cache" in str(caught.value)
    monkeypatch.undo()
    assert_nothing_written(cache)


@pytest.mark.usefixtures("saved")
def test_full_disk_leaves_the_earlier_entry(cache, monkeypatch):
    monkeypatch.setattr(np, "savez", half_written)
    with pytest.raises(AserBenchError):
        cache.save("features", NAME, {}, {"note": "new"})
    assert cache.load("features", NAME).meta == META


def closed(*args, **kwargs):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("name", ["mkdir", "open"])
def test_folder_without_permission_is_named(cache, monkeypatch, name):
    monkeypatch.setattr(Path, name, closed)
    with pytest.raises(AserBenchError, match="cannot be written") as caught:
        cache.save("features", NAME, ARRAYS, META)
    assert str(cache.root) in str(caught.value)
    assert "Permission denied" in str(caught.value)


def test_file_in_the_place_of_the_folder_is_named(cache):
    cache.root.write_text("")
    with pytest.raises(AserBenchError, match="cannot be written") as caught:
        cache.save("features", NAME, ARRAYS, META)
    assert str(cache.root) in str(caught.value)


@pytest.mark.usefixtures("saved")
def test_entry_on_a_broken_disk_is_named(cache, monkeypatch):
    def broken(*args, **kwargs):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(np, "load", broken)
    with pytest.raises(AserBenchError, match=r"npz cannot be read \(Input/output error\)"):
        cache.load("features", NAME)


def test_file_in_the_place_of_the_folder_has_no_entry(cache):
    cache.root.write_text("")
    assert cache.load("features", NAME) is None


# Sweeping


def test_sweep_removes_old_temporary_files_only(cache, saved):
    old, new, folder = (cache.root / "tmp" / name for name in ("old", "new", "folder"))
    for file in (old, new):
        file.write_bytes(b"half")
    folder.mkdir()
    long_ago = time.time() - 25 * 3600
    for path in (old, folder, saved):
        os.utime(path, (long_ago, long_ago))
    cache.sweep()
    assert not old.exists()
    assert new.exists()
    assert folder.exists()
    assert cache.load("features", NAME).meta == META


def test_sweep_of_a_missing_folder_does_nothing(cache):
    cache.sweep()
    assert not cache.root.exists()


# Keys


def test_key_is_the_same_in_every_process():
    code = (
        "from aser_bench.pipeline.cache import key; print(key('train', 1, {'b': [2.5], 'a': None}))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert found.stdout.strip() == key("train", 1, {"a": None, "b": [2.5]})


PARTS = ["features", 16000, ["hash"], {"codec": "mp3", "kbps": 8.0}, None]


@pytest.mark.parametrize(
    "other",
    [
        ["audits", *PARTS[1:]],
        [PARTS[0], 16001, *PARTS[2:]],
        [*PARTS[:2], ["hash", "hash"], *PARTS[3:]],
        [*PARTS[:3], {"codec": "mp3", "kbps": 16.0}, None],
        [*PARTS[:3], {"codec": "mp3"}, None],
        [*PARTS[:4], False],
        [*PARTS[:4], ""],
        PARTS[:4],
        [PARTS],
        [PARTS[1], PARTS[0], *PARTS[2:]],
    ],
)
def test_key_depends_on_every_part(other):
    assert key(*other) != key(*PARTS)


def test_key_separates_parts():
    assert len({key("ab", "c"), key("a", "bc"), key("abc"), key("ab,c"), key(["ab", "c"])}) == 5


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(max_examples=25, deadline=None)
@given(st.lists(JSON, max_size=3), st.lists(JSON, max_size=3))
def test_keys_are_equal_only_for_equal_parts(one, two):
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (key(*one) == key(*two)) == same
    assert key(*json.loads(json.dumps(one))) == key(*one)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_values_that_json_cannot_represent_are_refused(bad):
    with pytest.raises(ValueError, match="not JSON compliant"):
        key("features", bad)


# Two runs, one cache

WRITER = """
import sys
from pathlib import Path
import numpy as np
from aser_bench.pipeline.cache import Cache
cache = Cache(Path(sys.argv[1]))
for _ in range(25):
    cache.save("features", sys.argv[2], {"values": np.full(5000, 7.0)}, {"note": "same"})
    assert cache.load("features", sys.argv[2]).arrays["values"].sum() == 35000
"""


def test_two_processes_may_write_the_same_entry(cache):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(cache.root), NAME], cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        entry = cache.load("features", NAME)
        seen += entry is not None
        assert entry is not None or not seen, "an entry that was there is gone"
        if entry is not None:
            assert entry.arrays["values"].sum() == 35000
        time.sleep(0.002)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert files(cache) == [cache.path("features", NAME)]
