"""Decoding of formats that libsndfile cannot read (m4a, webm, amr, ...), by ffmpeg and pydub.

pydub runs ffmpeg without limits on time and memory and has no option for them. Therefore ffmpeg is
run under limits (see `core.ffmpeg.run_unchecked`) to write a WAV file, and pydub opens that file.

ffmpeg reads a temporary copy with a neutral name, with the container given explicitly, and may
open local files only; the containers below cannot refer to other files. A playlist named .m4a does
not start with the signature of a container and is not passed to ffmpeg.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core import ffmpeg, tempdirs
from ..core.errors import AudioError, CodecError, UsageError
from . import formats
from .formats import plain_headers
from .formats.reasons import cut_off

# Offset and bytes of a container's signature, and ffmpeg's name of the demuxer.
_SIGNATURES = (
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
    (8, b"AVI ", "avi"),
)
# libsndfile reads most of these; ffmpeg decodes the rest (AAC in CAF and WAV, Speex in Ogg).
_FALLBACK_SIGNATURES = (
    (0, b"caff", "caf"),
    (0, b"OggS", "ogg"),
    (8, b"WAVE", "wav"),
    (0, b"riff\x2e\x91", "w64"),
    (8, b"AIFF", "aiff"),
    (8, b"AIFC", "aiff"),
    (0, b".snd", "au"),
    (0, b"NIST_1A", "nistsphere"),
    (0, b"ID3", "mp3"),
)

# Containers whose header states the duration. Another duration after decoding means that the file
# is cut off or the decoder is wrong (ffmpeg's own decoder of Speex).
_STATES_LENGTH = ("mov", "matroska", "asf", "caf", "wv", "tta", "ape", "ogg")

# Starts of lines that ffmpeg prints after the error itself.
_UNINFORMATIVE = (
    "Conversion failed!",
    "size=",
    "video:",
    "Error opening output files",
    "Exiting with exit code",
    "Terminating thread",
    "Error while decoding stream",
    "Nothing was written into output",
)

_LIMIT_S = 60.0  # enough for one hour of audio on a slow machine, without ffmpeg's start
_COPY, _WAV, _FLOATS = "recording.bin", "recording.wav", "recording.f32"
_FULL_SCALE = 32767 / 32768


def identify(contents: bytes, fallback: bool = False) -> str | None:
    """Return ffmpeg's name of the container that starts with these bytes, or None.

    Parameters
    ----------
    contents : bytes
        The whole file.
    fallback : bool
        Whether to look for the containers that libsndfile is tried on first.
    """
    for offset, magic, name in _FALLBACK_SIGNATURES if fallback else _SIGNATURES:
        if contents[offset : offset + len(magic)] == magic:
            return name
    if not fallback and plain_headers.has_several_voc_sounds(contents):
        return "voc"  # libsndfile reads the headers of further blocks as samples
    if contents[:1] != b"\xff" or not contents[1:2]:
        return None
    # AAC in an ADTS stream: a sync word of 12 bits, then layer 0 (MP3 has another layer).
    if contents[1] & 0xF6 == 0xF0:
        return None if fallback else "aac"
    return "mp3" if fallback and contents[1] & 0xE0 == 0xE0 else None


def decode(
    contents: bytes, name: str, longest_s: float
) -> tuple[npt.NDArray[np.float32], int, bool]:
    """Decode a recording in a container.

    Parameters
    ----------
    contents : bytes
        The whole file.
    name : str
        ffmpeg's name of the container, from `identify`.
    longest_s : float
        Longest accepted duration, in seconds.

    Returns
    -------
    signal : numpy.ndarray
        float32 of shape (frames, channels): 16-bit samples divided by 32768, or the decoder's float
        samples if they exceed full scale.
    rate : int
        Sample rate in Hz.
    states_length : bool
        Whether the file states its length, so that one that is cut off is recognised.

    Raises
    ------
    AudioError
        If the file has no audio track, or is damaged, cut off or too long.
    UsageError
        If ffmpeg or pydub cannot be used.
    """
    reason = formats.container_error(contents, name)
    if reason:
        raise AudioError(reason)
    try:
        ffmpeg.version()
    except CodecError as error:
        raise UsageError(f"{error}; see {ffmpeg.ENV_VARIABLE}") from error
    with tempdirs.folder(tempdirs.places(ffmpeg.MAX_FILE_BYTES)[-1]) as folder:
        (folder / _COPY).write_bytes(contents)
        codec, stated_s = _probe(folder, name)
        if stated_s is not None and stated_s > longest_s:
            raise AudioError(f"it is {stated_s / 3600:.1f} hours long; split it into utterances")
        # One second above the limit, so that the caller detects that it is too long.
        _convert(folder, name, codec, longest_s + 1)
        signal, rate = _read_wav(folder / _WAV, longest_s + 1 if stated_s is None else None)
        if len(signal) and np.abs(signal).max() >= _FULL_SCALE:
            signal = _above_full_scale(folder, name, codec, longest_s + 1, signal)
    _check_duration(len(signal) / rate, stated_s, codec)
    return signal, rate, stated_s is not None or formats.states_length(contents, name)


def _check_duration(decoded_s: float, stated_s: float | None, codec: str) -> None:
    if stated_s is not None and decoded_s < 0.9 * stated_s - 0.1:
        raise AudioError(
            cut_off(f"its header states {stated_s:.2f} s and the file has {decoded_s:.2f} s")
        )
    # ffmpeg's own decoder of Speex is wrong by a factor of two, so short files need another limit.
    longest_s = 1.5 * (stated_s or 0) if codec == "speex" else 1.1 * (stated_s or 0) + 0.3
    if stated_s is not None and decoded_s > longest_s:
        raise AudioError(
            f"ffmpeg decodes {decoded_s:.2f} s although its header states {stated_s:.2f} s; "
            "convert it to WAV with another program"
        )


def _above_full_scale(
    folder: Path, name: str, codec: str, longest_s: float, signal: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the decoder's float samples if they exceed full scale, else the given signal.

    The conversion to 16 bits clips the samples of lossy and float recordings.
    """
    _convert(folder, name, codec, longest_s, ["-c:a", "pcm_f32le", "-f", "f32le"], _FLOATS)
    samples = np.fromfile(folder / _FLOATS, "<f4")
    channels = signal.shape[1]
    if len(samples) % channels or not np.abs(samples).max(initial=0.0) > 1.0:
        return signal
    return samples.reshape(-1, channels)[: len(signal)]


