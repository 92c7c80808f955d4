"""How an emotion is acted: from the name of an emotion to the settings of one utterance.

The profiles follow what the literature on vocal emotion reports (anger fast, loud, wide and
bright; sadness slow, soft, low and breathy; fear high, fast and trembling; and so on). They are
blurred on purpose: every speaker acts every emotion in an own way and with an own strength, every
utterance strays from it, and some utterances are hardly acted at all.
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

# What the random numbers of a generator are for: each use has a stream of its own.
STREAM_TEXT, STREAM_STYLE, STREAM_ACTING, STREAM_SOUND, STREAM_RECORD, STREAM_ROOM = range(6)

# Overall difficulty: how strongly all emotions are acted, and how far speakers and utterances
# stray from the profiles (in units of ``SPREAD``). Set by what check.py measures.
STRENGTH = 1.4
SPEAKER_SPREAD = 0.35
UTTERANCE_SPREAD = 0.35
WEAK_SHARE = 0.15


@dataclass(frozen=True)
class Acting:
    """How an utterance departs from its speaker's calm voice; 0 everywhere is calm.

    Parameters
    ----------
    rate
        Natural logarithm of the tempo's factor.
    pitch_st
        Semitones the voice is raised by.
    range
        Natural logarithm of the factor on the intonation's range.
    gain_db
        Loudness.
    bright_db
        Level of the range above 1.5 kHz: less spectral tilt.
    formant
        Percent the formants are raised by: a smile shortens the vocal tract.
    roughness
        Added period-to-period irregularity, in espeak-ng's units.
    breath_db
        Decibels of breath noise above the speaker's own.
    tremor
        Depth of the trembling of pitch and level, 0 to 1.
    creak
        Depth of the creak, 0 to 1, strongest at the end.
    pause
        Silence added between words, in 10 ms.
    rise
        Tendency to end like a question, 0 to 1.
    emphasis
        Tendency to stress one word strongly, 0 to 1.
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

# One unit of a speaker's or an utterance's departure from the profile.
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

# Values outside these bounds sound broken rather than acted.
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
    """Random numbers for one purpose and key, whatever else has been drawn."""
    return np.random.default_rng([SEED, stream, *key])


def act(speaker: int, emotion: str, index: int) -> Acting:
    """The acting of one utterance.

    Parameters
    ----------
    speaker
        The speaker's number.
    emotion
        The emotion's name.
    index
        The number of the utterance among the speaker's of this emotion.
    """
    number = EMOTIONS.index(emotion)
    style = generator(STREAM_STYLE, speaker, number)
    moment = generator(STREAM_ACTING, speaker, number, index)
    strength = STRENGTH * float(np.exp(style.normal(0.0, 0.2) + moment.normal(0.0, 0.15)))
    if moment.random() < WEAK_SHARE:
        strength *= moment.uniform(0.15, 0.55)
    values = {}
    for field in fields(Acting):
        stray = SPEAKER_SPREAD * style.normal() + UTTERANCE_SPREAD * moment.normal()
        value = strength * getattr(PROFILES[emotion], field.name)
        value += stray * getattr(SPREAD, field.name)
        low, high = _BOUNDS.get(field.name, (0.0, 3.0 if field.name == "pause" else 1.0))
        values[field.name] = float(np.clip(value, low, high))
    return replace(Acting(), **values)
