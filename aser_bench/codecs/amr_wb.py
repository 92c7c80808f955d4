"""AMR-WB (ITU-T G.722.2), the speech codec of wide-band mobile telephony ("HD voice")."""

from __future__ import annotations

from ..core.tables import Condition
from .bitrates import Bitrates
from .lossy import LossyCodec
from .payload import AMR_WB_BITS, Payload, amr_payload
from .streams import Decoding, Encoding


class AmrWb(LossyCodec):
    """AMR-WB at 16 kHz by vo-amrwbenc, without discontinuous transmission."""

    name = "amr-wb"
    title = "AMR-WB (G.722.2) by vo-amrwbenc, mobile telephony at 16 kHz"
    integer_samples = True
    level_tolerance_db = 0.5
    bitrates_by_rate = {
        16_000: Bitrates((6.6, 8.85, 12.65, 14.25, 15.85, 18.25, 19.85, 23.05, 23.85))
    }
    encoder_name = "libvo_amrwbenc"
    suffix = "awb"
    decoding = Decoding("amrwb", "amr")
    delay = 95
    tail = 320
    max_excess = 641

    def encoding(self, condition: Condition) -> Encoding:
        """Return the settings of ffmpeg for the encoding of a condition."""
        return Encoding(self.encoder_name, condition.kbps, self.suffix, muxer="amr")

    def read_payload(self, data: bytes, n: int, condition: Condition) -> Payload:
        """Return the bitrate of the modes in the headers of the frames."""
        return amr_payload(data, b"#!AMR-WB\n", AMR_WB_BITS)


COMPONENT = AmrWb()
