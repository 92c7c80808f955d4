"""Parallel execution of tasks by joblib, with clean termination on Ctrl-C."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, TypeVar

from ..core.errors import AserBenchError, UsageError

T = TypeVar("T")
R = TypeVar("R")


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """Pool of single-threaded worker processes, used as a context manager.

    With one job, tasks run in this process. Numerical libraries get one thread in either case, so
    that results do not depend on the number of jobs; two processes with one thread each are also
    faster than one process with two. If the context is left by an exception, the workers are
    terminated at once.

    Parameters
    ----------
    jobs : int
        Number of processes.
    """

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            raise UsageError(f"-j must be at least 1, not {jobs}")
        self.jobs = jobs
        self._parallel: Any = None

    def run(self, function: Callable[[T], R], tasks: Sequence[T]) -> Iterator[R]:
        """Yield ``function(task)`` for each task, in the order of completion.

        ``function`` must be defined at the top level of a module; tasks and results must be
        picklable.

        Raises
        ------
        AserBenchError
            If a worker process is killed.
        """
        if self.jobs == 1 or len(tasks) < 2:
            with _one_thread():
                yield from map(function, tasks)
            return
        from joblib import delayed
        from joblib.externals.loky.process_executor import BrokenProcessPool

        try:
            yield from self._workers()(delayed(_single_threaded)(function, task) for task in tasks)
        except BrokenProcessPool as error:
            raise AserBenchError(
                "a worker process was killed, possibly because memory ran out: run again with "
                "fewer workers (-j 1); finished work is kept in the cache"
            ) from error

    def _workers(self) -> Any:
        if self._parallel is None:
            from joblib import Parallel, delayed

            self._parallel = Parallel(
                n_jobs=self.jobs, backend="loky", return_as="generator_unordered", batch_size=1
            )
            self._parallel.__enter__()
            # Workers inherit the ignored SIGINT, so that Ctrl-C interrupts this process alone. It
            # terminates the workers itself; otherwise each would print a traceback.
            with _sigint_ignored():
                list(self._parallel(delayed(_nothing)() for _ in range(self.jobs)))
        return self._parallel

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._parallel is None:
            return
        if kind is not None:
            from joblib.externals.loky import get_reusable_executor

            # Without reuse, it waits for running workers if its arguments are not joblib's.
            get_reusable_executor(reuse=True).shutdown(wait=False, kill_workers=True)
        else:
            self._parallel.__exit__(None, None, None)
        self._parallel = None


def _single_threaded(function: Callable[[T], R], task: T) -> R:
    from joblib.externals.loky import process_executor

    # loky restarts a worker that grows by 300 MB, which TensorFlow with a corpus needs.
    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize
    with _one_thread():
        return function(task)


@contextmanager
def _one_thread() -> Iterator[None]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield


def _nothing() -> None:
    return None


@contextmanager
def _sigint_ignored() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set a handler
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
