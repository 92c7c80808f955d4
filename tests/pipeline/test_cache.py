"""The store gives back what was put in, or nothing; never half of it, never a pickle's doing."""

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
from aser_bench.pipeline.cache import Store, default_root, key

NAME = key("a name")
ARRAYS = {
    "values": np.arange(6, dtype=np.float32).reshape(2, 3),
    "offsets": np.array([0, 1, 2]),
    "words": np.array(["sad", "fröhlich"]),
    "nothing": np.zeros((0, 180), np.float32),
}
META = {"kbps": [8.0, None], "params": {"C": 0.1}, "note": "é"}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def saved(store) -> Path:
    store.save("features", NAME, ARRAYS, META)
    return store.path("features", NAME)


def files(store: Store) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


# Round trip


@pytest.mark.usefixtures("saved")
def test_what_was_saved_is_loaded(store):
    assert store.has("features", NAME)
    entry = store.load("features", NAME)
    assert entry.meta == META
    assert list(entry.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert entry.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(entry.arrays[name], array)


def test_an_entry_may_be_empty(store):
    store.save("sources", NAME, {}, {})
    entry = store.load("sources", NAME)
    assert (entry.arrays, entry.meta) == ({}, {})


def test_nothing_there(store):
    assert not store.has("features", NAME)
    assert store.load("features", NAME) is None
    assert not store.root.exists()


@pytest.mark.usefixtures("saved")
def test_kinds_and_names_are_kept_apart(store):
    assert store.load("audits", NAME) is None
    assert store.load("features", key("another name")) is None
    store.save("audits", NAME, {}, {"kbps": 8})
    assert store.load("features", NAME).meta == META


@pytest.mark.usefixtures("saved")
def test_the_later_of_two_entries_stands(store):
    store.save("features", NAME, {"values": np.ones(2)}, {"note": "new"})
    entry = store.load("features", NAME)
    assert entry.meta == {"note": "new"}
    np.testing.assert_array_equal(entry.arrays["values"], [1, 1])


@pytest.mark.usefixtures("saved")
def test_saving_leaves_one_file(store):
    assert files(store) == [store.path("features", NAME)]


def test_where_it_lies_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("ASER_BENCH_STORE", str(tmp_path))
    assert default_root() == tmp_path
    monkeypatch.delenv("ASER_BENCH_STORE")
    assert default_root().name == "aser-bench"


# Damage


def assert_gone(store: Store) -> None:
    assert store.load("features", NAME) is None
    assert not store.has("features", NAME)


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
def test_a_damaged_file_is_none_and_gone(store, saved, content):
    saved.write_bytes(content)
    assert_gone(store)
    store.save("features", NAME, ARRAYS, META)
    assert store.load("features", NAME).meta == META


@pytest.mark.parametrize("part", [0.01, 0.3, 0.7, 0.99])
def test_a_truncated_file_is_none_and_gone(store, saved, part):
    content = saved.read_bytes()
    saved.write_bytes(content[: int(part * len(content))])
    assert_gone(store)


@pytest.mark.parametrize("what", ["no meta", "broken meta"])
def test_a_file_that_is_not_the_stores_is_none_and_gone(store, saved, what):
    strange = {} if what == "no meta" else {"__meta__": np.array("{")}
    np.savez(saved, values=np.ones(3), **strange)
    assert_gone(store)


def with_a_byte_changed(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0x40]) + content[place + 1 :]


def assert_none_or_whole(store: Store, content: bytes) -> None:
    store.path("audits", NAME).write_bytes(content)
    entry = store.load("audits", NAME)
    if entry is not None:
        assert entry.meta == {"kbps": 8}
        assert list(entry.arrays) == ["values"]
        np.testing.assert_array_equal(entry.arrays["values"], [1, 1, 1])


@pytest.fixture
def small(store) -> bytes:
    store.save("audits", NAME, {"values": np.ones(3, np.float32)}, {"kbps": 8})
    return store.path("audits", NAME).read_bytes()


def test_one_bad_byte_never_gives_other_numbers(store, small):
    for place in range(0, small.index(b"PK\x01\x02"), 3):
        assert_none_or_whole(store, with_a_byte_changed(small, place))


def test_one_bad_byte_in_the_directory_never_gives_other_numbers(store, small):
    for place in range(small.index(b"PK\x01\x02"), len(small)):
        assert_none_or_whole(store, with_a_byte_changed(small, place))


