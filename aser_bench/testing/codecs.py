"""Contract checks of codecs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt

from ..codecs.audit import lag_samples
from ..codecs.base import Codec, CodedSignal
from ..codecs.bitrates import POLICIES
from ..core.errors import AudioError
from ..core.tables import SAMPLE_RATE, Condition
from .checks import Signal, assert_one_line, assert_raises, noise, read_only, run_checks, voice

QUIET = 1e-3
QUIET_VOCODER = 5e-3  # a vocoder adds noise at about -50 dB


@cache
def example_signals() -> dict[str, Signal]:
    """Return the signals that every codec must handle, at 16 kHz."""
    return {
        "voice": voice(),
        "silence": read_only(np.zeros(8000)),
        "one sample": voice()[3000:3001],
        "short": voice()[2000:2400],
        "odd": voice()[1000:6001],
        "full scale": read_only(np.sign(noise(16_000))),
    }


@dataclass(frozen=True)
class CodecUnderTest:
    """A codec with the conditions at which it is checked.

    Attributes
    ----------
    codec : Codec
    selected : sequence of Condition, optional
        Conditions at 16 kHz; by default those of the usual bitrates of the codec.
    bitrate_tolerance : float or None
        The relative deviation of the measured bitrate from the requested one that is accepted;
        None for codecs with an average bitrate, which is not met on short signals.
    gain_db : float
        The change of level that the codec is meant to make.
    """

    codec: Codec
    selected: Sequence[Condition] | None = None
    bitrate_tolerance: float | None = 0.03
    gain_db: float = 0.0

    @cached_property
    def conditions(self) -> list[Condition]:
        """The conditions at which the signals are coded."""
        if self.selected is not None:
            return list(self.selected)
        return self.codec.conditions(usual_bitrates(self.codec, SAMPLE_RATE), SAMPLE_RATE, "error")[
            0
        ]

    @cached_property
    def coded(self) -> dict[str, dict[str, CodedSignal]]:
        """Condition -> name of the signal -> coded signal; each signal is coded once."""
        signals = example_signals()
        rows = self.codec.roundtrip_with_files(list(signals.values()), SAMPLE_RATE, self.conditions)
        return {
            condition.name: dict(zip(signals, row, strict=True))
            for condition, row in zip(self.conditions, rows, strict=True)
        }


def usual_bitrates(codec: Codec, rate: int) -> list[float]:
    """Return the usual bitrates of a codec at a sample rate; none where it has none."""
    bitrates = codec.bitrates(rate) if codec.takes_bitrates else None
    return list(bitrates.values) if bitrates is not None else []


def check_codec(
    codec: Codec, *, bitrate_tolerance: float | None = 0.03, gain_db: float = 0.0
) -> None:
    """Check that a codec fulfils the contract of `aser_bench.codecs.base.Codec`.

    Parameters
    ----------
    codec : Codec
    bitrate_tolerance : float or None
        See `CodecUnderTest`.
    gain_db : float
        The change of level that the codec is meant to make, in dB.

    Raises
    ------
    AssertionError
        With one line per check that failed.
    """
    reason = codec.unavailable()
    assert not reason, f"the codec cannot be used here: {reason}"
    run_checks(CODEC_CHECKS, CodecUnderTest(codec, None, bitrate_tolerance, gain_db))


def check_description(subject: CodecUnderTest) -> None:
    """Name and title are single lines."""
    assert_one_line(subject.codec.name, "name")
    assert_one_line(subject.codec.title, "title")


def check_conditions(subject: CodecUnderTest) -> None:
    """Conditions have unique names and ascending bitrates, under every policy."""
    codec, bitrates = subject.codec, usual_bitrates(subject.codec, SAMPLE_RATE)
    repeated = [*reversed(bitrates), *bitrates]
    assert subject.conditions, "the codec has no condition at 16 kHz"
    for policy in POLICIES:
        conditions, aliases = codec.conditions(repeated, SAMPLE_RATE, policy)
        names = [condition.name for condition in conditions]
        assert len(set(names)) == len(names), f"conditions with the same name: {names}"
        assert {condition.codec for condition in conditions} == {codec.spec}
        if codec.takes_bitrates:
            kbps = [condition.kbps for condition in conditions]
            assert kbps == bitrates, f"{policy}: bitrates {kbps} instead of {bitrates}"
        assert not aliases, f"usual bitrates must not be aliases: {aliases}"


def check_encoder(subject: CodecUnderTest) -> None:
    """The description of the encoder is a single line, and always the same."""
    text = subject.codec.encoder()
    assert "\n" not in text, "encoder() must be one line"
    assert subject.codec.encoder() == text, "encoder() must always return the same text"


def check_length_and_type(subject: CodecUnderTest) -> None:
    """A coded signal is float32, finite and as long as its source."""
    signals = example_signals()
    for condition, row in subject.coded.items():
        for name, coded in row.items():
            where = f"{name} at {condition}"
            assert coded.signal.dtype == np.float32, f"{where}: {coded.signal.dtype}"
            assert coded.signal.shape == signals[name].shape, f"{where}: {coded.signal.shape}"
            assert np.isfinite(coded.signal).all(), f"{where}: not finite"


def check_alignment(subject: CodecUnderTest) -> None:
    """A coded voice is aligned with its source."""
    for condition, row in subject.coded.items():
        lag = delay(subject.codec, voice(), row["voice"].signal)
        assert abs(lag) <= subject.codec.lag_tolerance_samples, f"{lag} samples at {condition}"


def check_level(subject: CodecUnderTest) -> None:
    """A coded voice has the level of its source, within 1 dB and the codec's tolerance."""
    tolerance = 1 + subject.codec.level_tolerance_db
    for condition, row in subject.coded.items():
        change = level_db(row["voice"].signal) - level_db(voice()) - subject.gain_db
        assert abs(change) <= tolerance, f"level changed by {change:.1f} dB at {condition}"


