"""Decode what libsndfile cannot read (m4a, webm, amr ...) with ffmpeg and pydub.

pydub would start ffmpeg without a limit of time or memory, and has no option for either; so
ffmpeg makes a WAV file in bounds (see `ffmpeg.run`), and pydub opens that.

ffmpeg sees a scratch copy with a neutral name, is told which container it is, and may open
nothing but files on this machine; of those the containers below name no other. A playlist
that calls itself .m4a has no container's first bytes and never comes here.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np

from ..core import ffmpeg, tempdirs
from ..core.errors import AudioError, CodecError, UsageError

# First bytes (at an offset) of a container and ffmpeg's name for its reader.
_MAGIC = (
    (4, b"ftyp", "mov"),
    (4, b"moov", "mov"),
    (4, b"mdat", "mov"),
    (4, b"wide", "mov"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"#!AMR", "amr"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (0, b"FLV\x01", "flv"),
    (0, b"wvpk", "wv"),
    (0, b"MAC ", "ape"),
    (0, b"TTA1", "tta"),
    (0, b"MPCK", "mpc8"),
    (0, b"\x0bw", "ac3"),
)
# libsndfile reads most of these; ffmpeg takes the rest (AAC in CAF, Speex in Ogg).
_SECOND_CHOICE = ((0, b"caff", "caf"), (0, b"OggS", "ogg"))

# Readers whose header states the length, so that another result means a cut-off file or a
# decoder that is wrong (the bundled ffmpeg returns Speex at half its speed).
_STATES_LENGTH = ("mov", "matroska", "asf", "caf", "wv", "tta", "ape", "ogg")

# What ffmpeg says after it has said what is wrong.
_DULL = (
    "Conversion failed!",
    "size=",
    "video:",
    "Error opening output files",
    "Exiting with exit code",
)

_LIMIT_S = 60.0  # what an hour takes on a slow machine; ffmpeg's start comes on top
_COPY, _WAV = "recording.bin", "recording.wav"


def identify(contents: bytes, second_choice: bool = False) -> str | None:
    """Return ffmpeg's name of the container that these first bytes announce, or None.

    Parameters
    ----------
    contents : bytes
        The file, or its first 16 bytes.
    second_choice : bool
        Whether to name the containers that are libsndfile's to try first.
    """
    for offset, magic, name in _SECOND_CHOICE if second_choice else _MAGIC:
        if contents[offset : offset + len(magic)] == magic:
            return name
    # AAC in an ADTS stream: 12 bits of sync word, then layer 0 (an MP3 has another layer).
    if not second_choice and contents[:1] == b"\xff" and contents[1:2]:
        return "aac" if contents[1] & 0xF6 == 0xF0 else None
    return None


def decode(contents: bytes, name: str, longest_s: float) -> tuple[np.ndarray, int]:
    """Decode a recording in a container.

    Parameters
    ----------
    contents : bytes
        The whole file.
    name : str
        The container, from `identify`.
    longest_s : float
        Longer recordings are refused.

    Returns
    -------
    signal : numpy.ndarray
        float32 of shape (frames, channels): 16-bit samples / 32768.
    rate : int
        Its sample rate in Hz.

    Raises
    ------
    AudioError
        If there is no sound in it, it is damaged, cut off or too long.
    UsageError
        If ffmpeg or pydub cannot be used at all.
    """
    try:
        ffmpeg.version()
    except CodecError as error:
        raise UsageError(f"{error}; see {ffmpeg.ENV_VARIABLE}") from error
    with tempdirs.folder(tempdirs.places(ffmpeg.MAX_FILE_BYTES)[-1]) as folder:
        (folder / _COPY).write_bytes(contents)
        codec, stated_s = _ask(folder, name)
        if stated_s is not None and stated_s > longest_s:
            raise AudioError(f"it is {stated_s / 3600:.1f} hours long; cut it into utterances")
        # One second above the limit, so that the caller sees it is too long.
        _convert(folder, name, codec, longest_s + 1)
        signal, rate = _pydub(folder / _WAV, longest_s + 1 if stated_s is None else None)
    found_s = len(signal) / rate
    if stated_s is not None and found_s < 0.9 * stated_s - 0.1:
        raise AudioError(
            f"it is cut off: its header states {stated_s:.2f} s and the file has {found_s:.2f} s; "
            "copy or download it again"
        )
    if stated_s is not None and found_s > 1.1 * stated_s + 0.3:
        raise AudioError(
            f"ffmpeg decodes {found_s:.2f} s of its {stated_s:.2f} s; export it as WAV elsewhere"
        )
    return signal, rate


def _ask(folder: Path, name: str) -> tuple[str, float | None]:
    """Return the sound track's codec and, where its header states it, its length (s)."""
    # It fails for want of an output, and says what it has found before.
    _, answer = _ffmpeg(_input(name), folder, "info")
    codecs = set(re.findall(r"Stream #\d+:\d+[^\n]*?: Audio: (\w+)", answer))
    if "Input #0" not in answer:
        raise AudioError(f"it is damaged or cut off: {_last_line(answer)}")
    if len(codecs) != 1 or codecs == {"none"}:
        tracks = "several kinds of sound track" if len(codecs) > 1 else "no sound track"
        raise AudioError(f"it holds {tracks}; export the sound as WAV")
    length = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", answer)
    # A film's length is not its sound's, and a raw stream's is only guessed from its size.
    if length is None or ": Video: " in answer or name not in _STATES_LENGTH:
        return codecs.pop(), None
    hours, minutes, seconds = length.groups()
    return codecs.pop(), int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _convert(folder: Path, name: str, codec: str, at_most_s: float) -> None:
    """Decode the sound track to a WAV file of 16 bits."""
    options = ["-vn", "-map_metadata", "-1", "-c:a", "pcm_s16le", "-f", "wav"]
    arguments = ["-c:a", codec, *_input(name), *options, "-t", f"{at_most_s:g}", _WAV]
    status, words = _ffmpeg(arguments, folder, "error")
    if status < 0:  # it crashed, or wrote more than a file may hold
        raise AudioError(f"{ffmpeg.failure_message(status, words)}; export it as WAV")
    if status or not (folder / _WAV).is_file():
        raise AudioError(f"it is damaged or cut off: {_last_line(words)}")


