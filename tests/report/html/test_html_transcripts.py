"""The section on transcripts: values, figures and examples."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_factory import HOSTILE, transcript_errors

from aser_bench.report.html import render, transcripts
from aser_bench.report.html.grid import EMPTY


@pytest.fixture(scope="module")
def html(page_with_transcripts):
    return render(page_with_transcripts)


@pytest.fixture(scope="module")
def section(html):
    return html.partition('<section id="transcripts"')[2].partition("</section>")[0]


def test_conditions_are_in_display_order(page_with_transcripts):
    (part,) = transcripts.rates(page_with_transcripts)
    (panel,) = part.panels
    rows = [[cell.text for cell in line.cells] for line in panel.grid.lines]
    assert part.heading == "one"
    assert [row[0] for row in rows] == ["original", "mp3-8k", "mp3-16k"]
    assert rows[1] == [
        "mp3-8k",
        "ear",
        "8",
        "800",
        "25.0",
        "6.2",
        "3.2",
        "125.0",
        "[115.0, 135.0]",
        "12.5",
        "160",
    ]
    assert rows[0][7] == "34.6"
    assert rows[2][7:9] == [EMPTY, "none"]
    assert panel.grid.footnotes == {"no reference text.": "a"}


def test_section_has_table_figures_and_examples(html, section):
    assert "Transcripts</h2>" in section
    assert html.count('href="#transcripts"') == 1
    for title in ("Figure wer", "Figure uar-wer"):
        assert section.count(f"<b>{title}.</b>") == html.count(f"<b>{title}.</b>") == 1
    assert "UAR by bitrate" not in section
    assert "Kids are talking." in section
    assert "&lt;i&gt;kits&lt;/i&gt; &amp; all" in section
    assert "<i>kits" not in html
    assert "<script>alert" not in html


def test_examples_are_grouped_by_condition(page_with_transcripts):
    (part,) = transcripts.examples(page_with_transcripts)
    assert [panel.name for panel in part.panels] == ["mp3-8k", "mp3-16k"]
    first = [cell.text for cell in part.panels[0].grid.lines[0].cells]
    assert first == [
        HOSTILE,
        "ear",
        "Kids are talking.",
        "kids are talking",
        EMPTY,
        "0",
        "3",
        "3",
    ]


def test_rates_without_examples(page_with_transcripts):
    page = replace(
        page_with_transcripts,
        findings=replace(
            page_with_transcripts.findings, transcript_errors=transcript_errors().iloc[:0]
        ),
    )
    assert "Examples:" not in render(page)
    assert "Transcripts</h2>" in render(page)


def test_no_section_without_transcripts(page, empty):
    for one in (page, empty):
        assert 'id="transcripts"' not in render(one)
