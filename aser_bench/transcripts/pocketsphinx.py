"""PocketSphinx with the US English model of its package: small, offline, runs on CPUs.

PocketSphinx predates neural networks (phonetically tied Gaussian mixtures and a trigram language
model; Huggins-Daines et al., PocketSphinx, ICASSP 2006), and its error rate is much higher than
that of current systems. It only needs its wheel, so that a study of the effect of codecs on
transcripts can run on any machine.

Each utterance is transcribed by a new decoder, created in about 0.2 seconds. A decoder that is
used again has state from earlier utterances: the cepstral mean (a running mean after the first
utterance), the noise estimate and the best Gaussians of the last frame. Transcripts would then
depend on the order of the utterances.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .base import Transcriber, is_installed, normalize

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SETTINGS: dict[str, Any] = {"fwdtree": True, "fwdflat": True, "bestpath": True}
"""All three passes: the first pass alone is a quarter faster but recognises 10 % fewer words."""


@dataclass(frozen=True)
class PocketSphinx(Transcriber):
    """PocketSphinx with a new decoder for each utterance, at the utterance's original level."""

    name = "pocketsphinx"
    title = "PocketSphinx with its US English model: small, offline, high error rate"
    version = 1
    packages = ("pocketsphinx",)
    languages = ("en",)
    real_time_factor = 0.4

    def unavailable(self) -> str:
        """Return how to install the package if it is missing."""
        return "" if is_installed("pocketsphinx") else "pip install pocketsphinx"

    def key_parts(self) -> list[Any]:
        """Return the settings and a hash of the model's files."""
        return [_SETTINGS, _model_hash()]

    def transcribe_one(self, signal: npt.NDArray[np.floating]) -> str:
        """Return the best hypothesis after the last pass."""
        samples = to_int16(signal)
        if not samples.any():
            return ""  # PocketSphinx recognises a word in digital silence
        decoder = _decoder()
        decoder.start_utt()
        # The whole utterance in one call, so that the cepstral mean is taken over all of it.
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        return normalize(hypothesis.hypstr) if hypothesis is not None else ""


def to_int16(signal: npt.NDArray[np.floating]) -> npt.NDArray[np.int16]:
    """Return a signal as 16-bit samples; values beyond full scale are clipped.

    The level is not changed: the effect of a codec on it is a part of the measurement, and quiet
    recordings were transcribed worse, not better, at a higher level.
    """
    import numpy as np

    samples = np.round(np.asarray(signal, dtype=np.float64) * 32767)
    return np.clip(samples, -32768, 32767).astype("<i2")


def _decoder() -> Any:
    import pocketsphinx

    return pocketsphinx.Decoder(loglevel="FATAL", **_SETTINGS)


@cache
def _model_hash() -> str:
    import pocketsphinx

    root = Path(pocketsphinx.get_model_path())
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.is_file()):
        digest.update(path.relative_to(root).as_posix().encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


COMPONENT = PocketSphinx()
