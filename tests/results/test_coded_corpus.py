"""Coded copies of a corpus: content of the folder, names of files, errors."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from aser_bench import load_corpus
from aser_bench.codecs import specs
from aser_bench.codecs.control import Control
from aser_bench.codecs.mp3 import Mp3
from aser_bench.core.errors import AserBenchError, CodecError, UsageError
from aser_bench.corpora.audio import read
from aser_bench.results import coded_corpus, coded_files
from aser_bench.results.coded_files import stems
from aser_bench.study.config import resolve

GAIN = specs.get("gain:db=20").conditions([], 16_000, "error")[0][0].name
MP3 = [{"mp3": [8, 64]}, "gain:db=20"]
CONDITIONS = ("original", "mp3-8k", "mp3-64k", GAIN)


@pytest.fixture
def write(table, cache_dir, tmp_path):
    def encode_to(out="out", form="stream", jobs=1, corpus=None, codecs=MP3, **more):
        study = resolve({"corpora": [corpus or {"csv": str(table)}], "codecs": codecs, **more})
        return coded_corpus.encode(
            study, tmp_path / out, form=form, jobs=jobs, cache=cache_dir, quiet=True
        )

    return encode_to


def signals(
    table: Path, spec: str, *bitrates: float, files: bool = False
) -> dict[str, dict[str, np.ndarray]]:
    """Return condition -> stem -> the signal from which a run extracts features."""
    codec = specs.get(spec)
    conditions, _ = codec.conditions(bitrates, 16_000, "promote")
    paths = [Path(file) for file in pd.read_csv(table)["file"]]
    code = codec.roundtrip_with_files if files else codec.roundtrip
    rows = code([read(path) for path in paths], 16_000, conditions)
    return {
        condition.name: {
            path.stem: version.signal for path, version in zip(paths, row, strict=True)
        }
        for condition, row in zip(conditions, rows, strict=True)
    }


def content(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# Content of the folder


def test_streams_are_files_of_the_encoder_or_else_wav(write, table):
    done = write()
    assert done.exit_code == 0
    files = pd.read_csv(done.folder / "files.csv")
    assert files["condition"].drop_duplicates().tolist() == list(CONDITIONS)
    assert len(files) == 32 * len(CONDITIONS)
    forms = files.groupby("condition")["form"].unique().map(list).to_dict()
    assert forms == {
        "original": ["wav"],
        GAIN: ["wav"],
        "mp3-8k": ["stream"],
        "mp3-64k": ["stream"],
    }
    decoded_signals = signals(table, "mp3", 8, 64, files=True)
    for row in files.itertuples():
        file = (done.folder / row.file).read_bytes()
        assert len(file) == row.bytes
        assert hashlib.sha256(file).hexdigest() == row.sha256
        assert Path(row.file).with_suffix("") == Path(row.condition, row.utterance)
        if row.form == "stream":
            decoded, _ = soundfile.read(io.BytesIO(file), dtype="float32")
            expected = decoded_signals[row.condition][row.utterance]
            assert np.array_equal(decoded[: len(expected)], expected)
            assert row.samples == len(expected)
            assert f"mp3-{row.effective_kbps:g}k" == row.condition


def test_wav_equals_the_signals_of_a_run(write, table):
    done = write(form="wav")
    decoded_signals = (
        signals(table, "mp3", 8, 64) | signals(table, "gain:db=20") | signals(table, "original")
    )
    assert set(decoded_signals) == set(CONDITIONS)
    beyond_full_scale = False
    for condition, by_stem in decoded_signals.items():
        for stem, expected in by_stem.items():
            file = soundfile.SoundFile(done.folder / condition / f"{stem}.wav")
            assert (file.samplerate, file.channels, file.subtype) == (16_000, 1, "FLOAT")
            assert np.array_equal(file.read(dtype="float32"), expected)
            beyond_full_scale |= bool(abs(expected).max() > 1)
    assert beyond_full_scale  # so that clipping would be noticed


@pytest.mark.parametrize("form", coded_files.FORMS)
def test_each_condition_is_read_as_a_corpus(write, table, form):
    source = load_corpus("csv", table).utterances
    done = write(form=form)
    for condition in CONDITIONS:
        file = done.folder / condition / coded_corpus.TABLE
        assert not pd.read_csv(file)["file"].str.contains("/").any()
        listing = load_corpus("csv", file)
        assert not listing.refused
        labels = ["utterance", "emotion", "speaker", "sex", "text"]
        pd.testing.assert_frame_equal(listing.utterances[labels], source[labels])
    again = write("again", corpus={"csv": str(done.folder / "mp3-8k" / coded_corpus.TABLE)})
    assert len(again.files) == 32 * len(CONDITIONS)


def test_bare_streams_have_no_table(write):
    done = write(codecs=["g711"], limit=4)
    (bare,) = set(done.files["condition"]) - {"original"}
    assert len(list((done.folder / bare).iterdir())) == 4
    assert not (done.folder / bare / coded_corpus.TABLE).exists()
    assert f"csv={done.folder / 'original' / coded_corpus.TABLE}" in done.text
    assert f"(not {bare}: bare streams" in done.text
    as_wav = write("wav", form="wav", codecs=["g711"], limit=4)
    assert (as_wav.folder / bare / coded_corpus.TABLE).exists()
    assert "bare streams" not in as_wav.text


def test_conditions_are_described(write):
    done = write(codecs=[{"mp3": [160, 256]}, "gain:db=20"], bitrate_policy="clamp")
    table = pd.read_csv(done.folder / "conditions.csv", keep_default_na=False)
    assert table["condition"].tolist() == ["original", "mp3-160k", GAIN, "mp3-256k"]
    assert table["form"].tolist() == ["wav", "stream", "wav", "stream"]
    assert table["same_as"].tolist() == ["", "", "", "mp3-160k"]
    assert table["effective_kbps"].tolist() == ["", "160.0", "", "160.0"]
    assert table["codec_rate_hz"].tolist() == ["", "16000", "", "16000"]
    assert not (done.folder / "mp3-256k").exists()
    facts = json.loads((done.folder / "manifest.json").read_text())
    assert facts["encoders"]["mp3"].startswith("LAME")
    assert facts["corpus"]["utterances"] == 32


def test_number_of_workers_changes_no_byte(write):
    one = write("one", jobs=1, form="stream", codecs=[{"mp3": [8]}, {"opus": [16]}])
    two = write("two", jobs=2, form="stream", codecs=[{"mp3": [8]}, {"opus": [16]}])
    assert content(one.folder) == content(two.folder)
    assert one.text.splitlines()[1:3] == two.text.splitlines()[1:3]


def test_batches_are_limited_in_number_and_duration():
    table = pd.DataFrame({"duration_s": [10.0] * 40 + [500.0, 3000.0, 400.0, 200.0, 1.0]})
    for name in ("utterance", "file", "samples_sha256"):
        table[name] = [str(number) for number in range(len(table))]

    class Few:
        utterances = table

    names = dict(zip(table["utterance"], table["utterance"], strict=True))
    tasks = coded_files.copy_tasks(Path(), "wav", Few, (), names)  # type: ignore[arg-type]
    assert [len(task.utterances) for task in tasks] == [32, 9, 1, 2, 1]


def test_licence_is_shown(write, voices, monkeypatch):
    custom = {"custom": str(voices)}
    monkeypatch.setattr("aser_bench.corpora.custom.Custom.licence", "CC BY-NC-ND 4.0")
    done = write(corpus=custom, codecs=["gain"], limit=2)
    assert "CC BY-NC-ND 4.0" in done.text
    assert "does not allow altered copies to be passed on" in done.text
    facts = json.loads((done.folder / "manifest.json").read_text())
    assert facts["corpus"]["licence"] == "CC BY-NC-ND 4.0"
    monkeypatch.setattr("aser_bench.corpora.custom.Custom.licence", "CC0 1.0")
    assert "altered" not in write("free", corpus=custom, codecs=["gain"], limit=2).text


# Names of files


def names(*files: str, utterances: tuple[str, ...] = (), root: str = "/corpus") -> list[str]:
    utterances = utterances or tuple(f"u{number}" for number in range(len(files)))
    table = pd.DataFrame({"utterance": utterances, "file": files}, dtype=object)
    return list(stems(table, Path(root)).values())


def test_names_are_paths_of_the_sources():
    assert names("/corpus/a/x.y.wav", "/corpus/b/x.y.flac", "/corpus/none") == [
        "a/x.y",
        "b/x.y",
        "none",
    ]
    assert names("/corpus/a/../b/x.wav", root="/corpus/./a/..") == ["b/x"]


def test_equal_names_are_made_unique():
    assert names("/corpus/x.wav", "/corpus/x.flac") == ["x.wav", "x.flac"]
    assert names("/corpus/X.wav", "/corpus/x.wav") == ["X.wav", "x.wav-2"]
    assert names("/corpus/x.wav", "/corpus/x.flac", "/corpus/x.wav.ogg") == [
        "x.wav",
        "x.flac",
        "x.wav-2",
    ]


@pytest.mark.parametrize(
    ("utterance", "name"),
    [
        ("take", "take"),
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/take", "abs/take"),
        (" ../ . / take ", "take"),
        ("..", "recording"),
        ("caf\udce9", "caf?"),
    ],
)
def test_names_stay_inside_the_folder(utterance, name):
    assert names("/elsewhere/take.wav", utterances=(utterance,)) == [name]


def test_copies_of_files_outside_the_corpus_folder_are_inside_out(write, voices, tmp_path):
    inner = tmp_path / "deep" / "inner"
    for place in (inner, tmp_path / "deep" / "sub", tmp_path / "far"):
        place.mkdir(parents=True)
    one, two, three, *_ = sorted(voices.glob("*.wav"))
    (inner / "a.wav").write_bytes(one.read_bytes())
    (tmp_path / "deep" / "sub" / "a.wav").write_bytes(two.read_bytes())
    (tmp_path / "far" / "a.wav").write_bytes(three.read_bytes())
    rows = ["a.wav,sad,x", "../sub/a.wav,happy,y", f"{tmp_path}/far/a.wav,angry,z"]
    (inner / "t.csv").write_text("\n".join(["file,emotion,speaker", *rows]))
    before = set(tmp_path.rglob("*"))
    done = write("o/ut", corpus={"csv": str(inner / "t.csv")}, codecs=["gain:db=20"])
    new = [path for path in set(tmp_path.rglob("*")) - before if path.is_file()]
    assert all(path.is_relative_to(done.folder) for path in new)
    listing = load_corpus("csv", done.folder / GAIN / coded_corpus.TABLE).utterances
    for row, source in zip(
        listing.sort_values("speaker").itertuples(), (one, two, three), strict=True
    ):
        copy = soundfile.read(row.file, dtype="float32")[0]  # `read` scales what is too loud
        assert np.allclose(copy, 10 * read(source), rtol=1e-5)


def test_recordings_with_equal_names_in_two_formats_are_both_copied(write, tmp_path, voices):
    folder = tmp_path / "twins"
    folder.mkdir()
    one, two, *_ = sorted(voices.glob("*.wav"))
    (folder / "x_sad.wav").write_bytes(one.read_bytes())
    soundfile.write(folder / "x_sad.flac", read(two), 16_000)
    done = write(corpus={"custom": str(folder)}, codecs=["gain"])
    assert sorted(path.name for path in (done.folder / "original").iterdir()) == [
        "utterances.csv",
        "x_sad.flac.wav",
        "x_sad.wav.wav",
    ]
    few = write("few", corpus={"custom": str(folder)}, codecs=["gain"], limit=1)
    assert set(few.files["file"]) < set(done.files["file"])  # a limit renames nothing


# Errors


def test_unusable_recordings_are_counted_and_named(write, table, tmp_path):
    (tmp_path / "broken.wav").write_text("no audio")
    with table.open("a") as file:
        file.write("broken.wav,sad,v1\n")
    done = write(codecs=["gain"])
    assert done.exit_code == 0
    assert "1 recording was refused" in done.text
    facts = json.loads((done.folder / "manifest.json").read_text())
    assert [Path(one["file"]).name for one in facts["corpus"]["refused"]] == ["broken.wav"]
    assert len(done.files) == 2 * 32


def test_recording_that_cannot_be_encoded_is_left_out_of_all_conditions(write, table, monkeypatch):
    plain = Mp3.roundtrip_with_files
    victim = pd.read_csv(table)["file"][5]
    bad = float(read(victim)[100])

    def choosy(self, signals, rate, conditions):
        if any(abs(float(s[100]) - bad) < 1e-9 for s in signals):
            raise CodecError("the encoder crashed on it")
        return plain(self, signals, rate, conditions)

    monkeypatch.setattr(Mp3, "roundtrip_with_files", choosy)
    done = write(codecs=["gain:db=20", {"mp3": [8]}])
    assert done.exit_code == 3
    assert "1 recording was left out" in done.text
    assert len(done.files) == 3 * 31
    name = Path(victim).stem
    assert not [path for path in done.folder.rglob("*") if path.stem == name]
    facts = json.loads((done.folder / "manifest.json").read_text())["corpus"]
    assert facts["left_out"] == [name]
    assert facts["refused"] == [{"file": victim, "reason": "codec mp3: the encoder crashed on it"}]


def test_broken_encoder_stops_and_leaves_nothing(write, tmp_path, monkeypatch):
    def broken(self, signals, rate, conditions):
        raise CodecError("ffmpeg ended with code 1")

    monkeypatch.setattr(coded_corpus.reference_encoder, "verify", lambda conditions, say: "")
    monkeypatch.setattr(Mp3, "roundtrip_with_files", broken)
    with pytest.raises(CodecError, match="ffmpeg ended with code 1"):
        write("new/out")
    assert not (tmp_path / "new").exists()


def test_full_disk_is_reported_and_leaves_nothing(write, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(coded_files, "_write", full)
    (tmp_path / "out").mkdir()
    with pytest.raises(AserBenchError, match=r"no space left on the disk of .*out"):
        write()
    assert list((tmp_path / "out").iterdir()) == []


def test_full_disk_for_temporary_files_has_another_message(write, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Mp3, "roundtrip_with_files", full)
    monkeypatch.setattr(coded_corpus.reference_encoder, "verify", lambda conditions, say: "")
    with pytest.raises(AserBenchError, match="temporary files cannot be written"):
        write()


def test_folder_with_files_is_refused(write, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").write_text("years of work")
    with pytest.raises(UsageError, match="not empty"):
        write()
    assert content(tmp_path / "out") == {"thesis.tex": b"years of work"}
    with pytest.raises(UsageError, match="is a file"):
        write("out/thesis.tex")


def test_folder_among_the_recordings_is_refused(write, voices):
    with pytest.raises(UsageError, match="read as recordings"):
        write(voices / "coded", corpus={"custom": str(voices)})
    assert not (voices / "coded").exists()


def test_condition_that_cannot_be_the_name_of_a_folder_is_refused(write, monkeypatch, tmp_path):
    monkeypatch.setattr(Control, "label", "../../gain")
    with pytest.raises(UsageError, match="cannot be the name of a folder"):
        write(codecs=["gain"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("more", [{"corpora": ["demo", "custom"]}, {"codecs": ["mp5"]}])
def test_invalid_settings_are_refused_before_anything_is_written(more, tmp_path):
    with pytest.raises(UsageError):
        coded_corpus.encode(resolve({"codecs": ["gain"], **more}), tmp_path / "out")
    with pytest.raises(UsageError, match="unknown form 'wave'; did you mean 'wav'"):
        coded_corpus.encode(resolve({"codecs": ["gain"]}), tmp_path / "out", form="wave")
    assert not (tmp_path / "out").exists()


def test_copies_of_segments_are_named_by_their_utterances(write, recording_of_segments, tmp_path):
    write(form="wav", corpus={"csv": str(recording_of_segments)}, codecs="gain:db=-6")
    copies = sorted(path.name for path in (tmp_path / "out" / "original").glob("*.wav"))
    assert copies == ["r_0-0.5.wav", "r_0.5-1.wav"]
    listing = load_corpus("csv", tmp_path / "out" / "original" / "utterances.csv")
    assert listing.utterances["utterance"].tolist() == ["r_0-0.5", "r_0.5-1"]
    assert [len(read(file)) for file in listing.utterances["file"]] == [8000, 8000]


@pytest.fixture
def recording_of_segments(tmp_path):
    """Return a table of two segments of one recording."""
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, 16_000)
    soundfile.write(tmp_path / "r.wav", noise, 16_000)
    table = tmp_path / "t.csv"
    table.write_text("file,emotion,speaker,start,end\nr.wav,sad,1,0,0.5\nr.wav,happy,1,0.5,1\n")
    return table
