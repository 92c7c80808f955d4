"""The progress bar on a terminal, in a log, and where it should say nothing."""

from __future__ import annotations

import io
import os
import select
import threading

import pytest

from aser_bench.core.progress import Progress, format_duration


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


def work(progress: Progress, clock: Clock, pieces: int, estimated: float, took: float) -> None:
    for piece in range(pieces):
        clock.now += took
        progress.advance(estimated, f"training demo mp3-64k fold {piece}")


def test_lines_in_a_log(clock):
    stream = io.StringIO()
    with Progress(100, stream, clock=clock) as progress:
        work(progress, clock, pieces=25, estimated=4, took=6)
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


def test_the_estimate_follows_the_measured_speed(clock):
    progress = Progress(100, io.StringIO(), clock=clock)
    assert progress.seconds_left == 100
    work(progress, clock, pieces=1, estimated=20, took=40)
    assert progress.seconds_left == pytest.approx(160)
    work(progress, clock, pieces=1, estimated=60, took=24)
    assert progress.seconds_left == pytest.approx(16)


def test_an_interrupted_run_says_how_far_it_came(clock):
    stream = io.StringIO()
    progress = Progress(100, stream, clock=clock)
    clock.now += 9
    with pytest.raises(KeyboardInterrupt):
        interrupted(progress, 42)
    assert stream.getvalue() == "[ 42 %] stopped after 9 s\n"


def test_nearly_all_is_not_all(clock):
    stream = io.StringIO()
    with Progress(1000, stream, clock=clock) as progress:
        progress.advance(999.5)
    assert stream.getvalue() == "[ 99 %] stopped after 0 s\n"


def test_sums_of_fractions_reach_the_end(clock):
    stream = io.StringIO()
    with Progress(1.0, stream, clock=clock) as progress:
        for _ in range(10):
            progress.advance(0.1)
    assert stream.getvalue() == "[100 %] done in 0 s\n"


def test_more_than_estimated_stays_at_the_end(clock):
    progress = Progress(10, io.StringIO(), clock=clock)
    progress.advance(25, "more")
    progress.advance(-3, "less")
    assert progress.seconds_left == 0


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize(("total", "quiet"), [(0, False), (100, True)])
def test_says_nothing(terminal, total, quiet, clock):
    stream = FakeTerminal() if terminal else io.StringIO()
    with Progress(total, stream, quiet=quiet, clock=clock) as progress:
        work(progress, clock, pieces=5, estimated=20, took=20)
    assert stream.getvalue() == ""


def test_closing_twice_is_closing_once(clock):
    stream = io.StringIO()
    progress = Progress(10, stream, clock=clock)
    progress.close()
    progress.close()
    progress.advance(5, "late")
    assert stream.getvalue().count("\n") == 1


def test_a_bar_on_a_terminal():
    stream = FakeTerminal()
    with Progress(100, stream) as progress:
        for piece in range(10):
            progress.advance(10, f"training a_corpus_with_a_very_long_name {piece} " * 3)
    drawn = stream.getvalue()
    assert drawn.endswith("\n")
    assert drawn.count("\n") == 1, "the bar must stay on one line"
    frames = [frame.rstrip("\n") for frame in drawn.split("\r") if frame.strip()]
    assert max(map(len, frames)) <= 79
    assert frames[-1].startswith("100 % |")
    assert "done in 0 s" in frames[-1]


def test_an_interrupted_bar_leaves_the_line():
    stream = FakeTerminal()
    with pytest.raises(KeyboardInterrupt):
        interrupted(Progress(100, stream), 30)
    last = stream.getvalue().split("\r")[-1]
    assert last.startswith(" 30 % |")
    assert "stopped after" in last
    assert last.endswith("\n")


def test_a_real_terminal():
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w", encoding="utf-8") as stream:
        with Progress(4, stream) as progress:
            progress.advance(4, "training")
        # What was written arrives a little later, and not in one piece.
        drawn = ""
        while "done in" not in drawn:
            assert select.select([leader], [], [], 10)[0], drawn
            drawn += os.read(leader, 65536).decode()
    os.close(leader)
    assert "100 % |" in drawn
    assert max(len(frame.rstrip()) for frame in drawn.split("\r")) <= 79


def test_several_threads_may_report(clock):
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


def test_durations():
    assert [format_duration(s) for s in (-1, 0, 59.4, 59.6, 3599, 3600)] == [
        "0 s",
        "0 s",
        "59 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 00 min",
    ]
