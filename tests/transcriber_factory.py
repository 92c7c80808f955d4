"""A transcriber for tests: it hears how long, how loud and how high an utterance is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aser_bench.transcripts.base import Transcriber


@dataclass(frozen=True)
class Ear(Transcriber):
    """Three words an utterance, the same for the same samples; none for silence."""

    name = "transcriber_factory:EAR"
    title = "an ear of a test"
    languages = ("en",)

    def transcribe_one(self, signal: np.ndarray) -> str:
        if not signal.any():
            return ""
        crossings = np.count_nonzero(np.diff(np.signbit(signal))) // 20
        level = int(20 * np.log10(np.sqrt(np.mean(signal**2)) + 1e-9))
        return f"long{len(signal) // 4000} loud{-level} high{crossings}"


EAR = Ear()
SPEC = EAR.name
