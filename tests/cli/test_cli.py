"""The command line as a user meets it: names, flags, layers, and one line for what is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import zlib
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
import yaml

from aser_bench.cli import main
from aser_bench.core import registry

RATE = 16_000
QUICK = ("--codec", "mp3", "--bitrates", "8", "--models", "svm", "--effort", "quick", "-j", "1")


@pytest.fixture
def bench(cache_dir, tmp_path, capsys, monkeypatch):
    """Run the command in this process; return exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASER_BENCH_CACHE", str(cache_dir))

    def call(*arguments):
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as left:
            code = left.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def noise(path: Path, seconds=0.3, seed=None) -> Path:
    seed = zlib.crc32(str(path).encode()) if seed is None else seed
    signal = 0.1 * np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, signal, RATE)
    return path


def one_line(said: str) -> str:
    assert said.startswith("aser-bench"), said
    assert said.count("\n") == 1, said
    assert "Traceback" not in said
    return said


# --- list, help, version ---------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["corpora", "codecs", "features", "models"])
def test_list_names_everything_registered(bench, kind):
    code, out, _ = bench("list", kind)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == registry.names(kind)


@pytest.mark.parametrize(("kind", "some"), [("protocols", "speaker"), ("metrics", "uar")])
def test_list_protocols_and_metrics(bench, kind, some):
    code, out, _ = bench("list", kind)
    assert code == 0
    assert some in [line.split()[0] for line in out.splitlines()]


@pytest.mark.parametrize("kind", ["corpora", "codecs", "transcripts", "features", "models"])
def test_list_names_a_plugin_that_cannot_be_imported(bench, monkeypatch, kind):
    broken = EntryPoint("broken", "no_such_package:Component", f"aser_bench.{kind}")
    monkeypatch.setattr(registry, "plugins", lambda which: {"broken": broken})
    code, out, _ = bench("list", kind)
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == registry.names(kind)
    (line,) = [line for line in out.splitlines() if line.startswith("broken ")]
    assert "[not available: " in line
    assert "cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'" in line


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from aser_bench.cli import build_parser; build_parser(); print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "pandas", "sklearn", "librosa", "soundfile", "yaml"} & set(loaded)


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "aser_bench", "--version"], capture_output=True, text=True
    )
    assert done.stdout.startswith("aser-bench ")
    assert done.returncode == 0


# --- a run through the real command ----------------------------------------------------------


def test_the_demo_corpus_runs_without_being_named(bench):
    code, out, _ = bench("run", *QUICK, "--limit", "42", "--out", "out", "-q")
    assert code == 0
    assert "synthetic" in out
    assert max(map(len, out.splitlines())) <= 80
    for table in Path("out/tables").iterdir():
        assert "synthetic" in table.read_text(encoding="utf-8").lower(), table


def test_dry_run_counts_and_writes_nothing(bench, table):
    code, out, _ = bench(
        "run",
        "--corpus",
        f"csv={table}",
        "--codec",
        "mp3",
        "--bitrates",
        "8,192,256",
        "--bitrate-policy",
        "clamp",
        "--dry-run",
    )
    assert code == 0
    assert "32 utterances" in out
    # 3 conditions x 3, 2 models; 4 folds x 3 x 2 trainings
    assert "18 cells, 4 folds, 24 training tasks" in out
    assert "mp3-256k is the same stream as mp3-160k" in out
    assert not Path("results").exists()


def test_results_go_to_a_folder_named_after_the_study(bench, table):
    bench("run", "--corpus", f"csv={table}", *QUICK, "-q")
    (folder,) = Path("results").iterdir()
    assert folder.name.startswith("csv-mp3-")


def test_a_study_file_with_a_flag_and_a_variable_above_it(bench, table, monkeypatch):
    Path("mine.yaml").write_text(
        f"name: mine\ncorpora: [{{csv: {table.name}}}]\ncodecs: [{{mp3: [8]}}]\n"
        "models: [svm, mlp]\neffort: standard\nseed: 1\n"
    )
    monkeypatch.setenv("ASER_BENCH_SEED", "2")
    monkeypatch.setenv("ASER_BENCH_EFFORT", "paper")
    code, _, _ = bench("run", "mine.yaml", "--models", "svm", "--effort", "quick", "-q", "-j", "1")
    assert code == 0
    resolved = yaml.safe_load(Path("results/mine/study.yaml").read_text())
    assert resolved["models"] == ["svm"]
    assert resolved["seed"] == 2
    assert resolved["effort"] == "quick"
    assert resolved["protocol"] == []


