"""Factory of a transcriber for tests; its words depend on length, level and zero crossings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aser_bench.transcripts.base import Transcriber


@dataclass(frozen=True)
class FakeTranscriber(Transcriber):
    """Three words per utterance, the same for the same samples; none for silence."""

    name = "transcriber_factory:FAKE"
    title = "a transcriber for tests"
    languages = ("en",)

    def transcribe_one(self, signal: npt.NDArray[np.floating]) -> str:
        if not signal.any():
            return ""
        crossings = np.count_nonzero(np.diff(np.signbit(signal))) // 20
        level = int(20 * np.log10(np.sqrt(np.mean(signal**2)) + 1e-9))
        return f"long{len(signal) // 4000} loud{-level} high{crossings}"


FAKE = FakeTranscriber()
SPEC = FAKE.name
