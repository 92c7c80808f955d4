"""Tests of the contract checks: valid components pass, each fault of the others is named."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from aser_bench import corpora, features, models, transcripts
from aser_bench.codecs import specs
from aser_bench.codecs.control import Control
from aser_bench.corpora.base import Corpus, Listing
from aser_bench.features.base import FeatureSet
from aser_bench.models.svm import Svm
from aser_bench.testing import (
    check_codec,
    check_corpus,
    check_feature_set,
    check_model,
    check_transcriber,
)
from aser_bench.testing.checks import assert_raises, run_checks
from aser_bench.transcripts.base import Transcriber


def failures(check, *arguments, **options) -> str:
    """Return the message of the AssertionError that a call raises."""
    with pytest.raises(AssertionError) as caught:
        check(*arguments, **options)
    return str(caught.value)


def test_every_failure_is_listed():
    def check_first(subject):
        raise AssertionError("wrong")

    def check_second(subject):
        raise KeyError("missing")

    def check_third(subject):
        assert subject == 3

    text = failures(run_checks, [check_first, check_second, check_third], 3)
    assert text.splitlines() == [
        "2 checks failed",
        "check_first: wrong",
        "check_second: KeyError: 'missing'",
    ]


def test_assert_raises_needs_the_given_error_and_message():
    assert_raises(KeyError, lambda: {}["a"], "a missing key")
    assert "must raise KeyError, not ZeroDivisionError" in failures(
        assert_raises, KeyError, lambda: 1 / 0, "a division"
    )
    assert (
        failures(assert_raises, KeyError, lambda: 1, "a number") == "a number must raise KeyError"
    )
    assert_raises(KeyError, lambda: {}["a"], "a missing key", "a")
    assert "must raise an error that contains 'b'" in failures(
        assert_raises, KeyError, lambda: {}["a"], "a missing key", "b"
    )


# Codecs


class Changing(Control):
    """A control with a fault."""

    name = "changing"
    title = "a control with a fault"


class Shorter(Changing):
    def apply(self, signal, rate, condition):
        return signal[:-1].copy()


class Late(Changing):
    def apply(self, signal, rate, condition):
        return np.concatenate([np.zeros(7, np.float32), signal])[: len(signal)]


class Louder(Changing):
    def apply(self, signal, rate, condition):
        return 2 * signal


class Clipping(Changing):
    def apply(self, signal, rate, condition):
        return np.clip(1.1 * signal, -1, 1) / 1.1 if len(signal) != 16_000 else _clipped(signal)


def _clipped(signal):
    smooth = np.convolve(signal, [0.5, 0.9, 0.5], "same").astype(np.float32)
    return np.clip(smooth, -1, 1)


class Double(Changing):
    def apply(self, signal, rate, condition):
        return signal.astype(np.float64)


def test_valid_codec_passes():
    check_codec(specs.get("original"))


def test_change_of_level_must_be_given():
    check_codec(specs.get("gain:db=-6"), gain_db=-6)
    assert "check_level: level changed by -6.0 dB" in failures(check_codec, specs.get("gain:db=-6"))


@pytest.mark.parametrize(
    ("codec", "expected"),
    [
        (Shorter(), "check_length_and_type: voice at changing: (23999,)"),
        (Late(), "check_alignment: 7"),
        (Louder(), "check_level: level changed by 6.0 dB at changing"),
        (Clipping(), "check_no_clipping: "),
        (Double(), "check_length_and_type: voice at changing: float64"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_fault_of_a_codec_is_named(codec, expected):
    assert expected in failures(check_codec, codec)


def test_unavailable_codec_is_one_failure(monkeypatch):
    monkeypatch.setattr(type(specs.get("gsm")), "unavailable", lambda self: "no encoder")
    assert failures(check_codec, specs.get("gsm")).startswith(
        "the codec cannot be used here: no enc"
    )


# Corpora


class Nameless(Corpus):
    name = "nameless"
    title = licence = " "
    citation = "Author (2026)"
    language = "english"

    def scan(self, source):
        import pandas as pd

        columns = ["utterance", "file", "emotion", "speaker", "sex", "text"]
        rows = [["b", "/b.wav", "joyous", "1", "male", ""], ["a", "a.wav", "sad", "1", "m", ""]]
        return Listing(pd.DataFrame(rows, columns=columns))


def test_valid_corpus_passes():
    check_corpus(corpora.get("savee"))


def test_faults_of_a_corpus_are_named(tmp_path):
    text = failures(check_corpus, Nameless(), tmp_path)
    assert "check_description: title must not be empty" in text
    assert "check_missing_source: a source that does not exist must raise UsageError" in text
    assert "check_listing: must be sorted by utterance" in text


# Feature sets


@dataclass(frozen=True)
class Level(FeatureSet):
    name = "level"
    title = "a level that is not finite in silence"
    version = 1
    columns = ("level_db",)

    def extract(self, sound):
        with np.errstate(divide="ignore"):
            return 20 * np.log10(np.sqrt(np.mean(sound.signal**2, keepdims=True)))


@dataclass(frozen=True)
class Shared(FeatureSet):
    name = "shared"
    title = "features that share their memory, and equal for every signal of one length"
    version = 1
    columns = ("length",)

    def extract(self, sound):
        return _LENGTHS.setdefault(len(sound.signal), np.full(1, len(sound.signal), np.float32))


_LENGTHS: dict[int, np.ndarray] = {}


def test_valid_feature_set_passes():
    check_feature_set(features.get("robust"))


def test_faults_of_a_feature_set_are_named():
    assert "check_any_signal: silence: not finite" in failures(check_feature_set, Level())
    assert failures(check_feature_set, Shared()).splitlines() == [
        "2 checks failed",
        "check_repeatability: a different signal gives the same values",
        "check_independence: results share their memory",
    ]


# Models


class Drawn(Svm):
    name = "drawn"
    is_random = True


def test_valid_model_passes():
    check_model(models.get("svm"))


def test_faults_of_a_model_are_named():
    text = failures(check_model, Drawn())
    assert text.splitlines() == ["1 check failed", "check_seed: is_random is True"]


# Transcribers


@dataclass(frozen=True)
class Shouting(Transcriber):
    name = "shouting"
    title = "a transcriber that recognises the same word in every signal"
    real_time_factor = 0.1

    def transcribe_one(self, signal):
        return "Hello!"


def test_valid_transcriber_passes():
    check_transcriber(transcripts.get("reference"))


def test_faults_of_a_transcriber_are_named():
    text = failures(check_transcriber, Shouting())
    assert "check_any_signal: noise: 'Hello!' is not normalised" in text
