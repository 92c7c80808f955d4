"""Contract checks of transcribers."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable

import numpy as np

from ..core.errors import UsageError
from ..core.tables import SAMPLE_RATE
from ..transcripts.base import Transcriber, normalize
from .checks import SIGNALS, assert_one_line, assert_raises, read_only, run_checks, tone


def check_transcriber(transcriber: Transcriber) -> None:
    """Check that a transcriber fulfils the contract of `aser_bench.transcripts.base.Transcriber`.

    Raises
    ------
    AssertionError
        With one line per check that failed.
    """
    run_checks(TRANSCRIBER_CHECKS, transcriber)


def _transcribes(transcriber: Transcriber) -> bool:
    """Return whether a transcriber reads signals and can be used here."""
    return transcriber.from_audio and not transcriber.unavailable()


def check_description(transcriber: Transcriber) -> None:
    """Name and title are single lines, version and cost have valid values."""
    assert isinstance(transcriber, Transcriber), "must be a Transcriber"
    assert_one_line(transcriber.name, "name")
    assert_one_line(transcriber.title, "title")
    assert transcriber.version >= 1, "version must be at least 1"
    assert transcriber.from_audio is (transcriber.real_time_factor > 0), "real_time_factor"
    assert isinstance(transcriber.languages, tuple), "languages must be a tuple"
    assert "\n" not in transcriber.unavailable(), "unavailable() must be one line"


def check_pickling(transcriber: Transcriber) -> None:
    """It can be sent to worker processes."""
    assert pickle.loads(pickle.dumps(transcriber)) == transcriber


def check_identity(transcriber: Transcriber) -> None:
    """Its identity is serialisable as JSON; without its package, every use raises UsageError."""
    if transcriber.unavailable():
        calls: dict[str, Callable[[], object]] = {
            "identity()": transcriber.identity,
            "transcribe()": lambda: transcriber.transcribe([tone(4000)], SAMPLE_RATE),
        }
        for name, call in calls.items():
            situation = f"{name} of an unavailable transcriber"
            assert_raises(UsageError, call, situation, "cannot be used")
        return
    identity = transcriber.identity()
    assert json.loads(json.dumps(identity)) == identity, "identity() must be JSON"
    assert identity[:2] == [transcriber.name, transcriber.version], "identity() starts otherwise"


def check_any_signal(transcriber: Transcriber) -> None:
    """Every signal gives normalised words or none; no words are recognised in silence."""
    if not _transcribes(transcriber):
        return
    texts = transcriber.transcribe(list(SIGNALS.values()), SAMPLE_RATE)
    for name, text in zip(SIGNALS, texts, strict=True):
        assert text == normalize(text), f"{name}: {text!r} is not normalised"
    silence = read_only(np.zeros(SAMPLE_RATE))
    texts = transcriber.transcribe([silence, silence], SAMPLE_RATE)
    assert texts == ["", ""], f"words in digital silence: {texts}"
    assert transcriber.transcribe([], SAMPLE_RATE) == [], "no signals must give no transcripts"
    assert transcriber.transcribe([read_only([])], SAMPLE_RATE) == [""], "an empty signal"


def check_sample_rate(transcriber: Transcriber) -> None:
    """A sample rate other than 16 kHz raises UsageError."""
    if _transcribes(transcriber):
        assert_raises(
            UsageError, lambda: transcriber.transcribe([tone(4000)], 8000), "8 kHz", "8000 Hz"
        )


SIGNAL_CHECKS = (check_any_signal, check_sample_rate)
"""Checks that need an available transcriber that reads signals; the others pass."""

TRANSCRIBER_CHECKS = (check_description, check_pickling, check_identity, *SIGNAL_CHECKS)
