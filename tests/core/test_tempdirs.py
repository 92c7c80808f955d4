"""Temporary folders are in memory where there is room, and nothing is left of them."""

from __future__ import annotations

import os
import signal as system_signals
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from aser_bench.core import ffmpeg, tempdirs

HANG = "echo $$ > pid.part; mv pid.part pid; exec sleep 20"
PROGRAMS = {
    "codes": """
        import numpy as np
        from aser_bench.codecs.mp3 import COMPONENT as codec
        conditions, _ = codec.conditions([64], 16000, "error")
        codec.roundtrip([np.zeros(100)], 16000, conditions)
    """,
    "reads a recording": """
        from aser_bench.corpora import containers
        containers.decode(b"\\0\\0\\0\\x08ftyp", "mov", 60)
    """,
}


@pytest.fixture(params=PROGRAMS.values(), ids=PROGRAMS)
def hanging(request, fake, place):
    """Yield a process that waits for ffmpeg, and a file in its temporary folder."""
    preamble = f"""
        from pathlib import Path
        from aser_bench.core import tempdirs
        tempdirs.places = lambda n_bytes: [Path({str(place)!r})]
    """
    hang = fake(f'case "$*" in *-version) echo ffmpeg version 1;; *) {HANG};; esac')
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(preamble) + textwrap.dedent(request.param)],
        env={**os.environ, ffmpeg.ENV_VARIABLE: str(hang)},
        stderr=subprocess.PIPE,
    )
    for _ in range(600):
        if list(place.glob("*/pid")):
            break
        time.sleep(0.05)
    (file,) = place.glob("*/pid")
    yield process, file
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_memory_disk_is_used_only_if_there_is_room():
    assert tempdirs.places(1)[-1] == tempdirs.places(2**60)[-1]
    assert len(tempdirs.places(2**60)) == 1


def test_interrupt_ends_ffmpeg_and_leaves_nothing(hanging, place, ends):
    process, file = hanging
    child = int(file.read_text())
    process.send_signal(system_signals.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=30)[1]
    assert ends(child)
    assert list(place.iterdir()) == []


def test_next_process_removes_the_folder_of_a_killed_one(hanging, place):
    process, file = hanging
    child, left = int(file.read_text()), file.parent
    assert left.name.startswith(f"aser-bench-{process.pid}-")
    assert tempdirs.sweep(place) == []  # not while it lives
    process.kill()
    process.communicate()
    os.killpg(child, system_signals.SIGKILL)
    assert left.is_dir()
    tempdirs._sweep_once.cache_clear()  # as in a new process
    with tempdirs.folder(place) as own:
        assert list(place.iterdir()) == [own]
    assert list(place.iterdir()) == []


def test_first_folder_of_a_process_removes_the_folders_of_killed_ones(hanging, place):
    process, file = hanging
    process.kill()
    process.communicate()
    os.killpg(int(file.read_text()), system_signals.SIGKILL)
    code = (
        "import sys; from pathlib import Path; from aser_bench.core import tempdirs\n"
        "with tempdirs.folder(Path(sys.argv[1])): pass"
    )
    subprocess.run([sys.executable, "-c", code, place], check=True)
    assert list(place.iterdir()) == []


def test_sweep_leaves_folders_of_other_names_and_running_processes(place):
    for name in ("aser-bench-notes", "aser-bench-my-results", "other"):
        (place / name).mkdir()
    with tempdirs.folder(place) as own:
        assert tempdirs.sweep(place) == []
        assert own.is_dir()
    assert {path.name for path in place.iterdir()} == {
        "aser-bench-notes",
        "aser-bench-my-results",
        "other",
    }


def test_process_number_decides_without_locks(place: Path, monkeypatch):
    monkeypatch.setattr(tempdirs, "_lock", lambda path: None)
    with tempdirs.folder(place) as own:
        dead = place / f"{tempdirs.PREFIX}{2**22 + 1}-abcdefgh"
        dead.mkdir()
        assert tempdirs.sweep(place) == [dead]
        assert own.is_dir()
