"""PocketSphinx with the US English models of its own package: small, offline, for CPUs.

It is a transcriber of the time before neural networks (phonetically tied Gaussian mixtures and a
trigram language model; Huggins-Daines and others, PocketSphinx, ICASSP 2006), and hears far less
than what is in use today. It needs nothing but its wheel, though, so that a study of what codecs
do to words can be run anywhere.

A decoder carries much from one utterance into the next: the mean of the cepstra (after the first
utterance a running one, no longer the utterance's own), the estimate of the noise and the best
Gaussians of the last frame. What an utterance is heard as would then depend on what came before
it, so each utterance gets a decoder of its own; one is made in about 0.2 seconds.
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

_SETTINGS: dict[str, Any] = {"fwdtree": True, "fwdflat": True, "bestpath": True}
"""All three passes: the first alone is a quarter faster and hears a tenth of the words less."""


@dataclass(frozen=True)
class PocketSphinx(Transcriber):
    """PocketSphinx, each utterance heard at its own level by a decoder of its own."""

    name = "pocketsphinx"
    title = "PocketSphinx with its own US English model: small, offline, hears little"
    version = 1
    packages = ("pocketsphinx",)
    languages = ("en",)
    seconds_per_second = 0.4

    def unavailable(self) -> str:
        """Say so where the package is not installed."""
        return "" if is_installed("pocketsphinx") else "pip install pocketsphinx"

    def key_parts(self) -> list[Any]:
        """Return the settings and a hash of the model's files."""
        return [_SETTINGS, _model_hash()]

    def transcribe_one(self, signal: np.ndarray) -> str:
        """Return what the last pass makes of an utterance."""
        samples = sixteen_bits(signal)
        if not samples.any():
            return ""  # it would hear a word in digital silence
        decoder = _decoder()
        decoder.start_utt()
        # All of it at once: the mean of the cepstra is then the utterance's own.
        decoder.process_raw(samples.tobytes(), full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        return normalize(found.hypstr) if found is not None else ""


def sixteen_bits(signal: np.ndarray) -> np.ndarray:
    """Return a signal as 16-bit samples; what is beyond full scale clips.

    The level stays as it is: what a codec does to it is a part of what is measured, and quiet
    recordings brought to a higher peak were heard worse, not better (see docs/transcripts.md).
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
