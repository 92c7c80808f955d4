"""Coding in batches: failures of ffmpeg, limits, arguments, and failed utterances."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from aser_bench.codecs import streams
from aser_bench.codecs.mp3 import COMPONENT as MP3
from aser_bench.codecs.sbc import COMPONENT as SBC
from aser_bench.core import ffmpeg, tempdirs
from aser_bench.core.errors import CodecError, UsageError
from aser_bench.corpora.prepare import samples_sha256
from aser_bench.pipeline import coding_task as coding
from aser_bench.pipeline.cache import Cache

REAL = ffmpeg._bundled()
NOISE = (0.1 * np.random.default_rng(0).standard_normal(8000)).astype(np.float32)
LAME = streams.Encoding("libmp3lame", 64, "mp3")


def code_noise(codec=MP3):
    conditions, _ = codec.conditions([64], 16000, "error")
    return codec.roundtrip([NOISE], 16000, conditions)[0][0].signal


WRITE = f"for last; do :; done; {REAL} -nostdin -loglevel error -f f32le -ar 16000 -ac 1 "
ENCODER_FAILURES = {
    "crashes": ("kill -SEGV $$", "killed by signal 11"),
    "fails": ("echo one >&2; echo the reason >&2; exit 3", "exit status 3: the reason"),
    "writes nothing": ("exit 0", "wrote nothing with libmp3lame at 64 kbit/s"),
    "writes an empty file": ("for last; do :; done; : > $last", "wrote nothing"),
    "writes text": ("for last; do :; done; echo hello > $last", "no MPEG frame"),
    "writes a lower bitrate": (WRITE + "-i 0000.f32 -b:a 32k $last", "wrote 32 kbit/s"),
    "writes another rate": (WRITE + "-i 0000.f32 -ar 24000 -b:a 64k $last", "at 24000 Hz"),
    "writes too little": (WRITE + "-t 0.2 -i 0000.f32 -b:a 64k $last", "expected 8000"),
    "writes no delay tag": (
        WRITE + "-i 0000.f32 -b:a 64k -write_xing 0 $last",
        "expected 8000 to 8575",
    ),
    "is truncated": (WRITE + "-i 0000.f32 -b:a 64k $last; truncate -s -9 $last", "is truncated"),
}


@pytest.mark.parametrize(("script", "message"), ENCODER_FAILURES.values(), ids=ENCODER_FAILURES)
def test_failing_encoder_is_reported(script, message, fake, place):
    fake(script)
    with pytest.raises(CodecError, match=message):
        code_noise()
    assert list(place.iterdir()) == []


# ffmpeg decodes SBC: its second call writes the samples to the file in the last argument.
LAST = "for last; do :; done; "
DECODER_FAILURES = {
    "crashes": ("kill -SEGV $$", "killed by signal 11"),
    "writes nothing": ("exit 0", "decoded nothing with sbc"),
    "writes an empty file": (LAST + ": > $last", "decoded nothing with sbc"),
    "writes half a sample": (LAST + "head -c 33023 /dev/zero > $last", "decoded nothing with sbc"),
    "writes too little": (
        LAST + "head -c 32000 /dev/zero > $last",
        "sbc-64k was decoded to 8000 samples",
    ),
    "writes one sample too little": (
        f'{REAL} "$@"; {LAST}head -c 32288 $last > short; mv short $last',
        "sbc-64k was decoded to 8072 samples; expected 8073 to 8512",
    ),
    "writes too much": (
        f'{REAL} "$@"; {LAST}cat $last $last > twice; mv twice $last',
        "expected 8073 to 8512",
    ),
    "writes NaN": (
        f'{REAL} "$@"; {LAST}printf "\\000\\000\\300\\177" '
        "| dd of=$last bs=4 seek=500 conv=notrunc 2>/dev/null",
        "sbc-64k was decoded to samples that are not finite",
    ),
}


@pytest.mark.parametrize(("script", "message"), DECODER_FAILURES.values(), ids=DECODER_FAILURES)
def test_failing_decoder_is_reported(script, message, fake, place):
    fake(f'case "$*" in *"-i 0000-0.sbc"*) {script};; *) exec {REAL} "$@";; esac')
    with pytest.raises(CodecError, match=message):
        code_noise(SBC)
    assert list(place.iterdir()) == []


def test_hanging_encoder_is_stopped_and_leaves_no_files(fake, place, tmp_path, monkeypatch, ends):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 0.3)
    fake(f"sleep 100 & echo $! > {tmp_path}/child; wait")
    with pytest.raises(CodecError, match="stopped after 0 s"):
        code_noise()
    assert list(place.iterdir()) == []
    assert ends(int((tmp_path / "child").read_text()))


def test_hanging_decoder_is_stopped_and_leaves_no_files(fake, place, monkeypatch):
    monkeypatch.setattr(ffmpeg, "LIMIT_START_S", 2)
    fake(f'case "$*" in *"-i 0000-0.sbc"*) sleep 100;; *) exec {REAL} "$@";; esac')
    with pytest.raises(CodecError, match="stopped after 2 s"):
        code_noise(SBC)
    assert list(place.iterdir()) == []


def test_time_limit_depends_on_the_duration(monkeypatch):
    limits = []
    monkeypatch.setattr(ffmpeg, "run", lambda arguments, folder, limit_s: limits.append(limit_s))
    for seconds in (1, 100):
        signal = np.zeros(16000 * seconds, np.float32)
        with pytest.raises(CodecError), streams.encode([signal], 16000, [LAME] * 4):
            pass
    assert limits[1] - limits[0] == pytest.approx(99 * 4 * streams.LIMIT_PER_CODED_S)


def test_full_disk_is_an_os_error(fake, place):
    fake("echo 'av_interleaved_write_frame(): No space left on device' >&2; exit 228")
    with pytest.raises(OSError, match="no space left for temporary files") as caught:
        code_noise()
    assert caught.value.errno == errno.ENOSPC
    assert list(place.iterdir()) == []


def test_full_memory_disk_falls_back_to_the_disk(fake, monkeypatch, tmp_path):
    ram, disk = tmp_path / "ram", tmp_path / "disk"
    ram.mkdir()
    disk.mkdir()
    monkeypatch.setattr(tempdirs, "places", lambda n_bytes: [ram, disk])
    fake(
        f'case "$PWD" in {ram}/*) echo No space left on device >&2; exit 1;; esac\nexec {REAL} "$@"'
    )
    assert len(code_noise()) == len(NOISE)
    assert list(ram.iterdir()) == list(disk.iterdir()) == []


def test_missing_program_is_a_usage_error(monkeypatch, tmp_path):
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(UsageError, match="nowhere is not a program"):
        code_noise()


def test_path_of_ffmpeg_may_be_relative(fake, monkeypatch):
    path = fake(f'exec {REAL} "$@"')
    monkeypatch.chdir(path.parent)
    monkeypatch.setenv(ffmpeg.ENV_VARIABLE, f"./{path.name}")
    assert len(code_noise()) == len(NOISE)


def test_encoder_versions():
    assert streams.encoder_version("libmp3lame") == "LAME 3.100"
    assert streams.encoder_version("libopus") == f"libopus (ffmpeg {ffmpeg.version()})"


def test_rejects_unknown_encoder():
    unknown = streams.Encoding("no-such-encoder", None, "mp3")
    with pytest.raises(CodecError, match="ncoder"), streams.encode([NOISE], 16000, [unknown]):
        pass


def test_rejects_unknown_decoder(place):
    with streams.encode([NOISE], 16000, [LAME]) as ((path,),):
        for decoding in (
            streams.Decoding("no-such-decoder", "mp3"),
            streams.Decoding("mp3float", "no-such-demuxer"),
        ):
            with pytest.raises(CodecError, match=r"ecoder|nvalid|nknown"):
                streams.decode([path], decoding, 1)


def test_decoding_restores_lossless_signals(place):
    encoding = streams.Encoding("pcm_f32le", None, "wav")
    signals = [NOISE, NOISE[:100], -NOISE]
    with streams.encode(signals, 16000, [encoding]) as (paths,):
        (folder,) = place.iterdir()
        before = sorted(folder.iterdir())
        decoded = streams.decode(paths, streams.Decoding("pcm_f32le", "wav"), 1)
        assert sorted(folder.iterdir()) == before
    for signal, result in zip(signals, decoded, strict=True):
        assert result.dtype == np.float32
        np.testing.assert_array_equal(result, signal)


def arguments(fake, tmp_path, function):
    """Return the arguments of ffmpeg during a function call, one line per process."""
    fake(f'echo "$*" >> {tmp_path}/lines; exec {REAL} "$@"')
    function()
    return (tmp_path / "lines").read_text().splitlines()


def test_encoder_arguments_are_explicit(fake, tmp_path):
    encodings = [streams.Encoding("libmp3lame", k, "mp3") for k in (8, 64)]

    def encode():
        with streams.encode([NOISE, NOISE], 16000, encodings):
            pass

    (line,) = arguments(fake, tmp_path, encode)
    assert line.startswith("-nostdin -hide_banner -loglevel error -y ")
    assert line.count("-protocol_whitelist file,pipe -i ") == line.count("-f f32le") == 2
    assert line.count("-map_metadata -1") == line.count("-threads 1") == 4
    assert line.count("-b:a 64k") == line.count("-b:a 8k") == 2
    assert {name for name in line.split() if name.endswith(".mp3")} == {
        "0000-0.mp3",
        "0000-1.mp3",
        "0001-0.mp3",
        "0001-1.mp3",
    }


def test_decoder_arguments_are_explicit(fake, tmp_path):
    line = arguments(fake, tmp_path, lambda: code_noise(SBC))[-1]
    assert line.count("-i ") == line.count("-protocol_whitelist file,pipe -i ") == 1
    before = line.split("-i ")[0]
    assert "-f sbc" in before
    assert "-c:a sbc" in before


def test_batches_contain_each_signal_once():
    signals = [np.zeros(16000)] * 70 + [np.zeros(16000 * 700)] * 2 + [np.zeros(1)] * 3
    slices = list(streams.batches(signals, 16000, 8))
    assert [i for s in slices for i in range(s.start, s.stop)] == list(range(75))
    assert all((s.stop - s.start) * 8 <= streams.MAX_OUTPUTS for s in slices)
    assert slices[-2:] == [slice(71, 72), slice(72, 75)]
    assert list(streams.batches([], 16000, 8)) == []
    assert list(streams.batches([np.zeros(1)], 16000, 1000)) == [slice(0, 1)]


def coding_task(tmp_path, lengths, codec="mp3", bitrate=64) -> coding.CodingTask:
    """Return a task that codes noise of given lengths, without features."""
    import soundfile

    files = [tmp_path / f"{number}.wav" for number in range(len(lengths))]
    for file, length in zip(files, lengths, strict=True):
        soundfile.write(file, NOISE[:length], 16000, subtype="FLOAT")
    (condition,), _ = MP3.conditions([bitrate], 16000, "error")
    return coding.CodingTask(
        corpus="custom",
        cache=Cache(tmp_path / "cache"),
        utterances=tuple(file.stem for file in files),
        files=tuple(map(str, files)),
        hashes=tuple(samples_sha256(NOISE[:length]) for length in lengths),
        conditions=(condition,),
        features=(),
        keys={},
        audits={condition.name: "a" * 64},
    )


def test_only_the_failing_utterance_of_a_batch_is_reported(fake, tmp_path):
    """This ffmpeg fails if one of its inputs has exactly 4001 samples."""
    task = coding_task(tmp_path, [4000, 4001, 5000, 6000])
    assert coding.run_coding_task(task).failures == {}
    fake(
        f'[ -z "$(find . -name "*.f32" -size 16004c)" ] && exec {REAL} "$@"\n'
        "echo invalid input >&2; exit 5"
    )
    failures = coding.run_coding_task(task).failures
    assert set(failures) == {"1"}
    assert "exit status 5: invalid input" in failures["1"]
    assert "mp3" in failures["1"]


def test_short_output_is_a_failure_of_the_utterance(fake, tmp_path):
    """This ffmpeg reports success, but writes at most 0.2 s of each signal."""
    task = coding_task(tmp_path, [3000, 8000, 2000])
    fake(
        'n=$#; i=0; for a; do shift; i=$((i + 1)); case "$a" in\n'
        f'*.mp3) set -- "$@" -t 0.2 "$a";; *) set -- "$@" "$a";; esac; done; exec {REAL} "$@"'
    )
    failures = coding.run_coding_task(task).failures
    assert set(failures) == {"1"}
    assert "expected 8000" in failures["1"]


def test_ffmpeg_that_always_fails_is_an_error_of_the_run(fake, tmp_path):
    task = coding_task(tmp_path, [4000, 5000, 6000, 7000])
    fake("echo broken >&2; exit 1")
    with pytest.raises(CodecError, match="broken"):
        coding.run_coding_task(task)
