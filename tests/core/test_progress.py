"""The progress bar on a terminal, the lines in a log, and quiet runs."""

from __future__ import annotations

import io
import os
import re
import select
import subprocess
import sys
import threading

import pytest

from aser_bench.core import progress as progress_module
from aser_bench.core.progress import Progress, format_duration, print_notice, report_refused


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeTerminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock() -> Clock:
    return Clock()


def interrupted(progress: Progress, estimated: float) -> None:
    with progress:
        progress.advance(estimated, "training")
        raise KeyboardInterrupt


def work(progress: Progress, clock: Clock, tasks: int, estimated: float, elapsed: float) -> None:
    for task in range(tasks):
        clock.now += elapsed
        progress.advance(estimated, f"training demo mp3-64k fold {task}")


def test_log_gets_a_line_every_ten_seconds(clock):
    stream = io.StringIO()
    with Progress(100, stream, clock=clock) as progress:
        work(progress, clock, tasks=25, estimated=4, elapsed=6)
    assert stream.getvalue().splitlines() == [
        "[  8 %] 2 min 18 s left: training demo mp3-64k fold 1",
        "[ 16 %] 2 min 06 s left: training demo mp3-64k fold 3",
        "[ 24 %] 1 min 54 s left: training demo mp3-64k fold 5",
        "[ 32 %] 1 min 42 s left: training demo mp3-64k fold 7",
        "[ 40 %] 1 min 30 s left: training demo mp3-64k fold 9",
        "[ 48 %] 1 min 18 s left: training demo mp3-64k fold 11",
        "[ 56 %] 1 min 06 s left: training demo mp3-64k fold 13",
        "[ 64 %] 54 s left: training demo mp3-64k fold 15",
        "[ 72 %] 42 s left: training demo mp3-64k fold 17",
        "[ 80 %] 30 s left: training demo mp3-64k fold 19",
        "[ 88 %] 18 s left: training demo mp3-64k fold 21",
        "[ 96 %] 6 s left: training demo mp3-64k fold 23",
        "[100 %] done in 2 min 30 s",
    ]


def test_remaining_time_follows_the_measured_speed(clock):
    progress = Progress(100, io.StringIO(), clock=clock)
    assert progress.seconds_left == 100
    work(progress, clock, tasks=1, estimated=20, elapsed=40)
    assert progress.seconds_left == pytest.approx(160)
    work(progress, clock, tasks=1, estimated=60, elapsed=24)
    assert progress.seconds_left == pytest.approx(16)


def test_interrupted_run_reports_its_progress(clock):
    stream = io.StringIO()
    progress = Progress(100, stream, clock=clock)
    clock.now += 9
    with pytest.raises(KeyboardInterrupt):
        interrupted(progress, 42)
    assert stream.getvalue() == "[ 42 %] stopped after 9 s\n"


def test_incomplete_work_is_never_100_percent(clock):
    stream = io.StringIO()
    with Progress(1000, stream, clock=clock) as progress:
        progress.advance(999.5)
    assert stream.getvalue() == "[ 99 %] stopped after 0 s\n"


def test_sum_of_fractions_is_100_percent(clock):
    stream = io.StringIO()
    with Progress(1.0, stream, clock=clock) as progress:
        for _ in range(10):
            progress.advance(0.1)
    assert stream.getvalue() == "[100 %] done in 0 s\n"


def test_progress_stays_between_0_and_100_percent(clock):
    progress = Progress(10, io.StringIO(), clock=clock)
    progress.advance(25, "more")
    progress.advance(-3, "less")
    assert progress.seconds_left == 0


@pytest.mark.parametrize("on_terminal", [False, True])
@pytest.mark.parametrize(("total", "quiet"), [(0, False), (100, True)])
def test_prints_nothing_if_quiet_or_without_work(on_terminal, total, quiet, clock):
    stream = FakeTerminal() if on_terminal else io.StringIO()
    with Progress(total, stream, quiet=quiet, clock=clock) as progress:
        work(progress, clock, tasks=5, estimated=20, elapsed=20)
    assert stream.getvalue() == ""


def test_second_close_has_no_effect(clock):
    stream = io.StringIO()
    progress = Progress(10, stream, clock=clock)
    progress.close()
    progress.close()
    progress.advance(5, "late")
    assert stream.getvalue().count("\n") == 1


