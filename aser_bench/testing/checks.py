"""Running of checks, and assertions that several kinds of components share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Subject = TypeVar("Subject")

Signal = npt.NDArray[np.float32]


def run_checks(checks: Iterable[Callable[[Subject], None]], subject: Subject) -> None:
    """Run all checks on one subject.

    Raises
    ------
    AssertionError
        With one line per check that failed: its name and the reason.
    """
    failures = []
    for check in checks:
        try:
            check(subject)
        except Exception as error:
            # pytest appends an explanation to the message of an assertion, from the second line on.
            reason, *_ = str(error).splitlines() or ["an assertion without a message"]
            kind = "" if isinstance(error, AssertionError) else f"{type(error).__name__}: "
            failures.append(f"{check.__name__}: {kind}{reason}")
    if failures:
        checks_failed = "1 check" if len(failures) == 1 else f"{len(failures)} checks"
        raise AssertionError("\n".join([f"{checks_failed} failed", *failures]))


def assert_raises(
    error: type[Exception], call: Callable[[], object], situation: str, message: str = ""
) -> None:
    """Assert that a call raises an error of this type, of which the text contains ``message``.

    Raises
    ------
    AssertionError
        If the call returns, raises another error, or its text does not contain ``message``.
    """
    cause: Exception | None = None
    problem = f"must raise {error.__name__}"
    try:
        call()
    except Exception as raised:
        problem, cause = _difference(raised, error, message), raised
    if problem:
        raise AssertionError(f"{situation} {problem}") from cause


def _difference(raised: Exception, expected: type[Exception], message: str) -> str:
    """Return how an error differs from the expected one; empty if it does not."""
    if not isinstance(raised, expected):
        return f"must raise {expected.__name__}, not {type(raised).__name__}: {raised}"
    return "" if message in str(raised) else f"must raise an error that contains {message!r}"


def assert_one_line(text: object, name: str) -> None:
    """Assert that an attribute is a non-empty text of one line."""
    assert isinstance(text, str), f"{name} must be a str"
    assert text.strip(), f"{name} must not be empty"
    assert "\n" not in text, f"{name} must be one line"


def read_only(signal: npt.ArrayLike) -> Signal:
    """Return a float32 signal that cannot be modified: components must not change their input."""
    array = np.array(signal, dtype=np.float32)
    array.flags.writeable = False
    return array


def noise(samples: int, level: float = 0.1) -> Signal:
    """Return white noise, the same for the same number of samples."""
    return read_only(level * np.random.default_rng(samples).standard_normal(samples))


def tone(samples: int, rate: int = 16_000, frequency: float = 220.0) -> Signal:
    """Return a sine of amplitude 0.3."""
    return read_only(0.3 * np.sin(2 * np.pi * frequency / rate * np.arange(samples)))


@cache
def voice(rate: int = 16_000) -> Signal:
    """Return 1.5 s of a synthetic voice from 200 to 2400 Hz with pauses."""
    time = np.arange(24_000) / 16_000
    phase = 2 * np.pi * (200 * time + 20 * np.sin(2 * np.pi * 2 * time) / (2 * np.pi * 2))
    harmonics = sum(np.sin(h * phase + h * h) / h for h in range(1, 12))
    background = np.random.default_rng(0).standard_normal(len(time))
    envelope = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1)
    signal = 0.2 * envelope * harmonics + 1e-4 * background
    if rate != 16_000:
        at_rate = np.arange(int(1.5 * rate)) / rate
        signal = np.interp(at_rate, time, signal)
    return read_only(signal)


SIGNALS: dict[str, Signal] = {
    "noise": noise(12_000),
    "tone": tone(9001),
    "silence": read_only(np.zeros(8000)),
    "one sample": read_only([0.5]),
    "two samples": read_only([0.5, -0.5]),
    "one silent sample": read_only([0.0]),
    "25 ms": noise(400),
    "less than one frame": noise(409),
    "0.1 s": noise(1600),
    "constant": read_only(np.full(4000, 0.25)),
    "a click": read_only(np.eye(1, 5000, 2500)[0]),
    "very quiet": noise(4000, 1e-9),
    "denormal": read_only(np.full(4000, 1e-45)),
    "above full scale": read_only(1.5 * np.sign(noise(4000))),
    "far above full scale": read_only(3 * np.sign(noise(4000))),
    "half silent": read_only(np.concatenate([np.zeros(6000), tone(6000)])),
}
"""Edge cases at 16 kHz that every feature set and transcriber must handle."""
