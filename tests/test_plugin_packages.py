"""Metrics and protocols of another package: listed, run, reported, checked and read back."""

from __future__ import annotations

import importlib
import json
import shutil
import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score

from aser_bench import cli
from aser_bench.core import metrics, registry
from aser_bench.core.errors import UsageError
from aser_bench.core.tables import CELL, RESULT
from aser_bench.evaluation.splits import split
from aser_bench.results import reader

KAPPA = """
from sklearn.metrics import cohen_kappa_score

from aser_bench.core.metrics import Metric

KAPPA = Metric("kappa", "Cohen's kappa", cohen_kappa_score)
"""

HALVES = """
import numpy as np

from aser_bench.evaluation.folds import Split
from aser_bench.evaluation.protocols import Protocol


def halves(utterances, seed):
    speakers = np.unique(utterances["speaker"])
    first = utterances["speaker"].isin(speakers[: len(speakers) // 2]).to_numpy()
    nothing = np.array([], dtype=int)
    for fold, test in enumerate((first, ~first)):
        yield Split(fold, np.flatnonzero(~test), nothing, np.flatnonzero(test))


HALVES = Protocol("halves", "two halves of the speakers", True, halves)
"""


def install(site: Path, module: str, source: str, group: str, *entries: str) -> None:
    """Write what ``pip install`` writes: a module and metadata with entry points."""
    (site / f"{module}.py").write_text(source)
    metadata = site / f"{module}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("\n".join([f"[aser_bench.{group}]", *entries, ""]))


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def plugins(tmp_path_factory, patch):
    """Install a package with Cohen's kappa, another with a protocol, and a broken metric."""
    site = tmp_path_factory.mktemp("site-packages")
    install(site, "kappa_plugin", KAPPA, "metrics", "kappa = kappa_plugin:KAPPA")
    install(site, "halves_plugin", HALVES, "protocols", "halves = halves_plugin:HALVES")
    install(site, "broken_plugin", "1 / 0", "metrics", "broken = broken_plugin:X")
    install(site, "exit_plugin", "raise SystemExit(7)", "codecs", "exits = exit_plugin:X")
    patch.syspath_prepend(site)
    importlib.invalidate_caches()
    registry.plugins.cache_clear()
    yield
    patch.undo()
    registry.plugins.cache_clear()


@pytest.fixture(scope="module")
def folder(plugins, voices, cache_dir, tmp_path_factory):
    """Return the results of a run with the plug-ins, made by the command line."""
    root = tmp_path_factory.mktemp("run")
    lines = [f"{file},{file.stem.split('_')[2]},{file.stem[:2]}" for file in voices.glob("*.wav")]
    (root / "voices.csv").write_text("\n".join(["file,emotion,speaker", *sorted(lines), ""]))
    command = f"run --corpus csv={root / 'voices.csv'} --codec mp3 --bitrates 8 --models svm,mlp"
    options = f"--effort quick --train original --protocol halves --cache {cache_dir} -j 1 -q"
    outputs = f"--runs 2 --format csv,html,json --out {root / 'results'}"
    assert cli.main(f"{command} {options} {outputs}".split()) == 0
    return root / "results"


@pytest.fixture
def older(folder, tmp_path):
    """Return the same results as a version without kappa wrote them."""
    path = shutil.copytree(folder, tmp_path / "older")
    pd.read_csv(path / "scores.csv", dtype=str, keep_default_na=False).drop(columns="kappa").to_csv(
        path / "scores.csv", index=False
    )
    return path


def kappas(folder: Path, columns: Sequence[str] = RESULT) -> pd.Series:
    """Return kappa by scikit-learn for each group of predictions that share some columns."""
    predictions = pd.read_parquet(folder / "predictions.parquet")
    text = dict.fromkeys(predictions.select_dtypes("category"), str)
    groups = predictions.astype(text).groupby(list(columns), sort=False)
    return groups.apply(lambda part: cohen_kappa_score(part["truth"], part["predicted"]))


