"""Whisper through faster-whisper, with a model that lies on disk: nothing is ever downloaded."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..core.errors import UsageError
from .base import Transcriber, is_installed, normalize

if TYPE_CHECKING:
    import numpy as np

VARIABLE = "ASER_BENCH_WHISPER"
"""The environment variable that names the folder of the model, in CTranslate2's form."""

_FILES = ("model.bin", "config.json", "tokenizer.json")
"""What must lie there. Without the last, faster-whisper would fetch one from the network."""

_LOADED: dict[str, Any] = {"device": "cpu", "compute_type": "int8", "cpu_threads": 1}
_SETTINGS: dict[str, Any] = {
    "task": "transcribe",
    "beam_size": 5,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "without_timestamps": True,
    "vad_filter": False,
}
"""One beam search and no second try at another temperature, which would draw at random."""


def _language(word: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", word):
        raise ValueError("a code of two or three letters, such as de")
    return word


@dataclass(frozen=True)
class Whisper(Transcriber):
    """Whisper, told which language it hears."""

    name = "whisper"
    title = f"Whisper, from the folder in {VARIABLE}; whisper:language=de for another language"
    version = 1
    packages = ("faster-whisper", "ctranslate2")
    options: ClassVar[Mapping[str, Callable[[str], Any]]] = {"language": _language}
    variants = ("whisper:language=de",)
    seconds_per_second = 2.0
    language: str = "en"

    @property
    def languages(self) -> tuple[str, ...]:  # type: ignore[override]
        """The one language that it is told to hear."""
        return (self.language,)

    def unavailable(self) -> str:
        """Say what is missing: the package, the variable, the folder or a file of the model."""
        if not is_installed("faster-whisper"):
            return "pip install aser-bench[whisper]"
        given = os.environ.get(VARIABLE, "").strip()
        if not given:
            return f"set {VARIABLE} to the folder of a Whisper model in CTranslate2's form"
        folder = Path(given).expanduser()
        if not folder.is_dir():
            return f"{VARIABLE} names no folder: {folder}"
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            return f"{folder} is no Whisper model in CTranslate2's form: no {', '.join(missing)}"
        return ""

    def key_parts(self) -> list[Any]:
        """Return the settings and a hash of the model's files."""
        return [_LOADED, _SETTINGS, _model_hash(_folder())]

    def transcribe_one(self, signal: np.ndarray) -> str:
        """Return what one beam search makes of an utterance."""
        import numpy as np

        samples = np.ascontiguousarray(signal, dtype=np.float32)
        try:
            model = _model(_folder(), os.getpid())
            segments, _ = model.transcribe(samples, language=self.language, **_SETTINGS)
            # The words come as they are asked for, so that an error of the decoder comes here.
            return normalize(" ".join(segment.text for segment in segments))
        except (RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"whisper cannot use the model in {_folder()}: {reason}") from error


def _folder() -> str:
    return str(Path(os.environ[VARIABLE].strip()).expanduser().resolve())


@cache
def _model(folder: str, pid: int) -> Any:
    # The process number is a key: what a parent has loaded is of no use to a forked worker.
    from faster_whisper import WhisperModel

    return WhisperModel(folder, local_files_only=True, **_LOADED)


@cache
def _model_hash(folder: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(folder).iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


COMPONENT = Whisper()