def test_the_study_that_is_saved_can_be_run_again(bench, table):
    bench("run", "--corpus", f"csv={table}", *QUICK, "--out", "one", "-q")
    code, _, _ = bench("run", "one/study.yaml", "--out", "two", "-q", "-j", "1")
    assert code == 0
    assert Path("one/scores.csv").read_bytes() == Path("two/scores.csv").read_bytes()


def test_preset_paper_fixes_settings_and_names_what_is_inert(bench, table):
    code, out, _ = bench(
        "run",
        "--corpus",
        f"csv={table}",
        "--preset",
        "paper",
        "--codec",
        "mp3",
        "--bitrates",
        "8",
        "--runs",
        "2",
        "--limit",
        "32",
        "--max-epochs",
        "2",
        "--out",
        "out",
        "-q",
        "-j",
        "1",
    )
    assert code == 0
    flat = " ".join(out.split())
    assert "preset paper" in flat
    assert "protocol paper" in flat
    assert "lstm: at most 2 epochs, patience 10, every frame" in flat
    for words in ("gamma 0.001 has no meaning", "adaptive learning rate", "validation_fraction"):
        assert words in flat
    assert yaml.safe_load(Path("out/study.yaml").read_text())["protocol"] == ["paper"]


def test_an_lstm_runs_beside_an_svm(bench, table):
    code, out, _ = bench(
        "run",
        "--corpus",
        f"csv={table}",
        *QUICK,
        "--models",
        "lstm,svm",
        "--runs",
        "2",
        "--max-epochs",
        "3",
        "--frame-pool",
        "2",
        "--class-weight",
        "balanced",
        "--out",
        "out",
        "-q",
    )
    assert code == 0
    flat = " ".join(out.split())
    assert "lstm: at most 3 epochs, patience 5, 2 frames averaged into one" in flat
    assert "class weight balanced" in flat
    assert "Runs a fold: lstm 2" in flat
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


def test_codecs_are_paired_with_the_bitrates_behind_them(bench, table):
    code, out, _ = bench(
        "run",
        "--corpus",
        f"csv={table}",
        "--codec",
        "mp3",
        "--bitrates",
        "64,8",
        "--codec",
        "original",
        "--dry-run",
    )
    assert code == 0
    assert "conditions: original, mp3-8k, mp3-64k\n" in out


# --- what is wrong is said in one line --------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
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
        (("--codec", "mp3", "--bitrates", "8,x"), "'x' is no bitrate"),
        (("--codec", "mp3", "--bitrates", "-8"), "no bitrate"),
        (("--codec", "mp3", "--bitrates", "20"), "20"),
        (("--codec", "mp3"), "needs --bitrates"),
        (("--codec", "original", "--bitrates", "8"), "has no bitrates"),
        (("--bitrates", "8"), "belongs behind the --codec"),
        (("--codec", "mp3", "--bitrates", "8", "--bitrates", "16"), "given twice"),
        (("--codec", "mp3", "--bitrates", "192", "--bitrate-policy", "error"), "192"),
        (("--runs", "0"), "runs must be an integer of at least 1"),
        (("--seed", "x"), "seed must be a whole number"),
        (("--limit", "0"), "limit must be"),
        (("-j", "0"), "-j must be at least 1"),
        (("-j", "two"), "-j must be a whole number"),
        (("--ffmpeg", "/no/ffmpeg"), "/no/ffmpeg"),
        (("no.yaml",), "no.yaml does not exist"),
        (("--frobnicate",), "--frobnicate"),
    ],
)
def test_what_cannot_be_run(bench, monkeypatch, arguments, words):
    monkeypatch.setenv("ASER_BENCH_FFMPEG", "")
    code, _, said = bench("run", *arguments)
    assert code == 2, said
    assert words in one_line(said)
    assert not Path("results").exists()


