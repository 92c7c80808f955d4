"""One progress bar over all the work of a run, with an estimate of the time that is left."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, TextIO

from tqdm import tqdm

_LINE_EVERY_S = 10.0
_WIDTH = 79  # one less than 80, because a full line wraps on some terminals
_TEXT_WIDTH = 44


class _Bar(tqdm):
    monitor_interval = 0  # no watching thread: the workers may be forked


class Progress:
    """A bar on a terminal, a line every now and then elsewhere.

    Parameters
    ----------
    total_seconds : float
        The estimated seconds of all pieces of work; nothing is printed where it is 0.
    stream : text stream, optional
        Where to print, standard error by default.
    quiet : bool
        Print nothing at all.
    clock : callable
        Returns seconds; for tests.

    Notes
    -----
    The time left is the estimate of what is left, times the seconds that have passed for
    each estimated second of what is done: estimates only have to be right relative to each
    other. `advance` may be called from several threads.

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
        self._done = 0.0
        self._lock = threading.Lock()
        self._open = not quiet and self._total > 0
        self._start = self._last_line = clock()
        self._bar: Any = None
        if self._open and self._stream.isatty():
            self._bar = _open_bar(self._total, self._stream)

    def advance(self, seconds: float, label: str = "") -> None:
        """Count a piece of work as done.

        Parameters
        ----------
        seconds : float
            What the piece was estimated at, not what it took.
        label : str
            What the piece was, such as ``training demo mp3-64k fold 3``.
        """
        with self._lock:
            before = self._done
            self._done = min(self._total, self._done + max(0.0, seconds))
            if not self._open:
                return
            text = f"{format_duration(self.seconds_left)} left" + (f": {label}" if label else "")
            if self._bar is not None:
                self._bar.set_description_str(_fit(text, _TEXT_WIDTH), refresh=False)
                self._bar.update(self._done - before)
            elif self._clock() - self._last_line >= _LINE_EVERY_S and self._done < self._total:
                self._last_line = self._clock()
                self._print(text)

    @property
    def seconds_left(self) -> float:
        """The estimated seconds left, at the speed measured so far."""
        left = self._total - self._done
        if self._done <= 0:
            return left
        return left * (self._clock() - self._start) / self._done

    def close(self) -> None:
        """Print the last state and let go of the terminal; a second call does nothing."""
        with self._lock:
            if not self._open:
                return
            self._open = False
            # Sums of floats end a little beside the total.
            whole = self._done >= self._total * (1 - 1e-6)
            took = format_duration(self._clock() - self._start)
            text = f"done in {took}" if whole else f"stopped after {took}"
            if self._bar is None:
                self._print(text, whole)
                return
            self._bar.set_description_str(_fit(text, _TEXT_WIDTH), refresh=False)
            if whole:
                self._bar.n = self._total
            self._bar.refresh()
            self._bar.close()

    def _print(self, text: str, whole: bool = False) -> None:
        # Rounded down: 100 % is for what is done.
        percent = 100 if whole else min(99, int(100 * self._done / self._total))
        print(f"[{percent:3d} %] {text}", file=self._stream, flush=True)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _open_bar(total: float, stream: TextIO) -> Any:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return _Bar(
        total=total,
        file=stream,
        mininterval=0.2,
        leave=True,
        dynamic_ncols=False,
        ncols=min(_WIDTH, columns - 1) if columns > 1 else _WIDTH,
        desc=_fit(f"{format_duration(total)} left", _TEXT_WIDTH),
        bar_format="{percentage:3.0f} % |{bar}| {desc}",
    )


def _fit(text: str, width: int) -> str:
    """Return ``text`` in exactly ``width`` characters, so that the bar does not jump."""
    return text.ljust(width) if len(text) <= width else text[: width - 3] + "..."


def format_duration(seconds: float) -> str:
    """Write seconds as a person would say them.

    Examples
    --------
    >>> format_duration(8.2), format_duration(80), format_duration(7500)
    ('8 s', '1 min 20 s', '2 h 05 min')
    """
    whole = round(max(0.0, seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


Notify = Callable[[str], None]
"""What takes a line for the user."""

_TOLD = 20  # refused recordings that are named on the terminal


def print_notice(line: str) -> None:
    """Print a line for the user where it does not mix with results."""
    print(line, file=sys.stderr, flush=True)


def report_refused(refused: Sequence[tuple[str, str]], say: Notify) -> None:
    """Name the refused recordings (file, reason), but not hundreds of them."""
    for file, reason in refused[:_TOLD]:
        say(f"refused: {file}: {reason}")
    if len(refused) > _TOLD:
        say(f"refused: {len(refused) - _TOLD} more; manifest.json will name them all")
