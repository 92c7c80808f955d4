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
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..core import ffmpeg, tempdirs
from ..core.errors import AudioError, CodecError, UsageError

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
)
# libsndfile reads most of these; ffmpeg decodes the rest (AAC in CAF, Speex in Ogg).
_FALLBACK_SIGNATURES = ((0, b"caff", "caf"), (0, b"OggS", "ogg"))

# Containers whose header states the duration. Another duration after decoding means that the file
# is cut off or the decoder is wrong (the bundled ffmpeg decodes Speex at half its speed).
_STATES_LENGTH = ("mov", "matroska", "asf", "caf", "wv", "tta", "ape", "ogg")

# Starts of lines that ffmpeg prints after the error itself.
_UNINFORMATIVE = (
    "Conversion failed!",
    "size=",
    "video:",
    "Error opening output files",
    "Exiting with exit code",
)

_LIMIT_S = 60.0  # enough for one hour of audio on a slow machine, without ffmpeg's start
_COPY, _WAV = "recording.bin", "recording.wav"


def identify(contents: bytes, fallback: bool = False) -> str | None:
    """Return ffmpeg's name of the container that starts with these bytes, or None.

    Parameters
    ----------
    contents : bytes
        The file, or its first 16 bytes.
    fallback : bool
        Whether to look for the containers that libsndfile is tried on first.
    """
    for offset, magic, name in _FALLBACK_SIGNATURES if fallback else _SIGNATURES:
        if contents[offset : offset + len(magic)] == magic:
            return name
    # AAC in an ADTS stream: a sync word of 12 bits, then layer 0 (MP3 has another layer).
    if not fallback and contents[:1] == b"\xff" and contents[1:2]:
        return "aac" if contents[1] & 0xF6 == 0xF0 else None
    return None


def decode(contents: bytes, name: str, longest_s: float) -> tuple[npt.NDArray[np.float32], int]:
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
        float32 of shape (frames, channels): 16-bit samples divided by 32768.
    rate : int
        Sample rate in Hz.

    Raises
    ------
    AudioError
        If the file has no audio track, or is damaged, cut off or too long.
    UsageError
        If ffmpeg or pydub cannot be used.
    """
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
    decoded_s = len(signal) / rate
    if stated_s is not None and decoded_s < 0.9 * stated_s - 0.1:
        raise AudioError(
            f"it is cut off: its header states {stated_s:.2f} s and the file has "
            f"{decoded_s:.2f} s; copy or download it again"
        )
    if stated_s is not None and decoded_s > 1.1 * stated_s + 0.3:
        raise AudioError(
            f"ffmpeg decodes {decoded_s:.2f} s although its header states {stated_s:.2f} s; "
            "convert it to WAV with another program"
        )
    return signal, rate


def _probe(folder: Path, name: str) -> tuple[str, float | None]:
    """Return the codec of the audio track and, if the header states it, the duration in s."""
    # ffmpeg fails because no output is given, after it has printed the streams of the input.
    _, output = _ffmpeg(_input(name), folder, "info")
    codecs = set(re.findall(r"Stream #\d+:\d+[^\n]*?: Audio: (\w+)", output))
    if "Input #0" not in output:
        raise AudioError(f"it is damaged or cut off: {_last_line(output)}")
    if len(codecs) != 1 or codecs == {"none"}:
        tracks = "audio tracks of several codecs" if len(codecs) > 1 else "no audio track"
        raise AudioError(f"it has {tracks}; export the audio as WAV")
    length = re.search(r"Duration: (\d+):(\d+):(\d+\.\d+)", output)
    # The duration of a video can differ from that of its audio, and that of a raw stream is only
    # estimated from its size.
    if length is None or ": Video: " in output or name not in _STATES_LENGTH:
        return codecs.pop(), None
    hours, minutes, seconds = length.groups()
    return codecs.pop(), int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def _convert(folder: Path, name: str, codec: str, longest_s: float) -> None:
    """Decode the audio track to a 16-bit WAV file."""
    options = ["-vn", "-map_metadata", "-1", "-c:a", "pcm_s16le", "-f", "wav"]
    arguments = ["-c:a", codec, *_input(name), *options, "-t", f"{longest_s:g}", _WAV]
    status, output = _ffmpeg(arguments, folder, "error")
    if status < 0:  # ffmpeg crashed, or exceeded the file size limit
        raise AudioError(f"{ffmpeg.failure_message(status, output)}; export it as WAV")
    if status or not (folder / _WAV).is_file():
        raise AudioError(f"it is damaged or cut off: {_last_line(output)}")


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


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(_UNINFORMATIVE)] or lines
    last = lines[-1] if lines else "ffmpeg printed no message"
    # The prefix "[mov @ 0x1f3]" differs between runs; reports must be reproducible.
    last = re.sub(r"^(\[[^\]]*\] *)+", "", last)
    return last.replace(_COPY, "the recording").rstrip(".")
