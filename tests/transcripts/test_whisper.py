"""Whisper, as far as it can be tried without a model: a stand-in listens in its place.

The stand-in takes what `faster_whisper.WhisperModel` takes (its arguments by name, as version
1.x has them) and refuses anything else. That real speech is recognised is not tested here.
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
    """What a model of faster-whisper looks like from outside."""

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
    """Return the folder of a made-up model, with a made-up package to read it."""
    path = tmp_path / "tiny"
    path.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
        (path / name).write_text(name)
    module = ModuleType("faster_whisper")
    module.WhisperModel = WhisperModel  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "faster_whisper", module)
    monkeypatch.setattr(whisper, "is_installed", lambda name: True)
    monkeypatch.setattr(registry, "versions", lambda names: dict.fromkeys(names, "1.0"))
    monkeypatch.setenv(whisper.VARIABLE, str(path))
    monkeypatch.setattr(WhisperModel, "made", [])
    for cached in (whisper._model, whisper._model_hash):
        cached.cache_clear()
    yield path
    for cached in (whisper._model, whisper._model_hash):
        cached.cache_clear()


def tone(samples: int) -> np.ndarray:
    return 0.3 * np.sin(0.1 * np.arange(samples))


def test_words_come_without_punctuation(folder):
    one = transcripts.get("whisper")
    assert one.unavailable() == ""
    heard = one.transcribe([tone(8000), np.zeros(8000), np.zeros(0), tone(9000)], RATE)
    assert heard == ["it's 8000 samples half way", "", "", "it's 9000 samples half way"]


def test_one_model_listens_without_chance_memory_or_network(folder):
    transcripts.get("whisper").transcribe([tone(8000), tone(8000)], RATE)
    transcripts.get("whisper:language=de").transcribe([tone(8000)], RATE)
    (model,) = WhisperModel.made
    assert model.path == folder.resolve()
    assert model.local is True
    assert model.settings == ("cpu", "int8", 1)
    assert [call.pop("language") for call in model.calls] == ["en", "en", "de"]
    one = {"beam": 5, "temperature": 0.0, "previous": False, "task": "transcribe"}
    assert model.calls == [one] * 3


def test_what_decides_the_words_is_its_identity(folder):
    first = transcripts.get("whisper").identity()
    assert first == transcripts.get("whisper").identity()
    assert transcripts.get("whisper:language=de").identity() != first
    whisper._model_hash.cache_clear()
    (folder / "model.bin").write_text("another model")
    assert transcripts.get("whisper").identity() != first


def test_it_knows_the_language_that_it_is_told():
    assert transcripts.get("whisper").languages == ("en",)
    assert transcripts.get("whisper:language=de").languages == ("de",)
    with pytest.raises(UsageError, match="language=german must be a code of two or three letters"):
        transcripts.get("whisper:language=german")


def reason() -> str:
    one = transcripts.get("whisper")
    with pytest.raises(UsageError) as caught:
        one.transcribe([tone(8000)], RATE)
    assert str(caught.value) == f"whisper cannot be used: {one.unavailable()}"
    return one.unavailable()


def test_without_the_package_it_says_how_to_get_it(folder, monkeypatch):
    monkeypatch.setattr(whisper, "is_installed", lambda name: False)
    assert reason() == "pip install aser-bench[whisper]"


def test_without_the_variable_it_names_it(folder, monkeypatch):
    monkeypatch.delenv(whisper.VARIABLE)
    assert reason().startswith("set ASER_BENCH_WHISPER to the folder of a Whisper model")


def test_a_folder_that_is_none_is_named(folder, monkeypatch):
    monkeypatch.setenv(whisper.VARIABLE, str(folder / "no"))
    assert reason() == f"ASER_BENCH_WHISPER names no folder: {folder / 'no'}"


@pytest.mark.parametrize("name", ["model.bin", "tokenizer.json"])
def test_a_folder_without_a_file_of_the_model_is_refused(folder, name):
    (folder / name).unlink()
    text = reason()
    assert text.startswith(f"{folder} is no Whisper model")
    assert text.endswith(f"no {name}")


def test_a_model_that_cannot_be_read_is_told_in_one_line(folder):
    (folder / "model.bin").write_bytes(b"broken")
    with pytest.raises(UsageError, match=r"cannot use the model in .*tiny: Unsupported .* one\.$"):
        transcripts.get("whisper").transcribe([tone(8000)], RATE)


def test_an_error_while_it_listens_is_told_too(folder):
    with pytest.raises(UsageError, match=r"whisper cannot use the model in .*: no memory"):
        transcripts.get("whisper").transcribe([np.full(8000, 2.0)], RATE)
