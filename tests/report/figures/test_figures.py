"""What is written: files, words, order, and that the same findings give the same bytes."""

from __future__ import annotations

import re

import matplotlib
import numpy as np
import pandas as pd
import pytest

from aser_bench.core.findings import Findings
from aser_bench.report import figures

ALL = ["curve", "matrix", "recall", "confusion", "speakers", "split", "drift", "bandwidth"]


def small(given):
    return given(models=("svm",), trainings=("clean",), bitrates=(8, 16, 192))


def drawn(*everything) -> list[figures.Figure]:
    """Draw without a file: most of the time goes into files."""
    return figures.write(*everything, formats=())


@pytest.fixture(scope="module")
def written(given, tmp_path_factory):
    return figures.write(*small(given), tmp_path_factory.mktemp("figures"))


def pixels(path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path).convert("L"), dtype=float)


def test_every_figure_in_every_format(written):
    assert [figure.stem.rsplit("-", 1)[-1] for figure in written] == ALL
    for figure in written:
        assert [path.name for path in figure.files] == [
            f"{figure.stem}.{ending}" for ending in ("pdf", "png", "svg")
        ]
        pdf, png, svg = (path.read_bytes() for path in figure.files)
        assert pdf.startswith(b"%PDF")
        assert b"/FontFile2" in pdf
        assert b"/Type3" not in pdf
        assert b"<svg" in svg
        assert b"<text" not in svg
        assert png.startswith(b"\x89PNG")
        assert pixels(figure.files[1]).std() > 5


def test_title_caption_and_alt_text(written):
    by_name = {figure.stem.rsplit("-", 1)[-1]: figure for figure in written}
    assert by_name["curve"].stem == "demo-functionals-speaker-curve"
    assert by_name["curve"].section == ("demo", "functionals", "speaker")
    assert by_name["drift"].section == ("demo", "functionals", "")
    assert by_name["bandwidth"].section == ("demo", "", "")
    for figure in written:
        assert "synthetic speech" in figure.title
        assert figure.caption.endswith(".")
        assert re.search(r"\d", figure.alt)
        assert not re.search(r"\b(nan|None|inf)\b|\(\)", figure.caption + figure.alt)


def test_human_speech_is_not_called_synthetic(given, made, tmp_path):
    findings, conditions, _ = given()
    context = made.context(made.Run(), synthetic=False)
    written_figures = drawn(findings, conditions, context, tmp_path)
    assert written_figures
    assert not any("synthetic" in figure.title + figure.caption for figure in written_figures)


def test_marks_and_missing_intervals_are_explained(written, made):
    curve, *_ = written
    assert f"mp3-192k: {made.mark}" in curve.caption
    assert f"no interval ({made.why})" in curve.caption


def test_bytes_do_not_depend_on_matplotlib_settings(written, given, tmp_path):
    with matplotlib.rc_context({"font.size": 31, "axes.prop_cycle": "cycler('color', ['r'])"}):
        before = dict(matplotlib.rcParams)
        again = figures.write(*small(given), tmp_path)
        assert dict(matplotlib.rcParams) == before
    for one, other in zip(written, again, strict=True):
        for first, second in zip(one.files, other.files, strict=True):
            assert first.read_bytes() == second.read_bytes(), second.name


def test_no_figures_without_findings(given, tmp_path):
    _, conditions, context = given()
    assert figures.write(Findings(), conditions.head(0), context, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["cells", "losses", "recalls", "confusions", "speakers", "bandwidth", "drift"]
)
def test_any_table_can_be_empty(given, made, tmp_path, name):
    findings, conditions, context = given(models=("svm",))
    findings = made.replace(findings, **{name: getattr(findings, name).head(0)})
    stems = [figure.stem for figure in drawn(findings, conditions, context, tmp_path)]
    gone = {
        "cells": {"curve", "matrix"},
        "losses": set(),
        "recalls": {"recall"},
        "confusions": {"confusion"},
        "bandwidth": {"split"},
    }.get(name, {name})
    assert {stem.rsplit("-", 1)[-1] for stem in stems} == set(ALL) - gone