def _probe(folder: Path, name: str) -> tuple[str, float | None]:
    """Return the codec of the audio track and, if the header states it, the duration in s."""
    # ffmpeg fails because no output is given, after it has printed the streams of the input.
    _, output = _ffmpeg(_input(name), folder, "info")
    codecs = set(re.findall(r"Stream #\d+:\d+[^\n]*?: Audio: (\w+)", output))
    if "Input #0" not in output:
        raise AudioError(_undecodable(output))
    if codecs == {"none"}:
        raise AudioError("ffmpeg has no decoder for its codec; export it as 16-bit WAV")
    if len(codecs) != 1:
        tracks = "audio tracks of several codecs" if codecs else "no audio track"
        raise AudioError(f"it has {tracks}; export the audio as WAV")
    length = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", output)
    # The duration of a video can differ from that of its audio, and that of a raw stream is only
    # estimated from its size.
    if length is None or ": Video: " in output or name not in _STATES_LENGTH:
        return codecs.pop(), None
    hours, minutes, seconds = length.groups()
    return codecs.pop(), int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _convert(
    folder: Path,
    name: str,
    codec: str,
    longest_s: float,
    output: Sequence[str] = ("-c:a", "pcm_s16le", "-f", "wav"),
    file: str = _WAV,
) -> None:
    """Decode the audio track, by default to a 16-bit WAV file."""
    options = ["-vn", "-map_metadata", "-1", *output]
    arguments = ["-c:a", _decoder(codec), *_input(name), *options, "-t", f"{longest_s:g}", file]
    status, messages = _ffmpeg(arguments, folder, "error")
    if status < 0:  # ffmpeg crashed, or exceeded the file size limit
        raise AudioError(f"{ffmpeg.failure_message(status, messages)}; export it as WAV")
    if status or not (folder / file).is_file():
        raise AudioError(_undecodable(messages))


def _decoder(codec: str) -> str:
    """Return the name of ffmpeg's decoder of a codec.

    ffmpeg's own decoder of Speex appends an empty frame to each wide-band frame.
    """
    if codec == "speex" and not ffmpeg.missing_coder("", "libspeex"):
        return "libspeex"
    return codec


def _input(name: str) -> list[str]:
    # The container is named: detection by ffmpeg could choose a playlist, and the ffprobe that
    # pydub would use is not in the wheel of ffmpeg.
    return ["-protocol_whitelist", ffmpeg.PROTOCOLS, "-f", name, "-i", _COPY]


def _ffmpeg(arguments: list[str], folder: Path, level: str) -> tuple[int, str]:
    try:
        return ffmpeg.run_unchecked(arguments, folder, _LIMIT_S, level)
    except CodecError as error:
        raise AudioError(f"{error}; export it as WAV") from error


def _read_wav(wav: Path, longest_s: float | None) -> tuple[npt.NDArray[np.float32], int]:
    with warnings.catch_warnings():
        # pydub warns at import if no ffmpeg is on the PATH; it needs none for a WAV file.
        warnings.simplefilter("ignore")
        try:
            from pydub import AudioSegment
        except ImportError as error:
            raise UsageError(
                f"pydub is needed for this recording and cannot be imported ({error}); "
                "pip install pydub, and on Python 3.13 audioop-lts"
            ) from error
    try:
        segment = AudioSegment(wav.read_bytes())
        if longest_s is not None:  # the cut at whole milliseconds keeps earlier results unchanged
            segment = segment[: round(1000 * longest_s)]
        samples = np.frombuffer(segment.raw_data, dtype=f"<i{segment.sample_width}")
        channels = samples.reshape(-1, segment.channels).astype(np.float32)
    except Exception as error:  # pydub raises struct.error and other errors of its WAV reader
        raise AudioError(f"pydub cannot read it: {error}; export it as WAV") from error
    return channels / np.float32(1 << (8 * segment.sample_width - 1)), int(segment.frame_rate)


def _undecodable(messages: str) -> str:
    return f"it is damaged or cut off, or its codec is not supported: {_last_line(messages)}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    # The prefix "[mov @ 0x1f3]" differs between runs; reports must be reproducible.
    lines = [re.sub(r"^(\[[^\]]*\] *)+", "", line) for line in lines]
    lines = [line for line in lines if not line.startswith(_UNINFORMATIVE)] or lines
    last = lines[-1] if lines else "ffmpeg printed no message"
    return last.replace(_COPY, "the recording").rstrip(".")
