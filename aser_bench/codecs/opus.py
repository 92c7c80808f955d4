"""Opus (RFC 6716) by libopus at constant bitrates, with optional packet loss."""

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
from .payload import Payload
from .signals import Signal
from .streams import Encoding

_COMMON_KBPS = (6, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 256)
# Length of a frame in ms -> lowest bitrate in kbit/s at which a voice remains. Short frames use
# most bits for their headers.
_LOWEST = {2.5: 32, 5: 16, 10: 8, 20: 6, 40: 6, 60: 6}
_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)
_HEADERS = 2  # packets before the audio

# Frame lengths in ms for the configurations in the first byte of a packet (RFC 6716, 3.1).
_SILK_MS, _HYBRID_MS, _CELT_MS = (10, 20, 40, 60), (10, 20), (2.5, 5, 10, 20)


@dataclass(frozen=True)
class Opus(LossyCodec):
    """Opus by libopus at constant bitrates, decoded by libopus in libsndfile.

    Attributes
    ----------
    application : str
        Application of the encoder. ``voip`` also removes frequencies below the voice, which
        shifts the phase of low voices by up to two samples at 6 and 8 kbit/s.
    frame : float
        Length of a frame in ms.
    loss : float
        Percentage of lost packets; the decoder conceals them.
    seed : int
        Seed of the choice of lost packets. The same seed and signal give the same packets.
    """

    application: str = "audio"
    frame: float = 20.0
    loss: float = 0.0
    seed: int = 0

    name = "opus"
    title = "Opus by libopus, constant bitrate; options: application, frame (ms), loss (%), seed"
    options = {
        "application": choice("audio", "voip", "lowdelay"),
        "frame": lambda text: float(choice(*(f"{ms:g}" for ms in _LOWEST))(text)),
        "loss": number(0, 100, "% of the packets"),
        "seed": integer(0, 2**32 - 1),
    }
    variants = ("opus:application=voip", "opus:application=lowdelay:frame=10", "opus:frame=60")
    encoder_name = "libopus"
    suffix = "opus"
    integer_samples = True  # in its speech modes
    level_tolerance_db, lag_tolerance_samples = 2.0, 1  # at 6 and 8 kbit/s, where it codes at 8 kHz
    max_excess = 1  # the file states where its audio starts and ends

    @property
    def label(self) -> str:
        """First part of the names of conditions: ``opus-voip-60ms-loss5``."""
        parts = [self.name]
        parts += [self.application] if self.application != "audio" else []
        parts += [f"{self.frame:g}ms"] if self.frame != 20 else []
        parts += [f"loss{self.loss:g}"] if self.loss else []
        parts += [f"seed{self.seed}"] if self.seed else []
        return "-".join(parts)

    # These values depend on options, so properties replace the class variables of LossyCodec.

    @property
    def loses_packets(self) -> bool:  # type: ignore[override]
        """Whether packets are lost between encoder and decoder."""
        return self.loss > 0

    @property
    def bitrates_by_rate(self) -> BitratesByRate:  # type: ignore[override]
        """Bitrates for this frame length, the same at each sample rate."""
        values = tuple(kbps for kbps in _COMMON_KBPS if kbps >= _LOWEST[self.frame])
        return dict.fromkeys(_RATES, Bitrates(values, continuous=True))

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        options = (
            ("application", self.application),
            ("frame_duration", f"{self.frame:g}"),
            ("vbr", "off"),
            ("fflags", "+bitexact"),
        )
        return Encoding(self.encoder_name, condition.kbps, self.suffix, options=options)

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the mean bitrate of the packets over their total duration."""
        packets = ogg.packets(data)[0][_HEADERS:]
        return Payload.from_frames(packets, sum(map(_duration_ms, packets)) / 1000)

    def decode(
        self, paths: Sequence[Path], files: list[bytes], condition: Condition, seconds: float
    ) -> tuple[list[bytes], list[Signal]]:
        """Remove lost packets from the files, and decode; see `LossyCodec.decode`."""
        if self.loses_packets:
            files = [self._drop_packets(file) for file in files]
            for path, file in zip(paths, files, strict=True):
                path.write_bytes(file)
        return super().decode(paths, files, condition, seconds)

    def _drop_packets(self, file: bytes) -> bytes:
        """Return a file in which lost packets are empty, so that the decoder conceals them."""
        packets, _ = ogg.packets(file)
        # The seed depends on the packets themselves, not on the order of the recordings.
        digest = hashlib.sha256(b"".join(packets[_HEADERS:])).digest()
        words = np.frombuffer(digest, "<u4").tolist()
        draw = np.random.default_rng([self.seed, *words]).random(len(packets) - _HEADERS)
        lost = np.flatnonzero(draw < self.loss / 100) + _HEADERS
        # One empty frame with the length of the packet (RFC 6716, 3.2.1).
        return ogg.replace_packets(file, {int(i): bytes([packets[i][0] & 0xFC]) for i in lost})


def _duration_ms(packet: bytes) -> float:
    """Return the duration of a packet: the length of its frames times their number."""
    if not packet:
        raise CodecError("an Opus packet is empty")
    configuration, code = packet[0] >> 3, packet[0] & 3
    length: float
    if configuration < 12:
        length = _SILK_MS[configuration % 4]
    elif configuration < 16:
        length = _HYBRID_MS[configuration % 2]
    else:
        length = _CELT_MS[configuration % 4]
    if code == 3:
        if len(packet) < 2:
            raise CodecError("an Opus packet is truncated")
        return length * (packet[1] & 63)
    return length * (1 if code == 0 else 2)


COMPONENT = Opus()
