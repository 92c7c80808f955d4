"""Calls of faster-whisper and reports of missing parts, with a fake model.

The fake `WhisperModel` has the parameters of faster-whisper 1.x and accepts no others. The
recognition of real speech is not tested, because no model is available here.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from aser_bench import transcripts
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.transcripts import whisper

RATE = 16_000


class WhisperModel:
    """Fake of `faster_whisper.WhisperModel` that records its calls."""

    made: ClassVar[list[WhisperModel]] = []

    def __init__(
        self,
        model_size_or_path,
        device="auto",
        device_index=0,
        compute_type="default",
        cpu_threads=0,
        num_workers=1,
        download_root=None,
        local_files_only=False,
    ):
        self.path, self.local = Path(model_size_or_path), local_files_only
        self.settings = (device, compute_type, cpu_threads)
        self.calls: list[dict] = []
        if (self.path / "model.bin").read_bytes() == b"broken":
            raise RuntimeError("Unsupported model binary version.\nUse another one.")
        WhisperModel.made.append(self)

    def transcribe(
        self,
        audio,
        language=None,
        task="transcribe",
        log_progress=False,
        beam_size=5,
        best_of=5,
        patience=1,
        length_penalty=1,
        temperature=(0.0, 0.2, 0.4),
        compression_ratio_threshold=2.4,
        log_prob_threshold=-1.0,
        no_speech_threshold=0.6,
        condition_on_previous_text=True,
        initial_prompt=None,
        without_timestamps=False,
        vad_filter=False,
    ):
        assert isinstance(audio, np.ndarray)
        assert audio.dtype == np.float32
        assert audio.ndim == 1
        self.calls.append(
            {
                "language": language,
                "beam": beam_size,
                "temperature": temperature,
                "previous": condition_on_previous_text,
                "task": task,
            }
        )
        return self._segments(audio), SimpleNamespace(language=language)

    def _segments(self, audio):
        if np.abs(audio).max() == 2:
            raise RuntimeError("no memory")
        if np.abs(audio).max() > 0.01:
            yield SimpleNamespace(text=f" It\u2019s {len(audio)}")
            yield SimpleNamespace(text=" samples, half-way!")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Create a model folder and install a fake faster_whisper module."""
    path = tmp_path / "tiny"
    path.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (path / name).write_text(name)
    module = ModuleType("faster_whisper")
    module.WhisperModel = WhisperModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    monkeypatch.setattr(whisper, "is_installed", lambda name: True)
    monkeypatch.setattr(registry, "versions", lambda names: dict.fromkeys(names, "1.0"))
    monkeypatch.setenv(whisper.ENV_VARIABLE, str(path))
    monkeypatch.setattr(WhisperModel, "made", [])
    for cached in (whisper._model, whisper._model_hash):
        cached.cache_clear()
    yield path
    for cached in (whisper._model, whisper._model_hash):
        cached.cache_clear()


def tone(samples: int) -> np.ndarray:
    return 0.3 * np.sin(0.1 * np.arange(samples))


def test_words_are_normalized(folder):
    transcriber = transcripts.get("whisper")
    assert transcriber.unavailable() == ""
    words = transcriber.transcribe([tone(8000), np.zeros(8000), np.zeros(0), tone(9000)], RATE)
    assert words == ["it's 8000 samples half way", "", "", "it's 9000 samples half way"]


def test_one_model_is_loaded_and_called_deterministically(folder):
    transcripts.get("whisper").transcribe([tone(8000), tone(8000)], RATE)
    transcripts.get("whisper:language=de").transcribe([tone(8000)], RATE)
    (model,) = WhisperModel.made
    assert model.path == folder.resolve()
    assert model.local is True
    assert model.settings == ("cpu", "int8", 1)
    assert [call.pop("language") for call in model.calls] == ["en", "en", "de"]
    call = {"beam": 5, "temperature": 0.0, "previous": False, "task": "transcribe"}
    assert model.calls == [call] * 3


def test_identity_depends_on_language_and_model_files(folder):
    first = transcripts.get("whisper").identity()
    assert first == transcripts.get("whisper").identity()
    assert transcripts.get("whisper:language=de").identity() != first
    whisper._model_hash.cache_clear()
    (folder / "model.bin").write_text("another model")
    assert transcripts.get("whisper").identity() != first


def test_language_is_an_option():
    assert transcripts.get("whisper").languages == ("en",)
    assert transcripts.get("whisper:language=de").languages == ("de",)
    with pytest.raises(UsageError, match="language=german must be a code of two or three letters"):
        transcripts.get("whisper:language=german")


def unavailable_reason() -> str:
    transcriber = transcripts.get("whisper")
    with pytest.raises(UsageError) as caught:
        transcriber.transcribe([tone(8000)], RATE)
    assert str(caught.value) == f"whisper cannot be used: {transcriber.unavailable()}"
    return transcriber.unavailable()


def test_reports_missing_package(folder, monkeypatch):
    monkeypatch.setattr(whisper, "is_installed", lambda name: False)
    assert unavailable_reason() == "pip install aser-bench[whisper]"


def test_reports_missing_variable(folder, monkeypatch):
    monkeypatch.delenv(whisper.ENV_VARIABLE)
    assert unavailable_reason().startswith(
        "set ASER_BENCH_WHISPER to the folder of a Whisper model"
    )


def test_reports_missing_folder(folder, monkeypatch):
    monkeypatch.setenv(whisper.ENV_VARIABLE, str(folder / "no"))
    assert unavailable_reason() == f"ASER_BENCH_WHISPER is not a folder: {folder / 'no'}"


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_reports_missing_model_file(folder, name):
    (folder / name).unlink()
    text = unavailable_reason()
    assert text.startswith(f"{folder} is not a Whisper model")
    assert text.endswith(f"no {name}")


def test_unreadable_model_is_reported_in_one_line(folder):
    (folder / "model.bin").write_bytes(b"broken")
    with pytest.raises(UsageError, match=r"cannot use the model in .*tiny: Unsupported .* one\.$"):
        transcripts.get("whisper").transcribe([tone(8000)], RATE)


def test_error_during_transcription_is_reported(folder):
    with pytest.raises(UsageError, match=r"whisper cannot use the model in .*: no memory"):
        transcripts.get("whisper").transcribe([np.full(8000, 2.0)], RATE)
