"""Recognition of recordings that were transferred or saved as text."""

import numpy as np
import pytest
from audio_files import RATE, converted, speech_like, written
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import AudioError
from aser_bench.corpora.decoding import decode
from aser_bench.corpora.formats import text_damage

SPEECH = np.tile(speech_like(), 4)
DAMAGES = {
    "LF to CR LF": lambda contents: contents.replace(b"\n", b"\r\n"),
    "CR to LF": lambda contents: contents.replace(b"\r", b"\n"),
    "LF to CR": lambda contents: contents.replace(b"\n", b"\r"),
    "UTF-8": lambda contents: contents.decode("utf-8", "replace").encode(),
    "7 bits": lambda contents: bytes(byte & 127 for byte in contents),
}
FORMS = ["WAV", "AIFF", "AU", "CAF", "W64", "RF64", "NIST", "VOC", "FLAC", "OGG", "MP3"]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("form", FORMS)
def test_rejects_recordings_that_were_treated_as_text(form, damage):
    contents = written(form, signal=SPEECH)
    assert text_damage.description(contents) == ""
    with pytest.raises(AudioError, match="transferred or saved as text"):
        decode(DAMAGES[damage](contents))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.wma", "a.aac"])
def test_rejects_containers_that_were_treated_as_text(name, damage, tmp_path):
    contents = converted(tmp_path, name, signal=SPEECH)
    assert text_damage.description(contents) == ""
    with pytest.raises(AudioError, match="transferred or saved as text"):
        decode(DAMAGES[damage](contents))


@pytest.mark.parametrize("form", ["WAV", "AIFF", "AU", "CAF", "W64", "NIST"])
def test_rejects_removed_carriage_returns(form):
    contents = written(form, signal=SPEECH)
    position = len(contents) // 2
    contents = contents[:position] + b"\r\n" + contents[position + 2 :]
    with pytest.raises(AudioError, match="cut off"):
        decode(contents.replace(b"\r\n", b"\n"))


@settings(deadline=None, max_examples=30)
@given(count=st.integers(1, 20))
def test_rejects_any_number_of_inserted_carriage_returns(count):
    """Too few line feeds for a decision by their number leave bytes after the audio."""
    samples = np.random.default_rng(count).integers(0x1100, 0x7000, 8000).astype(np.int16)
    samples = (samples | 0x0101) & ~np.int16(0x0E0E)  # without bytes 0A and 0D
    samples[100 : 100 + count] = 0x0A11
    contents = written("WAV", "PCM_16", samples)
    damaged = contents.replace(b"\n", b"\r\n")
    assert len(damaged) >= len(contents) + count
    if len(damaged) > len(contents) + 1:  # a single byte may be padding
        with pytest.raises(AudioError, match=r"damaged|cut off"):
            decode(damaged)


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 2**32 - 1),
    step=st.sampled_from([1, 2, 3, 7, 16, 256]),
    level=st.integers(1, 32767),
    subtype=st.sampled_from(["PCM_16", "PCM_24", "PCM_U8", "ULAW", "FLOAT"]),
)
def test_undamaged_recordings_are_accepted(seed, step, level, subtype):
    """Samples with gaps between their values, as after a gain, are no damage."""
    noise = np.random.default_rng(seed).normal(0, level / 3, RATE)
    samples = (np.clip(np.round(noise / step) * step, -32768, 32767)).astype(np.int16)
    assert text_damage.description(written("WAV", subtype, samples)) == ""


@settings(deadline=None)
@given(st.binary(max_size=3000))
def test_random_bytes_raise_no_error(contents):
    text_damage.description(contents + bytes(1000))


def test_text_is_left_to_the_description_of_its_contents():
    with pytest.raises(AudioError, match="text, not audio"):
        decode(b"one line of text\r\n" * 1000)


def test_silence_is_no_damage():
    assert text_damage.description(written("WAV", "PCM_16", np.zeros(RATE), 8000)) == ""