def frames(drawn: str) -> list[str]:
    """Return the states of the bar's line, without colours and other control sequences."""
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", drawn)
    return [frame.rstrip() for frame in plain.split("\r") if frame.strip()]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> FakeTerminal:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    return FakeTerminal()


def test_bar_stays_on_one_line_of_a_terminal(terminal, clock):
    with Progress(100, terminal, clock=clock) as progress:
        for task in range(10):
            progress.advance(10, f"training a_corpus_with_a_very_long_name {task} " * 3)
    assert terminal.getvalue().count("\n") == 1
    drawn = frames(terminal.getvalue())
    assert max(map(len, drawn)) <= 80
    assert drawn[-1].startswith("100 % ")
    assert drawn[-1].endswith(" done in 0 s")


def test_bar_shows_labels_literally(terminal, monkeypatch):
    monkeypatch.setattr(progress_module, "_REFRESH_EVERY_S", 0)
    with Progress(100, terminal) as progress:
        progress.advance(50, "training [bold]demo[/bold] :smile:")
    assert frames(terminal.getvalue())[-2].endswith("left: training [bold]demo[/bold] :smile:")


def test_interrupted_bar_shows_its_state_and_the_cursor(terminal):
    with pytest.raises(KeyboardInterrupt):
        interrupted(Progress(100, terminal), 30)
    last = frames(terminal.getvalue())[-1]
    assert last.startswith(" 30 % ")
    assert "stopped after" in last
    assert terminal.getvalue().endswith("\n\x1b[?25h")


def test_bar_starts_no_thread(terminal):
    before = threading.active_count()
    with Progress(100, terminal) as progress:
        progress.advance(10)
        assert threading.active_count() == before


def test_notice_appears_above_the_bar(terminal, monkeypatch):
    monkeypatch.setattr("sys.stderr", terminal)
    with Progress(100) as progress:
        progress.advance(50, "training")
        print_notice("warning: [this] is a notice")
    lines = [line for frame in frames(terminal.getvalue()) for line in frame.split("\n")]
    assert "warning: [this] is a notice" in [line.rstrip() for line in lines]
    assert sys.stderr is terminal


def test_results_on_standard_output_bypass_the_bar(terminal, capsys):
    with Progress(100, terminal):
        print("result")
    assert capsys.readouterr().out == "result\n"
    assert "result" not in terminal.getvalue()


def test_terminal_without_control_sequences_gets_lines(terminal, clock, monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    with Progress(100, terminal, clock=clock) as progress:
        progress.advance(100)
    assert terminal.getvalue() == "[100 %] done in 0 s\n"


def test_bar_on_a_pseudo_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        with Progress(4, stream) as progress:
            progress.advance(4, "training")
        # The output may arrive with a delay and in several tasks.
        drawn = ""
        while "done in" not in drawn:
            assert select.select([leader], [], [], 10)[0], drawn
            drawn += os.read(leader, 65536).decode()
    os.close(leader)
    assert frames(drawn)[-1].startswith("100 % ")
    assert max(map(len, frames(drawn))) <= 80


def test_rich_is_imported_for_a_bar_only():
    code = (
        "import io, sys\n"
        "from aser_bench.core.progress import Progress\n"
        "Progress(1, io.StringIO()).close()\n"
        "assert 'rich' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_report_names_20_refused_recordings():
    lines: list[str] = []
    report_refused([(f"{n}.wav", "too short") for n in range(23)], lines.append)
    assert lines[:2] == ["refused: 0.wav: too short", "refused: 1.wav: too short"]
    assert lines[20:] == ["refused: 3 more; manifest.json lists all of them"]


def test_several_threads_may_advance(clock):
    progress = Progress(1000, io.StringIO(), clock=clock)
    threads = [
        threading.Thread(target=lambda: [progress.advance(1) for _ in range(100)]) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.now += 5
    assert progress.seconds_left == pytest.approx(5)


def test_durations_are_written_as_text():
    assert [format_duration(s) for s in (-1, 0, 59.4, 59.6, 3599, 3600)] == [
        "0 s",
        "0 s",
        "59 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 00 min",
    ]
