"""Decoding of the contents of a recording by libsndfile or, for other formats, by ffmpeg."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core.errors import AudioError
from . import containers, formats
from .formats import chunks, flac, mpeg, ogg, text_damage, trailing
from .formats.reasons import cut_off

if TYPE_CHECKING:
    from soundfile import SoundFile

Audio = npt.NDArray[np.float32]

MAX_DURATION_S = 3600.0
"""Longest accepted recording, in seconds. Utterances last seconds; longer files are mistakes."""

FULL_SCALE = 1 + 2 / 32768
"""Largest absolute sample at full scale. Programs divide 16-bit samples by 32767 or by 32768, so a
recording may exceed 1.0 by one step of 16 bits."""

# Decoders of these return float samples, which may exceed full scale.
_FLOAT_SUBTYPES = ("FLOAT", "DOUBLE", "VORBIS", "OPUS", "MPEG")
_BLOCK = 2**20  # samples
_LONGEST = 2**40  # samples; libsndfile returns a negative length as a huge one

_SIGNATURES = (
    (b"#EXTM3U", "is a playlist, not a recording"),
    (b"ffconcat", "is a playlist, not a recording"),
    (b"[playlist]", "is a playlist, not a recording"),
    (b"<!DOCTYPE", "is a web page: the download failed; fetch it again"),
    (b"<html", "is a web page: the download failed; fetch it again"),
    (b"PK\x03\x04", "is a zip archive; unpack it"),
    (b"\x1f\x8b", "is a gzip archive; unpack it"),
)


@dataclass(frozen=True)
class Decoded:
    """A decoded recording.

    Attributes
    ----------
    signal : numpy.ndarray
        float32, shape (frames, channels); the average of the channels is at most `FULL_SCALE`.
    rate : int
        Sample rate in Hz.
    scaled_by : float
        Factor by which the samples are multiplied; 1 unless they exceed full scale.
    states_length : bool
        Whether the file states its length, so that a file that is cut off is recognised.
    """

    signal: Audio
    rate: int
    scaled_by: float
    states_length: bool


def decode(contents: bytes) -> Decoded:
    """Decode a recording; one above full scale is divided by its peak.

    Parameters
    ----------
    contents : bytes
        The whole file. Its format is detected from them.

    Raises
    ------
    AudioError
        If the format is not supported, or the file is damaged, cut off or too long.
    """
    contents = trailing.without_tags(mpeg.without_id3_tag(contents))
    damage = text_damage.description(contents)
    if damage:
        raise AudioError(damage)
    name = containers.identify(contents)
    if name is not None:
        return _decode_container(contents, name)
    reason = formats.length_error(contents)
    if reason:
        raise AudioError(reason)
    states_length = formats.states_length(contents)
    try:
        file = _open(chunks.with_real_size(contents))
    except OSError as error:
        if mpeg.is_mpeg(contents) and Path("._").exists():
            raise AudioError(
                "libsndfile takes the file ._ in the current folder for a part of it; remove that "
                "file"
            ) from error
        name = containers.identify(contents, fallback=True)
        if name is not None:
            return _decode_container(contents, name)
        raise AudioError(_describe_contents(contents, error)) from error
    with file:
        signal = _read_frames(file, contents, states_length)
        has_float_samples = file.subtype.startswith(_FLOAT_SUBTYPES)
        rate = int(file.samplerate)
    return _scaled(signal, rate, has_float_samples, states_length)


def _open(contents: bytes) -> SoundFile:
    """Open a recording for reading from its start to its end.

    Raises
    ------
    OSError
        If libsndfile does not read the format, or the header is damaged.
    """
    import soundfile

    class Sequential(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
        # libsndfile cannot seek in GSM 6.10, G.721, NMS ADPCM and other codecs, and the wrapper
        # seeks after each read unless the file states that it cannot.
        def seekable(self) -> bool:
            return False

    if contents.startswith(b"fLaC"):
        contents = flac.with_unknown_length(contents)
    try:
        return Sequential(io.BytesIO(contents))
    except (soundfile.LibsndfileError, TypeError) as error:
        raise OSError(_detail(error)) from error


def _read_frames(file: SoundFile, contents: bytes, states_length: bool) -> Audio:
    """Return all samples, shape (frames, channels), after comparing their number with the header.

    Raises
    ------
    AudioError
        If there are fewer samples than the header states, or more than the decoder reads.
    """
    stated = flac.stated_samples(contents) if file.format == "FLAC" else file.frames
    if stated > _LONGEST:
        raise AudioError("it is damaged: its header states an impossible length; export it again")
    if stated > MAX_DURATION_S * file.samplerate:
        raise too_long(stated / file.samplerate)
    signal = _read_to_end(file)
    length = len(signal)
    # MPEG: the decoder may remove its delay at both ends, so two frames of tolerance.
    tolerance = 2 * 1152 if file.subtype.startswith("MPEG") else 0
    if length + tolerance < stated and states_length:
        raise AudioError(cut_off(f"its header states {stated} samples and the file has {length}"))
    if file.format == "FLAC" and 0 < stated < length:
        raise AudioError(
            f"its header states {stated} samples and the file has {length}; convert it to WAV "
            "with a program that reads all of it"
        )
    if file.subtype in ("VORBIS", "OPUS"):
        _check_ogg_end(contents, file.subtype, length, int(file.samplerate))
    fewest = _fewest_samples(contents, file.format, file.subtype)
    if length < fewest:
        raise AudioError(
            f"the decoder reads {length} samples although the file has {fewest} or more; convert "
            "it to WAV with another program"
        )
    return signal[: chunks.samples_before_padding(contents, file.subtype, length)]


def _fewest_samples(contents: bytes, form: str, subtype: str) -> int:
    """Return the fewest samples that the frames or blocks of a file have; 0 if unknown."""
    if form == "MP3":
        return mpeg.fewest_samples(contents) or 0
    if form == "AIFF" and subtype == "GSM610":
        return chunks.gsm_samples(contents) - 160  # the last block is padded
    return 0


def _check_ogg_end(contents: bytes, subtype: str, length: int, rate: int) -> None:
    """Refuse an Ogg file of which the last page states an end that cuts off audio.

    An encoder fills up its last block or packet, and the end cuts off what it added.
    """
    if subtype == "OPUS":
        whole, added = round(ogg.opus_seconds(contents) * rate), rate // 8
    else:
        try:
            with _open(ogg.with_late_end(contents)) as file:
                whole, added = len(_read_to_end(file)), 2 * ogg.vorbis_block(contents)
        except OSError as error:
            raise AudioError(f"it is damaged: {error}; copy or download it again") from error
    if whole - length > added:
        raise AudioError(
            f"its last page states that it ends after {length} samples and the file has {whole}; "
            "convert it to WAV with a program that reads all of it"
        )


def _read_to_end(file: SoundFile) -> Audio:
    import soundfile

    blocks: list[Audio] = []
    length, limit = 0, MAX_DURATION_S * file.samplerate
    # One sample more, so that a single call reads a short file and finds its end.
    size = min(_BLOCK, file.frames + 1)
    while length <= limit:
        try:
            block = file.read(size, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise AudioError(
                f"it is damaged or cut off ({_detail(error)}); copy or download it again"
            ) from error
        blocks.append(block)
        length += len(block)
        if len(block) < size:
            break
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)


def _decode_container(contents: bytes, name: str) -> Decoded:
    signal, rate, states_length = containers.decode(contents, name, MAX_DURATION_S)
    return _scaled(signal, rate, True, states_length)


def _scaled(signal: Audio, rate: int, has_float_samples: bool, states_length: bool) -> Decoded:
    """Return a decoded recording, divided by its peak if that is above full scale.

    Integer samples are never above full scale.
    """
    mono = signal if signal.shape[1] == 1 else signal.mean(axis=1)
    peak = float(np.abs(mono).max(initial=0.0))
    if not has_float_samples or not FULL_SCALE < peak < np.inf:
        return Decoded(signal, rate, 1.0, states_length)
    return Decoded(signal / np.float32(peak), rate, 1 / peak, states_length)


def too_long(seconds: float) -> AudioError:
    """Return the error of a recording of more than an hour."""
    return AudioError(f"it is {seconds / 3600:.1f} hours long; split it into utterances")


def _detail(error: Exception) -> str:
    text = str(getattr(error, "error_string", error))
    return text.removeprefix("Error : ").rstrip(".")


def _describe_contents(contents: bytes, error: Exception) -> str:
    head = contents[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    for signature, description in _SIGNATURES:
        if head[: len(signature)].lower() == signature.lower():
            return f"it {description}"
    try:
        text = contents[:4096].decode("utf-8")
    except UnicodeDecodeError as broken:
        # The 4096 bytes may end inside a multi-byte character.
        text = contents[: broken.start].decode("utf-8") if broken.start > 4000 else "\0"
    if all(character.isprintable() or character in "\t\r\n\f" for character in text):
        return "it is text, not audio"
    return (
        "it is not audio in a format that is read here, or it is damaged (libsndfile: "
        f"{_detail(error)}); export it as WAV"
    )