def test_plugins_are_listed_and_a_broken_one_is_named(plugins, capsys):
    assert cli.main(["list", "metrics"]) == 0
    listed = capsys.readouterr().out
    assert "\nkappa     Cohen's kappa\n" in listed
    assert "not available: metric 'broken' cannot be loaded: ZeroDivisionError" in listed
    assert list(metrics.all_metrics()) == ["wap", "accuracy", "uar", "macro_f1", "kappa"]
    assert metrics.unavailable().keys() == {"broken"}
    assert cli.main(["list", "protocols"]) == 0
    assert "halves    two halves of the speakers" in capsys.readouterr().out
    assert cli.main(["list", "codecs"]) == 0
    assert "not available: codec 'exits' cannot be loaded: SystemExit: 7" in capsys.readouterr().out


def test_a_run_names_a_metric_that_cannot_be_loaded(plugins, tmp_path, capsys):
    options = f"--codec int16 --models svm --limit 40 --dry-run --out {tmp_path / 'x'}"
    assert cli.main(["run", *options.split(), "--cache", str(tmp_path)]) == 0
    assert "division by zero; its column is left out\n" in capsys.readouterr().err


def test_scores_have_the_metric_after_the_built_in_ones(folder):
    scores = pd.read_csv(folder / "scores.csv")
    assert list(scores.columns[8:13]) == ["wap", "accuracy", "uar", "macro_f1", "kappa"]
    expected = kappas(folder).reindex(pd.MultiIndex.from_frame(scores[list(RESULT)]))
    np.testing.assert_allclose(scores["kappa"], expected, atol=1e-6)
    assert set(scores["protocol"]) == {"halves"}
    assert set(scores["fold"]) == {0, 1}


def test_tables_page_and_json_have_the_metric(folder):
    (table,) = (folder / "tables").glob("*-kappa.csv")
    rows = pd.read_csv(table)
    assert {"svm_clean_kappa", "svm_clean_kappa_low", "svm_clean_kappa_p_holm"} <= set(rows.columns)
    (data,) = (folder / "tables").glob("*-kappa.json")
    assert "Cohen's kappa" in json.loads(data.read_text())["title"]
    assert "Cohen's kappa" in (folder / "report.html").read_text().replace("&#39;", "'")


def test_check_compares_by_the_metric(folder, capsys):
    arguments = ["check", str(folder), "--against", str(folder), "--metric", "kappa"]
    assert cli.main([*arguments, "--format", "json"]) == 0
    checked = json.loads(capsys.readouterr().out)
    assert checked["options"]["metric"] == "kappa"
    expected = kappas(folder, [*CELL, "run"]).groupby(list(CELL)).mean()
    assert len(checked["cells"]) == len(expected) == 4  # svm and mlp, original and mp3-8k
    for cell in checked["cells"]:
        key = tuple(cell[name] for name in CELL)
        assert cell["value"] == cell["baseline"] == pytest.approx(expected[key])
    dotted = [*arguments[:-1], "kappa_plugin:KAPPA"]
    assert cli.main(dotted) == 0


def test_older_results_get_the_metric_from_their_predictions(older):
    scores = reader.read(older).scores
    assert list(scores.columns[8:13]) == ["wap", "accuracy", "uar", "macro_f1", "kappa"]
    expected = kappas(older).reindex(pd.MultiIndex.from_frame(scores[list(RESULT)]))
    np.testing.assert_allclose(scores["kappa"], expected)
    assert cli.main(["check", str(older), "--against", str(older), "--metric", "kappa"]) == 0


def test_a_metric_without_predictions_is_missing_and_named(older, capsys):
    (older / "predictions.parquet").unlink()
    with pytest.warns(RuntimeWarning, match="older has no predictions to compute kappa from"):
        scores = reader.read_scores(older)
    assert scores["kappa"].isna().all()
    assert scores["uar"].notna().all()
    assert cli.main(["check", str(older), "--against", str(older), "--metric", "kappa"]) == 2
    assert "has no column kappa" in capsys.readouterr().err
    assert cli.main(["check", str(older), "--against", str(older)]) == 0


