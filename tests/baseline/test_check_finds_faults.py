"""Faults in a codec or in features make the check of a run fail.

Each study runs in a separate process, from an empty cache, with one fault.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import aser_bench

pytestmark = pytest.mark.slow

STUDY = [
    "--codec",
    "mp3",
    "--bitrates",
    "8,64",
    "--models",
    "svm",
    "--effort",
    "quick",
    "--limit",
    "140",
    "-j",
    "1",
    "-q",
    "--format",
    "csv",
]

LATE = """
import numpy as np
from dataclasses import replace
from aser_bench.codecs.mp3 import Mp3
whole = Mp3.roundtrip
def late(self, signals, rate, conditions):
    return [[replace(one, signal=np.concatenate([np.zeros(200, np.float32), one.signal[:-200]]))
             for one in row] for row in whole(self, signals, rate, conditions)]
Mp3.roundtrip = late
"""

CLAMPED = """
from dataclasses import replace
from aser_bench.codecs.mp3 import Mp3
whole = Mp3.roundtrip
Mp3.roundtrip = lambda self, signals, rate, conditions: whole(
    self, signals, rate, [replace(one, kbps=max(one.kbps, 32)) for one in conditions])
"""

SHORT = """
from dataclasses import replace
from aser_bench.codecs.mp3 import Mp3
whole = Mp3.roundtrip
Mp3.roundtrip = lambda self, signals, rate, conditions: [
    [replace(one, signal=one.signal[:-1] if len(one.signal) % 3 == 0 else one.signal)
     for one in row] for row in whole(self, signals, rate, conditions)]
"""

HOP = """
from aser_bench.features import spectral
spectral.HOP = 256
"""


def run(folder: Path, broken: str = "") -> Path:
    """Run the study after some code."""
    name = folder / "run"
    words = ["run", *STUDY, "--out", str(name), "--cache", str(folder / "cache")]
    code = f"{broken}\nimport sys\nfrom aser_bench.cli import main\nsys.exit(main({words!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "PYTHONPATH": str(Path(aser_bench.__file__).parents[1])},
    )
    assert done.returncode == 0, done.stderr
    return name


@pytest.fixture(scope="module")
def baseline(tmp_path_factory):
    return run(tmp_path_factory.mktemp("baseline"))


def checked(new: Path, baseline: Path) -> tuple[int, list[dict]]:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "aser_bench",
            "check",
            str(new),
            "--against",
            str(baseline),
            "--format",
            "json",
        ],
        capture_output=True,
        text=True,
        timeout=500,
        env={**os.environ, "PYTHONPATH": str(Path(aser_bench.__file__).parents[1])},
    )
    result = json.loads(done.stdout)
    return done.returncode, [one for one in result["guards"] if one["fails"]]


def test_unchanged_code_passes(baseline, tmp_path):
    assert checked(run(tmp_path), baseline) == (0, [])


@pytest.mark.parametrize(
    ("broken", "flag", "message"),
    [
        (LATE, "max-lag-shift", "200"),
        (CLAMPED, "max-bitrate-shift", "32"),
        (SHORT, "max-refused", "samples for"),
        (HOP, "max-feature-shift", "raise the feature set's version"),
    ],
    ids=["200 samples of delay", "clamped bitrate", "a missing sample", "another hop length"],
)
def test_a_fault_fails_the_check_and_is_named(baseline, tmp_path, broken, flag, message):
    code, failing = checked(run(tmp_path, broken), baseline)
    assert code == 4
    named = [one for one in failing if one["flag"] == flag]
    assert named
    assert any(message in f"{one['reason']} {one['value']}" for one in named)