def test_a_folder_of_other_things_is_not_overwritten(bench, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter1.tex").write_text("precious")
    code, _, said = bench("run", *QUICK, "--out", "thesis")
    assert code == 2
    assert "not results of aser-bench" in one_line(said)
    assert (tmp_path / "thesis" / "chapter1.tex").read_text() == "precious"


def test_a_folder_without_a_recognisable_file(bench, tmp_path):
    noise(tmp_path / "mine" / "hello.wav")
    for corpus in ("ravdess", "emodb", "tess", "custom"):
        code, _, said = bench("run", "--corpus", f"{corpus}=mine", *QUICK)
        assert code == 2
        assert "mine" in one_line(said)


def bad_files(folder: Path) -> dict[str, str]:
    """Write one recording of each unusable kind; return file name -> a word of its reason."""
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
    folder = tmp_path / "damaged"
    shutil.copytree(voices, folder)
    return folder, bad_files(folder)


def test_unusable_recordings_are_refused_by_name_and_counted(bench, damaged):
    folder, bad = damaged
    (folder / "typo_hapy.wav").write_bytes((folder / "v0_0_sad.wav").read_bytes())
    bad["typo_hapy.wav"] = "did you mean 'happy'"
    code, out, said = bench("run", "--corpus", f"custom={folder}", *QUICK, "--out", "out")
    assert code == 0, said
    for name, word in bad.items():
        (line,) = [line for line in said.splitlines() if name in line]
        assert line.startswith("refused: ")
        assert word.lower() in line.lower()
    assert f"{len(bad)} recordings were refused" in out
    manifest = yaml.safe_load(Path("out/manifest.json").read_text())["corpora"]["custom"]
    assert {Path(one["file"]).name for one in manifest["refused"]} == set(bad)
    assert manifest["utterances"] == 32
    table = next(Path("out/tables").glob("*paper-uar.tex")).read_text()
    assert f"{len(bad)} recordings" in table


def test_strict_stops_at_the_first_of_them(bench, damaged):
    folder, _ = damaged
    code, _, said = bench("run", "--corpus", f"custom={folder}", *QUICK, "--strict", "-q")
    assert code == 2
    assert "--strict stops here" in one_line(said)


def test_nothing_usable_at_all(bench, tmp_path):
    folder = tmp_path / "bad"
    folder.mkdir()
    bad_files(folder)
    code, _, said = bench("run", "--corpus", f"custom={folder}", *QUICK, "-q")
    assert code == 2
    assert "no usable recording" in one_line(said)


def test_one_emotion(bench, tmp_path):
    for n in range(4):
        noise(tmp_path / "one" / f"{n}_sad.wav")
    code, _, said = bench("run", "--corpus", "custom=one", *QUICK, "-q")
    assert code == 2
    assert "one emotion only (sad)" in one_line(said)


def write_table(path: Path, speakers: int) -> Path:
    lines = ["file,emotion,speaker"]
    for speaker in range(speakers):
        for n, emotion in enumerate(("sad", "happy") * 4):
            file = noise(path.parent / f"s{speaker}_{n}.wav")
            lines.append(f"{file.name},{emotion},s{speaker}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_one_speaker(bench, tmp_path):
    table = write_table(tmp_path / "one.csv", 1)
    code, _, said = bench("run", "--corpus", f"csv={table}", *QUICK, "-q")
    assert code == 2
    assert "needs at least two speakers" in one_line(said)
    assert "--protocol paper" in said


def test_fewer_speakers_than_folds_gives_fewer_folds(bench, tmp_path):
    table = write_table(tmp_path / "three.csv", 3)
    code, out, _ = bench("run", "--corpus", f"csv={table}", *QUICK, "-q", "--out", "out")
    assert code == 0
    assert "3 folds" in out


def test_a_protocol_of_speakers_without_speakers(bench, voices):
    code, _, said = bench("run", "--corpus", f"custom={voices}", *QUICK, "--protocol", "speaker")
    assert code == 2
    last = said.splitlines()[-1]
    assert "--protocol paper" in last
    assert "csv=FILE" in last


def test_odd_file_names(bench, voices, tmp_path):
    folder = tmp_path / "odd names é"
    folder.mkdir()
    odd = ["-rf", "two words", "glück", "日本語", "a'b\"c", "x" * 200, "100%", "%s{0}", "a:b"]
    sources = sorted(voices.glob("*.wav"))
    for source, stem in zip(sources, odd, strict=False):
        shutil.copy(source, folder / f"{stem}_{source.stem.split('_')[-1]}.wav")
    for source in sources[len(odd) :]:
        shutil.copy(source, folder / source.name)
    code, out, said = bench("run", "--corpus", f"custom={folder}", *QUICK, "--out", "out")
    assert code == 0, said
    assert "refused" not in out + said


def test_a_pipe_that_is_closed_is_no_crash():
    done = subprocess.run(
        f"{sys.executable} -m aser_bench list corpora | true",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in done.stderr


def test_ctrl_c_while_reading_leaves_no_process_behind(voices, tmp_path):
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
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    for _ in range(100):
        try:
            os.killpg(process.pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("worker processes are left")