class Bomb:
    """Unpickling it leaves a file."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_a_pickle_is_not_opened(store, saved, tmp_path):
    trace = tmp_path / "trace"
    meta = np.array(json.dumps(META))
    np.savez(saved, __meta__=meta, values=np.array([Bomb(trace)], dtype=object))
    assert_gone(store)
    assert not trace.exists()


# Failing writes


def assert_nothing_written(store: Store) -> None:
    assert not store.has("features", NAME)
    assert files(store) == []


def full_disk(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def half_written(file, **arrays):
    file.write(b"PK half")
    full_disk()


@pytest.mark.parametrize(
    ("owner", "name", "replacement"),
    [(np, "savez", full_disk), (np, "savez", half_written), (Path, "replace", full_disk)],
)
def test_a_full_disk_leaves_nothing_and_says_so(store, monkeypatch, owner, name, replacement):
    monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(AserBenchError) as caught:
        store.save("features", NAME, ARRAYS, META)
    assert str(store.root) in str(caught.value)
    assert "no space left" in str(caught.value)
    assert "--store" in str(caught.value)
    monkeypatch.undo()
    assert_nothing_written(store)


@pytest.mark.usefixtures("saved")
def test_a_full_disk_leaves_the_entry_that_was_there(store, monkeypatch):
    monkeypatch.setattr(np, "savez", half_written)
    with pytest.raises(AserBenchError):
        store.save("features", NAME, {}, {"note": "new"})
    assert store.load("features", NAME).meta == META


def closed(*args, **kwargs):
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize("name", ["mkdir", "open"])
def test_a_closed_folder_is_named(store, monkeypatch, name):
    monkeypatch.setattr(Path, name, closed)
    with pytest.raises(AserBenchError, match="cannot be written") as caught:
        store.save("features", NAME, ARRAYS, META)
    assert str(store.root) in str(caught.value)
    assert "Permission denied" in str(caught.value)


def test_a_file_in_the_folders_place_is_named(store):
    store.root.write_text("")
    with pytest.raises(AserBenchError, match="cannot be written") as caught:
        store.save("features", NAME, ARRAYS, META)
    assert str(store.root) in str(caught.value)


def test_a_file_in_the_folders_place_holds_no_entry(store):
    store.root.write_text("")
    assert store.load("features", NAME) is None


# Sweeping


def test_sweep_takes_old_temporary_files_only(store, saved):
    old, new, folder = (store.root / "tmp" / name for name in ("old", "new", "folder"))
    for file in (old, new):
        file.write_bytes(b"half")
    folder.mkdir()
    long_ago = time.time() - 25 * 3600
    for path in (old, folder, saved):
        os.utime(path, (long_ago, long_ago))
    store.sweep()
    assert not old.exists()
    assert new.exists()
    assert folder.exists()
    assert store.load("features", NAME).meta == META


def test_there_may_be_nothing_to_sweep(store):
    store.sweep()
    assert not store.root.exists()


# Keys


def test_a_key_is_the_same_in_every_process():
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
def test_every_part_is_in_the_key(other):
    assert key(*other) != key(*PARTS)


def test_parts_are_not_run_together():
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
def test_equal_keys_mean_equal_parts(one, two):
    same = json.dumps(one, sort_keys=True) == json.dumps(two, sort_keys=True)
    assert (key(*one) == key(*two)) == same
    assert key(*json.loads(json.dumps(one))) == key(*one)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_json_cannot_hold_has_no_key(bad):
    with pytest.raises(ValueError, match="not JSON compliant"):
        key("features", bad)


# Two runs, one store

WRITER = """
import sys
from pathlib import Path
import numpy as np
from aser_bench.pipeline.cache import Store
store = Store(Path(sys.argv[1]))
for _ in range(25):
    store.save("features", sys.argv[2], {"values": np.full(5000, 7.0)}, {"note": "same"})
    assert store.load("features", sys.argv[2]).arrays["values"].sum() == 35000
"""


def test_two_processes_may_write_the_same_key(store):
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(store.root), NAME], cwd=Path(__file__).parents[2]
        )
        for _ in range(2)
    ]
    seen = 0
    while any(writer.poll() is None for writer in writers):
        entry = store.load("features", NAME)
        seen += entry is not None
        assert entry is not None or not seen, "an entry that was there is gone"
        if entry is not None:
            assert entry.arrays["values"].sum() == 35000
        time.sleep(0.002)
    assert [writer.returncode for writer in writers] == [0, 0]
    assert files(store) == [store.path("features", NAME)]
