"""Conditions of a study: codecs, chains and controls, their tables, and invalid codecs."""

from __future__ import annotations

import pandas as pd
import pytest

import aser_bench
from aser_bench.cli import main
from aser_bench.core.errors import UsageError
from aser_bench.study import config
from aser_bench.study.conditions import plan_conditions


def planned(*codecs, **more):
    return plan_conditions(config.resolve({"codecs": list(codecs), **more}))


@pytest.fixture
def bundled(monkeypatch):
    monkeypatch.delenv("ASER_BENCH_FFMPEG", raising=False)


@pytest.fixture
def conditions(table, cache_dir, tmp_path, bundled):
    """Run a study and return its table of conditions."""

    def run(*codecs, **more):
        layer = {
            "corpora": [{"csv": str(table)}],
            "codecs": list(codecs),
            "effort": "quick",
            "models": "svm",
            "train": "matched",
            **more,
        }
        outcome = aser_bench.run(
            layer,
            out=tmp_path / str(len(list(tmp_path.iterdir()))),
            jobs=1,
            cache=cache_dir,
            quiet=True,
            formats="csv",
        )
        frame = pd.read_csv(outcome.folder / "conditions.csv", keep_default_na=False)
        return frame.set_index("condition")

    return run


def test_conditions_of_codecs_chains_and_controls(conditions):
    table = conditions({"aac": [64, 96]}, "mp3:64+gsm", "g711:law=a", "lowpass:cutoff=3400")
    assert list(table.index) == [
        "original",
        "aac-64k",
        "aac-96k",
        "mp3-64k+gsm",
        "g711-a",
        "lowpass-3k4",
    ]
    aac = table.loc["aac-96k"]
    assert float(aac["effective_kbps"]) < 93
    assert aac["mark"].startswith("96 kbit/s were asked for, ")
    assert aac["mark"].endswith(" were written")
    chain = table.loc["mp3-64k+gsm"]
    assert chain["codec"] == "mp3:64+gsm"
    assert (float(chain["effective_kbps"]), chain["mark"]) == (13.2, "")
    assert "LAME" in chain["encoder"]
    assert "libgsm" in chain["encoder"]
    assert float(table.loc["g711-a", "codec_rate_hz"]) == 8000
    assert float(table.loc["lowpass-3k4", "bandwidth_hz"]) == pytest.approx(3400, abs=50)
    assert table.loc["lowpass-3k4", "effective_kbps"] == ""
    assert set(table["lag_samples"].astype(float)) == {0.0}


def test_match_level_restores_the_level(conditions):
    plain = conditions({"mp3": [64]}, "gain:db=-6")["gain_db"].astype(float)
    assert plain["gain-down6dB"] == pytest.approx(-6, abs=0.01)
    assert plain["mp3-64k"] == pytest.approx(-0.45, abs=0.1)
    matched = conditions({"mp3": [64]}, "gain:db=-6", match_level=True)["gain_db"].astype(float)
    assert matched.to_dict() == pytest.approx(dict.fromkeys(plain.index, 0), abs=0.006)


def test_bitrate_may_follow_the_codec():
    assert planned("mp3:64").names == planned({"mp3": [64]}).names == ("original", "mp3-64k")
    assert planned("mp3:64+opus:16").names == ("original", "mp3-64k+opus-16k")
    open_chain = planned({"mp3+amr-wb:12.65": [64, 16]}).names
    assert open_chain == ("original", "mp3-16k+amr-wb-12k65", "mp3-64k+amr-wb-12k65")


def test_clamped_bitrates_of_a_chain_are_aliases():
    plan = planned({"gsm+mp3": [160, 256]}, bitrate_policy="clamp")
    assert plan.names == ("original", "gsm+mp3-160k")
    (alias,) = plan.aliases
    assert (alias.name, alias.same_as) == ("gsm+mp3-256k", "gsm+mp3-160k")


@pytest.mark.parametrize(
    ("codecs", "message"),
    [
        (["codec2:3.2"], "codec 'codec2' cannot be used here: ffmpeg .* has no encoder libcodec2"),
        (["mp3:64+codec2:3.2"], "has no encoder libcodec2"),
        ([{"mp3:64": [8]}], "has its bitrate already"),
        ([{"mp3:64+gsm": [8]}], "has no bitrates"),
        (["mp3+opus"], "at most one codec"),
        (["opus"], "needs bitrates"),
        ([{"g711": [64]}], "has no bitrates"),
        (["gsm:13"], "codec 'gsm' has no bitrates"),
        (["mp3:64+gsm:13"], "gsm takes no bitrate"),
        (["mp3:64+"], "has a part without a name"),
        (["gain:db=-0.451", "gain:db=-0.449"], "both give the condition gain-down0.45dB"),
        ([{"amr-wb": [12]}], "it supports 6.6, 8.85, 12.65"),
        (["opsu:16"], "unknown codec 'opsu'; did you mean 'opus'"),
    ],
)
def test_rejects_invalid_codecs_in_one_line(codecs, message, bundled):
    with pytest.raises(UsageError, match=message) as caught:
        planned(*codecs)
    assert "\n" not in str(caught.value)


def test_codec_of_another_package(conditions, tmp_path, monkeypatch):
    (tmp_path / "somebodys.py").write_text(
        "from aser_bench.codecs.control import Control\n"
        "class Half(Control):\n"
        "    name = 'half'\n"
        "    title = 'half the level'\n"
        "    def apply(self, signal, rate, condition):\n"
        "        return signal / 2\n"
        "COMPONENT = Half()\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    table = conditions("somebodys:COMPONENT", "gsm+somebodys:COMPONENT")
    assert float(table.loc["half", "gain_db"]) == pytest.approx(-6.02, abs=0.01)
    assert table.loc["half", "codec"] == "somebodys:COMPONENT"
    assert float(table.loc["gsm+half", "gain_db"]) < -6


def test_equal_conditions_are_planned_once(bundled):
    assert planned("lowpass", "lowpass:like=mp3-8k").names == ("original", "lowpass-3k02")


def test_loss_applies_to_the_preceding_codec(table, cache_dir, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASER_BENCH_CACHE", str(cache_dir))
    run = ["run", "--corpus", f"csv={table}", "--dry-run", "-q"]
    codecs = ["--codec", "opus", "--loss", "5", "--bitrates", "16", "--codec", "mp3:64"]
    assert main([*run, *codecs]) == 0
    assert "original, opus-loss5-16k, mp3-64k" in capsys.readouterr().out
    with pytest.raises(SystemExit) as left:
        main([*run, "--loss", "5", *codecs])
    assert left.value.code == 2
    assert "--loss" in capsys.readouterr().err
    assert main([*run, "--codec", "mp3", "--bitrates", "8", "--loss", "5"]) == 2
    assert "codec mp3 has no option 'loss'" in capsys.readouterr().err


def test_list_shows_codecs_that_are_not_available(bundled, capsys):
    assert main(["list", "codecs"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "[not available: ffmpeg" in lines["codec2"]
    assert "has no encoder libcodec2]" in lines["codec2"]
    assert "6.6, 8.85, 12.65" in lines["amr-wb"]
    assert "not available" not in lines["gsm"]
