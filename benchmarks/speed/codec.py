"""Time the codec stage against what people use instead of it, and against the floor.

    python benchmarks/speed/codec.py --corpus DIR [--utterances N] [--repeats K] [--csv FILE]

All take the same utterances through MP3 at the study's eight bitrates, in one run and in turns,
so that a noisy machine is noisy for all. README.md beside this file says what each row does.
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
LAME_DELAY = 1105  # samples; lameenc writes no tag by which a decoder could take them away
BATCHES = 2  # of --batch utterances, for aser-bench: at -j 2, one a worker

OURS, OURS_2, FLOOR = "aser-bench -j 1", "aser-bench -j 2", "floor: one long file"
GOALS = (
    *(("script, ffmpeg on PATH", OURS, what, ">=", 7.0) for what in ("CPU", "wall")),
    *(("script, bundled ffmpeg", OURS, what, ">=", 2.0) for what in ("CPU", "wall")),
    (OURS, FLOOR, "CPU", "<=", 1.3),
    (OURS, OURS_2, "wall", ">=", 1.8),
)

# Takes one WAV file through some bitrates.
Coder = Callable[[Path, Sequence[int]], dict[int, np.ndarray]]
# Takes WAV files through all bitrates in a worker, and returns the CPU seconds of it.
Batch = Callable[[list[Path]], float]


def script(program: str, wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code as the per-file script does that a researcher writes: pydub, then librosa."""
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
    """Code with audiomentations; ``mp3`` holds a transform for each bitrate."""
    signal = read(wav)
    return {kbps: mp3[kbps](signal, RATE) for kbps in bitrates}