def test_no_comparisons_with_only_the_original(given, tmp_path):
    assert drawn(*given(bitrates=(), named=()), tmp_path) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"bitrates": (8,), "models": ("svm",), "named": (), "crossed": False},
        {"bitrates": (), "named": ("g711", "lowpass-3k0")},
        {"trainings": ("multi",), "crossed": False},
        {
            "codecs": ("mp3", "opus"),
            "trainings": ("matched", "clean", "multi"),
            "bitrates": (8, 16),
            "crossed": False,
        },
        {
            "corpus": "日本語 $x_$ <b>",
            "features": "my.pack:" + "F" * 60,
            "models": ("späť $a$ $", "m" * 70, "\x00\n"),
            "trainings": ("clean",),
        },
    ],
)
def test_runs_of_other_shapes(given, tmp_path, recwarn, changes):
    written_figures = figures.write(*given(**changes), tmp_path, ("png",))
    assert {"curve", "recall"} <= {figure.stem.rsplit("-", 1)[-1] for figure in written_figures}
    assert len({figure.stem for figure in written_figures}) == len(written_figures)
    assert all(pixels(figure.files[0]).std() > 3 for figure in written_figures)
    assert not recwarn.list


def test_a_large_run(given, tmp_path):
    written_figures = figures.write(
        *given(
            named=[f"a-condition-with-a-long-name-{i}" for i in range(26)],
            speakers=91,
            emotions=[f"emotion{i}" for i in range(12)],
            models=("svm",),
            trainings=("clean",),
            crossed=False,
        ),
        tmp_path,
        ("svg",),
    )
    assert len(written_figures) == len(ALL) - 1
    assert all(len(figure.files[0].read_bytes()) > 5000 for figure in written_figures)


def test_failed_model_and_corpus_without_numbers(given, made, tmp_path):
    findings, conditions, context = given()
    blank = {
        "cells": ["uar", "uar_low", "uar_high"],
        "recalls": ["value", "low", "high"],
        "confusions": ["share"],
        "speakers": ["value"],
    }
    tables = {name: getattr(findings, name).copy() for name in blank}
    for name, columns in blank.items():
        tables[name].loc[tables[name]["model"] == "mlp", columns] = np.nan
    written_figures = drawn(made.replace(findings, **tables), conditions, context, tmp_path)
    by_name = {figure.stem.rsplit("-", 1)[-1]: figure for figure in written_figures}
    assert set(by_name) == set(ALL)
    assert "No result for mlp" in by_name["confusion"].caption
    assert not any("nan" in figure.caption + figure.alt for figure in written_figures)


def test_sections_do_not_mix(given, tmp_path):
    findings, conditions, context = given()
    other, more, _ = given(corpus="tess", protocol="loso", models=("mlp", "lstm"))
    names = ("cells", "recalls", "confusions", "speakers", "bandwidth", "drift", "losses")
    both = Findings(
        **{name: pd.concat([getattr(findings, name), getattr(other, name)]) for name in names}
    )
    written_figures = drawn(both, pd.concat([conditions, more]), context, tmp_path)
    assert len(written_figures) == 2 * len(ALL)
    assert [f for f in written_figures if f.section[0] == "demo"] == drawn(
        findings, conditions, context, tmp_path
    )


def test_file_names_are_valid_on_all_systems(given, made, tmp_path):
    findings, conditions, context = given(features="my.pack:Feats", models=("svm",))
    twin = findings.cells.assign(features="MY.pack/feats")
    findings = made.replace(findings, cells=pd.concat([findings.cells, twin]))
    curves = [f.stem for f in drawn(findings, conditions, context, tmp_path) if "curve" in f.stem]
    assert curves == ["demo-my.pack_Feats-speaker-curve", "demo-MY.pack_feats-speaker-curve-2"]