def check_bitrate(subject: CodecUnderTest) -> None:
    """The bitrate that is read back is that of the condition; without one there is no stream."""
    for condition in subject.conditions:
        coded = subject.coded[condition.name]["voice"]
        assert (coded.kbps is None) == (condition.kbps is None), condition.name
        if condition.kbps is None or coded.kbps is None:
            assert (coded.stream, coded.file, coded.suffix) == ("", b"", ""), condition.name
            continue
        assert coded.stream, f"no hash of the stream at {condition.name}"
        assert coded.file, f"no file at {condition.name}"
        assert coded.suffix, f"no suffix at {condition.name}"
        if subject.bitrate_tolerance is not None:
            tolerance = max(subject.bitrate_tolerance, subject.codec.max_padding)
            deviation = abs(coded.kbps / condition.kbps - 1)
            assert deviation <= tolerance, f"{coded.kbps:.2f} kbit/s at {condition.name}"


def check_independence(subject: CodecUnderTest) -> None:
    """Neither order nor neighbours nor other conditions change a sample."""
    names, conditions = ["odd", "voice"], subject.conditions[::-2]
    signals = example_signals()
    rows = subject.codec.roundtrip_with_files(
        [signals[name] for name in names], SAMPLE_RATE, conditions
    )
    for condition, row in zip(conditions, rows, strict=True):
        for name, coded in zip(names, row, strict=True):
            before = subject.coded[condition.name][name]
            where = f"{name} at {condition.name}"
            assert np.array_equal(coded.signal, before.signal), f"other samples: {where}"
            assert (coded.stream, coded.kbps) == (before.stream, before.kbps), where


def check_silence(subject: CodecUnderTest) -> None:
    """Digital silence remains silent."""
    limit = QUIET if subject.codec.keeps_waveform else QUIET_VOCODER
    for condition, row in subject.coded.items():
        peak = float(np.abs(row["silence"].signal).max())
        assert peak < limit, f"peak {peak:.2g} at {condition}"