def _input(name: str) -> list[str]:
    # pip brings ffmpeg without the ffprobe that pydub would ask, and a guess could be a playlist.
    return ["-protocol_whitelist", ffmpeg.PROTOCOLS, "-f", name, "-i", _COPY]


def _ffmpeg(arguments: list[str], folder: Path, level: str) -> tuple[int, str]:
    try:
        return ffmpeg.run_unchecked(arguments, folder, _LIMIT_S, level)
    except CodecError as error:
        raise AudioError(f"{error}; export it as WAV") from error


def _pydub(wav: Path, at_most_s: float | None) -> tuple[np.ndarray, int]:
    with warnings.catch_warnings():
        # pydub warns at import when no ffmpeg is on the PATH; it needs none for a WAV file.
        warnings.simplefilter("ignore")
        try:
            from pydub import AudioSegment
        except ImportError as error:
            raise UsageError(
                f"pydub is needed for this recording and cannot be imported ({error}); "
                "pip install pydub, and on Python 3.13 audioop-lts"
            ) from error
    try:
        sound = AudioSegment(wav.read_bytes())
        if at_most_s is not None:  # streams have always been cut to whole milliseconds
            sound = sound[: round(1000 * at_most_s)]
        samples = np.frombuffer(sound.raw_data, dtype=f"<i{sound.sample_width}")
        channels = samples.reshape(-1, sound.channels).astype(np.float32)
    except Exception as error:  # pydub lets its WAV reader's struct.error and others through
        raise AudioError(f"pydub cannot read it: {error}; export it as WAV") from error
    return channels / np.float32(1 << (8 * sound.sample_width - 1)), int(sound.frame_rate)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(_DULL)] or lines
    last = lines[-1] if lines else "ffmpeg said nothing"
    # "[mov @ 0x1f3]" changes from run to run, and reports must not.
    last = re.sub(r"^(\[[^\]]*\] *)+", "", last)
    return last.replace(_COPY, "the recording").rstrip(".")
