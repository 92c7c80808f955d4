"""Transcribers are found by name, entry point or dotted path, and `list` shows them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint

import pytest

from aser_bench import cli, transcripts
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.transcripts.base import Transcriber, is_installed, normalize


@dataclass(frozen=True)
class Deaf(Transcriber):
    name = "deaf"
    title = "hears the number of samples"
    seconds_per_second = 0.1

    def transcribe_one(self, signal):
        return str(len(signal))


ONE = Deaf()


@pytest.fixture
def elsewhere(monkeypatch):
    """Pretend that another package registers a transcriber."""
    points = [EntryPoint("deaf", f"{__name__}:ONE", "aser_bench.transcripts")]
    monkeypatch.setattr(
        registry, "entry_points", lambda group: points if group.endswith("transcripts") else []
    )
    registry.plugins.cache_clear()
    yield
    registry.plugins.cache_clear()


def test_of_another_package(elsewhere):
    assert transcripts.get("deaf") is ONE
    assert "deaf" in registry.names("transcripts")
    assert ONE.transcribe([[0.0] * 3, []], 16_000) == ["3", ""]
    assert ONE.identity() == ["deaf", 1, {}, {}]


def test_by_a_dotted_path():
    assert transcripts.get(f"{__name__}:ONE") is ONE


def test_something_else_is_refused():
    with pytest.raises(UsageError, match="is not a transcriber: it must be an inst"):
        transcripts.get("pathlib:Path")


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="unknown transcriber 'pocketsfinx'; did you mean 'pocke"):
        transcripts.get("pocketsfinx")
    with pytest.raises(
        UsageError, match="transcriber reference has no option 'x'; it has no options"
    ):
        transcripts.get("reference:x=1")


def test_the_reference_hears_nothing():
    one = transcripts.get("reference")
    assert not one.from_audio
    assert one.languages == ()
    with pytest.raises(UsageError, match="reference hears nothing"):
        one.transcribe([[0.1]], 16_000)


def test_they_are_listed(capsys, monkeypatch):
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
def test_normalize(text, expected):
    assert normalize(text) == expected
    assert normalize(expected) == expected


def test_what_is_not_installed_is_not():
    assert is_installed("numpy")
    assert not is_installed("no-such-distribution")
