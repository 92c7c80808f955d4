"""The manifest of a run: reading, writing, older versions, broken files, and the revision."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aser_bench.core.errors import UsageError
from aser_bench.results.json_values import count
from aser_bench.results.manifest import (
    Components,
    CorpusFacts,
    Machine,
    Manifest,
    Refusal,
    StageCost,
)
from aser_bench.results.provenance import revision

COMMITTED = sorted(Path(__file__).parents[2].glob("results/*/manifest.json"))

FULL = Manifest(
    aser_bench="0.1.0",
    label="demo",
    settings="effort standard",
    budgets={"are": "at most 300 epochs"},
    study={"corpora": [{"ravdess": "data"}, "demo"], "seed": 3, "limit": None},
    study_sha256="ab",
    packages={"numpy": "2.4.6"},
    components=Components({"functionals": 2}, {"svm": 1, "tre-ear": "2, ear 1"}),
    encoders={"mp3": "LAME 3.100"},
    engines={},
    ffmpeg="7.0.2",
    encoder_check="LAME 3.100 is the reference encoder",
    machine=Machine("3.12.1", "Linux", "a fast one", 2),
    git=None,
    corpora={
        "demo": CorpusFacts(
            title="Demo",
            licence="MIT",
            citation="us",
            url="",
            synthetic=True,
            utterances=4,
            speakers=None,
            emotions={"happy": 4},
            seconds=8.5,
            sha256="cd",
            refused=(Refusal("a.wav", "it is empty"),),
            notes=("a note",),
        )
    },
    stages={"read": StageCost(1.0), "train": StageCost(2.0, 3, 4.5)},
)


def small(**changes: Any) -> dict[str, Any]:
    return {"study": {}, "corpora": {"voices": {}}, **changes}


def refusal(path: Path) -> str:
    with pytest.raises(UsageError) as error:
        Manifest.read(path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{path} is not the manifest of a run: ")
    return message


def test_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "manifest.json"
    FULL.write(path)
    assert Manifest.read(path) == FULL
    content = json.loads(path.read_text("utf-8"))
    assert list(content)[:4] == ["aser_bench", "label", "settings", "budgets"]
    # Unknown facts have no key, but for two that scripts may read.
    assert content["git"] is None
    assert content["corpora"]["demo"]["speakers"] is None
    assert "texts_sha256" not in content["corpora"]["demo"]
    assert content["study"]["limit"] is None
    assert content["stages"] == {
        "read": {"wall_s": 1.0},
        "train": {"wall_s": 2.0, "tasks": 3, "cpu_s": 4.5},
    }


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.parent.name)
def test_reads_committed_manifests_without_loss(path):
    manifest, content = Manifest.read(path), json.loads(path.read_text("utf-8"))
    if "canary" in content:
        content["encoder_check"] = content.pop("canary")
        assert manifest.encoder_check
    again = manifest.to_mapping()
    for key, value in content.items():
        assert again[key] == value
    # An older manifest may lack the versions of components.
    assert set(again) - set(content) <= {"components"}


def test_key_of_the_encoder_check_was_canary():
    assert Manifest.from_mapping(small(canary="-77 dB")).encoder_check == "-77 dB"
    assert Manifest.from_mapping(small(encoder_check="-76 dB")).encoder_check == "-76 dB"


def test_unknown_fields_are_ignored_and_missing_ones_are_none():
    manifest = Manifest.from_mapping(small(colour="blue"))
    assert manifest == Manifest(study={}, corpora={"voices": CorpusFacts()})
    assert manifest.seed is None
    assert manifest.sources == {}


def test_seed_and_sources():
    assert FULL.seed == 3
    assert FULL.sources == {"ravdess": "data"}
    for seed in (True, "0", None, [0]):
        assert Manifest.from_mapping(small(study={"seed": seed})).seed is None
    for corpora in ("demo", [3], None, {"demo": "x"}):
        assert Manifest.from_mapping(small(study={"corpora": corpora})).sources == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("aser_bench", 1),
        ("label", ["a"]),
        ("budgets", "300"),
        ("packages", ["numpy"]),
        ("ffmpeg", 7),
        ("git", {}),
        ("stages", [1]),
    ],
)
def test_value_of_another_type_is_none(field, value):
    assert getattr(Manifest.from_mapping(small(**{field: value})), field) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", 7),
        ("synthetic", "yes"),
        ("utterances", -1),
        ("utterances", 2**80),
        ("speakers", 3.5),
        ("emotions", 3),
        ("seconds", "3"),
        ("seconds", float("nan")),
        ("seconds", 10**400),
        ("refused", 7),
        ("refused", ["a.wav"]),
        ("refused", [{"file": "a.wav"}]),
        ("notes", ["a", 1]),
    ],
)
def test_value_of_a_corpus_of_another_type_is_none(field, value):
    manifest = Manifest.from_mapping(small(corpora={"voices": {field: value}}))
    assert getattr(manifest.corpora["voices"], field) is None


def test_unreadable_items_of_mappings():
    manifest = Manifest.from_mapping(
        small(
            packages={"numpy": None, "scipy": "1"},
            components={"models": {"svm": [2], "mlp": 1, "are": ""}, "features": "all"},
            machine=["fast"],
        )
    )
    assert manifest.packages == {"scipy": "1"}
    assert manifest.components == Components(None, {"svm": None, "mlp": 1, "are": None})
    assert manifest.machine == Machine()


@pytest.mark.parametrize(
    "cost",
    [
        None,
        "slow",
        {"tasks": 4, "cpu_s": "8"},
        {"tasks": "4", "cpu_s": 8.0},
        {"tasks": -1, "cpu_s": 8.0},
        {"tasks": True, "cpu_s": 8.0},
        {"tasks": 4, "cpu_s": float("nan")},
        {"tasks": 4, "cpu_s": 10**400},
    ],
)
def test_unreadable_cost_of_a_stage_is_none(cost):
    manifest = Manifest.from_mapping(small(stages={"train": cost, "read": {"wall_s": 1}}))
    assert manifest.stages == {"train": None, "read": StageCost(1)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '{"study": {}}',
        '{"corpora": {}}',
        '{"study": [], "corpora": {}}',
        '{"study": {}, "corpora": []}',
        '{"study": {}, "corpora": {"voices": null}}',
        "[" * 100_000,
        '{"study": ' + '{"a": ' * 500 + "1" + "}" * 500 + ', "corpora": {}}',
        '{"study": {}, "corpora": {}, "x": ' + "[" * 40 + "]" * 40 + "}",
        '{"study": {"a": ' + "9" * 10_000 + '}, "corpora": {}}',
        "\x00",
    ],
)
def test_broken_file_is_refused_in_one_line_that_names_it(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_text(content, "utf-8")
    refusal(path)


def test_missing_file_and_other_encodings_are_refused(tmp_path):
    path = tmp_path / "manifest.json"
    assert "No such file" in refusal(path)
    path.write_bytes(b"\xff\xfe\xff")
    refusal(path)


def test_numbers_that_json_does_not_have_are_null(tmp_path):
    path = tmp_path / "manifest.json"
    path.write_text('{"study": {"seed": NaN, "limit": -Infinity, "x": 1e999}, "corpora": {}}')
    assert Manifest.read(path).study == {"seed": None, "limit": None, "x": None}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = st.sampled_from([*FULL.to_mapping(), "canary", "colour"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(KEYS, JSON, max_size=4), st.dictionaries(st.text(), JSON, max_size=3))
def test_any_json_is_refused_or_survives_writing(tmp_path_factory, changes, corpus):
    path = tmp_path_factory.mktemp("odd") / "manifest.json"
    content = {**FULL.to_mapping(), **changes}
    if isinstance(content["corpora"], dict):
        content["corpora"] = {**content["corpora"], "odd": corpus}
    path.write_text(json.dumps(content), "utf-8")
    try:
        manifest = Manifest.read(path)
    except UsageError:
        refusal(path)
        return
    manifest.write(path)
    assert Manifest.read(path) == manifest
    manifest.trimmed().write(path)
    assert Manifest.read(path) == manifest.trimmed()


def test_trimmed_manifest_has_what_a_baseline_needs():
    trimmed = FULL.trimmed()
    assert trimmed.encoder_check is None
    assert trimmed.corpora["demo"].notes is None
    assert trimmed.corpora["demo"].refused == FULL.corpora["demo"].refused
    assert trimmed.stages == {"train": StageCost(None, 3, 4.5)}
    assert trimmed.packages == FULL.packages
    assert trimmed.trimmed() == trimmed
    bare = Manifest.from_mapping(small())
    assert bare.trimmed().stages == {}


def test_counts():
    assert [count(value) for value in (0, 2**53, 2**53 + 1, 2.0)] == [0, 2**53, None, None]


# The revision of the code


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def package(tmp_path) -> Path:
    """Return a package in a repository of its own, with results beside it."""
    folder = tmp_path / "checkout" / "package"
    (folder / "codecs").mkdir(parents=True)
    (folder / "codecs" / "mp3.py").write_text("MP3 = 1\n")
    (folder.parent / "results").mkdir()
    (folder.parent / "results" / "scores.csv").write_text("uar\n")
    (folder.parent / ".gitignore").write_text("__pycache__\n")
    git(folder.parent, "init", "-q")
    git(folder.parent, "add", "-A")
    git(folder.parent, "commit", "-q", "-m", "first")
    return folder


def test_revision_is_the_commit(package):
    assert revision(package) == git(package, "rev-parse", "HEAD")


@pytest.mark.parametrize("change", ["edit", "add", "delete", "stage"])
def test_change_in_the_package_marks_the_revision(package, change):
    commit, file = revision(package), package / "codecs" / "mp3.py"
    if change == "edit":
        file.write_text("MP3 = 2\n")
    elif change == "delete":
        file.unlink()
    else:
        (package / "codecs" / "opus.py").write_text("OPUS = 1\n")
    if change == "stage":
        git(package, "add", "-A")
    assert revision(package) == f"{commit}+changed"


def test_changes_elsewhere_do_not_mark_the_revision(package):
    commit = revision(package)
    (package.parent / "results" / "scores.csv").write_text("uar\n0.5\n")
    (package.parent / "results" / "new.csv").write_text("uar\n")
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "mp3.pyc").write_text("")
    assert revision(package) == commit


def test_no_revision_outside_of_a_checkout(package, tmp_path):
    installed = package / "site-packages" / "package"
    installed.mkdir(parents=True)
    assert revision(installed) is None
    assert revision(tmp_path / "nowhere") is None
    (tmp_path / ".git").write_text("gitdir: nowhere")
    assert revision(tmp_path / "package") is None
