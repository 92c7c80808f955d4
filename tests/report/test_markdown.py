"""Markdown tables, parsed like GitHub does."""

from __future__ import annotations

import pytest
from findings_factory import findings_of

from aser_bench.report import markdown, tables

NASTY = "50% of_my *corpus* | a [b](c) <d> `e` ~~f~~ #1 & $g$ \\ https://x"


@pytest.fixture(scope="module")
def reader():
    module = pytest.importorskip("markdown_it")
    return module.MarkdownIt("commonmark").enable("table")


@pytest.fixture(scope="module")
def built(full_with_findings):
    return tables.build(*full_with_findings)


def parsed(reader, text):
    """Return the rows of the one table of a text, and the texts of its paragraphs."""
    tokens = reader.parse(text)
    assert [token.type for token in tokens].count("table_open") == 1
    rows, paragraphs, cell, after = [], [], False, False
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        after = after or token.type == "table_close"
        cell = token.type in ("th_open", "td_open") or (cell and token.type == "inline")
        if token.type == "inline":
            plain = "".join(child.content for child in token.children)
            if cell:
                rows[-1].append(plain)
            elif after:
                paragraphs.append(plain)
    return rows, paragraphs


def test_all_rows_of_a_table_have_the_same_number_of_cells(reader, built):
    assert len(built) > 12
    for table in built:
        rows, _ = parsed(reader, markdown.render(table))
        width = len(table.sides) + len(table.columns)
        assert {len(row) for row in rows} == {width}, table.stem
        headings = sum(any(row) and not any(row[1:]) for row in rows)
        assert len(rows) == 1 + len(table.rows) + headings


def test_numbers_are_below_their_titles(reader, built):
    (uar,) = (
        table for table in built if table.stem.endswith("-uar") and "matrix" not in table.stem
    )
    rows, _ = parsed(reader, markdown.render(uar))
    assert rows[0][:3] == ["Condition", "svm, matched UAR", "svm, matched mean ± SD over folds"]
    (eight,) = (row for row in rows if row[0] == "8 kbit/s")
    cell = uar.rows[2].cells[0]
    assert eight[1] == f"{cell.text} {cell.spread}†"
    assert cell.spread.startswith("[")
    assert ["MP3", *[""] * 12] in rows


def test_notes_and_caption_are_below_the_table(reader, built):
    for table in built:
        _, paragraphs = parsed(reader, markdown.render(table))
        assert paragraphs[-1].startswith(table.caption)
        for note, mark in table.marks.items():
            assert f"{mark} {note}" in paragraphs
        assert set(table.footnotes) <= set(paragraphs)


def test_hostile_names_are_escaped(reader, build):
    scores, conditions, context = build(models=(NASTY,), bitrates=(8,), promoted=(), folds=2)
    context.titles["demo"] = NASTY
    context.notes["demo"] = (NASTY,)
    scores["features"] = "a|b"
    for table in tables.build(scores, conditions, context, findings_of(scores)):
        text = markdown.render(table)
        rows, paragraphs = parsed(reader, text)
        assert len({len(row) for row in rows}) == 1
        assert NASTY in paragraphs
        kinds = {child.type for token in reader.parse(text) for child in token.children or ()}
        assert kinds <= {"text", "text_special", "strong_open", "strong_close"}
