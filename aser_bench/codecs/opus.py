"""Opus (RFC 6716) by libopus at constant bitrates, with packet loss if wanted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..core.errors import CodecError
from ..core.options import choice, integer, number
from ..core.tables import Condition
from . import ogg
from .bitrates import Bitrates, BitratesByRate
from .lossy import LossyCodec
from .payload import Payload, payload
from .streams import Encoding

_USUAL = (6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 256)
# Length of a frame in ms -> the lowest bitrate in kbit/s at which a voice is left: short
# frames spend it on their own headers.
_LOWEST = {2.5: 32, 5: 16, 10: 8, 20: 6, 40: 6, 60: 6}
_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
_HEADERS = 2  # packets in front of the audio

# The first byte of a packet says how long its frames are (RFC 6716, 3.1), here in ms.
_SILK_MS, _HYBRID_MS, _CELT_MS = (10, 20, 40, 60), (10, 20), (2.5, 5, 10, 20)


@dataclass(frozen=True)
class Opus(LossyCodec):
    """Opus by libopus at constant bitrates; libopus, inside of libsndfile, decodes it.

    Attributes
    ----------
    application : str
        What the encoder is tuned for. ``voip`` also takes away what lies under the voice,
        which shifts the phase of low voices by up to two samples at 6 and 8 kbit/s.
    frame : float
        Length of a frame in ms.
    loss : float
        Percentage of packets that do not arrive; the decoder conceals them.
    seed : int
        Which packets: the same ones for the same seed and signal.
    """

    application: str = "audio"
    frame: float = 20.0
    loss: float = 0.0
    seed: int = 0

    name = "opus"
    title = "Opus, libopus at constant bitrates; options application, frame (ms), loss (%), seed"
    options = {
        "application": choice("audio", "voip", "lowdelay"),
        "frame": lambda word: float(choice(*(f"{ms:g}" for ms in _LOWEST))(word)),
        "loss": number(0, 100, "% of the packets"),
        "seed": integer(0, 2**32 - 1),
    }
    variants = ("opus:application=voip", "opus:application=lowdelay:frame=10", "opus:frame=60")
    encoder_name = "libopus"
    suffix = "opus"
    integer_samples = True  # inside of its speech modes
    level_tolerance_db, lag_tolerance_samples = 2.0, 1  # at 6 and 8 kbit/s, where it codes at 8 kHz
    max_excess = 1  # the file says where its audio starts and ends

    @property
    def label(self) -> str:
        """What names of conditions start with: ``opus-voip-60ms-loss5``."""
        words = [self.name]
        words += [self.application] if self.application != "audio" else []
        words += [f"{self.frame:g}ms"] if self.frame != 20 else []
        words += [f"loss{self.loss:g}"] if self.loss else []
        words += [f"seed{self.seed}"] if self.seed else []
        return "-".join(words)

    @property
    def loses_packets(self) -> bool:  # type: ignore[override]
        """Whether packets are lost between encoder and decoder."""
        return self.loss > 0

    @property
    def bitrates_by_rate(self) -> BitratesByRate:  # type: ignore[override]
        """What frames of this length carry, the same at each rate."""
        usual = tuple(kbps for kbps in _USUAL if kbps >= _LOWEST[self.frame])
        return dict.fromkeys(_RATES, Bitrates(usual, continuous=True))

    def encoding(self, condition: Condition) -> Encoding:
        """Return how ffmpeg encodes a condition."""
        options = (
            ("application", self.application),
            ("frame_duration", f"{self.frame:g}"),
            ("vbr", "off"),
            ("fflags", "+bitexact"),
        )
        return Encoding(self.encoder_name, condition.kbps, self.suffix, options=options)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the mean bitrate of the packets over the time that they say they last."""
        packets = ogg.packets(data)[0][_HEADERS:]
        return payload(packets, sum(map(_milliseconds, packets)) / 1000)

    def decode(
        self, paths: Sequence[Path], files: list[bytes], condition: Condition, seconds: float
    ) -> tuple[list[bytes], list[np.ndarray]]:
        """Lose packets where that is wanted, and decode."""
        if self.loses_packets:
            files = [self._lossy(file) for file in files]
            for path, file in zip(paths, files, strict=True):
                path.write_bytes(file)
        return super().decode(paths, files, condition, seconds)

    def _lossy(self, file: bytes) -> bytes:
        """Return a file with some packets emptied, which tells the decoder to conceal them."""
        packets, _ = ogg.packets(file)
        # Drawn from the packets themselves: neither order nor neighbours change who is lost.
        digest = hashlib.sha256(b"".join(packets[_HEADERS:])).digest()
        words = np.frombuffer(digest, "<u4").tolist()
        draw = np.random.default_rng([self.seed, *words]).random(len(packets) - _HEADERS)
        lost = np.flatnonzero(draw < self.loss / 100) + _HEADERS
        # One frame of no bytes, of the length that the packet had (RFC 6716, 3.2.1).
        return ogg.replace_packets(file, {int(i): bytes([packets[i][0] & 0xFC]) for i in lost})


def _milliseconds(packet: bytes) -> float:
    """Return how long a packet lasts: the frames' length by their number."""
    if not packet:
        raise CodecError("an Opus packet is empty")
    kind, code = packet[0] >> 3, packet[0] & 3
    if kind < 12:
        length: float = _SILK_MS[kind % 4]
    else:
        length = _HYBRID_MS[kind % 2] if kind < 16 else _CELT_MS[kind % 4]
    if code == 3:
        if len(packet) < 2:
            raise CodecError("an Opus packet is cut short")
        return length * (packet[1] & 63)
    return length * (1 if code == 0 else 2)


COMPONENT = Opus()
