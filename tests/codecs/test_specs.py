"""Codecs by their specs on the command line, and errors for invalid specs."""

from __future__ import annotations

import sys
import types

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aser_bench.codecs import roundtrip, specs
from aser_bench.codecs.base import Codec
from aser_bench.codecs.chain import Chain
from aser_bench.codecs.gain import Gain
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.codecs.opus import Opus
from aser_bench.core import ffmpeg, registry
from aser_bench.core.errors import UsageError

VOIP = Opus(application="voip")


def hops(spec: str) -> list[tuple[Codec, float | None]]:
    codec = specs.get(spec)
    assert isinstance(codec, Chain)
    return [(hop.codec, hop.kbps) for hop in codec.hops]


@pytest.fixture
def package(monkeypatch):
    """A third-party module with a codec, and an object that is not a codec."""
    module = types.ModuleType("third_party_codecs")
    module.Loud = Gain(db=6.0)
    module.number = 5
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return module


def test_single_codec_is_the_component():
    assert specs.get("mp3") is registry.get("codecs", "mp3")
    assert specs.get("opus:application=voip") == VOIP
    assert specs.get("opus:frame=60:application=voip") == Opus(application="voip", frame=60.0)


@pytest.mark.parametrize("bitrate", ["64", "64k", "64K", "64.0", "6.4e1"])
def test_codec_with_bitrate_is_a_chain(bitrate):
    assert hops(f"mp3:{bitrate}") == [(MP3, 64)]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("opus:application=voip:16", [(VOIP, 16)]),
        ("opus:16:application=voip", [(VOIP, 16)]),
        ("mp3:64+opus:16", [(MP3, 64), (Opus(), 16)]),
        ("mp3+opus:16", [(MP3, None), (Opus(), 16)]),
        ("mp3:64+opus", [(MP3, 64), (Opus(), None)]),
        ("amr-wb:12.65+mp3:64", [(registry.get("codecs", "amr-wb"), 12.65), (MP3, 64)]),
        ("gain:db=-6+mp3:64k", [(Gain(db=-6.0), None), (MP3, 64)]),
        ("mp3:64+mp3:64+mp3:64", [(MP3, 64)] * 3),
    ],
)
def test_hops_of_chains(spec, expected):
    assert hops(spec) == expected


def test_import_path_contains_a_colon(package):
    assert specs.get("third_party_codecs:Loud") is package.Loud
    assert specs.get("third_party_codecs:Loud:db=-3") == Gain(db=-3.0)
    assert hops("third_party_codecs:Loud+mp3:64") == [(package.Loud, None), (MP3, 64)]


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("mp4", "unknown codec 'mp4'; did you mean 'mp3'"),
        ("mp3:64+opsu:16", "unknown codec 'opsu'; did you mean 'opus'"),
        ("opus:aplication=voip", "opus has no option 'aplication'.*did you mean 'application'"),
        ("mp3:quality=2", "mp3 has no option 'quality'; it has no options"),
        ("opus:application=phone", "application=phone must be audio or voip or lowdelay"),
        ("gain:db=loud", "db=loud must be a number from -60 to 60"),
        ("gain:db=nan", "db=nan must be a number"),
        ("gain:db=", "db= must be a number"),
        ("mp3:64:32", "'mp3:64:32' has two bitrates"),
        ("mp3+mp3:64:32", "'mp3:64:32' has two bitrates"),
        ("", "without a name"),
        ("+", "without a name"),
        ("mp3:64+", "without a name"),
        ("+mp3:64", "without a name"),
        ("mp3:64++opus:16", "without a name"),
        (":", "without a name"),
        ("db=6", "without a name"),
        ("g711:64", "g711 takes no bitrate"),
        ("original:64", "original takes no bitrate"),
        ("gain:db=3:64+mp3", "gain takes no bitrate"),
        ("mp3+opus", "at most one codec may be without its bitrate"),
        ("mp3+gsm+mp3", "at most one codec"),
        ("64", "unknown codec '64'"),
        ("mp3 :64", "unknown codec 'mp3 '"),
        ("no.such.module:Name", "cannot be loaded: ModuleNotFoundError"),
        ("third_party_codecs:Soft", "cannot be loaded: AttributeError"),
    ],
)
def test_invalid_spec_is_reported_in_one_line(spec, message, package):
    with pytest.raises(UsageError, match=message) as caught:
        specs.get(spec)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("spec", ["third_party_codecs:number", "third_party_codecs:number:64"])
def test_rejects_objects_that_are_not_codecs(spec, package):
    with pytest.raises(UsageError, match="is not a codec"):
        specs.get(spec)


