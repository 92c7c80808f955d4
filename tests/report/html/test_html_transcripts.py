"""The section of what was heard: its numbers, its figures, its examples, or no section at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from page_factory import HOSTILE, misheard

from aser_bench.report.html import render, transcripts
from aser_bench.report.html.grid import NOTHING


@pytest.fixture(scope="module")
def html(listened):
    return render(listened)


@pytest.fixture(scope="module")
def section(html):
    return html.partition('<section id="heard"')[2].partition("</section>")[0]


def test_conditions_stand_in_a_readers_order_with_their_numbers(listened):
    (part,) = transcripts.rates(listened)
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
    assert rows[2][7:9] == [NOTHING, "none"]
    assert panel.grid.footnotes == {"nobody said anything.": "a"}


def test_the_section_has_table_figures_and_examples(html, section):
    assert "What the transcriber heard" in section
    assert html.count('href="#heard"') == 1
    for title in ("Figure wer", "Figure uar-wer"):
        assert section.count(f"<b>{title}.</b>") == html.count(f"<b>{title}.</b>") == 1
    assert "UAR by bitrate" not in section
    assert "Kids are talking." in section
    assert "&lt;i&gt;kits&lt;/i&gt; &amp; all" in section
    assert "<i>kits" not in html
    assert "<script>alert" not in html


def test_examples_come_by_condition(listened):
    (part,) = transcripts.examples(listened)
    assert [panel.name for panel in part.panels] == ["mp3-8k", "mp3-16k"]
    first = [cell.text for cell in part.panels[0].grid.lines[0].cells]
    assert first == [
        HOSTILE,
        "ear",
        "Kids are talking.",
        "kids are talking",
        NOTHING,
        "0",
        "3",
        "3",
    ]


def test_without_the_words_the_rates_stand_alone(listened):
    page = replace(
        listened, findings=replace(listened.findings, transcript_errors=misheard().iloc[:0])
    )
    assert "Examples:" not in render(page)
    assert "What the transcriber heard" in render(page)


def test_where_nobody_listened_there_is_no_section(page, empty):
    for one in (page, empty):
        assert "transcriber" not in render(one)
        assert 'id="heard"' not in render(one)
