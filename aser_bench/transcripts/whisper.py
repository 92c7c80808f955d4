"""Whisper through faster-whisper, with a model on disk; nothing is downloaded."""

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
    import numpy.typing as npt

ENV_VARIABLE = "ASER_BENCH_WHISPER"
"""Environment variable with the folder of the model, in the CTranslate2 format."""

_FILES = ("model.bin", "config.json", "tokenizer.json")
"""Required files. Without tokenizer.json, faster-whisper would download one."""

_LOAD_SETTINGS: dict[str, Any] = {"device": "cpu", "compute_type": "int8", "cpu_threads": 1}
_DECODE_SETTINGS: dict[str, Any] = {
    "task": "transcribe",
    "beam_size": 5,
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "without_timestamps": True,
    "vad_filter": False,
}
"""One beam search. A fallback to higher temperatures would sample at random."""


def _parse_language(value: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}", value):
        raise ValueError("a code of two or three letters, such as de")
    return value


@dataclass(frozen=True)
class Whisper(Transcriber):
    """Whisper for one language; the language is not detected."""

    name = "whisper"
    title = f"Whisper, model folder in {ENV_VARIABLE}; whisper:language=de for another language"
    version = 1
    packages = ("faster-whisper", "ctranslate2")
    options: ClassVar[Mapping[str, Callable[[str], Any]]] = {"language": _parse_language}
    variants = ("whisper:language=de",)
    real_time_factor = 2.0
    language: str = "en"

    # The base class has a class attribute; here the value depends on an option.
    @property
    def languages(self) -> tuple[str, ...]:  # type: ignore[override]
        """The language of the option."""
        return (self.language,)

    def unavailable(self) -> str:
        """Return what is missing: the package, the variable, the folder or a model file."""
        if not is_installed("faster-whisper"):
            return "pip install aser-bench[whisper]"
        value = os.environ.get(ENV_VARIABLE, "").strip()
        if not value:
            return f"set {ENV_VARIABLE} to the folder of a Whisper model in the CTranslate2 format"
        folder = Path(value).expanduser()
        if not folder.is_dir():
            return f"{ENV_VARIABLE} is not a folder: {folder}"
        missing = ", ".join(name for name in _FILES if not (folder / name).is_file())
        if missing:
            return f"{folder} is not a Whisper model in the CTranslate2 format: no {missing}"
        return ""

    def key_parts(self) -> list[Any]:
        """Return the settings and a hash of the model's files."""
        return [_LOAD_SETTINGS, _DECODE_SETTINGS, _model_hash(_folder())]

    def transcribe_one(self, signal: npt.NDArray[np.floating]) -> str:
        """Return the result of one beam search."""
        import numpy as np

        samples = np.ascontiguousarray(signal, dtype=np.float32)
        try:
            model = _model(_folder(), os.getpid())
            segments, _ = model.transcribe(samples, language=self.language, **_DECODE_SETTINGS)
            # segments is a generator: decoding, and any error in it, happens in this line.
            return normalize(" ".join(segment.text for segment in segments))
        except (RuntimeError, ValueError, OSError) as error:
            reason = " ".join(str(error).split())
            raise UsageError(f"whisper cannot use the model in {_folder()}: {reason}") from error


def _folder() -> str:
    return str(Path(os.environ[ENV_VARIABLE].strip()).expanduser().resolve())


@cache
def _model(folder: str, pid: int) -> Any:
    # The process id is part of the cache key: a forked worker cannot use its parent's model.
    from faster_whisper import WhisperModel

    return WhisperModel(folder, local_files_only=True, **_LOAD_SETTINGS)


@cache
def _model_hash(folder: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in Path(folder).iterdir() if path.is_file()):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


COMPONENT = Whisper()
