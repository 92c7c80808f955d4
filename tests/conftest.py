"""Fixtures for tests in several folders."""

from __future__ import annotations

import os
import signal
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from cli_assertions import Output

from aser_bench.cli import main
from aser_bench.core import ffmpeg, tempdirs

# Background jobs of a script ignore SIGINT, and so do their child processes. Tests that interrupt
# a run need child processes that do not.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Figures and HTML after every run would take longer than the runs. Tests of reports set the
# formats that they need.
os.environ.setdefault("ASER_BENCH_FORMAT", "csv,latex")


def pytest_configure(config: pytest.Config) -> None:
    """Set a separate numba cache for each worker.

    librosa compiles functions when it is imported. If two processes fill one numba cache at the
    same time, its index may refer to the wrong code, and every process that loads it crashes.
    """
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        folder = tempfile.TemporaryDirectory(prefix=f"numba-{worker}-")
        config.add_cleanup(folder.cleanup)
        os.environ["NUMBA_CACHE_DIR"] = folder.name


@pytest.fixture(scope="session")
def shared_corpora() -> Path:
    """Return the folder of real corpora beside the checkout, or skip."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("no real corpora beside this checkout (../shared/corpora)")
    return folder


@pytest.fixture(scope="session")
def voices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 32 short synthetic recordings: 4 speakers x 4 emotions x 2.

    They are named ``<speaker>_<n>_<emotion>.wav``, as the corpus ``custom`` reads them. Emotions
    differ in pitch and loudness, so that models can learn them.
    """
    folder = tmp_path_factory.mktemp("voices")
    rng = np.random.default_rng(1)
    time = np.arange(int(0.4 * 16_000)) / 16_000
    for speaker in range(4):
        for number, emotion in enumerate(("angry", "happy", "neutral", "sad")):
            for take in range(2):
                pitch = (100 + 15 * speaker) * (2.0 - 0.3 * number) * rng.uniform(0.95, 1.05)
                voice = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 12))
                signal = (0.3 - 0.06 * number) * voice / 3 + 0.002 * rng.standard_normal(len(time))
                soundfile.write(folder / f"v{speaker}_{take}_{emotion}.wav", signal, 16_000)
    return folder


@pytest.fixture
def table(voices: Path, tmp_path: Path) -> Path:
    """Return a table of the synthetic recordings with their speakers, for the corpus ``csv``."""
    path = tmp_path / "voices.csv"
    lines = ["file,emotion,speaker"]
    for file in sorted(voices.glob("*.wav")):
        speaker, _, emotion = file.stem.split("_")
        lines.append(f"{file},{emotion},{speaker}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the cache directory of all tests; they can share it as it is content-addressed."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Path]:
    """Return a function that installs a shell script as the ffmpeg of this test."""
    from aser_bench.codecs import mp3

    # Otherwise MP3 is encoded without ffmpeg if the script calls the real ffmpeg.
    monkeypatch.setattr(mp3, "lame_matches_ffmpeg", lambda program: False)

    def install(script: str) -> Path:
        path = tmp_path / "fake-ffmpeg"
        path.write_text("#!/bin/sh\n" + textwrap.dedent(script))
        path.chmod(0o755)
        monkeypatch.setenv(ffmpeg.ENV_VARIABLE, str(path))
        return path

    return install


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return the folder in which all temporary directories of this test are created."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempdirs, "places", lambda n_bytes: [folder])
    return folder


def _ends(pid: int) -> bool:
    # A killed process exists until its parent has waited for it.
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        state = Path(f"/proc/{pid}/stat")
        if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def ends() -> Callable[[int], bool]:
    """Return a function that waits for a process (its number) to end; false after five seconds."""
    return _ends


@pytest.fixture(scope="module")
def named_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Change to a directory with the results folder and baseline that the test checks name."""
    root = tmp_path_factory.mktemp("folders")
    for name in ("results/new/manifest.json", "results/new/drift.csv", "baselines/demo/cells.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield root


@pytest.fixture
def cli(
    cache_dir: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Output]:
    """Return a function that runs the command line with its arguments.

    The working directory is the temporary folder of the test, the width of the terminal is 80
    columns, and variables of the environment do not change the result.
    """
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("ASER_BENCH_") and name != "ASER_BENCH_FFMPEG":
            monkeypatch.delenv(name)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("ASER_BENCH_CACHE", str(cache_dir))
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: object) -> Output:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as exit_:
            code = exit_.code
        output = capsys.readouterr()
        return Output(code, output.out, output.err)

    return call
