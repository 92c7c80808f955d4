"""The ten speakers of the demo corpus, with their neutral voices and recording conditions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Speaker:
    """A synthetic speaker, with the room and microphone of the recordings.

    Parameters
    ----------
    name
        Identifier, such as ``s01``.
    sex
        ``female`` or ``male``.
    language
        Name of the base voice in espeak-ng, which sets the accent.
    pitch_hz
        Lower and upper limit of the neutral intonation, in Hz.
    rate
        Tempo in words per minute.
    formants
        Formants F1 to F5 in percent of those of espeak-ng's default voice, which is male; those
        of female speakers are near 115.
    width
        Bandwidth of the formants in percent; wider formants sound softer.
    bright_db
        Level above 1.5 kHz relative to the default voice, in dB.
    roughness
        Irregularity between periods, in espeak-ng's scale of 0 to 7.
    breath_db
        Level of the breath noise relative to the voice, in dB.
    gain_db
        Recording gain relative to the standard level of the corpus, in dB.
    noise_db
        Level of room and microphone noise in dBFS.
    noise_tilt
        Exponent of the noise spectrum: 0 is white noise, 1 is pink noise.
    reverb_s
        Decay time of the room, in seconds.
    """

    name: str
    sex: str
    language: str
    pitch_hz: tuple[float, float]
    rate: float
    formants: tuple[int, int, int, int, int]
    width: int
    bright_db: float
    roughness: float
    breath_db: float
    gain_db: float
    noise_db: float
    noise_tilt: float
    reverb_s: float


SPEAKERS: tuple[Speaker, ...] = (
    Speaker(
        "s01",
        "female",
        "en-us",
        (165, 230),
        188,
        (115, 116, 113, 113, 110),
        105,
        0.0,
        0,
        -40,
        0.0,
        -61,
        0.8,
        0.15,
    ),
    Speaker(
        "s02",
        "male",
        "en-gb-x-rp",
        (88, 132),
        182,
        (100, 99, 100, 98, 100),
        100,
        1.0,
        1,
        -46,
        -2.0,
        -63,
        1.0,
        0.20,
    ),
    Speaker(
        "s03",
        "female",
        "en-gb-x-rp",
        (180, 245),
        192,
        (119, 117, 116, 115, 112),
        95,
        1.5,
        0,
        -43,
        1.5,
        -58,
        0.5,
        0.12,
    ),
    Speaker(
        "s04",
        "male",
        "en-us",
        (102, 150),
        196,
        (104, 105, 104, 104, 104),
        110,
        -1.0,
        0,
        -42,
        2.0,
        -60,
        0.9,
        0.25,
    ),
    Speaker(
        "s05",
        "female",
        "en-gb-scotland",
        (155, 212),
        184,
        (112, 112, 114, 111, 109),
        100,
        2.0,
        1,
        -45,
        -1.5,
        -64,
        0.6,
        0.18,
    ),
    Speaker(
        "s06",
        "male",
        "en-gb-scotland",
        (95, 136),
        190,
        (97, 98, 97, 99, 99),
        95,
        -0.5,
        1,
        -44,
        0.5,
        -57,
        0.7,
        0.14,
    ),
    Speaker(
        "s07",
        "female",
        "en-029",
        (172, 238),
        190,
        (116, 113, 115, 112, 111),
        112,
        -1.5,
        0,
        -38,
        2.5,
        -62,
        1.1,
        0.22,
    ),
    Speaker(
        "s08",
        "male",
        "en-us-nyc",
        (84, 124),
        194,
        (98, 96, 99, 97, 98),
        105,
        0.5,
        2,
        -46,
        -0.5,
        -59,
        0.4,
        0.16,
    ),
    Speaker(
        "s09",
        "female",
        "en-us-nyc",
        (150, 208),
        186,
        (113, 115, 111, 113, 110),
        90,
        0.8,
        1,
        -44,
        -2.5,
        -65,
        0.9,
        0.10,
    ),
    Speaker(
        "s10",
        "male",
        "en-gb-x-gbclan",
        (108, 158),
        188,
        (106, 103, 106, 105, 103),
        100,
        -0.8,
        0,
        -41,
        1.0,
        -56,
        0.8,
        0.20,
    ),
)