def in_process(wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Code with lameenc and soundfile, 192 and 256 kbit/s at 32 kHz."""
    sources = _both_rates(read(wav))
    coded = {kbps: lame(sources[_rate(kbps)], kbps) for kbps in bitrates}
    high = [kbps for kbps in bitrates if _rate(kbps) != RATE]
    return coded | {kbps: soxr.resample(coded[kbps], HIGH_RATE, RATE, "HQ") for kbps in high}


def bare(wav: Path, bitrates: Sequence[int]) -> dict[int, np.ndarray]:
    """Do as `in_process` does, but do not resample: the first call prepares that, untimed."""
    return {kbps: lame(_kept(wav)[_rate(kbps)], kbps) for kbps in bitrates}


def lame(source: np.ndarray, kbps: int) -> np.ndarray:
    """Encode with LAME as ffmpeg sets it, and decode from memory with libsndfile."""
    import lameenc

    encoder = lameenc.Encoder()
    encoder.silence()
    encoder.set_channels(1)
    encoder.set_quality(3)
    encoder.set_bit_rate(kbps)
    encoder.set_in_sample_rate(_rate(kbps))
    encoder.set_out_sample_rate(_rate(kbps))  # else LAME takes one that suits the bitrate
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
def _kept(wav: Path) -> dict[int, np.ndarray]:
    return _both_rates(read(wav))


def ours(wavs: list[Path]) -> float:
    """Code one batch as a worker of a run does, and return the CPU seconds it took."""
    start = cpu_s()
    get("codecs", "mp3").roundtrip([read(wav) for wav in wavs], RATE, _conditions())
    return cpu_s() - start


def ours_by_ffmpeg(wavs: list[Path]) -> float:
    """Do as `ours` does, as it is where LAME cannot be used in the process."""
    start = cpu_s()
    get("codecs", "mp3").roundtrip_with_files([read(wav) for wav in wavs], RATE, _conditions())
    return cpu_s() - start


def _conditions() -> list[Condition]:
    return get("codecs", "mp3").conditions(KBPS, RATE, "promote")[0]


def _timed(code: Callable[[], Any], n: int, in_workers: bool = False) -> dict[str, float]:
    """Return the CPU and wall-clock ms of a round trip when all ``n`` utterances are coded."""
    return timed(code, n * len(KBPS), in_workers)


def _each(coder: Coder, wavs: list[Path]) -> dict[str, float]:
    coder(wavs[0], KBPS[:1])  # what is imported or made at the first call is not timed
    return _timed(lambda: [coder(wav, KBPS) for wav in wavs], len(wavs))


def _joined(coder: Coder, wavs: list[Path]) -> dict[str, float]:
    joined = wavs[0].with_name("all.wav")
    soundfile.write(joined, np.concatenate([read(wav) for wav in wavs]), RATE, "PCM_16")
    coder(joined, KBPS[:1])
    return _timed(lambda: coder(joined, KBPS), len(wavs))


def _pooled(code: Batch, jobs: int, batch: int, wavs: list[Path]) -> dict[str, float]:
    many = wavs * -(-BATCHES * batch // len(wavs))  # batches as large as a run's
    batches = [many[start::BATCHES] for start in range(BATCHES)]
    with ExitStack() as stack:
        if jobs > 1:  # workers that end later would count in another row's time
            stack.callback(lambda: get_reusable_executor(reuse=True).shutdown())
        pool = stack.enter_context(Pool(jobs))
        list(pool.run(code, [wavs[:1]] * 2 * jobs))  # starts the workers, and warms them
        return _timed(lambda: sum(pool.run(code, batches)), len(many), in_workers=jobs > 1)


def alternatives(batch: int) -> dict[str, Row]:
    """Return all rows of the table; aser-bench takes batches of ``batch`` utterances."""
    rows: dict[str, Row] = {}
    found = shutil.which("ffmpeg")
    for name, coder in (("script", script), ("ffmpeg-python, two processes", two_processes)):
        there = partial(_each, partial(coder, found)) if found else "no ffmpeg on PATH"
        rows[f"{name}, ffmpeg on PATH"] = there
        rows[f"{name}, bundled ffmpeg"] = partial(_each, partial(coder, get_ffmpeg_exe()))
    lacks_lame = "" if find_spec("lameenc") else "no package lameenc"
    return {
        **rows,
        **_augmentations(),
        "lameenc one by one, soundfile": lacks_lame or partial(_each, in_process),
        OURS: partial(_pooled, ours, 1, batch),
        OURS_2: partial(_pooled, ours, 2, batch),
        f"{OURS}, all by ffmpeg": partial(_pooled, ours_by_ffmpeg, 1, batch),
        f"{OURS_2}, all by ffmpeg": partial(_pooled, ours_by_ffmpeg, 2, batch),
        FLOOR: lacks_lame or partial(_joined, bare),
        "floor, resampling counted": lacks_lame or partial(_joined, in_process),
    }


def _augmentations() -> dict[str, Row]:
    """Return audiomentations with its own backend, at its own quality (7) and at ours (3)."""
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
    """Compare what ours makes with what ffmpeg makes."""
    mp3, sources = get("codecs", "mp3"), [read(wav) for wav in wavs]
    rows = mp3.roundtrip(sources, RATE, _conditions())
    for kbps, mine, theirs in zip(
        KBPS, rows, mp3.roundtrip_with_files(sources, RATE, _conditions()), strict=True
    ):
        both = zip(mine, theirs, strict=True)
        worst = max(np.abs(one.signal - other.signal).max() for one, other in both)
        verdict = "equal" if worst <= 1e-5 else "NOT equal"
        yield f"aser-bench and ffmpeg, {kbps} kbit/s: {verdict} (largest difference {worst:.1e})"


def lags(coder: Coder, wav: Path) -> str:
    """Say by how many samples an output is late, at each bitrate."""
    source = read(wav)
    coded = (np.pad(one, (0, len(source)))[: len(source)] for one in coder(wav, KBPS).values())
    return ", ".join(str(lag_samples(source, one)) for one in coded)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR")
    parser.add_argument("--utterances", type=int, default=16, metavar="N")
    parser.add_argument("--repeats", type=int, default=3, metavar="K")
    parser.add_argument("--batch", type=int, default=32, metavar="N", help="a run has 32")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="to write all repeats to")
    wanted = parser.parse_args()
    rows = alternatives(wanted.batch)
    with tempfile.TemporaryDirectory(prefix="speed-codec-") as folder:
        wavs = material(wanted.corpus, wanted.utterances, Path(folder))
        seconds = mean_seconds(wavs)
        timings = timings_of(rows, wavs, wanted.repeats)
        if wanted.csv:
            timings.to_csv(wanted.csv, index=False)
        print(f"ms for one utterance ({seconds:.2f} s) at one bitrate, best of the repeats:")
        print(*report(rows, timings, seconds, OURS, GOALS), sep="\n")
        print(*differences(wavs), sep="\n")
        for name, coder in (("script", script), ("ffmpeg-python", two_processes)):
            print(f"lag of {name}, samples: {lags(partial(coder, get_ffmpeg_exe()), wavs[0])}")


if __name__ == "__main__":
    main()
