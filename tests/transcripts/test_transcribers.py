"""Lookup of transcribers by name, entry point and dotted path, and text normalisation."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint

import pytest

from aser_bench import cli, transcripts
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.transcripts.base import Transcriber, is_installed, normalize


@dataclass(frozen=True)
class SampleCounter(Transcriber):
    name = "counter"
    title = "the number of samples"
    real_time_factor = 0.1

    def transcribe_one(self, signal):
        return str(len(signal))


COUNTER = SampleCounter()


@pytest.fixture
def plugin(monkeypatch):
    """Register a transcriber by an entry point of another package."""
    points = [EntryPoint("counter", f"{__name__}:COUNTER", "aser_bench.transcripts")]
    monkeypatch.setattr(
        registry, "entry_points", lambda group: points if group.endswith("transcripts") else []
    )
    registry.plugins.cache_clear()
    yield
    registry.plugins.cache_clear()


def test_entry_point_is_used(plugin):
    assert transcripts.get("counter") is COUNTER
    assert "counter" in registry.names("transcripts")
    assert COUNTER.transcribe([[0.0] * 3, []], 16_000) == ["3", ""]
    assert COUNTER.identity() == ["counter", 1, {}, {}]


def test_dotted_path_is_used():
    assert transcripts.get(f"{__name__}:COUNTER") is COUNTER


def test_rejects_object_of_another_class():
    with pytest.raises(UsageError, match="is not a transcriber: it must be an inst"):
        transcripts.get("pathlib:Path")


def test_unknown_name_and_option_suggest_the_nearest():
    with pytest.raises(UsageError, match="unknown transcriber 'pocketsfinx'; did you mean 'pocke"):
        transcripts.get("pocketsfinx")
    with pytest.raises(
        UsageError, match="transcriber reference has no option 'x'; it has no options"
    ):
        transcripts.get("reference:x=1")


def test_reference_does_not_transcribe_audio():
    reference = transcripts.get("reference")
    assert not reference.from_audio
    assert reference.languages == ()
    with pytest.raises(UsageError, match="reference cannot transcribe audio"):
        reference.transcribe([[0.1]], 16_000)


def test_list_shows_languages_and_availability(capsys, monkeypatch):
    monkeypatch.delenv("ASER_BENCH_WHISPER", raising=False)
    assert cli.main(["list", "transcripts"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == registry.names("transcripts")
    assert lines[0].endswith("[en]")
    assert "[not available: " in lines[2]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" Kids are talking, by the door.", "kids are talking by the door"),
        ("It\u2019s 'his'", "it's his"),
        ("cafe\u0301 d'accord", "cafe\u0301 d'accord"),
        ("[_BEG_] ... ", "beg"),
    ],
)
def test_normalize_keeps_words_only(text, expected):
    assert normalize(text) == expected
    assert normalize(expected) == expected


def test_is_installed():
    assert is_installed("numpy")
    assert not is_installed("no-such-distribution")
