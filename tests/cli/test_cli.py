"""Tests of ``aser-bench list`` and ``aser-bench run``: flags, study files, usage errors."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zlib
from functools import partial
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml
from cli_assertions import assert_help_loads_no_heavy_module, error_line

from aser_bench.core import registry

RATE = 16_000
QUICK = ("--codec", "mp3", "--bitrates", "8", "--models", "svm", "--effort", "quick", "-j", "1")


@pytest.fixture
def run(cli, monkeypatch):
    """Return a function that runs ``aser-bench run`` without figures and without a page."""
    monkeypatch.setenv("ASER_BENCH_FORMAT", "csv,latex")
    return partial(cli, "run")


def noise(path: Path, seconds=0.3, seed=None) -> Path:
    seed = zlib.crc32(str(path).encode()) if seed is None else seed
    signal = 0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, signal, RATE)
    return path


# --- list, help, version ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["corpora", "codecs", "features", "models"])
def test_list_prints_every_registered_name(cli, kind):
    code, out, _ = cli("list", kind)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == registry.names(kind)


@pytest.mark.parametrize(("kind", "some"), [("protocols", "speaker"), ("metrics", "uar")])
def test_list_protocols_and_metrics(cli, kind, some):
    code, out, _ = cli("list", kind)
    assert code == 0
    assert some in [line.split()[0] for line in out.splitlines()]


def test_list_includes_a_plugin_with_the_name_of_a_built_in_component(cli, monkeypatch):
    plugin = EntryPoint("mp3", "package:Codec", "aser_bench.codecs")
    monkeypatch.setattr(registry, "plugins", lambda kind: {"mp3": plugin})
    code, out, _ = cli("list", "codecs")
    assert code == 0
    assert "[not available: package:Codec, because a built-in component has this name]" in out


@pytest.mark.parametrize("kind", ["corpora", "codecs", "transcripts", "features", "models"])
def test_list_includes_a_plugin_that_cannot_be_imported(cli, monkeypatch, kind):
    broken = EntryPoint("broken", "no_such_package:Component", f"aser_bench.{kind}")
    monkeypatch.setattr(registry, "plugins", lambda which: {"broken": broken})
    code, out, _ = cli("list", kind)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == registry.names(kind)
    (line,) = [line for line in out.splitlines() if line.startswith("broken ")]
    assert "[not available: " in line
    assert "cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'" in line


def test_help_loads_no_heavy_module():
    assert "run" in assert_help_loads_no_heavy_module()


def test_python_m_runs_the_command_line():
    process = subprocess.run(
        [sys.executable, "-m", "aser_bench", "--version"], capture_output=True, text=True
    )
    assert process.stdout.startswith("aser-bench ")
    assert process.returncode == 0


# --- runs ------------------------------------------------------------------------------------


def test_demo_corpus_is_the_default(run):
    code, out, _ = run(*QUICK, "--limit", "42", "--out", "out", "-q")
    assert code == 0
    assert "synthetic" in out
    assert max(map(len, out.splitlines())) <= 80
    for table in Path("out/tables").iterdir():
        assert "synthetic" in table.read_text(encoding="utf-8").lower(), table


def test_dry_run_prints_counts_and_writes_nothing(run, table):
    flags = "--codec mp3 --bitrates 8,192,256 --bitrate-policy clamp --dry-run"
    code, out, _ = run("--corpus", f"csv={table}", *flags.split())
    assert code == 0
    assert "32 utterances" in out
    # 3 conditions x 3, 2 models; 4 folds x 3 x 2 trainings
    assert "18 cells, 4 folds, 24 training tasks" in out
    assert "mp3-256k is the same stream as mp3-160k" in out
    assert not Path("results").exists()


def test_results_folder_is_named_after_the_study(run, table):
    run("--corpus", f"csv={table}", *QUICK, "-q")
    (folder,) = Path("results").iterdir()
    assert folder.name.startswith("csv-mp3-")


def test_flags_and_variables_override_the_study_file(run, table, monkeypatch):
    Path("mine.yaml").write_text(
        f"name: mine\ncorpora: [{{csv: {table.name}}}]\ncodecs: [{{mp3: [8]}}]\n"
        "models: [svm, mlp]\neffort: standard\nseed: 1\n"
    )
    monkeypatch.setenv("ASER_BENCH_SEED", "2")
    monkeypatch.setenv("ASER_BENCH_EFFORT", "paper")
    code, _, _ = run("mine.yaml", "--models", "svm", "--effort", "quick", "-q", "-j", "1")
    assert code == 0
    resolved = yaml.safe_load(Path("results/mine/study.yaml").read_text())
    assert resolved["models"] == ["svm"]
    assert resolved["seed"] == 2
    assert resolved["effort"] == "quick"
    assert resolved["protocol"] == []


def test_saved_study_gives_the_same_scores(run, table):
    run("--corpus", f"csv={table}", *QUICK, "--out", "one", "-q")
    code, _, _ = run("one/study.yaml", "--out", "two", "-q", "-j", "1")
    assert code == 0
    assert Path("one/scores.csv").read_bytes() == Path("two/scores.csv").read_bytes()


def test_preset_paper_fixes_settings_and_prints_ignored_ones(run, table):
    flags = "--preset paper --codec mp3 --bitrates 8 --runs 2 --limit 32 --max-epochs 2 -q -j 1"
    code, out, _ = run("--corpus", f"csv={table}", *flags.split(), "--out", "out")
    assert code == 0
    flat = " ".join(out.split())
    assert "preset paper" in flat
    assert "protocol paper" in flat
    assert (
        "lstm: at most 2 epochs, early stopping by the dev UAR (mean of 20 epochs) with patience"
        in flat
    )
    assert "every frame" in flat
    for note in ("gamma 0.001 has no effect", "adaptive learning rate", "validation_fraction"):
        assert note in flat
    assert yaml.safe_load(Path("out/study.yaml").read_text())["protocol"] == ["paper"]


def test_lstm_and_svm_in_one_run(run, table):
    flags = "--models lstm,svm --runs 2 --max-epochs 3 --frame-pool 2 --class-weight balanced -q"
    code, out, _ = run("--corpus", f"csv={table}", *QUICK, *flags.split(), "--out", "out")
    assert code == 0
    flat = " ".join(out.split())
    assert "lstm: at most 3 epochs, early stopping by the dev UAR" in flat
    assert "2 frames averaged into one" in flat
    assert "class weight balanced" in flat
    assert "Runs per fold: lstm 2" in flat
    scores = pd.read_csv("out/scores.csv")
    lstm, svm = (scores[scores["model"] == name] for name in ("lstm", "svm"))
    assert set(lstm["features"]) == {"frames"}
    assert set(svm["features"]) == {"functionals"}
    assert (lstm["n_dev"] > 0).all()
    assert lstm["epochs"].between(1, 3).all()
    assert set(lstm["stop"]) <= {"patience", "max_epochs"}
    assert svm[["epochs", "best_epoch", "stop"]].isna().all(axis=None)
    study = yaml.safe_load(Path("out/study.yaml").read_text())
    assert (study["max_epochs"], study["frame_pool"], study["patience"]) == (3, 2, None)


def test_bitrates_belong_to_the_codec_before_them(run, table):
    flags = "--codec mp3 --bitrates 64,8 --codec original --dry-run"
    code, out, _ = run("--corpus", f"csv={table}", *flags.split())
    assert code == 0
    assert "conditions: original, mp3-8k, mp3-64k\n" in out


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--codec", "mp4", "--bitrates", "8"), "unknown codec 'mp4'; did you mean 'mp3'?"),
        (("--models", "swm"), "unknown model 'swm'; did you mean 'svm'?"),
        (("--models", "svm,svm"), "given twice"),
        (("--features", "functional"), "did you mean 'functionals'?"),
        (("--protocol", "speakers"), "did you mean 'speaker'?"),
        (("--train", "matchd"), "did you mean 'matched'?"),
        (("--preset", "papers"), "did you mean 'paper'?"),
        (("--effort", "huge"), "unknown effort 'huge'"),
        (("--bitrate-policy", "promotion"), "did you mean 'promote'?"),
        (("--corpus", "ravdes=x"), "did you mean 'ravdess'?"),
        (("--corpus", "ravdess"), "ravdess"),
        (("--corpus", "ravdess="), "write a folder or file after the equals sign"),
        (("--corpus", "ravdess=/no/such/folder"), "/no/such/folder"),
        (("--codec", "mp3", "--bitrates", "8,x"), "bitrates: 'x' is not a bitrate"),
        (("--codec", "mp3", "--bitrates", "-8"), "is not a bitrate"),
        (("--codec", "mp3", "--bitrates", "20"), "20"),
        (("--codec", "mp3"), "needs bitrates"),
        (("--codec", "original", "--bitrates", "8"), "has no bitrates"),
        (("--bitrates", "8"), "--bitrates must follow the --codec"),
        (("--codec", "mp3", "--bitrates", "8", "--bitrates", "16"), "given twice"),
        (("--codec", "mp3", "--bitrates", "192", "--bitrate-policy", "error"), "192"),
        (("--runs", "0"), "runs must be an integer of at least 1"),
        (("--seed", "x"), "seed must be an integer of at least 0"),
        (("--limit", "0"), "limit must be"),
        (("-j", "0"), "jobs must be an integer of at least 1, not '0'"),
        (("-j", "two"), "jobs must be an integer of at least 1, not 'two'"),
        (("--ffmpeg", "/no/ffmpeg"), "/no/ffmpeg"),
        (("no.yaml",), "no.yaml does not exist"),
        (("--frobnicate",), "--frobnicate"),
    ],
)
def test_usage_error_is_one_line_and_writes_nothing(run, monkeypatch, arguments, message):
    monkeypatch.setenv("ASER_BENCH_FFMPEG", "")
    assert message in error_line(run(*arguments))
    assert not Path("results").exists()


def test_folder_without_results_is_not_overwritten(run, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("precious")
    assert "not results of aser-bench" in error_line(run(*QUICK, "--out", "thesis"))
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "precious"


def test_rejects_folder_without_files_of_the_corpus(run, tmp_path):
    noise(tmp_path / "mine" / "hello.wav")
    for corpus in ("ravdess", "emodb", "tess", "custom"):
        assert "mine" in error_line(run("--corpus", f"{corpus}=mine", *QUICK))


def bad_files(folder: Path) -> dict[str, str]:
    """Write one recording of each unusable kind; return file name -> a part of the reason."""
    whole = noise(folder / "whole_sad.wav", seed=99).read_bytes()
    (folder / "whole_sad.wav").unlink()
    content: dict[str, tuple[bytes | np.ndarray, str]] = {
        "empty": (b"", "empty"),
        "cut": (whole[: len(whole) // 2], "cut off"),
        "text": (b"this is no sound at all\n" * 40, "not audio"),
        "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "LFS"),
        "silent": (np.zeros(8000), "silent"),
        "one": (np.array([0.5]), "short"),
        "nan": (np.full(8000, np.nan), "NaN"),
    }
    for name, (data, _) in content.items():
        path = folder / f"{name}_sad.wav"
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            soundfile.write(path, data, RATE, subtype="FLOAT")
    return {f"{name}_sad.wav": word for name, (_, word) in content.items()}


@pytest.fixture
def damaged(voices, tmp_path) -> tuple[Path, dict[str, str]]:
    """A folder with usable and unusable recordings, and the `bad_files` in it."""
    folder = tmp_path / "damaged"
    shutil.copytree(voices, folder)
    return folder, bad_files(folder)


def test_unusable_recordings_are_named_and_counted(run, damaged):
    folder, bad = damaged
    (folder / "typo_hapy.wav").write_bytes((folder / "v0_0_sad.wav").read_bytes())
    bad["typo_hapy.wav"] = "did you mean 'happy'"
    arguments = ("--corpus", f"custom={folder}", *QUICK, "--out", "out")
    assert "1 of 40 utterances has an unknown label" in error_line(run(*arguments, "-q"))
    code, out, err = run(*arguments, "--drop-unknown")
    assert code == 0, err
    for name, word in bad.items():
        (line,) = [line for line in err.splitlines() if name in line]
        assert line.startswith("refused: ")
        assert word.lower() in line.lower()
    assert f"{len(bad)} recordings were refused" in out
    manifest = yaml.safe_load(Path("out/manifest.json").read_text())["corpora"]["custom"]
    assert {Path(recording["file"]).name for recording in manifest["refused"]} == set(bad)
    assert manifest["utterances"] == 32
    table = next(Path("out/tables").glob("*paper-uar.tex")).read_text()
    assert f"{len(bad)} recordings" in table


def test_strict_stops_at_the_first_unusable_recording(run, damaged):
    folder, _ = damaged
    output = run("--corpus", f"custom={folder}", *QUICK, "--strict", "-q")
    assert "--strict stops here" in error_line(output)


def test_rejects_corpus_without_usable_recordings(run, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    bad_files(folder)
    assert "no usable recording" in error_line(run("--corpus", f"custom={folder}", *QUICK, "-q"))


def test_rejects_corpus_with_one_emotion(run, tmp_path):
    for n in range(4):
        noise(tmp_path / "one" / f"{n}_sad.wav")
    assert "has only one (sad)" in error_line(run("--corpus", "custom=one", *QUICK, "-q"))


def write_table(path: Path, speakers: int) -> Path:
    lines = ["file,emotion,speaker"]
    for speaker in range(speakers):
        for n, emotion in enumerate(("sad", "happy") * 4):
            file = noise(path.parent / f"s{speaker}_{n}.wav")
            lines.append(f"{file.name},{emotion},s{speaker}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rejects_corpus_with_one_speaker(run, tmp_path):
    table = write_table(tmp_path / "one.csv", 1)
    message = error_line(run("--corpus", f"csv={table}", *QUICK, "-q"))
    assert "needs at least two speakers" in message
    assert "--protocol paper" in message


def test_fewer_speakers_than_folds_gives_fewer_folds(run, tmp_path):
    table = write_table(tmp_path / "three.csv", 3)
    code, out, _ = run("--corpus", f"csv={table}", *QUICK, "-q", "--out", "out")
    assert code == 0
    assert "3 folds" in out


def test_protocol_speaker_needs_speakers(run, voices):
    code, _, err = run("--corpus", f"custom={voices}", *QUICK, "--protocol", "speaker")
    assert code == 2
    last = err.splitlines()[-1]
    assert "--protocol paper" in last
    assert "csv=FILE" in last


def test_file_names_with_special_characters(run, voices, tmp_path):
    folder = tmp_path / "odd names é"
    folder.mkdir()
    odd = ["-rf", "two words", "glück", "日本語", "a'b\"c", "x" * 200, "100%", "%s{0}", "a:b"]
    sources = sorted(voices.glob("*.wav"))
    for source, stem in zip(sources, odd, strict=False):
        shutil.copy(source, folder / f"{stem}_{source.stem.split('_')[-1]}.wav")
    for source in sources[len(odd) :]:
        shutil.copy(source, folder / source.name)
    code, out, err = run("--corpus", f"custom={folder}", *QUICK, "--out", "out")
    assert code == 0, err
    assert "refused" not in out + err


@pytest.mark.parametrize("verb", ["run --out", "report", "baseline show", "run --dry-run --cache"])
def test_a_path_that_cannot_be_used_is_named_in_one_line(cli, verb):
    code, _, error = cli(*verb.split(), "a" * 300)
    assert code == 2
    assert error.startswith("aser-bench: error: ")
    assert "File name too long; check the path and its permissions" in error
    assert error.count("\n") == 1


def test_closed_pipe_raises_no_traceback():
    process = subprocess.run(
        f"{sys.executable} -m aser_bench list corpora | true",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in process.stderr


def test_ctrl_c_while_reading_ends_all_processes(voices, tmp_path):
    environment = {**os.environ, "ASER_BENCH_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(
        [sys.executable, "-m", "aser_bench", "run", "-j", "2", "--out", str(tmp_path / "out")],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    assert "reading" in process.stderr.readline()
    os.killpg(process.pid, 2)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    for _ in range(100):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("worker processes are left")
