"""Figures of word errors: drawn values, and no figures without transcripts."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from aser_bench.core.findings import WER
from aser_bench.report import figures
from aser_bench.report.figures import data, style, uar_wer, wer

READERS = ("are", "tre-ear", "mdre-ear")


def wer_of(run, transcriber="ear", bare=()):
    rows = []
    for place, name in enumerate(run.conditions):
        rate = 0.3 + (0.6 / place if place else 0.0)
        gap = name in bare
        rows.append(
            {
                "corpus": run.corpus,
                "transcripts": transcriber,
                "condition": name,
                "utterances": 40,
                "words": 240,
                "substitutions": 1,
                "deletions": 1,
                "insertions": 1,
                "wer": rate,
                "low": np.nan if gap else rate - 0.05,
                "high": np.nan if gap else rate + 0.05,
                "empty": 0.0,
                "why": "too few speakers" if gap else "",
            }
        )
    return pd.DataFrame(rows, columns=list(WER))


@pytest.fixture(scope="module")
def given(made):
    """Return a function that generates findings, conditions and context with transcripts."""

    def make(transcribers=("ear",), bare=(), **changes):
        run = made.Run(**{"models": READERS, "features": "dual"} | changes)
        table = pd.concat([wer_of(run, name, bare) for name in transcribers], ignore_index=True)
        findings = replace(made.findings(run), wer=table)
        return findings, made.conditions(run), made.context(run)

    return make


def draw(module, everything, scope):
    with style.settings():
        drawing = module.draw(next(data.figure_data(*everything, scope)))
        if drawing is not None:
            drawing.figure.canvas.draw()
    return drawing


def marked(panel):
    """Return the positions of markers."""
    return {
        (round(float(x), 6), round(float(y), 6))
        for line in panel.lines
        if line.get_marker() not in ("None", None, "")
        for x, y in line.get_xydata()
    }


def test_word_errors_over_bitrate(given):
    everything = given()
    drawing = draw(wer, everything, data.CORPUS)
    (panel,) = drawing.figure.axes
    rates = everything[0].wer
    assert sorted(y for _, y in marked(panel)) == pytest.approx(sorted(100 * rates["wer"]))
    at = rates.set_index("condition")["wer"]
    assert (4.0, round(100 * at["mp3-16k"], 6)) in marked(panel)
    lines = [
        line.get_ydata()[0]
        for line in panel.lines
        if len(set(line.get_ydata())) == 1 and len(line.get_ydata()) == 2
    ]
    assert pytest.approx(100 * at["original"]) in lines
    low, high = panel.get_ylim()
    assert low == 0
    assert high > 100 * rates["high"].max()
    assert "90.0 % at mp3-8k" in drawing.alt
    assert "clustered by speaker" in drawing.caption


def test_panels_are_transcribers_and_lines_are_codecs(given):
    drawing = draw(wer, given(("ear", "nose"), codecs=("mp3", "opus")), data.CORPUS)
    assert [axes.get_title("left") for axes in drawing.figure.axes] == ["ear", "nose"]
    for panel in drawing.figure.axes:
        lines = [line for line in panel.lines if line.get_marker() not in ("None", "")]
        colours = {line.get_color() for line in lines if line.get_linestyle() != "None"}
        assert len(colours) == 2
    labels = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert labels[:3] == ["mp3", "opus", "original"]


def test_caption_counts_missing_intervals(given):
    drawing = draw(wer, given(bare=("mp3-8k",)), data.CORPUS)
    assert "1 of the values have no interval (too few speakers)" in drawing.caption


def test_uar_over_word_errors(given):
    everything = given()
    drawing = draw(uar_wer, everything, data.SECTION)
    findings = everything[0]
    rates = findings.wer.set_index("condition")["wer"]
    cells = findings.cells[findings.cells["model"] != "are"]
    matched = cells[cells["train_condition"] == cells["test_condition"]]
    clean = cells[cells["train_condition"] == "original"]
    for panel, rows in zip(drawing.figure.axes, (matched, clean), strict=True):
        expected = {
            (round(100 * rates[row.test_condition], 6), round(row.uar, 6))
            for row in rows.itertuples()
        }
        assert marked(panel) == expected
        assert len(expected) == 2 * len(rates)
    assert [axes.get_title("left") for axes in drawing.figure.axes] == [
        "ear, matched",
        "ear, clean",
    ]
    labels = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert labels == ["tre-ear", "mdre-ear", "original", "chance"]
    assert "mp3-8k" in drawing.alt


def test_models_are_at_the_word_errors_of_their_transcriber(given):
    everything = given(
        ("ear", "nose"), models=("tre-ear", "tre-nose"), trainings=("clean",), crossed=False
    )
    table = everything[0].wer
    table.loc[table["transcripts"] == "nose", "wer"] += 0.07
    drawing = draw(uar_wer, everything, data.SECTION)
    assert len(drawing.figure.axes) == 2
    for panel, name in zip(drawing.figure.axes, ("ear", "nose"), strict=True):
        rates = table.loc[table["transcripts"] == name, "wer"]
        assert {x for x, _ in marked(panel)} == {round(100 * rate, 6) for rate in rates}


@pytest.mark.parametrize("models", [("are", "tre"), ("tre-eye",)])
def test_no_figure_for_models_without_transcripts(given, models):
    assert draw(uar_wer, given(models=models), data.SECTION) is None


def test_names_of_conditions_do_not_overlap(given):
    everything = given(bitrates=(8, 16, 24, 32, 48, 64, 96, 128, 160, 192, 256))
    drawing = draw(uar_wer, everything, data.SECTION)
    for panel in drawing.figure.axes:
        boxes = sorted(text.get_window_extent().bounds for text in panel.texts)
        assert len(boxes) >= 3
        assert all(a[0] + a[2] <= b[0] for a, b in pairwise(boxes))
    named = {text.get_text() for text in drawing.figure.axes[0].texts}
    assert {"original", "mp3-8k"} <= named


def test_no_figure_without_a_transcriber(made):
    run = made.Run(models=READERS)
    everything = (made.findings(run), made.conditions(run), made.context(run))
    assert draw(wer, everything, data.CORPUS) is None
    assert draw(uar_wer, everything, data.SECTION) is None


def test_write_includes_figures_of_transcripts(given, tmp_path):
    by_type = {one.kind: one for one in figures.write(*given(), tmp_path, formats=())}
    assert by_type["wer"].section == ("demo", "", "")
    assert by_type["uar-wer"].section == ("demo", "dual", "speaker")
    assert by_type["wer"].stem == "demo-wer"


def test_styles_of_models_are_distinct():
    looks = {(style.line_style(i, i).colour, style.line_style(i, i).marker) for i in range(15)}
    assert len(looks) == 15
