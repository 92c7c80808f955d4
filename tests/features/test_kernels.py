"""Compiled loops: results, and compilation with any state of the disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import aser_bench
from aser_bench.features import kernels

PACKAGE = Path(aser_bench.__file__).parent
CODE = """
import sys, numpy as np
from aser_bench.features import kernels
assert "numba" not in sys.modules
power = np.arange(10, dtype=np.float32).reshape(2, 5) % 4
pitch, height = np.empty((2, 4), np.float32)
n = kernels.peaks(power, np.zeros(2, np.float32), 1, 4, 8.0, pitch, height)
print(n, pitch[:n].tolist())
"""


def peaks(power, floors, low, high, rate=8.0):
    pitch, height = np.empty((2, power.size), dtype=np.float32)
    power, floors = (np.asarray(values, dtype=np.float32) for values in (power, floors))
    n = kernels.peaks(power, floors, low, high, rate, pitch, height)
    return pitch[:n].tolist(), height[:n].tolist()


def test_peak_is_interpolated_by_a_parabola():
    k = np.arange(9)
    pitch, height = peaks((10 - (k - 4.25) ** 2)[None], [0], 1, 8, rate=16.0)
    assert pitch == [4.25]
    assert height == pytest.approx([10], abs=0.07)  # librosa's height has half of the slope's term


def test_peaks_are_above_the_floor_and_within_the_range():
    power = np.array([[0, 2, 0, 5, 0, 3, 0, 9, 0], [0, 0, 0, 0, 0, 0, 0, 0, 0]])
    assert peaks(power, [2.5, 0], 2, 7)[0] == [1.5, 2.5]
    assert peaks(power, [9, 0], 1, 8)[0] == []


def test_plateau_is_one_peak_at_its_start():
    assert len(peaks(np.array([[0, 1, 4, 4, 1.0]]), [0], 1, 4)[0]) == 1


def run(environment: dict[str, str], root: Path = PACKAGE.parent) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", CODE],
        text=True,
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )


def answer(process: subprocess.Popen) -> str:
    out, error = process.communicate(timeout=120)
    assert process.returncode == 0, error
    assert error == ""
    return out


def test_compiles_without_a_writable_cache(monkeypatch):
    import numba

    attempts = []

    def njit(*signatures, cache=False, **options):
        attempts.append(cache)
        if cache:
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(numba, "njit", njit)
    call = kernels._compiled("f8(f8)")(lambda value: value + 1)
    assert attempts == []
    assert [call(1.0), call(2.0)] == [2.0, 3.0]
    assert attempts == [True, False]


def test_numba_is_imported_on_first_call(expected):
    assert expected.startswith("2 ")


@pytest.fixture(scope="module")
def expected() -> str:
    return answer(run({}))


@pytest.mark.slow
def test_two_processes_can_compile_at_the_same_time(tmp_path, expected):
    both = [run({"NUMBA_CACHE_DIR": str(tmp_path)}) for _ in range(2)]
    assert [answer(process) for process in both] == [expected] * 2
    assert list(tmp_path.rglob("*.nbi"))
    assert answer(run({"NUMBA_CACHE_DIR": str(tmp_path)})) == expected


@pytest.mark.slow
def test_damaged_cache_is_ignored(tmp_path, expected):
    answer(run({"NUMBA_CACHE_DIR": str(tmp_path)}))
    for file in [*tmp_path.rglob("*.nbi"), *tmp_path.rglob("*.nbc")]:
        file.write_bytes(b"no code")
    assert answer(run({"NUMBA_CACHE_DIR": str(tmp_path)})) == expected


@pytest.mark.slow
def test_each_process_compiles_if_nothing_is_writable(tmp_path, expected):
    shutil.copytree(
        PACKAGE, tmp_path / "aser_bench", ignore=shutil.ignore_patterns("__pycache__", "data")
    )
    # Files instead of folders cannot be written into, not even by the superuser.
    (tmp_path / "aser_bench" / "features" / "__pycache__").write_text("")
    (tmp_path / "file").write_text("")
    closed = {"HOME": str(tmp_path / "file"), "XDG_CACHE_HOME": str(tmp_path / "file")}
    assert answer(run(closed, tmp_path)) == expected
    assert not list(tmp_path.rglob("*.nbi"))
