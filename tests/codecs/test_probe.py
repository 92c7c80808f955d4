"""The table of `probe`, for fake codecs with known effects and for real ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from aser_bench.codecs import quality, specs
from aser_bench.codecs.base import CodedSignal
from aser_bench.codecs.bitrates import Bitrates
from aser_bench.codecs.control import Control
from aser_bench.codecs.probe import COLUMNS, probe
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import Alias, Condition
from aser_bench.report import probe as report
from aser_bench.report.terminal import display_width

RATE = 16_000


def noise(seed: int, seconds: float = 0.5) -> np.ndarray:
    """Return noise with most of its energy at low frequencies, like speech."""
    white = np.random.default_rng(seed).standard_normal((2, int(seconds * RATE)))
    low = np.convolve(white[0], np.hanning(16), mode="same")
    return (0.05 * low + 0.005 * white[1]).astype(np.float32)


NOISES = [noise(seed) for seed in range(3)]


@dataclass(frozen=True)
class Fake(Control):
    """A codec whose conditions differ only in their streams."""

    name = "fake"
    title = "a codec for tests"
    takes_bitrates = True
    delays: tuple[int, ...] = (0, 0, 0)
    extra: int = 0
    kbps: float = 1.0
    same: bool = False

    def bitrates(self, rate):
        return Bitrates((10.0, 20.0))

    def conditions(self, bitrates, rate, policy):
        planned = [Condition(f"fake-{kbps:g}k", "fake", kbps, rate) for kbps in bitrates]
        return planned, [Alias("fake-99k", 99.0, planned[-1].name)]

    def apply(self, signal, rate, condition):
        raise NotImplementedError

    def roundtrip(self, signals, rate, conditions):
        return [
            [
                CodedSignal(
                    np.pad(np.roll(0.5 * signal, self.delays[index]), (0, self.extra)),
                    condition.kbps * self.kbps + index,
                    f"stream {index if self.same else (condition.name, index)}",
                )
                for index, signal in enumerate(signals)
            ]
            for condition in conditions
        ]


def test_properties_of_mp3():
    table = probe(NOISES, specs.get_available("mp3"), [256, 8, 64])
    assert table["condition"].tolist() == ["mp3-8k", "mp3-64k", "mp3-256k"]
    assert table["effective_kbps"].tolist() == [8, 64, 256]
    assert table["stream"].tolist() == ["MPEG-2", "MPEG-2", "MPEG-1"]
    assert table["codec_rate_hz"].tolist() == [16_000, 16_000, 32_000]
    assert table["lag_samples"].tolist() == table["length_difference"].tolist() == [0, 0, 0]
    assert "32 kHz" in table["mark"][2]
    assert (table["flag"] == "").all()
    assert (table["utterances"] == 3).all()
    # A higher bitrate gives a smaller spectral distance and a larger bandwidth.
    assert table["lsd_db"].is_monotonic_decreasing
    assert table["bandwidth_hz"].is_monotonic_increasing


def test_clamped_bitrates_are_flagged_and_refer_to_the_coded_one():
    table = probe(NOISES[:1], specs.get_available("mp3"), [160, 320], RATE, "clamp")
    clamped = table.set_index("condition").loc["mp3-320k"]
    assert clamped["same_as"] == "mp3-160k"
    assert (clamped["requested_kbps"], clamped["effective_kbps"]) == (320, 160)
    assert clamped["flag"] == "effective is 50 % off"
    assert clamped["si_sdr_db"] == table.set_index("condition").loc["mp3-160k", "si_sdr_db"]
    with pytest.raises(UsageError, match="320"):
        probe(NOISES[:1], specs.get_available("mp3"), [320], RATE, "error")


def test_default_bitrates_are_those_of_the_codec():
    assert probe(NOISES[:1], Fake())["requested_kbps"].tolist() == [10, 20, 99]
    chain = probe(NOISES[:1], specs.get("g726+gsm"))
    assert chain["condition"].tolist() == [f"g726-{kbps}k+gsm" for kbps in (16, 24, 32, 40)]


def test_bitrate_is_a_mean_and_small_deviations_are_not_flagged():
    table = probe(NOISES, Fake(), [100.0])  # the streams have 100, 101 and 102
    assert table["effective_kbps"][1] == 101
    assert table["flag"].tolist() == ["", ""]
    table = probe(NOISES, Fake(kbps=1.04), [100.0])
    assert table.set_index("condition").loc["fake-100k", "flag"] == "effective is 5 % off"


def test_lag_and_length_are_the_largest_deviations():
    row = probe(NOISES, Fake(delays=(2, -7, 0), extra=3), [10.0]).iloc[0]
    assert row["lag_samples"] == -7
    assert row["length_difference"] == 3
    aligned = probe(NOISES, Fake(), [10.0]).iloc[0]
    assert aligned["gain_db"] == pytest.approx(-6.02, abs=0.01)
    assert aligned["lsd_db"] == 0


@pytest.mark.parametrize("extra", [-5, 5])
def test_wrong_length_is_reported(extra):
    class Short(Fake):
        def roundtrip(self, signals, rate, conditions):
            rows = super().roundtrip(signals, rate, conditions)
            signals = [coded.signal for coded in rows[0]]
            changed = [np.pad(signal, (0, 5))[: len(signal) + extra] for signal in signals]
            return [[CodedSignal(signal) for signal in changed]]

    row = probe(NOISES, Short(), [10.0]).iloc[0]
    assert row["length_difference"] == extra
    assert row["lag_samples"] == 0


def test_conditions_are_the_same_only_if_all_streams_are():
    same = probe(NOISES, Fake(same=True), [10.0, 20.0]).set_index("condition")["same_as"]
    assert same.to_dict() == {"fake-10k": "", "fake-20k": "fake-10k", "fake-99k": "fake-20k"}
    different = probe(NOISES, Fake(), [10.0, 20.0]).set_index("condition")["same_as"]
    assert different.to_dict() == {"fake-10k": "", "fake-20k": "", "fake-99k": "fake-20k"}


def test_progress_is_reported_for_each_batch():
    signals, counts = [noise(seed, 0.1) for seed in range(19)], []
    table = probe(signals, specs.get_available("gain"), on_progress=counts.append)
    assert sum(counts) == 19
    assert len(counts) > 1
    assert table["utterances"][0] == 19


def test_control_has_no_stream():
    (row,) = probe(NOISES, specs.get_available("lowpass:cutoff=3000")).to_dict("records")
    assert row["bandwidth_hz"] == pytest.approx(3000, abs=120)
    assert row["stream"] == row["same_as"] == row["flag"] == row["encoder"] == ""
    for name in ("requested_kbps", "effective_kbps", "codec_rate_hz"):
        assert pd.isna(row[name])


def test_original_has_no_deviation():
    (row,) = probe(NOISES, specs.get_available("original")).to_dict("records")
    assert (row["lag_samples"], row["lsd_db"], row["gain_db"]) == (0, 0, 0)
    assert row["si_sdr_db"] == math.inf
    assert row["bandwidth_hz"] == 8000


def test_stream_type_of_a_chain_is_that_of_its_last_codec():
    (row,) = probe(NOISES[:1], specs.get_available("gsm+mp3:64")).to_dict("records")
    assert row["stream"] == "MPEG-2"
    (row,) = probe(NOISES[:1], specs.get_available("mp3:64+gsm")).to_dict("records")
    assert row["stream"] == ""


def test_vocoder_has_no_lag_gain_or_si_sdr():
    class Vocoder(Fake):
        keeps_waveform = False

    row = probe(NOISES, Vocoder(), [10.0]).iloc[0]
    assert row[["lag_samples", "gain_db", "si_sdr_db"]].isna().all()
    assert np.isfinite(row["lsd_db"])
    assert "vocoder" in row["mark"]


def test_unmeasured_recordings_are_counted(monkeypatch):
    monkeypatch.setattr(
        quality,
        "installed_measures",
        lambda: {"pesq": lambda source, coded, rate: math.nan if len(source) < 4000 else 3.0},
    )
    row = probe([*NOISES, noise(9, 0.2)], specs.get_available("gain")).iloc[0]
    assert row["pesq"] == 3
    assert row["mark"] == "PESQ could be measured in 3 of 4 recordings"
    assert "stoi" not in row.index


def test_measures_of_silence_are_missing():
    (row,) = probe([np.zeros(4000, np.float32)], specs.get_available("gain")).to_dict("records")
    assert pd.isna(row["gain_db"])
    assert pd.isna(row["lag_samples"])
    assert "nan" not in report.render(probe([np.zeros(4000, np.float32)], specs.get("gain")))


def test_columns_are_in_order():
    table = probe(NOISES[:1], specs.get_available("gain"))
    assert [name for name in COLUMNS if name in table] == table.columns.tolist()


# --- text --------------------------------------------------------------------------------


def widest(text: str) -> int:
    return max(map(display_width, text.splitlines()))


def rated(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with the columns of the optional packages."""
    return table.assign(pesq=3.21, stoi=0.987)


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_lines_fit_the_terminal(width):
    for codec, bitrates, policy in (
        ("mp3", [8, 256], "promote"),
        ("mp3", [8, 256], "clamp"),
        ("opus:application=voip", [12.5, 64], "promote"),
        ("lowpass", [], "promote"),
    ):
        table = probe(NOISES[:1], specs.get_available(codec), bitrates, RATE, policy)
        for variant in (table, rated(table)):
            assert widest(report.render(variant, width)) <= width


