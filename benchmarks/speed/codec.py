"""Time the codec stage against common alternatives and against a lower bound.

    python benchmarks/speed/codec.py --corpus DIR [--utterances N] [--repeats K] [--csv FILE]

All alternatives code the same utterances as MP3 at the eight bitrates of the study. They run in
alternation, so that other load on the machine affects all of them. README.md describes the rows.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache, partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ffmpeg
import librosa
import numpy as np
import soundfile
import soxr
from imageio_ffmpeg import get_ffmpeg_exe
from joblib.externals.loky import get_reusable_executor
from pydub import AudioSegment
from turns import Row, cpu_s, material, mean_seconds, report, timed, timings_of

from aser_bench.codecs.audit import lag_samples
from aser_bench.core.registry import get
from aser_bench.core.tables import Condition
from aser_bench.corpora.audio import read
from aser_bench.pipeline.parallel import Pool

KBPS = (8, 16, 24, 64, 96, 128, 192, 256)
RATE, HIGH_RATE = 16_000, 32_000
LAME_DELAY = 1105  # samples; lameenc writes no tag that states the delay
BATCHES = 2  # of --batch utterances each, for aser-bench: one per worker with -j 2

OURS, OURS_2 = "aser-bench -j 1", "aser-bench -j 2"
LOWER_BOUND = "lower bound: one long file"
GOALS = (
    *(("script, ffmpeg on PATH", OURS, column, ">=", 7.0) for column in ("CPU", "wall")),
    *(("script, bundled ffmpeg", OURS, column, ">=", 2.0) for column in ("CPU", "wall")),
    (OURS, LOWER_BOUND, "CPU", "<=", 1.3),
    (OURS, OURS_2, "wall", ">=", 1.8),
)

# Codes a WAV file at several bitrates.
Coder = Callable[[Path, Sequence[int]], dict[int, np.ndarray]]
# Codes WAV files at all bitrates in a worker, and returns the CPU seconds.
Batch = Callable[[list[Path]], float]


def script(program: str, wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code like a typical script: one call of pydub and one of librosa per file."""
    AudioSegment.converter = program
    coded = {}
    for kbps in bitrates:
        mp3 = wav.with_suffix(f".{kbps}.mp3")
        AudioSegment.from_file(wav).export(mp3, format="mp3", bitrate=f"{kbps}k").close()
        coded[kbps] = librosa.load(mp3, sr=RATE)[0]
    return coded


