"""Voice settings of an utterance for an emotion.

The profiles follow the literature on vocal emotion (anger is fast, loud, bright and has a wide
pitch range; sadness is slow, soft, low and breathy; fear is high, fast and has tremor; and so on).
Random variation is added: style and strength of the acting depend on the speaker and the emotion,
vary between utterances, and some utterances are acted weakly.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

SEED = 20240611
EMOTIONS: tuple[str, ...] = (
    "angry",
    "happy",
    "sad",
    "neutral",
    "fearful",
    "disgusted",
    "surprised",
)

# Purposes of random numbers; each has a separate stream.
STREAM_TEXT, STREAM_STYLE, STREAM_ACTING, STREAM_SOUND, STREAM_RECORD, STREAM_ROOM = range(6)

# Overall difficulty: the strength of the acting, and the deviation of speakers and utterances from
# the profiles (in units of ``SPREAD``). The values were chosen by the results of check.py.
STRENGTH = 1.4
SPEAKER_SPREAD = 0.35
UTTERANCE_SPREAD = 0.35
WEAK_SHARE = 0.15


@dataclass(frozen=True)
class Acting:
    """Deviation of an utterance from the neutral voice of its speaker; all zeros are neutral.

    Parameters
    ----------
    rate
        Natural logarithm of the factor of the tempo.
    pitch_st
        Increase of the pitch in semitones.
    range
        Natural logarithm of the factor of the pitch range.
    gain_db
        Change of the level in dB.
    bright_db
        Change of the level above 1.5 kHz in dB, that is, of the spectral tilt.
    formant
        Increase of the formants in percent; a smile shortens the vocal tract.
    roughness
        Additional irregularity between periods, in espeak-ng's units.
    breath_db
        Increase of the speaker's breath noise in dB.
    tremor
        Depth of the modulation of pitch and level, 0 to 1.
    creak
        Depth of the creak, 0 to 1; it increases towards the end.
    pause
        Additional silence between words, in units of 10 ms.
    rise
        Probability of a final rise as in a question, 0 to 1.
    emphasis
        Probability that one word is stressed strongly, 0 to 1.
    """

    rate: float = 0.0
    pitch_st: float = 0.0
    range: float = 0.0
    gain_db: float = 0.0
    bright_db: float = 0.0
    formant: float = 0.0
    roughness: float = 0.0
    breath_db: float = 0.0
    tremor: float = 0.0
    creak: float = 0.0
    pause: float = 0.0
    rise: float = 0.0
    emphasis: float = 0.0


PROFILES: dict[str, Acting] = {
    "angry": Acting(
        rate=0.10,
        pitch_st=2.0,
        range=0.45,
        gain_db=6.0,
        bright_db=6.0,
        roughness=2.0,
        breath_db=-4.0,
        pause=0.5,
        emphasis=0.7,
    ),
    "happy": Acting(
        rate=0.07,
        pitch_st=3.5,
        range=0.55,
        gain_db=2.0,
        bright_db=2.5,
        formant=6.0,
        breath_db=3.0,
        rise=0.1,
        emphasis=0.4,
    ),
    "sad": Acting(
        rate=-0.14,
        pitch_st=-2.0,
        range=-0.7,
        gain_db=-5.0,
        bright_db=-5.0,
        formant=-1.0,
        breath_db=8.0,
        tremor=0.15,
        pause=1.0,
    ),
    "neutral": Acting(),
    "fearful": Acting(
        rate=0.13,
        pitch_st=4.0,
        range=-0.3,
        gain_db=-1.5,
        bright_db=0.5,
        formant=1.0,
        breath_db=9.0,
        tremor=0.7,
        rise=0.15,
    ),
    "disgusted": Acting(
        rate=-0.11,
        pitch_st=-2.5,
        range=0.1,
        gain_db=-0.5,
        bright_db=-0.5,
        formant=-4.5,
        roughness=1.0,
        creak=0.7,
        pause=1.0,
        emphasis=0.5,
    ),
    "surprised": Acting(
        rate=-0.02,
        pitch_st=5.0,
        range=0.8,
        gain_db=2.0,
        bright_db=-0.5,
        formant=-1.0,
        breath_db=5.0,
        rise=0.8,
        emphasis=0.3,
    ),
}

# Standard deviation of the variation, multiplied by SPEAKER_SPREAD and UTTERANCE_SPREAD.
SPREAD = Acting(
    rate=0.07,
    pitch_st=1.5,
    range=0.25,
    gain_db=2.0,
    bright_db=2.0,
    formant=1.5,
    roughness=0.5,
    breath_db=3.0,
    tremor=0.08,
    creak=0.08,
    pause=0.4,
    rise=0.1,
    emphasis=0.2,
)

# Values outside of these bounds sound defective.
_BOUNDS = {
    "rate": (-0.24, 0.26),
    "pitch_st": (-4.5, 8.0),
    "range": (-1.2, 1.0),
    "gain_db": (-9.0, 8.0),
    "bright_db": (-9.0, 9.0),
    "formant": (-7.0, 8.0),
    "roughness": (0.0, 5.0),
    "breath_db": (-6.0, 16.0),
}


def generator(stream: int, *key: int) -> np.random.Generator:
    """Return the random generator for one purpose and key, independent of all others."""
    return np.random.default_rng([SEED, stream, *key])


def act(speaker: int, emotion: str, index: int) -> Acting:
    """Return the acting of one utterance.

    Parameters
    ----------
    speaker
        Index of the speaker.
    emotion
        Name of the emotion.
    index
        Number of the utterance among those of the speaker and emotion.
    """
    number = EMOTIONS.index(emotion)
    style = generator(STREAM_STYLE, speaker, number)
    utterance = generator(STREAM_ACTING, speaker, number, index)
    strength = STRENGTH * float(np.exp(style.normal(0.0, 0.2) + utterance.normal(0.0, 0.15)))
    if utterance.random() < WEAK_SHARE:
        strength *= utterance.uniform(0.15, 0.55)
    values = {}
    for field in fields(Acting):
        variation = SPEAKER_SPREAD * style.normal() + UTTERANCE_SPREAD * utterance.normal()
        value = strength * getattr(PROFILES[emotion], field.name)
        value += variation * getattr(SPREAD, field.name)
        low, high = _BOUNDS.get(field.name, (0.0, 3.0 if field.name == "pause" else 1.0))
        values[field.name] = float(np.clip(value, low, high))
    return replace(Acting(), **values)
