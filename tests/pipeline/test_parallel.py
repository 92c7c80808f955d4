"""Pools of workers: equal results for any number of jobs, and terminated workers."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from aser_bench.core.errors import AserBenchError, AudioError, UsageError
from aser_bench.pipeline.parallel import Pool, cores

SLEEP_S = 60


def square(number):
    return number, number**2


def seeded(number):
    return float(np.random.default_rng(number).normal(size=100).sum())


def pid(_):
    return os.getpid()


def pid_or_sleep(number):
    if number:
        time.sleep(SLEEP_S)
    return os.getpid()


def refuse(number):
    if number == 2:
        raise AudioError("the recording is silent")
    return number


def crash(number):
    raise ZeroDivisionError(number)


def threads(_):
    np.ones((8, 8)) @ np.ones((8, 8))
    return sorted({library["num_threads"] for library in threadpool_info()})


@pytest.fixture(scope="module")
def two():
    with Pool(2) as pool:
        yield pool


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended and was not yet waited for does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def ended(processes, within_s: float = 10) -> bool:
    until = time.monotonic() + within_s
    while any(map(alive, processes)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(alive, processes))


def test_at_least_one_core_is_available():
    assert 1 <= cores() <= os.cpu_count()


@pytest.mark.parametrize("jobs", [0, -1])
def test_rejects_fewer_than_one_job(jobs):
    with pytest.raises(UsageError, match="-j") as caught:
        Pool(jobs)
    assert str(jobs) in str(caught.value)


@pytest.mark.parametrize("function", [square, seeded])
def test_one_job_and_two_give_equal_results(two, function):
    with Pool(1) as one:
        alone = list(one.run(function, range(9)))
    assert alone == [function(number) for number in range(9)]
    assert sorted(two.run(function, range(9))) == sorted(alone)


@pytest.mark.parametrize("tasks", [[], [3]])
def test_few_tasks_need_no_workers(tasks):
    with Pool(2) as pool:
        assert list(pool.run(square, tasks)) == [square(task) for task in tasks]
        assert set(pool.run(pid, tasks)) <= {os.getpid()}


def test_pool_can_be_used_again(two):
    for size in (2, 5, 0, 3):
        assert len(list(two.run(square, range(size)))) == size


def test_only_one_job_runs_in_this_process(two):
    assert os.getpid() not in set(two.run(pid, range(4)))
    assert set(Pool(1).run(pid, range(4))) == {os.getpid()}


@pytest.mark.parametrize("jobs", [1, 2])
def test_tasks_have_one_thread(two, jobs):
    pool = two if jobs == 2 else Pool(1)
    assert list(pool.run(threads, range(2))) == [[1], [1]]


def test_threads_of_this_process_are_restored():
    before = threads(0)
    list(Pool(1).run(threads, range(2)))
    assert threads(0) == before


@pytest.mark.parametrize(("function", "kind"), [(refuse, AudioError), (crash, ZeroDivisionError)])
def test_exception_is_raised_with_one_job(function, kind):
    with pytest.raises(kind), Pool(1) as pool:
        list(pool.run(function, range(4)))


def test_exception_is_raised_with_two_jobs_and_terminates_the_workers():
    processes = []
    with pytest.raises(AserBenchError) as caught, Pool(2) as pool:  # noqa: PT012
        processes += pool.run(pid, range(8))
        list(pool.run(refuse, range(4)))
    assert type(caught.value) is AudioError
    assert str(caught.value) == "the recording is silent"
    assert os.getpid() not in processes
    assert ended(processes)


def test_exit_without_error_terminates_the_workers():
    processes = []
    with pytest.raises(RuntimeError), Pool(2) as pool:  # noqa: PT012
        processes += pool.run(pid, range(8))
        raise RuntimeError
    assert os.getpid() not in processes
    assert ended(processes)


@pytest.mark.filterwarnings("ignore:.*tasks which were still being processed")
def test_exit_by_exception_terminates_the_workers_at_once():
    started = time.monotonic()
    processes = []
    with pytest.raises(RuntimeError, match="of the caller"), Pool(2) as pool:  # noqa: PT012
        processes += pool.run(pid, range(8))
        for process in pool.run(pid_or_sleep, range(6)):
            processes.append(process)
            raise RuntimeError("of the caller")
    assert os.getpid() not in processes
    assert ended(processes)
    assert time.monotonic() - started < SLEEP_S / 2


def die(number):
    if number == 2:
        os.kill(os.getpid(), 9)
    return number


def test_killed_worker_is_reported_in_one_line():
    with pytest.raises(AserBenchError, match="-j 1"), Pool(2) as pool:
        list(pool.run(die, range(6)))
