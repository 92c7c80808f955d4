"""Drawn values, compared with the findings."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.text import Text

from aser_bench.report.figures import (
    bandwidth,
    confusion,
    curve,
    data,
    drift,
    matrix,
    recall,
    speakers,
    split,
    style,
)


@pytest.fixture(scope="module")
def figure_data_of(given):
    """Return a function that generates the data of a figure."""

    def make(scope=data.SECTION, **changes):
        return next(data.figure_data(*given(**changes), scope))

    return make


def draw(module, figure_data):
    with style.settings():
        drawing = module.draw(figure_data)
        drawing.figure.canvas.draw()
    return drawing


def points(panel, label: str = "") -> set[tuple[float, float]]:
    """Return the positions of markers (numbers in cells are markers, too)."""
    places = set()
    for line in panel.lines:
        if line.get_marker() not in ("None", None, "") and not line.get_label().startswith("_+"):
            places |= {(round(x, 6), round(y, 6)) for x, y in line.get_xydata()}
    return places


def values(panel) -> list[float]:
    return sorted(y for _, y in points(panel))


def test_curves_show_the_cells(figure_data_of):
    given = figure_data_of()
    drawing = draw(curve, given)
    cells = given.findings.cells
    for panel, rows in zip(
        drawing.figure.axes,
        (
            cells[cells["train_condition"] == cells["test_condition"]],
            cells[cells["train_condition"] == "original"],
        ),
        strict=True,
    ):
        assert values(panel) == pytest.approx(sorted(rows["uar"]), abs=1e-6)
        coded = rows[rows["test_condition"] == "mp3-16k"]
        assert {y for x, y in points(panel) if x == 4.0} == set(coded["uar"].round(6))
        low, high = panel.get_ylim()
        shown = rows[["uar_low", "uar_high", "chance"]].to_numpy()
        assert low <= np.nanmin(shown)
        assert high >= np.nanmax(shown)


def test_bands_and_whiskers_are_the_intervals(figure_data_of):
    given = figure_data_of(models=("svm",), trainings=("clean",), crossed=False)
    panel = draw(curve, given).figure.axes[0]
    cells = given.findings.cells
    cells = cells[cells["train_condition"] == "original"].set_index("test_condition")
    band = np.concatenate([p.vertices for c in panel.collections for p in c.get_paths()])
    for name, x in (("mp3-8k", 3.0), ("mp3-64k", 6.0)):
        ys = band[np.isclose(band[:, 0], x), 1]
        assert ys.min() == pytest.approx(cells.at[name, "uar_low"])
        assert ys.max() == pytest.approx(cells.at[name, "uar_high"])
    for name in ("original", "mp3-192k"):
        assert np.isclose(band[:, 1], cells.at[name, "uar_low"]).any()


def test_missing_intervals_are_not_drawn(figure_data_of):
    given = figure_data_of(
        models=("svm",), trainings=("clean",), crossed=False, bitrates=(), named=("lowpass-3k0",)
    )
    panel = draw(curve, given).figure.axes[0]
    paths = [path for c in panel.collections for path in c.get_paths()]
    drawn = [p for p in paths if np.isfinite(p.vertices).all() and len(p.vertices)]
    assert len(drawn) == 1  # the original's


def test_bitrates_are_labelled_and_marked_ones_are_open(figure_data_of):
    panel = draw(
        curve, figure_data_of(models=("svm",), trainings=("clean",), crossed=False)
    ).figure.axes[0]
    labels = {
        t.get_text(): x for t, x in zip(panel.get_xticklabels(), panel.get_xticks(), strict=True)
    }
    assert {labels[text] for text in ("8", "16", "64")} == {3.0, 4.0, 6.0}
    assert {"original", "lowpass-3k0"} <= set(labels)
    opened = [line for line in panel.lines if line.get_markerfacecolor() == "white"]
    assert [tuple(line.get_xdata()) for line in opened] == [(np.log2(192),)]


def test_ticks_are_effective_bitrates(figure_data_of, given, made):
    findings, conditions, context = given(models=("svm",))
    conditions.loc[conditions["condition"] == "mp3-16k", "effective_kbps"] = 20.0
    own = next(data.figure_data(findings, conditions, context, data.SECTION))
    panel = draw(curve, own).figure.axes[0]
    assert "20" in [text.get_text() for text in panel.get_xticklabels()]


def test_several_codecs_have_one_panel_for_each_model(figure_data_of):
    drawing = draw(curve, figure_data_of(codecs=("mp3", "opus")))
    titles = [panel.get_title(loc="left") for panel in drawing.figure.axes]
    assert titles == ["matched (svm)", "clean (svm)", "matched (mlp)", "clean (mlp)"]


def test_alt_text_of_the_curve_has_the_numbers(figure_data_of):
    given = figure_data_of()
    cells = given.findings.cells.set_index(["model", "train_condition", "test_condition"])["uar"]
    alt = draw(curve, given).alt
    for model in given.models:
        for name in ("original", "mp3-8k", "mp3-192k"):
            number = f"{cells[model, 'original', name]:.3f}".removeprefix("0")
            assert f"{number} at {name}" in alt


def test_matrix_shows_the_cells(figure_data_of):
    given = figure_data_of(named=())
    panels = draw(matrix, given).figure.axes
    cells = given.findings.cells
    for model, panel in zip(given.models, panels, strict=False):
        own = cells[cells["model"] == model].set_index(["train_condition", "test_condition"])
        drawn = np.asarray(panel.collections[0].get_array())
        assert drawn[1, 0] == own.at[("mp3-8k", "original"), "uar"]
        assert drawn[0, 2] == own.at[("original", "mp3-16k"), "uar"]
        assert drawn[0, 0] == own.at[("original", "original"), "uar"]
        numbers = {line.get_label() for line in panel.lines}
        assert f"_{own.at[('mp3-8k', 'original'), 'uar']:.2f}".replace("_0", "_") in numbers
        top = [text.get_text() for text in panel.get_yticklabels()][:2]
        assert top == (["original", "mp3-8k"] if model == given.models[0] else top)
        assert panel.yaxis_inverted()


def test_no_matrix_without_crossed_conditions(figure_data_of):
    assert matrix.draw(figure_data_of(crossed=False)) is None


def test_missing_cells_of_the_matrix_are_empty(figure_data_of, given, made):
    findings, conditions, context = given(models=("svm",), named=())
    gap = (findings.cells["train_condition"] == "mp3-8k") & (
        findings.cells["test_condition"] == "mp3-16k"
    )
    findings = made.replace(findings, cells=findings.cells[~gap])
    drawing = draw(matrix, next(data.figure_data(findings, conditions, context, data.SECTION)))
    drawn = drawing.figure.axes[0].collections[0].get_array()
    assert np.ma.getmaskarray(drawn).sum() == 1
    assert np.ma.getmaskarray(drawn)[1, 2]
    assert "Grey cells have no result" in drawing.caption


def test_confusions_before_and_after_coding(figure_data_of):
    given = figure_data_of(models=("svm",))
    drawing = draw(confusion, given)
    table = given.findings.confusions
    table = table[table["training"] == "clean"].set_index(["condition", "truth", "predicted"])
    before, after, change = (
        np.asarray(panel.collections[0].get_array()) for panel in drawing.figure.axes[:3]
    )
    names = [text.get_text() for text in drawing.figure.axes[0].get_yticklabels()]
    assert names == ["neutral", "happy", "sad", "angry"]  # the order of the table of emotions
    for row, truth in enumerate(names):
        for column, predicted in enumerate(names):
            old = table.at[("original", truth, predicted), "share"]
            new = table.at[("mp3-8k", truth, predicted), "share"]
            assert before[row, column] == old
            assert after[row, column] == new
            assert change[row, column] == pytest.approx(new - old)
    low, high = drawing.figure.axes[2].collections[0].get_clim()
    assert low == -high
    assert before.sum(axis=1) == pytest.approx(np.ones(4))
    assert "mp3-8k" in drawing.caption
    assert "clean" in drawing.title


def test_recalls_with_intervals_around_the_value(figure_data_of):
    given = figure_data_of(models=("svm",))
    drawing = draw(recall, given)
    table = given.findings.recalls
    table = table[table["training"] == "clean"].set_index(["emotion", "condition"])
    panels = {panel.get_title(loc="left"): panel for panel in drawing.figure.axes}
    for emotion in ("angry", "sad"):
        row = table.loc[(emotion, "mp3-16k")]
        panel = panels[emotion]
        assert (4.0, round(row["value"], 6)) in points(panel)
        band = np.concatenate([p.vertices for c in panel.collections for p in c.get_paths()])
        ys = band[np.isclose(band[:, 0], 4.0), 1]
        assert ys.min() == pytest.approx(row["original"] + row["low"])
        assert ys.max() == pytest.approx(row["original"] + row["high"])
        assert any(np.allclose(line.get_ydata(), 0.6) for line in panel.lines)
    assert "Not shown: lowpass-3k0" in drawing.caption


def test_speakers_and_their_mean_are_drawn(figure_data_of):
    given = figure_data_of(models=("svm",))
    panel = draw(speakers, given).figure.axes[0]
    table = given.findings.speakers
    table = table[table["training"] == "clean"]
    labels = [text.get_text() for text in panel.get_xticklabels()]
    assert labels == ["original", "mp3-8k", "mp3-16k", "mp3-64k", "mp3-192k", "lowpass-3k0"]
    drawn = points(panel)
    for place, name in enumerate(labels[1:], start=1):
        own = table[table["condition"] == name]["value"]
        near = {y for x, y in drawn if abs(x - place) < 0.4}
        assert set(own.round(6)) <= near
        assert (place, round(own.mean(), 6)) in drawn
    assert (0, round(table.drop_duplicates("speaker")["original"].mean(), 6)) in drawn


def test_lines_of_speakers_do_not_join_codecs(figure_data_of):
    given = figure_data_of(models=("svm",), codecs=("mp3", "opus"), bitrates=(8, 16))
    panel = draw(speakers, given).figure.axes[0]
    reach = {
        tuple(path.vertices[[0, -1], 0].round())
        for c in panel.collections
        for path in c.get_paths()
    }
    assert reach == {(0, 2), (3, 4), (5, 5)}


def test_bandwidth_and_artefacts_are_bars(figure_data_of):
    given = figure_data_of(models=("svm",), trainings=("clean",), bitrates=(8, 16))
    drawing = draw(split, given)
    panel = drawing.figure.axes[0]
    heights = sorted(patch.get_height() for patch in panel.patches)
    assert heights == pytest.approx([-0.06, -0.06, -0.04, -0.04])
    assert -0.1 in values(panel)
    intervals = [path.vertices[:, 1] for c in panel.collections for path in c.get_paths()]
    intervals = [tuple(ys) for ys in intervals if len(ys) and np.isfinite(ys).all()]
    assert sorted(set(intervals)) == [(-0.15, -0.05), (-0.11, -0.01)]
    assert "mp3-8k with lowpass-3k0" in drawing.caption
    assert "2 of the splits have no interval" in drawing.caption
    alt = drawing.alt.replace("\N{MINUS SIGN}", "-")
    assert "change -0.100, of which bandwidth -0.060 and artefacts -0.040" in alt


def test_drift_shows_the_ten_largest_shifts(figure_data_of):
    given = figure_data_of(data.FEATURES)
    drawing = draw(drift, given)
    panel = drawing.figure.axes[0]
    shifts = given.findings.drift.pivot(index="feature", columns="condition", values="shift")
    most = shifts.abs().max(axis=1).sort_values(ascending=False).index[:10]
    assert [text.get_text() for text in panel.get_yticklabels()] == list(most)
    names = [text.get_text() for text in panel.get_xticklabels()]
    assert np.asarray(panel.collections[0].get_array()) == pytest.approx(
        shifts.loc[most, names].to_numpy()
    )
    assert most[0] in drawing.alt


def test_infinite_shift_is_omitted(given, made):
    findings, conditions, context = given()
    table = findings.drift.copy()
    table.loc[table["feature"] == "mfcc_13", "shift"] = np.inf
    own = made.replace(findings, drift=table)
    drawing = draw(drift, next(data.figure_data(own, conditions, context, data.FEATURES)))
    labels = [text.get_text() for text in drawing.figure.axes[0].get_yticklabels()]
    assert "mfcc_13" not in labels


def test_bandwidth_over_bitrate(figure_data_of):
    drawing = draw(bandwidth, figure_data_of(data.CORPUS))
    assert {(3.0, 5400.0), (4.0, 7500.0)} <= points(drawing.figure.axes[0])
    assert drawing.figure.axes[0].get_ylim()[0] == 0
    assert "5400 Hz at mp3-8k" in drawing.alt


def test_a_model_has_one_colour_in_all_figures(figure_data_of, given, made):
    findings, conditions, context = given()
    only_mlp = made.replace(findings, recalls=findings.recalls[findings.recalls["model"] == "mlp"])
    own = next(data.figure_data(only_mlp, conditions, context, data.SECTION))
    colours = {
        line.get_color()
        for line in draw(recall, own).figure.axes[0].lines
        if len(line.get_xdata()) > 1
    }
    assert colours == {style.COLOURS[1]}


@pytest.mark.parametrize("name", ["curve", "recall", "speakers", "split", "matrix", "confusion"])
def test_texts_are_inside_the_figure_and_large_enough(figure_data_of, name):
    module = {
        "curve": curve,
        "recall": recall,
        "speakers": speakers,
        "split": split,
        "matrix": matrix,
        "confusion": confusion,
    }[name]
    figure = draw(module, figure_data_of(named=("lowpass-3k0", "mp3-64k+amr-wb-12k65"))).figure
    width = figure.bbox.width
    for text in figure.findobj(Text):
        if not text.get_text() or not text.get_visible():
            continue
        assert text.get_size() >= style.SMALL
        box = text.get_window_extent()
        # Labels that are switched off keep their text.
        if text.axes is None or text in figure.texts:
            assert box.x1 <= width + 1, text.get_text()
        if text.get_rotation() == 90:
            assert box.y0 >= -1, text.get_text()
            assert box.x0 >= -1, text.get_text()


@pytest.mark.parametrize(
    "changes", [{}, {"models": ("svm",), "bitrates": (8,), "named": ()}, {"features": "mel" * 100}]
)
def test_titles_fit_the_figure(figure_data_of, changes):
    for module, scope in (
        (curve, data.SECTION),
        (speakers, data.SECTION),
        (drift, data.FEATURES),
        (bandwidth, data.CORPUS),
    ):
        drawing = draw(module, figure_data_of(scope, **changes))
        title = drawing.figure.texts[0]
        written = " ".join(title.get_text().split())
        if "features" in changes:
            assert "demo (synthetic speech)" in written
        else:
            assert written == drawing.title
        assert title.get_window_extent().x1 <= drawing.figure.bbox.width
