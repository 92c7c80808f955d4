"""Contract tests of every registered transcriber and of its variants."""

from __future__ import annotations

import dataclasses

import pytest

from aser_bench import transcripts
from aser_bench.core import registry
from aser_bench.testing import TRANSCRIBER_CHECKS
from aser_bench.testing.transcripts import SIGNAL_CHECKS

NAMES = registry.names("transcripts")
SPECS = [spec for name in NAMES for spec in (name, *transcripts.get(name).variants)]


def test_transcribers_of_the_package_are_registered():
    assert {"reference", "pocketsphinx", "whisper"} <= set(NAMES)
    assert not transcripts.get("reference").from_audio


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("check", TRANSCRIBER_CHECKS)
def test_contract(check, spec):
    transcriber = transcripts.get(spec)
    if check in SIGNAL_CHECKS:
        if not transcriber.from_audio:
            pytest.skip(f"{spec} reads no signals")
        if transcriber.unavailable():
            pytest.skip(f"{spec}: {transcriber.unavailable()}")
    check(transcriber)


@pytest.mark.parametrize("spec", SPECS)
def test_spec_is_read_back(spec):
    assert transcripts.get(spec).name == spec.split(":")[0]
    assert transcripts.get(spec).spec == spec


@pytest.mark.parametrize("name", NAMES)
def test_options_are_fields_and_are_named_in_the_title(name):
    transcriber = transcripts.get(name)
    assert set(transcriber.options) == {field.name for field in dataclasses.fields(transcriber)}
    assert all(option in transcriber.title for option in transcriber.options)
    variants = [transcripts.get(spec) for spec in transcriber.variants]
    tested = {option for variant in variants for option in variant.changed_options()}
    assert tested == set(transcriber.options)