def check_no_clipping(subject: CodecUnderTest) -> None:
    """Noise at full scale overshoots, and the overshoot is not clipped."""
    if subject.codec.integer_samples:
        return  # its standard defines 16-bit samples
    for condition, row in subject.coded.items():
        magnitude = np.abs(row["full scale"].signal)
        if not np.allclose(magnitude, magnitude[0]):
            at_peak = np.count_nonzero(magnitude == magnitude.max())
            assert at_peak < 4, f"{at_peak} samples are clipped at {condition}"


def check_invalid_signals(subject: CodecUnderTest) -> None:
    """Signals that are not finite, empty or not mono raise AudioError."""
    condition = subject.conditions[:1]
    for value in (np.nan, np.inf, -np.inf):
        signal = voice()[:4000].copy()
        signal[1234] = value
        situation = f"a signal with {value}"
        _assert_audio_error(subject.codec, signal, condition, situation, "NaN or infinity")
    empty, stereo = np.zeros(0, np.float32), np.zeros((2, 100), np.float32)
    _assert_audio_error(subject.codec, empty, condition, "an empty signal")
    _assert_audio_error(subject.codec, stereo, condition, "a stereo signal")


def _assert_audio_error(
    codec: Codec,
    signal: Signal,
    condition: Sequence[Condition],
    situation: str,
    message: str = "",
) -> None:
    def call() -> object:
        return codec.roundtrip([voice(), signal], SAMPLE_RATE, condition)

    assert_raises(AudioError, call, situation, message)


def check_empty_batches(subject: CodecUnderTest) -> None:
    """No signals and no conditions give empty results."""
    conditions = subject.conditions[:2]
    assert subject.codec.roundtrip([], SAMPLE_RATE, conditions) == [[] for _ in conditions]
    assert subject.codec.roundtrip([voice()], SAMPLE_RATE, []) == []


def check_sample_rates(subject: CodecUnderTest) -> None:
    """Signals at 8000, 24,414 and 48,000 Hz have the same length and alignment afterwards."""
    codec = subject.codec
    for rate in (8000, 24_414, 48_000):
        source = voice(rate)[: int(1.1 * rate) + 1]
        conditions, _ = codec.conditions(usual_bitrates(codec, rate)[-1:], rate, "error")
        coded = codec.roundtrip([source], rate, conditions)[0][0].signal
        assert coded.shape == source.shape, f"{coded.shape} for {source.shape} at {rate} Hz"
        if codec.keeps_waveform:
            lag = lag_samples(source, coded)
            assert abs(lag) <= max(1, rate // SAMPLE_RATE), f"{lag} samples at {rate} Hz"


STATIC_CHECKS = (check_description, check_conditions)
"""Checks that encode nothing; they also pass where the encoder is not available."""

RESULT_CHECKS = (
    check_length_and_type,
    check_alignment,
    check_level,
    check_bitrate,
    check_silence,
    check_no_clipping,
)
"""Checks of `CodecUnderTest.coded` at each condition."""

CODEC_CHECKS = (
    *STATIC_CHECKS,
    *RESULT_CHECKS,
    check_encoder,
    check_independence,
    check_invalid_signals,
    check_empty_batches,
    check_sample_rates,
)


def level_db(signal: npt.NDArray[np.floating]) -> float:
    """Return the level of a signal in dB."""
    return 10 * float(np.log10(np.mean(signal.astype(np.float64) ** 2)))


def delay(codec: Codec, source: Signal, coded: Signal) -> float:
    """Return the delay in samples; that of the envelope if the waveform is not preserved."""
    if codec.keeps_waveform:
        return lag_samples(source, coded)
    from scipy.signal import correlate

    correlation = correlate(_envelope(coded), _envelope(source), "full", "fft")
    return float(int(np.argmax(correlation)) - len(source) + 1)


def _envelope(signal: Signal) -> npt.NDArray[np.float64]:
    """Return the magnitude of a signal, smoothed over 10 ms at 16 kHz, without its mean."""
    smooth = np.convolve(np.abs(signal), np.hanning(161) / 80, "same")
    return np.asarray(smooth - smooth.mean(), dtype=np.float64)
