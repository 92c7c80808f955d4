"""Results of another study are not replaced by accident."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from aser_bench.core.errors import UsageError
from aser_bench.results.existing import check_same_study, difference
from aser_bench.study.config import resolve

REPOSITORY = Path(__file__).parents[2]
COMMITTED = sorted((REPOSITORY / "results").glob("*/manifest.json"))
SETTINGS = {"corpora": [{"csv": "voices.csv"}], "codecs": [{"mp3": [8, 64]}], "models": "svm"}


def manifest(folder: Path, **study) -> Path:
    mapping = resolve({**SETTINGS, **study}).to_mapping()
    folder.mkdir(exist_ok=True)
    content = {"aser_bench": "0.0.1", "study": mapping, "corpora": {}}
    (folder / "manifest.json").write_text(json.dumps(content))
    return folder


def edit(folder: Path, **settings) -> None:
    """Change settings of the study in a manifest; None removes one."""
    path = folder / "manifest.json"
    content = json.loads(path.read_text())
    content["study"] = {
        key: value for key, value in (content["study"] | settings).items() if value is not None
    }
    path.write_text(json.dumps(content))


@pytest.mark.parametrize("settings", [{}, {"name": "other"}, {"models": ["svm"]}])
def test_same_study_is_accepted(tmp_path, settings):
    check_same_study(manifest(tmp_path), resolve(SETTINGS | settings))


def test_folder_without_results_is_accepted(tmp_path):
    check_same_study(tmp_path, resolve(SETTINGS))
    check_same_study(tmp_path / "missing", resolve(SETTINGS))


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"seed": 9}, "(seed: 0, not 9)"),
        (
            {"models": "svm,mlp", "limit": 4},
            '(models: ["svm"], not ["svm", "mlp"]; limit: null, not 4)',
        ),
        (
            {"preset": "paper", "models": "svm"},
            '(protocol: [], not ["paper"]; preset: default, not paper; ',
        ),
        ({"codecs": "gsm"}, '(codecs: [{"mp3": [8.0, 64.0]}], not ["gsm"])'),
    ],
)
def test_another_study_is_refused_with_what_differs(tmp_path, settings, shown):
    with pytest.raises(UsageError) as caught:
        check_same_study(manifest(tmp_path), resolve(SETTINGS | settings))
    message = str(caught.value)
    assert message.startswith(f"{tmp_path} contains results of another study {shown}")
    assert message.endswith("; choose another folder with --out, or replace them with --overwrite")
    assert "\n" not in message


def test_long_settings_are_shortened(tmp_path):
    many = resolve(SETTINGS | {"codecs": [{"mp3": list(range(8, 160))}]})
    assert len(difference(manifest(tmp_path), many)) < 300


def test_same_files_may_be_named_from_two_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = manifest(tmp_path / "out")
    same = {"corpora": [{"csv": str(tmp_path / "voices.csv")}]}
    assert not difference(folder, resolve(SETTINGS | same))
    assert difference(folder, resolve(SETTINGS | {"corpora": [{"csv": "other.csv"}]}))
    vectors = manifest(tmp_path / "vectors", embeddings="glove.txt")
    absolute = str(tmp_path / "glove.txt")
    assert not difference(vectors, resolve(SETTINGS | {"embeddings": absolute}))
    assert "embeddings: glove.txt, not null" in difference(vectors, resolve(SETTINGS))


def test_a_setting_that_an_earlier_version_lacked_has_its_default(tmp_path):
    folder = manifest(tmp_path)
    edit(folder, transcripts=None, embeddings=None, labels=None)
    assert not difference(folder, resolve(SETTINGS))
    assert "labels: all, not 4" in difference(folder, resolve(SETTINGS | {"labels": "4"}))


def test_a_study_of_a_later_version_is_refused(tmp_path):
    folder = manifest(tmp_path)
    edit(folder, colour="blue")
    with pytest.raises(UsageError, match=r"that this version cannot read .unknown key 'colour'"):
        check_same_study(folder, resolve(SETTINGS))


@pytest.mark.parametrize("text", ["", "{", "[]", '{"study": 3}', '{"study": {}}'])
def test_an_unreadable_manifest_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(UsageError, match=r"manifest\.json.*--overwrite"):
        check_same_study(tmp_path, resolve(SETTINGS))


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parent.name)
def test_committed_results_can_be_repeated_into_their_folder(path):
    """Also those of earlier versions."""
    study = resolve(json.loads(path.read_text("utf-8"))["study"])
    assert not difference(path.parent, study)
    saved = path.with_name("study.yaml")
    if saved.exists():
        assert not difference(path.parent, resolve(yaml.safe_load(saved.read_text("utf-8"))))