def test_spec_contains_only_options_that_differ_from_defaults():
    assert Opus().spec == "opus"
    assert specs.get("opus:frame=20:loss=0").spec == "opus"
    assert specs.get("opus:loss=5:application=voip").spec == "opus:application=voip:loss=5"


def every_variant() -> list[str]:
    names = registry.names("codecs")
    return [*names, *(v for name in names for v in registry.get("codecs", name).variants)]


@pytest.mark.parametrize("spec", every_variant())
def test_spec_gives_an_equal_codec(spec):
    codec = specs.get(spec)
    assert specs.get(codec.spec) == codec
    assert specs.get(f"mp3:64+{codec.spec}").spec == f"mp3:64+{codec.spec}"


parts = st.tuples(
    st.sampled_from(every_variant()),
    st.sampled_from([None, 8, 12.65, 64, 0.7]),
)


@settings(deadline=None)
@given(st.lists(parts, min_size=1, max_size=4))
def test_canonical_specs_are_stable(hops):
    texts = [spec if kbps is None else f"{spec}:{kbps}k" for spec, kbps in hops]
    try:
        codec = specs.get("+".join(texts))
    except UsageError:
        return
    assert specs.get(codec.spec) == codec
    assert specs.get(codec.spec).spec == codec.spec


@pytest.mark.parametrize("seed", ["x", "-1", "9" * 400, "1.5"], ids=["x", "-1", "9s", "1.5"])
def test_rejects_invalid_seeds(seed):
    with pytest.raises(UsageError, match="must be a whole number"):
        specs.get(f"opus:loss=5:seed={seed}")


@settings(deadline=None)
@given(st.floats(-60, 60))
@example(1.0000001)
def test_spec_keeps_all_digits_of_options(db):
    assert specs.get(Gain(db=db).spec) == Gain(db=db)


SPECS = st.lists(
    st.sampled_from(
        [
            "mp3",
            "opus",
            "gain",
            "g711",
            "+",
            ":",
            "=",
            "64",
            "16k",
            "db",
            "application",
            "voip",
            "frame",
            "law",
            "a",
            "inf",
            "nan",
            "-1",
            "1e9",
            "é",
            " ",
            "\n",
            "seed",
            "99999999999",
        ]
    ),
    max_size=8,
).map("".join)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters=":")) | SPECS)
@example("opus:frame=nan")
@example("opus:seed=x")
@example("mp3:٦٤")
@example("MP3")
def test_any_text_is_a_codec_or_a_usage_error(text):
    try:
        codec = specs.get(text)
    except UsageError:
        return
    assert isinstance(codec, Codec)
    assert codec.label
    assert isinstance(codec.takes_bitrates, bool)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("mp3:64", ("mp3", 64)),
        ("mp3:64k", ("mp3", 64)),
        ("opus:application=voip:16", ("opus:application=voip", 16)),
        ("mp3", ("mp3", None)),
        ("opus:frame=60", ("opus:frame=60", None)),
        ("mp3:64+opus:16", ("mp3:64+opus:16", None)),
        ("64", ("64", None)),
        ("", ("", None)),
    ],
)
def test_bitrate_is_split_from_the_spec(spec, expected):
    assert specs.split_bitrate(spec) == expected


def test_unavailable_codecs_are_reported(fake):
    assert specs.get_available("mp3") is MP3
    fake("echo ffmpeg version 1")
    with pytest.raises(UsageError) as caught:
        specs.get_available("mp3:64+opus:16")
    assert "'mp3:64+opus:16' cannot be used here" in str(caught.value)
    assert "ffmpeg 1 has no encoder libmp3lame" in str(caught.value)
    assert "no encoder libopus" in str(caught.value)
    assert ffmpeg.ENV_VARIABLE in str(caught.value)
    assert specs.get_available("gsm").name == "gsm"  # needs no ffmpeg


def test_broken_ffmpeg_is_a_usage_error(fake):
    fake("exit 1")
    with pytest.raises(UsageError, match="not an ffmpeg"):
        specs.get_available("mp3")


def test_roundtrip_accepts_specs():
    import numpy as np

    signal = 0.1 * np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    np.testing.assert_array_equal(
        roundtrip(signal, 16_000, "mp3:64"), roundtrip(signal, 16_000, "mp3", 64)
    )
    with pytest.raises(UsageError, match="needs a bitrate"):
        roundtrip(signal, 16_000, "mp3+gsm")
    with pytest.raises(UsageError, match="bitrate"):
        roundtrip(signal, 16_000, "mp3:64", 32)
