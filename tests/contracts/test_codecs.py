"""Contract tests of all registered codecs; registration includes a codec in these tests.

Codecs are tested with the bundled ffmpeg and with the ffmpeg on the PATH, if there is one, because
some encoders are only in one of them. Each codec codes all signals at all conditions once, and the
tests check the results.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from scipy import signal as dsp

from aser_bench.codecs import audit, roundtrip, specs
from aser_bench.codecs.base import Codec, CodedSignal
from aser_bench.codecs.bitrates import POLICIES
from aser_bench.core import registry
from aser_bench.core.errors import AudioError, UsageError
from aser_bench.core.tables import Condition

RATE = 16_000
BUNDLED, SYSTEM = "bundled ffmpeg", "ffmpeg on the PATH"
FFMPEGS = (BUNDLED, SYSTEM) if shutil.which("ffmpeg") else (BUNDLED,)
PROMOTED = (192, 256, 320)  # kbit/s that some codecs support at 32 kHz only
KBPS_TOLERANCE = 0.03  # relative; the tables mark larger deviations

# Codecs with average bitrates, which they miss on short recordings; the tables mark these.
AVERAGE_BITRATE = {"aac", "vorbis"}


@contextmanager
def using(ffmpeg: str):
    """Select one of the two programs for the codecs."""
    before = os.environ.pop("ASER_BENCH_FFMPEG", None)
    if ffmpeg == SYSTEM:
        os.environ["ASER_BENCH_FFMPEG"] = "ffmpeg"
    try:
        yield
    finally:
        os.environ.pop("ASER_BENCH_FFMPEG", None)
        if before is not None:
            os.environ["ASER_BENCH_FFMPEG"] = before


def every_spec() -> list[str]:
    codecs = [registry.get("codecs", name) for name in registry.names("codecs")]
    return [spec for codec in codecs for spec in (codec.name, *codec.variants)]


@cache
def supports(ffmpeg: str, spec: str) -> bool:
    with using(ffmpeg):
        return not specs.get(spec).unavailable()


def supported_conditions(codec: Codec) -> list[Condition]:
    if not codec.takes_bitrates:
        return codec.conditions([], RATE, "error")[0]
    conditions, _ = codec.conditions(codec.bitrates(RATE).values, RATE, "error")
    for bitrate in PROMOTED:
        try:
            promoted, _ = codec.conditions([bitrate], RATE, "promote")
        except UsageError:  # not a bitrate of this codec
            continue
        conditions += [condition for condition in promoted if condition.mark]
    return conditions


@dataclass(frozen=True)
class Case:
    """A codec at a condition, with one of the two programs."""

    ffmpeg: str
    spec: str
    condition: Condition

    @property
    def codec(self) -> Codec:
        return specs.get(self.spec)

    def coded(self, name: str) -> CodedSignal:
        return table(self.ffmpeg, self.spec)[self.condition.name][name]


def conditions_for(ffmpeg: str, spec: str) -> list[Condition]:
    """Return the conditions to test.

    These are all conditions, but only one for the second program if both support the codec.
    """
    if not supports(ffmpeg, spec):
        return []
    conditions = supported_conditions(specs.get(spec))
    middle = conditions[len(conditions) // 2]
    if ffmpeg != BUNDLED and supports(BUNDLED, spec):
        return [middle]
    if ":" in spec and len(conditions) > 3:  # of variants, only some conditions are tested
        return [conditions[0], middle, conditions[-1]]
    return conditions


def cases() -> list:
    every_case = [
        Case(ffmpeg, spec, condition)
        for spec in every_spec()
        for ffmpeg in FFMPEGS
        for condition in conditions_for(ffmpeg, spec)
    ]
    return [_parameter(case) for case in every_case]


def _parameter(case: Case, slow_variants: bool = False):
    """Return a test parameter; codecs that both programs support are slow with the second one."""
    repeated = case.ffmpeg != BUNDLED and supports(BUNDLED, case.spec)
    slow = repeated or (slow_variants and ":" in case.spec)
    name = case.condition.name + ("" if case.ffmpeg == BUNDLED else "-path")
    return pytest.param(case, id=name, marks=[pytest.mark.slow] if slow else [])


every_codec = pytest.mark.parametrize("spec", every_spec())
every_case = pytest.mark.parametrize("case", cases())
every_case_of_speech = pytest.mark.parametrize(
    "case", [_parameter(parameter.values[0], slow_variants=True) for parameter in cases()]
)


@pytest.fixture
def usable(spec):
    """The codec of a spec, with the first program that supports it."""
    programs = [ffmpeg for ffmpeg in FFMPEGS if supports(ffmpeg, spec)]
    if not programs:
        pytest.skip(f"no ffmpeg supports {spec}: {specs.get(spec).unavailable()}")
    with using(programs[0]):
        yield specs.get(spec)


@cache
def voice() -> np.ndarray:
    """Return 1.5 s of a voice-like signal from 200 to 2400 Hz, with pauses."""
    time = np.arange(24_000) / RATE
    phase = 2 * np.pi * (200 * time + 20 * np.sin(2 * np.pi * 2 * time) / (2 * np.pi * 2))
    tones = sum(np.sin(h * phase + h * h) / h for h in range(1, 12))
    noise = np.random.default_rng(0).standard_normal(len(time))
    envelope = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1)
    return (0.2 * envelope * tones + 1e-4 * noise).astype(np.float32)


@cache
def signals() -> dict[str, np.ndarray]:
    loud = np.sign(np.random.default_rng(7).standard_normal(16_000)).astype(np.float32)
    by_name = {
        "voice": voice(),
        "silence": np.zeros(8000, np.float32),
        "one sample": voice()[3000:3001],
        "short": voice()[2000:2400],
        "odd": voice()[1000:6001],
        "loud": loud,
    }
    for signal in by_name.values():
        signal.flags.writeable = False
    return by_name


@cache
def table(ffmpeg: str, spec: str) -> dict[str, dict[str, CodedSignal]]:
    """Return all signals at all conditions: condition -> name of the signal -> result."""
    conditions = conditions_for(ffmpeg, spec)
    with using(ffmpeg):
        rows = specs.get(spec).roundtrip_with_files(list(signals().values()), RATE, conditions)
    return {
        condition.name: dict(zip(signals(), row, strict=True))
        for condition, row in zip(conditions, rows, strict=True)
    }


def level_db(signal: np.ndarray) -> float:
    return 10 * float(np.log10(np.mean(signal.astype(np.float64) ** 2)))


def envelope(signal: np.ndarray) -> np.ndarray:
    """Return the amplitude over time, smoothed over 10 ms, without its mean."""
    smooth = np.convolve(np.abs(signal), np.hanning(161) / 80, "same")
    return smooth - smooth.mean()


def delay(case: Case, source: np.ndarray, coded: np.ndarray) -> float:
    """Return the delay in samples; for vocoders, the delay of the envelope."""
    if case.codec.keeps_waveform:
        return audit.lag_samples(source, coded)
    correlation = dsp.correlate(envelope(coded), envelope(source), "full", "fft")
    return int(np.argmax(correlation)) - len(source) + 1


@every_codec
def test_name_title_and_spec_are_valid(spec):
    codec = specs.get(spec)
    assert codec.name == spec.split(":")[0]
    assert codec.title
    assert "\n" not in codec.title
    assert specs.get(codec.spec) == codec
    assert supported_conditions(codec), "the codec has no condition to test"


@every_codec
def test_encoder_is_named_in_one_line(usable):
    assert usable.encoder() == usable.encoder()
    assert "\n" not in usable.encoder()


@every_codec
@pytest.mark.parametrize("policy", POLICIES)
def test_conditions_are_unique_and_in_ascending_order(spec, policy):
    codec = specs.get(spec)
    bitrates = codec.bitrates(RATE).values if codec.takes_bitrates else ()
    conditions, aliases = codec.conditions([*reversed(bitrates), *bitrates], RATE, policy)
    names = [condition.name for condition in conditions]
    assert len(set(names)) == len(names)
    assert {condition.codec for condition in conditions} == {codec.spec}
    if codec.takes_bitrates:
        assert [condition.kbps for condition in conditions] == list(bitrates)
    assert aliases == []


@every_codec
def test_names_of_conditions_are_unique_among_all_codecs(spec):
    codecs = [specs.get(any_spec) for any_spec in every_spec()]
    names = [condition.name for codec in codecs for condition in supported_conditions(codec)]
    for condition in supported_conditions(specs.get(spec)):
        assert names.count(condition.name) == 1


@every_case
def test_length_and_type_are_those_of_the_source(case):
    for name, source in signals().items():
        coded = case.coded(name).signal
        assert coded.dtype == np.float32
        assert coded.shape == source.shape, name
        assert np.isfinite(coded).all(), name


@every_case
def test_delay_and_level_are_within_tolerance(case):
    coded = case.coded("voice").signal
    assert abs(delay(case, voice(), coded)) <= case.codec.lag_tolerance_samples
    if case.spec != "gain:db=-6":
        assert level_db(coded) - level_db(voice()) == pytest.approx(
            0, abs=1 + case.codec.level_tolerance_db
        )


@every_case
def test_bitrate_is_that_of_the_name(case):
    coded, requested = case.coded("voice"), case.condition.kbps
    assert (coded.kbps is None) == (requested is None)
    if requested is None:
        assert (coded.stream, coded.file, coded.suffix) == ("", b"", "")
        return
    assert coded.stream
    assert coded.file
    assert coded.suffix
    if case.codec.name not in AVERAGE_BITRATE:
        assert coded.kbps == pytest.approx(
            requested, rel=max(KBPS_TOLERANCE, case.codec.max_padding)
        )


@every_codec
def test_result_does_not_depend_on_other_signals_or_conditions(spec, usable):
    ffmpeg = next(program for program in FFMPEGS if supports(program, spec))
    names, conditions = ["odd", "voice"], conditions_for(ffmpeg, spec)[::-2]
    second = usable.roundtrip_with_files([signals()[name] for name in names], RATE, conditions)
    for condition, row in zip(conditions, second, strict=True):
        for name, coded in zip(names, row, strict=True):
            first = Case(ffmpeg, spec, condition).coded(name)
            np.testing.assert_array_equal(coded.signal, first.signal)
            assert (coded.stream, coded.kbps) == (first.stream, first.kbps)


@every_case
def test_silence_stays_silent(case):
    limit = 1e-3 if case.codec.keeps_waveform else 5e-3  # a vocoder has noise at -50 dB
    assert np.abs(case.coded("silence").signal).max() < limit


@every_case
def test_overshoots_beyond_full_scale_are_not_clipped(case):
    """Filters overshoot on noise at full scale; codecs in float must keep these samples."""
    coded = np.abs(case.coded("loud").signal)
    if not case.codec.integer_samples and not np.allclose(coded, coded[0]):
        assert np.count_nonzero(coded == coded.max()) < 4


@every_codec
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_rejects_samples_that_are_not_finite(usable, bad):
    source = voice()[:4000].copy()
    source[1234] = bad
    with pytest.raises(AudioError, match="NaN or infinity"):
        usable.roundtrip([voice(), source], RATE, supported_conditions(usable)[:1])


@every_codec
@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((2, 100))], ids=["empty", "stereo"])
def test_rejects_empty_and_stereo_signals(usable, bad):
    with pytest.raises(AudioError):
        usable.roundtrip([bad.astype(np.float32)], RATE, supported_conditions(usable)[:1])


@every_codec
def test_accepts_no_signals_and_no_conditions(usable):
    conditions = supported_conditions(usable)[:2]
    assert usable.roundtrip([], RATE, conditions) == [[] for _ in conditions]
    assert usable.roundtrip([voice()], RATE, []) == []


@every_codec
@pytest.mark.parametrize("rate", [8000, 24_414, 48_000])
def test_other_sample_rates_keep_length_and_delay(usable, rate):
    """The recordings of TESS have 24,414 Hz, those of RAVDESS 48,000."""
    time = np.arange(int(1.1 * rate) + 1) / rate
    source = np.interp(time, np.arange(len(voice())) / RATE, voice()).astype(np.float32)
    bitrates = usable.bitrates(rate).values[-1:] if usable.takes_bitrates else []
    conditions, _ = usable.conditions(bitrates, rate, "error")
    coded = usable.roundtrip([source], rate, conditions)[0][0].signal
    assert coded.shape == source.shape
    if usable.keeps_waveform:
        assert abs(audit.lag_samples(source, coded)) <= max(1, rate // RATE)


@every_codec
def test_public_function_gives_the_same_result(usable, spec):
    condition = supported_conditions(usable)[0]
    expected = usable.roundtrip([voice()], RATE, [condition])[0][0].signal
    assert expected.dtype == np.float32
    bitrate = condition.kbps if usable.takes_bitrates else None
    np.testing.assert_array_equal(roundtrip(voice(), RATE, spec, bitrate), expected)


@cache
def speech(folder) -> tuple[np.ndarray, ...]:
    """Return 2 s of quiet recordings of RAVDESS, and of recordings of EmoDB with full scale."""
    import soundfile

    files = [
        *sorted((folder / "ravdess").glob("Actor_0[36]/*.flac"))[::50],
        *sorted((folder / "emodb" / "wav").glob("*.flac"))[::180],
    ]
    return tuple(soundfile.read(file, dtype="float32")[0][6000:38_000] for file in files)


@cache
def speech_table(ffmpeg: str, spec: str, folder) -> dict[str, list[CodedSignal]]:
    conditions = conditions_for(ffmpeg, spec)
    with using(ffmpeg):
        rows = specs.get(spec).roundtrip(speech(folder), RATE, conditions)
    return {condition.name: row for condition, row in zip(conditions, rows, strict=True)}


@every_case_of_speech
def test_real_speech_keeps_length_delay_and_bitrate(case, shared_corpora):
    sources = speech(shared_corpora)
    coded = speech_table(case.ffmpeg, case.spec, shared_corpora)[case.condition.name]
    assert len(coded) == len(sources) > 3
    assert [len(version.signal) for version in coded] == [len(source) for source in sources]
    lags = [
        delay(case, source, version.signal) for source, version in zip(sources, coded, strict=True)
    ]
    defined = [lag for lag in lags if np.isfinite(lag)]
    assert len(defined) >= 3
    tolerance = 0 if case.codec.keeps_waveform else case.codec.lag_tolerance_samples
    assert abs(np.median(defined)) <= tolerance
    if case.condition.kbps and case.codec.name not in AVERAGE_BITRATE:
        bitrates = [version.kbps for version in coded]
        expected = pytest.approx(
            case.condition.kbps, rel=max(KBPS_TOLERANCE, case.codec.max_padding)
        )
        assert bitrates == [expected] * len(bitrates)
