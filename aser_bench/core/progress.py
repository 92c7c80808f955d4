"""A progress bar over all the work of a run, and short notices for the user."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

_LINE_EVERY_S = 10.0
_REFRESH_EVERY_S = 0.2
_BAR_WIDTH = 24
_DUMB_TERMINALS = ("dumb", "unknown")


class Progress:
    """A bar on a terminal; a line every ten seconds where the output is not a terminal.

    Parameters
    ----------
    total_seconds : float
        Estimated seconds of all tasks together. Nothing is printed if it is 0.
    stream : text stream, optional
        Output stream, standard error by default.
    quiet : bool
        Print nothing.
    clock : callable
        Returns the time in seconds; for tests.

    Notes
    -----
    The remaining time is the estimate for the remaining tasks, multiplied by the seconds that
    have passed and divided by the estimate for the completed tasks. So the estimates only have to
    be right relative to each other. `advance` may be called from several threads.

    Examples
    --------
    >>> with Progress(2.0, sys.stdout) as progress:
    ...     progress.advance(2.0, "training demo mp3-64k fold 3")
    [100 %] done in 0 s
    """

    def __init__(
        self,
        total_seconds: float,
        stream: TextIO | None = None,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = float(total_seconds)
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._completed = 0.0
        self._lock = threading.Lock()
        self._open = not quiet and self._total > 0
        self._start = self._last_line = clock()
        self._bar: _Bar | None = None
        if self._open and _is_terminal(self._stream):
            self._bar = _Bar(self._stream, f"{format_duration(self._total)} left")

    def advance(self, seconds: float, label: str = "") -> None:
        """Count a task as completed.

        Parameters
        ----------
        seconds : float
            The estimated duration of the task, not the measured one.
        label : str
            The name of the task, such as ``training demo mp3-64k fold 3``.
        """
        with self._lock:
            self._completed = min(self._total, self._completed + max(0.0, seconds))
            if not self._open:
                return
            text = f"{format_duration(self.seconds_left)} left" + (f": {label}" if label else "")
            if self._bar is not None:
                self._bar.update(self._percent(), text)
            elif self._clock() - self._last_line >= _LINE_EVERY_S and self._completed < self._total:
                self._last_line = self._clock()
                self._print_line(self._percent(), text)

    @property
    def seconds_left(self) -> float:
        """The estimated remaining seconds, at the speed measured so far."""
        left = self._total - self._completed
        if self._completed <= 0:
            return left
        return left * (self._clock() - self._start) / self._completed

    def close(self) -> None:
        """Print the final state and restore the terminal; a second call has no effect."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            # A sum of floats may differ a little from the total.
            complete = self._completed >= self._total * (1 - 1e-6)
            elapsed = format_duration(self._clock() - self._start)
            text = f"done in {elapsed}" if complete else f"stopped after {elapsed}"
            percent = 100 if complete else self._percent()
            if self._bar is None:
                self._print_line(percent, text)
            else:
                self._bar.close(percent, text)

    def _percent(self) -> int:
        """Return the completed share in percent, rounded down: 100 is only for complete work."""
        return min(99, int(100 * self._completed / self._total))

    def _print_line(self, percent: int, text: str) -> None:
        print(f"[{percent:3d} %] {text}", file=self._stream, flush=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class _Bar:
    """A bar on one line of a terminal.

    There is no refresh thread, because the workers may be forked: `update` redraws the bar, at
    most every 0.2 seconds.
    """

    def __init__(self, stream: TextIO, text: str) -> None:
        self._rich = _rich_progress(stream)
        self._task = self._rich.add_task(text, total=100)
        self._last_refresh = time.monotonic()
        self._rich.start()

    def update(self, percent: int, text: str) -> None:
        """Set the percentage and the text behind the bar."""
        self._rich.update(self._task, completed=percent, description=text)
        if time.monotonic() - self._last_refresh >= _REFRESH_EVERY_S:
            self._last_refresh = time.monotonic()
            self._rich.refresh()

    def close(self, percent: int, text: str) -> None:
        """Draw the bar a last time and go to the next line."""
        self._rich.update(self._task, completed=percent, description=text)
        self._rich.stop()


def _rich_progress(stream: TextIO) -> RichProgress:
    # rich is imported here because the import takes time and most commands draw no bar.
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress
    from rich.table import Column

    text = Column(ratio=1, no_wrap=True, overflow="ellipsis")
    return RichProgress(
        TextColumn("{task.completed:3.0f} %", markup=False),
        BarColumn(_BAR_WIDTH),
        TextColumn("{task.description}", markup=False, table_column=text),
        console=Console(file=stream, force_terminal=True, force_jupyter=False),
        auto_refresh=False,
        expand=True,
        # Notices on standard error appear above the bar. Results on standard output, which may
        # be a file, do not pass through the bar's stream.
        redirect_stdout=False,
        redirect_stderr=stream is sys.stderr,
    )


def _is_terminal(stream: TextIO) -> bool:
    return stream.isatty() and os.environ.get("TERM", "") not in _DUMB_TERMINALS


def format_duration(seconds: float) -> str:
    """Return a duration as text.

    Examples
    --------
    >>> format_duration(8.2), format_duration(80), format_duration(7500)
    ('8 s', '1 min 20 s', '2 h 05 min')
    """
    rounded = round(max(0.0, seconds))
    if rounded < 60:
        return f"{rounded} s"
    if rounded < 3600:
        return f"{rounded // 60} min {rounded % 60:02d} s"
    return f"{rounded // 3600} h {rounded % 3600 // 60:02d} min"


Notify = Callable[[str], None]
"""A function that shows one line of text to the user."""

_MAX_REFUSED_LINES = 20


def print_notice(line: str) -> None:
    """Print a line to standard error, so that it does not mix with results."""
    print(line, file=sys.stderr, flush=True)


def report_refused(refused: Sequence[tuple[str, str]], notify: Notify) -> None:
    """Name the refused recordings (file, reason), at most 20 of them."""
    for file, reason in refused[:_MAX_REFUSED_LINES]:
        notify(f"refused: {file}: {reason}")
    remaining = len(refused) - _MAX_REFUSED_LINES
    if remaining > 0:
        notify(f"refused: {remaining} more; manifest.json lists all of them")