def test_80_columns_suffice_for_one_block():
    text = report.render(rated(probe(NOISES[:1], specs.get_available("mp3"), [8, 192])), 80)
    assert sum(line.startswith("condition ") for line in text.splitlines()) == 1
    assert "PESQ" in text
    assert "STOI" in text
    assert "SI-SDR" in text


def test_constant_columns_are_footnotes():
    text = report.render(probe(NOISES[:1], specs.get_available("mp3"), [8, 192]), 80)
    head = text.splitlines()[0]
    assert "requested" not in head
    assert "length" not in head
    assert "All recordings keep their length" in text
    assert "mp3-192k‡" in text
    assert "‡ coded at 32 kHz" in text
    clamped = probe(NOISES[:1], specs.get_available("mp3"), [160, 192], RATE, "clamp")
    text = report.render(clamped, 80)
    assert "requested" in text.splitlines()[0]
    assert "identical to the stream of mp3-160k" in text
    assert "length" in report.render(probe(NOISES, Fake(extra=3), [10.0]), 80)


def test_missing_values_are_dashes():
    table = probe(NOISES[:1], specs.get_available("mp3"), [64])
    table["lag_samples"] = pd.array([pd.NA], dtype="Int64")
    both = pd.concat([table, probe(NOISES[:1], specs.get_available("mp3"), [8])], ignore_index=True)
    text = report.render(both, 80)
    assert "nan" not in text.lower()
    assert "<NA>" not in text
    assert "-" in text.splitlines()[3].split()


def test_csv_is_reproducible_and_readable():
    import io

    first, second = (
        report.to_csv(probe(NOISES, specs.get_available("mp3"), [8, 192])) for _ in range(2)
    )
    assert first == second
    assert "\r" not in first
    table = pd.read_csv(io.StringIO(first))
    assert table["effective_kbps"].tolist() == [8, 192]
    assert first.splitlines()[1].startswith("mp3-8k,mp3,8,8,16000,MPEG-2,")
