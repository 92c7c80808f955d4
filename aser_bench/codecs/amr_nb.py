"""AMR-NB, the speech codec of GSM and UMTS telephony."""

from __future__ import annotations

from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import AMR_NB_BITS, Payload, amr_payload
from .streams import Decoding, Encoding


class AmrNb(LossyCodec):
    """AMR-NB at 8 kHz by libopencore-amrnb, without discontinuous transmission."""

    name = "amr-nb"
    title = "AMR-NB by libopencore-amrnb, mobile telephony at 8 kHz"
    integer_samples = True
    bitrates_by_rate = {8_000: Bitrates((4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2))}
    encoder_name = "libopencore_amrnb"
    suffix = "amr"
    decoding = Decoding("amrnb", "amr")
    delay = 40  # look-ahead of the encoder: 5 ms
    tail = 160
    max_excess = 321

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix, muxer="amr")

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate of the modes in the headers of the frames."""
        return amr_payload(data, b"#!AMR\n", AMR_NB_BITS)


COMPONENT = AmrNb()
