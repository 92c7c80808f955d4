"""The one scheduler: joblib, on one machine, with workers that Ctrl-C does not litter."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ..core.errors import AserBenchError, UsageError


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Pool:
    """Runs a function over tasks in ``jobs`` processes, each of them single-threaded.

    One job runs in this process. Numerical libraries get one thread in both cases: results
    then do not depend on the number of jobs, and two processes with a thread each beat one
    with two. Use as a context manager; leaving it by an exception ends the workers at once.
    """

    def __init__(self, jobs: int) -> None:
        if jobs < 1:
            raise UsageError(f"-j must be at least 1, not {jobs}")
        self.jobs = jobs
        self._parallel: Any = None

    def run(self, function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
        """Yield ``function(task)`` for each task, in the order in which they end.

        ``function`` must be a module's own; tasks and results must be picklable.
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
                "a worker process was ended from outside, perhaps for want of memory: run again "
                "with fewer workers (-j 1); what was finished is kept"
            ) from error

    def _workers(self) -> Any:
        if self._parallel is None:
            from joblib import Parallel, delayed

            self._parallel = Parallel(
                n_jobs=self.jobs, backend="loky", return_as="generator_unordered", batch_size=1
            )
            self._parallel.__enter__()
            # A process inherits an ignored SIGINT: Ctrl-C is for this process alone, which
            # ends its workers itself instead of letting each print a traceback.
            with _sigint_ignored():
                list(self._parallel(delayed(_nothing)() for _ in range(self.jobs)))
        return self._parallel

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> None:
        if self._parallel is None:
            return
        if kind is not None:
            from joblib.externals.loky import get_reusable_executor

            # reuse: with other arguments than joblib's it would first wait for the old workers
            get_reusable_executor(reuse=True).shutdown(wait=False, kill_workers=True)
        else:
            self._parallel.__exit__(None, None, None)
        self._parallel = None


def _single_threaded(function: Callable[[Any], Any], task: Any) -> Any:
    from joblib.externals.loky import process_executor

    # loky ends a worker that keeps 300 MB more than at first, which TensorFlow and a corpus need.
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
        yield  # only the main thread may set a handler; a caller there handles Ctrl-C itself
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
