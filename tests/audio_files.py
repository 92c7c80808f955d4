"""Recordings in many formats, and damaged copies of them."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import lameenc
import numpy as np
import soundfile

from aser_bench.core import ffmpeg

RATE = 16_000


def speech_like(frames: int = RATE) -> np.ndarray:
    """Return a modulated tone with noise as float64, shape (frames,), at 16 kHz."""
    time = np.arange(frames) / RATE
    envelope = 0.25 * (1 + np.sin(2 * np.pi * 3 * time))
    noise = np.random.default_rng(0).normal(0, 0.02, frames)
    return envelope * np.sin(2 * np.pi * 300 * time) + noise


def written(
    form: str, subtype: str | None = None, signal: np.ndarray | None = None, rate: int = RATE
) -> bytes:
    """Return a recording as libsndfile writes it."""
    file = io.BytesIO()
    samples = speech_like() if signal is None else signal
    soundfile.write(file, samples, rate, format=form, subtype=subtype)
    return file.getvalue()


def converted(folder: Path, name: str, *arguments: str, signal: np.ndarray | None = None) -> bytes:
    """Return a recording as ffmpeg writes it to a file of this name."""
    samples = speech_like() if signal is None else signal
    soundfile.write(folder / "source.wav", samples, RATE, subtype="FLOAT")
    command = [ffmpeg.binary(), "-v", "error", "-y", "-i", folder / "source.wav", *arguments]
    subprocess.run([*command, folder / name], check=True, stdin=subprocess.DEVNULL)
    return (folder / name).read_bytes()


def mp3(signal: np.ndarray | None = None) -> bytes:
    """Return an MP3 file without tags."""
    samples = speech_like() if signal is None else signal
    encoder = lameenc.Encoder()
    encoder.set_bit_rate(64)
    encoder.set_in_sample_rate(RATE)
    encoder.set_channels(1)
    encoder.silence()
    pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
    return bytes(encoder.encode(pcm) + encoder.flush())


def replaced(
    contents: bytes, position: int, number: int, size: int, order: str = "little"
) -> bytes:
    """Return contents with another integer of some bytes at a position."""
    field = (number % (1 << 8 * size)).to_bytes(size, "big" if order == "big" else "little")
    return contents[:position] + field + contents[position + size :]


def id3_tag(frames: bytes = bytes(300)) -> bytes:
    """Return an ID3v2.3 tag."""
    size = bytes((0, 0, len(frames) >> 7, len(frames) & 127))
    return b"ID3\x03\x00\x00" + size + frames


def tlen_tag(milliseconds: int) -> bytes:
    """Return an ID3v2.3 tag that states a duration."""
    digits = str(milliseconds).encode()
    return id3_tag(b"TLEN" + struct.pack(">I", len(digits) + 1) + b"\0\0\0" + digits)