def two_processes(program: str, wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code with ffmpeg-python: one process to encode, one to decode."""
    coded = {}
    for kbps in bitrates:
        mp3 = str(wav.with_suffix(f".{kbps}.mp3"))
        encoder = ffmpeg.input(str(wav)).output(mp3, audio_bitrate=f"{kbps}k")
        encoder.run(cmd=program, quiet=True, overwrite_output=True)
        decoder = ffmpeg.input(mp3).output("pipe:", format="f32le", ac=1, ar=RATE)
        coded[kbps] = np.frombuffer(decoder.run(cmd=program, quiet=True)[0], "<f4")
    return coded


def augment(mp3: dict[int, Any], wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code with audiomentations; ``mp3`` has a transform for each bitrate."""
    signal = read(wav)
    return {kbps: mp3[kbps](signal, RATE) for kbps in bitrates}


def in_process(wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code with lameenc and soundfile, 192 and 256 kbit/s at 32 kHz."""
    sources = _both_rates(read(wav))
    coded = {kbps: lame(sources[_rate(kbps)], kbps) for kbps in bitrates}
    high = [kbps for kbps in bitrates if _rate(kbps) != RATE]
    return coded | {kbps: soxr.resample(coded[kbps], HIGH_RATE, RATE, "HQ") for kbps in high}


def without_resampling(wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code like `in_process` without resampling, which the first call does untimed."""
    return {kbps: lame(_cached_rates(wav)[_rate(kbps)], kbps) for kbps in bitrates}


def lame(source: np.ndarray, kbps: int) -> np.ndarray:
    """Encode with the settings of ffmpeg for LAME, and decode in memory with libsndfile."""
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_quality(3)
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(_rate(kbps))
    encoder.set_out_sample_rate(_rate(kbps))  # otherwise LAME chooses a rate for the bitrate
    stream = encoder.encode(_int16(source).tobytes()) + encoder.flush()
    decoded, _ = soundfile.read(io.BytesIO(stream), dtype="float32")
    return decoded[LAME_DELAY : LAME_DELAY + len(source)]


def _int16(signal: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(signal * 32_768), -32_768, 32_767).astype("<i2")


def _rate(kbps: int) -> int:
    return RATE if kbps <= 160 else HIGH_RATE


def _both_rates(signal: np.ndarray) -> dict[int, np.ndarray]:
    return {RATE: signal, HIGH_RATE: soxr.resample(signal, RATE, HIGH_RATE, "HQ")}


@cache
def _cached_rates(wav: Path) -> dict[int, np.ndarray]:
    return _both_rates(read(wav))


def ours(wavs: list[Path]) -> float:
    """Code one batch like a worker of a run, and return the CPU seconds."""
    start = cpu_s()
    get("codecs", "mp3").roundtrip([read(wav) for wav in wavs], RATE, _conditions())
    return cpu_s() - start


def ours_by_ffmpeg(wavs: list[Path]) -> float:
    """Code like `ours` without LAME in this process."""
    start = cpu_s()
    get("codecs", "mp3").roundtrip_with_files([read(wav) for wav in wavs], RATE, _conditions())
    return cpu_s() - start


def _conditions() -> list[Condition]:
    return get("codecs", "mp3").conditions(KBPS, RATE, "promote")[0]


def _timed(code: Callable[[], Any], n: int, in_workers: bool = False) -> dict[str, float]:
    """Return the CPU and wall-clock ms per round trip of a function that codes ``n`` utterances."""
    return timed(code, n * len(KBPS), in_workers)


def _each(coder: Coder, wavs: list[Path]) -> dict[str, float]:
    coder(wavs[0], KBPS[:1])  # imports and other work of the first call are not timed
    return _timed(lambda: [coder(wav, KBPS) for wav in wavs], len(wavs))


def _joined(coder: Coder, wavs: list[Path]) -> dict[str, float]:
    joined = wavs[0].with_name("all.wav")
    soundfile.write(joined, np.concatenate([read(wav) for wav in wavs]), RATE, "PCM_16")
    coder(joined, KBPS[:1])
    return _timed(lambda: coder(joined, KBPS), len(wavs))


def _pooled(code: Batch, jobs: int, batch: int, wavs: list[Path]) -> dict[str, float]:
    repeated = wavs * -(-BATCHES * batch // len(wavs))  # batches of the size of a run
    batches = [repeated[start::BATCHES] for start in range(BATCHES)]
    with ExitStack() as stack:
        if jobs > 1:  # otherwise the end of the workers would count for another row
            stack.callback(lambda: get_reusable_executor(reuse=True).shutdown())
        pool = stack.enter_context(Pool(jobs))
        list(pool.run(code, [wavs[:1]] * 2 * jobs))  # starts and warms up the workers
        return _timed(lambda: sum(pool.run(code, batches)), len(repeated), in_workers=jobs > 1)


def alternatives(batch: int) -> dict[str, Row]:
    """Return all rows of the table; aser-bench codes batches of ``batch`` utterances."""
    rows: dict[str, Row] = {}
    program = shutil.which("ffmpeg")
    for name, coder in (("script", script), ("ffmpeg-python, two processes", two_processes)):
        row = partial(_each, partial(coder, program)) if program else "no ffmpeg on PATH"
        rows[f"{name}, ffmpeg on PATH"] = row
        rows[f"{name}, bundled ffmpeg"] = partial(_each, partial(coder, get_ffmpeg_exe()))
    missing = "" if find_spec("lameenc") else "no package lameenc"
    return {
        **rows,
        **_augmentations(),
        "lameenc one by one, soundfile": missing or partial(_each, in_process),
        OURS: partial(_pooled, ours, 1, batch),
        OURS_2: partial(_pooled, ours, 2, batch),
        f"{OURS}, all by ffmpeg": partial(_pooled, ours_by_ffmpeg, 1, batch),
        f"{OURS_2}, all by ffmpeg": partial(_pooled, ours_by_ffmpeg, 2, batch),
        LOWER_BOUND: missing or partial(_joined, without_resampling),
        "lower bound, with resampling": missing or partial(_joined, in_process),
    }


def _augmentations() -> dict[str, Row]:
    """Return audiomentations with its default backend, at its quality (7) and at ours (3)."""
    try:
        import fast_mp3_augment  # noqa: F401
        from audiomentations import Mp3Compression
    except ImportError as error:
        return {"audiomentations": f"no package {error.name}"}
    rows: dict[str, Row] = {}
    for quality in (7, 3):
        mp3 = {kbps: Mp3Compression(kbps, kbps, p=1.0, quality=quality) for kbps in KBPS}
        name = f"audiomentations, {mp3[8].backend}, quality {quality}"
        rows[name] = partial(_each, partial(augment, mp3))
    return rows


def differences(wavs: list[Path]) -> Iterator[str]:
    """Compare the samples of aser-bench with those of ffmpeg."""
    mp3, sources = get("codecs", "mp3"), [read(wav) for wav in wavs]
    our_rows = mp3.roundtrip(sources, RATE, _conditions())
    their_rows = mp3.roundtrip_with_files(sources, RATE, _conditions())
    for kbps, our_row, their_row in zip(KBPS, our_rows, their_rows, strict=True):
        pairs = zip(our_row, their_row, strict=True)
        largest = max(np.abs(ours.signal - theirs.signal).max() for ours, theirs in pairs)
        verdict = "equal" if largest <= 1e-5 else "NOT equal"
        yield f"aser-bench and ffmpeg, {kbps} kbit/s: {verdict} (largest difference {largest:.1e})"


def lags(coder: Coder, wav: Path) -> str:
    """Return the delay of the results in samples, at each bitrate."""
    source = read(wav)
    padded = (np.pad(x, (0, len(source)))[: len(source)] for x in coder(wav, KBPS).values())
    return ", ".join(str(lag_samples(source, signal)) for signal in padded)


def main() -> None:
    """Measure and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--utterances", type=int, default=16, metavar="N")
    parser.add_argument("--repeats", type=int, default=3, metavar="K")
    parser.add_argument(
        "--batch", type=int, default=32, metavar="N", help="utterances per batch; a run has 32"
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help="file for the times of all repeats"
    )
    options = parser.parse_args()
    rows = alternatives(options.batch)
    with tempfile.TemporaryDirectory(prefix="speed-codec-") as folder:
        wavs = material(options.corpus, options.utterances, Path(folder))
        seconds = mean_seconds(wavs)
        timings = timings_of(rows, wavs, options.repeats)
        if options.csv:
            timings.to_csv(options.csv, index=False)
        print(f"ms per utterance ({seconds:.2f} s) and bitrate, best of the repeats:")
        print(*report(rows, timings, seconds, OURS, GOALS), sep="\n")
        print(*differences(wavs), sep="\n")
        for name, coder in (("script", script), ("ffmpeg-python", two_processes)):
            print(f"lag of {name}, samples: {lags(partial(coder, get_ffmpeg_exe()), wavs[0])}")


if __name__ == "__main__":
    main()
