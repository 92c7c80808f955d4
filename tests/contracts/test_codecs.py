"""One suite over every registered codec: being registered is what puts a codec under test.

Codecs are tested with the bundled ffmpeg, and with the one on the PATH where there is one:
some encoders only one of them has. Each codec codes all its signals at all its conditions
once, and the tests look at what came of it.
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
PROMOTED = (192, 256, 320)  # what 16 kHz carries in no codec, and others may
WITHIN = 0.03  # of what a condition is called its bitrate lies, or the tables say so

# Average bitrates are not met on short recordings; the tables mark what was written instead.
UNSTEADY = {"aac", "vorbis"}


@contextmanager
def using(ffmpeg: str):
    """Let the codecs use one of the two programs."""
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
def can(ffmpeg: str, spec: str) -> bool:
    with using(ffmpeg):
        return not specs.get(spec).unavailable()


def legal_conditions(codec: Codec) -> list[Condition]:
    if not codec.takes_bitrates:
        return codec.conditions([], RATE, "error")[0]
    found = codec.conditions(codec.bitrates(RATE).values, RATE, "error")[0]
    for bitrate in PROMOTED:
        try:
            found += [c for c in codec.conditions([bitrate], RATE, "promote")[0] if c.mark]
        except UsageError:  # not a bitrate of this codec's
            continue
    return found


@dataclass(frozen=True)
class Case:
    """One codec at one condition, with one ffmpeg."""

    ffmpeg: str
    spec: str
    condition: Condition

    @property
    def codec(self) -> Codec:
        return specs.get(self.spec)

    def coded(self, name: str) -> CodedSignal:
        return table(self.ffmpeg, self.spec)[self.condition.name][name]


def conditions_for(ffmpeg: str, spec: str) -> list[Condition]:
    """All conditions; with the other program, of what the bundled one can do too, one only."""
    if not can(ffmpeg, spec):
        return []
    conditions = legal_conditions(specs.get(spec))
    middle = conditions[len(conditions) // 2]
    if ffmpeg != BUNDLED and can(BUNDLED, spec):
        return [middle]
    if ":" in spec and len(conditions) > 3:  # a variant: the codec itself is tried at all
        return [conditions[0], middle, conditions[-1]]
    return conditions


def cases() -> list:
    found = [
        Case(ffmpeg, spec, condition)
        for spec in every_spec()
        for ffmpeg in FFMPEGS
        for condition in conditions_for(ffmpeg, spec)
    ]
    return [_parameter(case) for case in found]


def _parameter(case: Case, slow_variants: bool = False):
    """What the bundled program can do too is tried with the other one in the slow tests only."""
    again = case.ffmpeg != BUNDLED and can(BUNDLED, case.spec)
    slow = again or (slow_variants and ":" in case.spec)
    name = case.condition.name + ("" if case.ffmpeg == BUNDLED else "-path")
    return pytest.param(case, id=name, marks=[pytest.mark.slow] if slow else [])


every_codec = pytest.mark.parametrize("spec", every_spec())
every_case = pytest.mark.parametrize("case", cases())
every_case_of_speech = pytest.mark.parametrize(
    "case", [_parameter(found.values[0], slow_variants=True) for found in cases()]
)


@pytest.fixture
def usable(spec):
    """The codec of a spec, with whichever ffmpeg can do it."""
    able = [ffmpeg for ffmpeg in FFMPEGS if can(ffmpeg, spec)]
    if not able:
        pytest.skip(f"no ffmpeg at hand can do {spec}: {specs.get(spec).unavailable()}")
    with using(able[0]):
        yield specs.get(spec)


@cache
def voice() -> np.ndarray:
    """A second and a half of something voiced, from 200 to 2400 Hz, with pauses."""
    time = np.arange(24_000) / RATE
    phase = 2 * np.pi * (200 * time + 20 * np.sin(2 * np.pi * 2 * time) / (2 * np.pi * 2))
    tones = sum(np.sin(h * phase + h * h) / h for h in range(1, 12))
    noise = np.random.default_rng(0).standard_normal(len(time))
    envelope = np.clip(np.sin(2 * np.pi * 2 * time), 0, 1)
    return (0.2 * envelope * tones + 1e-4 * noise).astype(np.float32)


@cache
def signals() -> dict[str, np.ndarray]:
    loud = np.sign(np.random.default_rng(7).standard_normal(16_000)).astype(np.float32)
    found = {
        "voice": voice(),
        "silence": np.zeros(8000, np.float32),
        "one sample": voice()[3000:3001],
        "short": voice()[2000:2400],
        "odd": voice()[1000:6001],
        "loud": loud,
    }
    for signal in found.values():
        signal.flags.writeable = False
    return found


@cache
def table(ffmpeg: str, spec: str) -> dict[str, dict[str, CodedSignal]]:
    """Code all signals at all conditions at once."""
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
    """The loudness over time, in steps of one sample and smoothed over 10 ms."""
    smooth = np.convolve(np.abs(signal), np.hanning(161) / 80, "same")
    return smooth - smooth.mean()


def delay(case: Case, source: np.ndarray, coded: np.ndarray) -> float:
    """The delay in samples; that of the envelope where no waveform is kept."""
    if case.codec.keeps_waveform:
        return audit.lag_samples(source, coded)
    correlation = dsp.correlate(envelope(coded), envelope(source), "full", "fft")
    return int(np.argmax(correlation)) - len(source) + 1


@every_codec
def test_a_codec_says_what_it_is(spec):
    codec = specs.get(spec)
    assert codec.name == spec.split(":")[0]
    assert codec.title
    assert "\n" not in codec.title
    assert specs.get(codec.spec) == codec
    assert legal_conditions(codec), "no condition of it can be tested"


@every_codec
def test_an_encoder_says_who_it_is(usable):
    assert usable.encoder() == usable.encoder()
    assert "\n" not in usable.encoder()


@every_codec
@pytest.mark.parametrize("policy", POLICIES)
def test_conditions_are_named_once_and_rise(spec, policy):
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
def test_names_tell_conditions_apart(spec):
    names = [c.name for one in every_spec() for c in legal_conditions(specs.get(one))]
    mine = [condition.name for condition in legal_conditions(specs.get(spec))]
    assert all(names.count(name) == 1 for name in mine)


@every_case
def test_length_and_type(case):
    for name, source in signals().items():
        coded = case.coded(name).signal
        assert coded.dtype == np.float32
        assert coded.shape == source.shape, name
        assert np.isfinite(coded).all(), name


@every_case
def test_time_and_level(case):
    coded = case.coded("voice").signal
    assert abs(delay(case, voice(), coded)) <= case.codec.lag_tolerance_samples
    if case.spec != "gain:db=-6":
        assert level_db(coded) - level_db(voice()) == pytest.approx(
            0, abs=1 + case.codec.level_tolerance_db
        )


@every_case
def test_the_bitrate_is_what_the_name_says(case):
    coded, asked = case.coded("voice"), case.condition.kbps
    assert (coded.kbps is None) == (asked is None)
    if asked is None:
        assert (coded.stream, coded.file, coded.suffix) == ("", b"", "")
        return
    assert coded.stream
    assert coded.file
    assert coded.suffix
    if case.codec.name not in UNSTEADY:
        assert coded.kbps == pytest.approx(asked, rel=max(WITHIN, case.codec.max_padding))


@every_codec
def test_the_same_samples_twice_in_other_company(spec, usable):
    """Neither order nor neighbours, nor what is coded besides, change a sample."""
    ffmpeg = next(one for one in FFMPEGS if can(one, spec))
    names, conditions = ["odd", "voice"], conditions_for(ffmpeg, spec)[::-2]
    again = usable.roundtrip_with_files([signals()[name] for name in names], RATE, conditions)
    for condition, row in zip(conditions, again, strict=True):
        for name, coded in zip(names, row, strict=True):
            before = Case(ffmpeg, spec, condition).coded(name)
            np.testing.assert_array_equal(coded.signal, before.signal)
            assert (coded.stream, coded.kbps) == (before.stream, before.kbps)


@every_case
def test_silence_stays_silent(case):
    quiet = 1e-3 if case.codec.keeps_waveform else 5e-3  # a vocoder hisses at -50 dB
    assert np.abs(case.coded("silence").signal).max() < quiet


@every_case
def test_full_scale_is_not_clipped(case):
    """Noise that is always at full scale: what filters it overshoots, and that is kept."""
    coded = np.abs(case.coded("loud").signal)
    if not case.codec.integer_samples and not np.allclose(coded, coded[0]):
        assert np.count_nonzero(coded == coded.max()) < 4


@every_codec
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_refused(usable, bad):
    source = voice()[:4000].copy()
    source[1234] = bad
    with pytest.raises(AudioError, match="NaN or infinity"):
        usable.roundtrip([voice(), source], RATE, legal_conditions(usable)[:1])


@every_codec
@pytest.mark.parametrize("bad", [np.zeros(0), np.zeros((2, 100))], ids=["empty", "stereo"])
def test_what_is_not_a_mono_signal_is_refused(usable, bad):
    with pytest.raises(AudioError):
        usable.roundtrip([bad.astype(np.float32)], RATE, legal_conditions(usable)[:1])


@every_codec
def test_no_signals_and_no_conditions(usable):
    conditions = legal_conditions(usable)[:2]
    assert usable.roundtrip([], RATE, conditions) == [[] for _ in conditions]
    assert usable.roundtrip([voice()], RATE, []) == []


@every_codec
@pytest.mark.parametrize("rate", [8000, 24_414, 48_000])
def test_other_sample_rates(usable, rate):
    """TESS comes at 24,414 Hz, RAVDESS at 48,000: nothing may be lost or late there either."""
    time = np.arange(int(1.1 * rate) + 1) / rate
    source = np.interp(time, np.arange(len(voice())) / RATE, voice()).astype(np.float32)
    asked = usable.bitrates(rate).values[-1:] if usable.takes_bitrates else []
    conditions, _ = usable.conditions(asked, rate, "error")
    coded = usable.roundtrip([source], rate, conditions)[0][0].signal
    assert coded.shape == source.shape
    if usable.keeps_waveform:
        assert abs(audit.lag_samples(source, coded)) <= max(1, rate // RATE)


@every_codec
def test_the_public_function_is_the_same(usable, spec):
    condition = legal_conditions(usable)[0]
    alone = usable.roundtrip([voice()], RATE, [condition])[0][0].signal
    assert alone.dtype == np.float32
    bitrate = condition.kbps if usable.takes_bitrates else None
    np.testing.assert_array_equal(roundtrip(voice(), RATE, spec, bitrate), alone)


@cache
def speech(folder) -> tuple[np.ndarray, ...]:
    """Two seconds of quiet recordings of RAVDESS, and of such of EmoDB that peak at full scale."""
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
def test_real_speech(case, shared_corpora):
    """In time, as long as it was, and at its bitrate."""
    sources = speech(shared_corpora)
    coded = speech_table(case.ffmpeg, case.spec, shared_corpora)[case.condition.name]
    assert len(coded) == len(sources) > 3
    assert [len(one.signal) for one in coded] == [len(source) for source in sources]
    lags = [delay(case, source, one.signal) for source, one in zip(sources, coded, strict=True)]
    told = [lag for lag in lags if np.isfinite(lag)]
    assert len(told) >= 3
    assert abs(np.median(told)) <= (
        0 if case.codec.keeps_waveform else case.codec.lag_tolerance_samples
    )
    if case.condition.kbps and case.codec.name not in UNSTEADY:
        rates = [one.kbps for one in coded]
        expected = pytest.approx(case.condition.kbps, rel=max(WITHIN, case.codec.max_padding))
        assert rates == [expected] * len(rates)