@pytest.mark.parametrize("change", [{"title": None}, {"better": "larger"}])
def test_a_metric_without_valid_attributes_is_refused(plugins, monkeypatch, change):
    odd = replace(metrics.get_metric("kappa"), **change)
    monkeypatch.setattr("kappa_plugin.ODD", odd, raising=False)
    with pytest.raises(UsageError, match="needs a title"):
        metrics.get_metric("kappa_plugin:ODD")


def test_results_with_a_metric_that_is_not_installed_are_read(folder, tmp_path):
    path = shutil.copytree(folder, tmp_path / "newer")
    scores = pd.read_csv(path / "scores.csv", dtype=str, keep_default_na=False)
    scores.assign(unknown_metric="0.5").to_csv(path / "scores.csv", index=False)
    assert reader.read(path).scores["kappa"].notna().all()


@pytest.mark.parametrize("name", ["uar", "seed", "not a name", "class"])
def test_a_metric_name_that_cannot_be_a_column_is_refused(plugins, monkeypatch, name):
    monkeypatch.setattr("kappa_plugin.ODD", metrics.Metric(name, "Odd", max), raising=False)
    if name == "uar":  # a dotted path names another object, so this name is not refused
        assert metrics.get_metric("kappa_plugin:ODD").title == "Odd"
    else:
        with pytest.raises(UsageError, match="cannot be a column"):
            metrics.get_metric("kappa_plugin:ODD")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("return []", "there are none"),
        ("return None", "TypeError: 'NoneType' object is not iterable"),
        ("raise ValueError('two\\nlines')", "failed: ValueError: two lines"),
        ("return [a]", "ndarray is not aser_bench.evaluation.folds.Split"),
        ("return [Split(0, a[:0], a[:0], a)]", "no utterances for training or for test"),
        ("return [Split(0, a[:4], a[:0], a[3:])]", "too large or occur twice"),
        ("return [Split(0, a[:4], a[:0], a[4:] + 1)]", "too large or occur twice"),
        ("return [Split(0, a[:3], a[:0], a[3:])]", "has the speaker 'b' in training and in test"),
        ("return [Split(0, a[:4], a[:0], a[4:])] * 2", "the same fold number"),
    ],
)
def test_invalid_splits_of_a_protocol_are_refused(tmp_path, monkeypatch, body, reason):
    source = f"""
        import numpy as np
        from aser_bench.evaluation.folds import Split
        from aser_bench.evaluation.protocols import Protocol

        def make(utterances, seed):
            a = np.arange(len(utterances))
            {body}

        ODD = Protocol("odd", "odd", True, make)
    """
    (tmp_path / "odd_protocol.py").write_text(textwrap.dedent(source))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "odd_protocol", raising=False)
    importlib.invalidate_caches()
    table = pd.DataFrame({"speaker": list("aabbcc"), "emotion": list("xyxyxy"), "group": range(6)})
    with pytest.raises(UsageError, match=f"protocol 'odd_protocol:ODD' .*{reason}"):
        split("odd_protocol:ODD", table.astype(str), 0)


def test_an_unknown_protocol_is_refused_with_the_nearest(plugins, capsys):
    assert cli.main(["run", "--protocol", "halfs", "--dry-run"]) == 2
    assert "did you mean 'halves'?" in capsys.readouterr().err


def test_a_metric_of_two_lists_has_the_p_of_its_interval(folder):
    from aser_bench.evaluation.analysis import analyse
    from aser_bench.evaluation.outcomes import Source

    conditions = pd.read_csv(folder / "conditions.csv")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = analyse([Source(folder / "predictions.parquet")], conditions)
    losses = found.losses[found.losses["metric"] == "kappa"]
    assert len(losses) == 2  # svm and mlp, trained on the original
    assert losses[["low", "high", "p"]].notna().all(axis=None)
    assert found.cells["kappa"].between(-1, 1).all()
