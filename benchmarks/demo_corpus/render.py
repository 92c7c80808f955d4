"""Render the demo corpus: ``python benchmarks/demo_corpus/render.py OUT_DIR``.

For maintainers: the rendered corpus is part of the package. Requires ``espeakng-loader``,
``scipy``, ``soundfile`` and ``soxr``.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import effects
import numpy as np
import soundfile
import soxr
from acting import (
    EMOTIONS,
    STREAM_RECORD,
    STREAM_ROOM,
    STREAM_SOUND,
    STREAM_TEXT,
    Acting,
    act,
    generator,
)
from espeak import Espeak
from sentences import EMOTIONAL_WORDS, NEUTRAL_WORDS
from voices import SPEAKERS, Speaker

PER_KIND = 3
LEVEL_DB = -25.0
COLUMNS = ("file", "emotion", "speaker", "sex", "text", "text_kind")


@dataclass(frozen=True)
class Utterance:
    """Speaker (an index into ``SPEAKERS``), emotion, number and text of an utterance."""

    speaker: int
    emotion: str
    index: int
    text: str
    text_kind: str

    @property
    def file(self) -> str:
        """Path of the audio file in the corpus."""
        name = SPEAKERS[self.speaker].name
        return f"{name}/{name}_{self.emotion}_{self.index + 1:02d}.flac"

    def generator(self, stream: int) -> np.random.Generator:
        """Return the random generator of this utterance for one purpose."""
        return generator(stream, self.speaker, EMOTIONS.index(self.emotion), self.index)

    def row(self) -> dict[str, str]:
        """Return the row of utterances.csv."""
        speaker = SPEAKERS[self.speaker]
        values = (
            self.file,
            self.emotion,
            speaker.name,
            speaker.sex,
            self.text,
            self.text_kind,
        )
        return dict(zip(COLUMNS, values, strict=True))


def choose_sentences(pool: tuple[str, ...], speaker: int, *key: int) -> list[str]:
    """Choose ``PER_KIND`` sentences for a speaker; all are used before one is used again."""
    positions = range(speaker * PER_KIND, (speaker + 1) * PER_KIND)
    chosen: list[str] = []
    for position in positions:
        cycle, offset = divmod(position, len(pool))
        order = generator(STREAM_TEXT, *key, cycle).permutation(len(pool))
        # The first sentences of a new cycle may have been chosen for this speaker already.
        unused = [pool[i] for i in np.roll(order, -offset) if pool[i] not in chosen]
        chosen.append(unused[0])
    return chosen


def plan() -> Iterator[Utterance]:
    """Yield all utterances of the corpus."""
    for speaker in range(len(SPEAKERS)):
        # A speaker says the same neutral sentences in all emotions, as in acted corpora of human
        # speech. The wording of these utterances then carries no information about the emotion.
        neutral = choose_sentences(NEUTRAL_WORDS, speaker, len(EMOTIONS))
        for number, emotion in enumerate(EMOTIONS):
            emotional = choose_sentences(EMOTIONAL_WORDS[emotion], speaker, number)
            for i, text in enumerate(neutral):
                yield Utterance(speaker, emotion, i, text, "neutral")
            for i, text in enumerate(emotional):
                yield Utterance(speaker, emotion, PER_KIND + i, text, "emotional")


def to_ssml(utterance: Utterance, acting: Acting) -> str:
    """Return the text for espeak-ng, with a stressed word or as a question by the acting."""
    rng = utterance.generator(STREAM_TEXT)
    text = utterance.text
    is_stressed, is_question = rng.random(2) < (acting.emphasis, acting.rise)
    if is_question:
        text = text.rstrip(".!?") + "?"
    if is_stressed:
        words = text.split()
        longest = max(range(len(words)), key=lambda i: (len(words[i].strip(".,!?")), i))
        word = words[longest].rstrip(".,!?")
        ending = words[longest][len(word) :]
        words[longest] = f"<emphasis level='moderate'>{word}</emphasis>{ending}"
        text = " ".join(words)
    return text


def voice_variant(speaker: Speaker, acting: Acting) -> str:
    """Return the contents of the espeak-ng voice file for one utterance."""
    low, high = speaker.pitch_hz
    center = np.sqrt(low * high) * 2.0 ** (acting.pitch_st / 12.0)
    half_range = 0.5 * (high - low) / np.sqrt(low * high) * np.exp(acting.range)
    tract = 1.0 + acting.formant / 100.0
    lines = [
        f"pitch {center * (1.0 - half_range):.0f} {center * (1.0 + half_range):.0f}",
        f"roughness {min(speaker.roughness + acting.roughness, 7.0):.0f}",
        "flutter 3",
    ]
    for number, percent in enumerate(speaker.formants, start=1):
        lines.append(f"formant {number} {percent * tract:.0f} 100 {speaker.width}")
    return "\n".join(lines)


def speak(engine: Espeak, utterance: Utterance, acting: Acting) -> np.ndarray:
    """Return the voice without room, level and surrounding silence."""
    speaker = SPEAKERS[utterance.speaker]
    rng = utterance.generator(STREAM_SOUND)
    samples = engine.synthesize(
        to_ssml(utterance, acting),
        speaker.language,
        voice_variant(speaker, acting),
        {
            "rate": round(speaker.rate * np.exp(acting.rate)),
            # Low, because a stressed word is much louder and espeak-ng clips.
            "volume": 30,
            "pitch": 50,
            "range": 50,
            "wordgap": round(acting.pause),
        },
        seed=int(rng.integers(1, 2**31 - 1)),
    )
    samples = soxr.resample(samples, engine.sample_rate, effects.SAMPLE_RATE, quality="VHQ")
    samples = effects.trim(samples)
    samples = effects.add_tremor(samples, acting.tremor, rng)
    samples = effects.add_creak(samples, acting.creak, rng)
    samples = effects.brighten(samples, speaker.bright_db + acting.bright_db)
    return effects.add_breath(samples, speaker.breath_db + acting.breath_db, rng)


def record(voice: np.ndarray, utterance: Utterance, acting: Acting) -> np.ndarray:
    """Return the recording of a voice: at its level, with the room and noise of the speaker."""
    speaker = SPEAKERS[utterance.speaker]
    rng = utterance.generator(STREAM_RECORD)
    level_db = LEVEL_DB + speaker.gain_db + acting.gain_db
    samples = voice * effects.decibels(level_db) / effects.active_level(voice)
    samples = effects.pad(samples, rng)
    # The room depends on the speaker only.
    room = generator(STREAM_ROOM, utterance.speaker)
    samples = effects.reverberate(samples, speaker.reverb_s, room)
    samples += effects.room_noise(samples.size, speaker.noise_db, speaker.noise_tilt, rng)
    return effects.limit(samples)


def render(folder: Path) -> str:
    """Render all utterances and their table into a folder; return the version of espeak-ng."""
    utterances = sorted(plan(), key=lambda utterance: utterance.file)
    with Espeak() as engine:
        for utterance in utterances:
            acting = act(utterance.speaker, utterance.emotion, utterance.index)
            samples = record(speak(engine, utterance, acting), utterance, acting)
            path = folder / utterance.file
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, samples, effects.SAMPLE_RATE, subtype="PCM_16")
        version = engine.version
    table = folder / "utterances.csv"
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(utterance.row() for utterance in utterances)
    return version


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(description="Render the demo corpus.")
    parser.add_argument("out_dir", type=Path, metavar="OUT_DIR")
    folder = parser.parse_args().out_dir
    folder.mkdir(parents=True, exist_ok=True)
    print(f"rendered with espeak-ng {render(folder)} into {folder}")


if __name__ == "__main__":
    main()
