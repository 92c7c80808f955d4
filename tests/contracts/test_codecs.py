"""Contract tests of all registered codecs; registration includes a codec in these tests.

Codecs are tested with the bundled ffmpeg and with the ffmpeg on the PATH, if there is one, because
some encoders are only in one of them. Each codec codes all signals at all conditions once for each
of the two programs, and the checks of `aser_bench.testing` read the results.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from functools import cache

import numpy as np
import pytest

from aser_bench.codecs import roundtrip, specs
from aser_bench.codecs.base import Codec, CodedSignal
from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import Condition
from aser_bench.testing import CODEC_CHECKS, CodecUnderTest
from aser_bench.testing.checks import voice
from aser_bench.testing.codecs import RESULT_CHECKS, STATIC_CHECKS, delay

RATE = 16_000
BUNDLED, SYSTEM = "bundled ffmpeg", "ffmpeg on the PATH"
FFMPEGS = (BUNDLED, SYSTEM) if shutil.which("ffmpeg") else (BUNDLED,)
PROMOTED = (192, 256, 320)  # kbit/s that some codecs support at 32 kHz only
BITRATE_TOLERANCE = 0.03  # relative; the tables mark larger deviations

# Codecs with average bitrates, which they miss on short recordings; the tables mark these.
AVERAGE_BITRATE = {"aac", "vorbis"}
GAIN_DB = {"gain:db=-6": -6.0}


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


def registered_specs() -> list[str]:
    """Return the specs of all codecs and of their variants."""
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


@cache
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


@cache
def subject(ffmpeg: str, spec: str) -> CodecUnderTest:
    """Return a codec under test; it is cached, so that a codec encodes once for each program."""
    tolerance = None if specs.get(spec).name in AVERAGE_BITRATE else BITRATE_TOLERANCE
    # Of codecs that no program supports, the conditions of STATIC_CHECKS are the usual ones.
    conditions = conditions_for(ffmpeg, spec) or None
    return CodecUnderTest(specs.get(spec), conditions, tolerance, GAIN_DB.get(spec, 0.0))


def first_program(spec: str) -> str:
    """Return the first program that supports a codec; skip the test if there is none."""
    for ffmpeg in FFMPEGS:
        if supports(ffmpeg, spec):
            return ffmpeg
    pytest.skip(f"no ffmpeg supports {spec}: {specs.get(spec).unavailable()}")


every_spec = pytest.mark.parametrize("spec", registered_specs())


@pytest.fixture
def usable(spec):
    """The codec of a spec, with the first program that supports it."""
    with using(first_program(spec)):
        yield specs.get(spec)


@every_spec
@pytest.mark.parametrize("check", CODEC_CHECKS)
def test_contract(check, spec):
    ffmpeg = BUNDLED if check in STATIC_CHECKS else first_program(spec)
    with using(ffmpeg):
        check(subject(ffmpeg, spec))


@pytest.mark.slow
@pytest.mark.skipif(SYSTEM not in FFMPEGS, reason="no ffmpeg on the PATH")
@every_spec
@pytest.mark.parametrize("check", RESULT_CHECKS)
def test_results_with_the_ffmpeg_on_the_path(check, spec):
    """Codecs that both programs support are tested at one condition with the second one."""
    if not (supports(BUNDLED, spec) and supports(SYSTEM, spec)):
        pytest.skip(f"{spec} is tested with the only program that supports it")
    with using(SYSTEM):
        check(subject(SYSTEM, spec))


@every_spec
def test_spec_is_read_back(spec):
    codec = specs.get(spec)
    assert codec.name == spec.split(":")[0]
    assert specs.get(codec.spec) == codec
    assert supported_conditions(codec), "the codec has no condition to test"


@every_spec
def test_names_of_conditions_are_unique_among_all_codecs(spec):
    codecs = [specs.get(any_spec) for any_spec in registered_specs()]
    names = [condition.name for codec in codecs for condition in supported_conditions(codec)]
    for condition in supported_conditions(specs.get(spec)):
        assert names.count(condition.name) == 1


@every_spec
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
def coded_speech(ffmpeg: str, spec: str, folder) -> dict[str, list[CodedSignal]]:
    conditions = conditions_for(ffmpeg, spec)
    with using(ffmpeg):
        rows = specs.get(spec).roundtrip(speech(folder), RATE, conditions)
    return {condition.name: row for condition, row in zip(conditions, rows, strict=True)}


def speech_cases() -> list:
    """Return a program, spec and condition for each test of real speech.

    Variants, and codecs that both programs support with the second one, are slow tests.
    """
    cases = []
    for spec in registered_specs():
        for ffmpeg in FFMPEGS:
            repeated = ffmpeg != BUNDLED and supports(BUNDLED, spec)
            marks = [pytest.mark.slow] if repeated or ":" in spec else []
            suffix = "" if ffmpeg == BUNDLED else "-path"
            cases += [
                pytest.param(ffmpeg, spec, condition, id=condition.name + suffix, marks=marks)
                for condition in conditions_for(ffmpeg, spec)
            ]
    return cases


@pytest.mark.parametrize(("ffmpeg", "spec", "condition"), speech_cases())
def test_real_speech_keeps_length_delay_and_bitrate(ffmpeg, spec, condition, shared_corpora):
    codec, sources = specs.get(spec), speech(shared_corpora)
    coded = coded_speech(ffmpeg, spec, shared_corpora)[condition.name]
    assert len(coded) == len(sources) > 3
    assert [len(version.signal) for version in coded] == [len(source) for source in sources]
    lags = [
        delay(codec, source, version.signal) for source, version in zip(sources, coded, strict=True)
    ]
    defined = [lag for lag in lags if np.isfinite(lag)]
    assert len(defined) >= 3
    tolerance = 0 if codec.keeps_waveform else codec.lag_tolerance_samples
    assert abs(np.median(defined)) <= tolerance
    if condition.kbps and codec.name not in AVERAGE_BITRATE:
        relative = max(BITRATE_TOLERANCE, codec.max_padding)
        expected = pytest.approx(condition.kbps, rel=relative)
        bitrates = [version.kbps for version in coded]
        assert bitrates == [expected] * len(bitrates)
