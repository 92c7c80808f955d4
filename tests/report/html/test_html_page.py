"""The HTML document: structure, escaping, missing parts, and values."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pandas as pd
import pytest
from page_factory import HOSTILE, NO_SPEAKERS, PROMOTED

from aser_bench.core.findings import LOSSES, Findings
from aser_bench.report.html import render
from aser_bench.report.html.cells import decimal, percent, points
from aser_bench.report.html.grid import EMPTY

VOID = {"meta", "img", "br", "link", "input"}


class Document(HTMLParser):
    """Tags with attributes in order, the text of each table cell, and everything visible."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.open: list[str] = []
        self.rows: list[list[str]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data):
        if {"style", "script"} & set(self.open):
            return
        self.texts.append(data)
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.tags if name in attributes]

    def find(self, *cells):
        """Return the rows that begin with these cells."""
        return [row for row in self.rows if tuple(row[: len(cells)]) == cells]


@pytest.fixture(scope="module")
def html(page):
    return render(page)


@pytest.fixture(scope="module")
def document(html):
    return Document(html)


@pytest.fixture(scope="module")
def document_with_transcripts(page_with_transcripts):
    return Document(render(page_with_transcripts))


@pytest.fixture(scope="module")
def nothing(empty):
    return Document(render(empty))


@pytest.mark.parametrize("name", ["document", "document_with_transcripts", "nothing"])
def test_document_is_well_formed(name, request):
    document = request.getfixturevalue(name)
    assert document.open == []
    ids = document.attributes("id")
    assert len(ids) == len(set(ids)) > 10
    assert set(document.attributes("aria-labelledby")) <= set(ids)
    levels = [int(tag[1]) for tag, _ in document.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert dict(document.tags)["html"]["lang"] == "en"
    anchors = [href[1:] for href in document.attributes("href") if href.startswith("#")]
    assert len(anchors) == 12 + (name == "document_with_transcripts")
    assert set(anchors) <= set(ids)


def test_page_loads_no_external_resources(document, html):
    assert all(source.startswith("data:") for source in document.attributes("src"))
    links = [href for href in document.attributes("href") if not href.startswith("#")]
    assert links == ["https://example.org/one"]
    assert all(tag == "a" for tag, attributes in document.tags if "href" in attributes)
    assert "@import" not in html
    assert "url(" not in html
    assert not document.attributes("style")
    assert not [name for _, attributes in document.tags for name in attributes if name[:2] == "on"]


def test_policy_permits_only_embedded_resources(document):
    policy = next(
        attributes["content"] for _, attributes in document.tags if "http-equiv" in attributes
    )
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy


def test_tables_have_captions_and_scopes(document):
    tags = [tag for tag, _ in document.tags]
    assert tags.count("caption") == tags.count("table") > 10
    heads = [attributes for tag, attributes in document.tags if tag == "th"]
    assert {head.get("scope") for head in heads} == {"col", "row"}
    assert all(attributes.get("alt") for tag, attributes in document.tags if tag == "img")


def test_hostile_names_are_escaped(html, document):
    assert "<script>alert" not in html
    assert html.count("<script") == 1
    assert "<b>no</b>" not in html
    assert any(HOSTILE.replace("\x07", "\ufffd") in text for text in document.texts)
    # The surrogate in the name of the refused file has been replaced.
    assert html.encode("utf-8")
    assert "javascript:" not in html


@pytest.mark.parametrize("name", ["document", "nothing"])
def test_missing_values_are_not_printed(name, request):
    text = " ".join(request.getfixturevalue(name).texts)
    assert not re.search(r"\b(nan|None|NaN|NaT|inf|NA)\b", text)
    assert "()" not in text
    assert "[]" not in text


def test_empty_page_describes_missing_parts(nothing):
    text = " ".join(nothing.texts)
    for sentence in (
        "There is no verdict",
        "No condition was compared",
        "No figures were drawn",
        "No utterance is recognised correctly in the original",
        "No recording was refused",
        "No cell failed",
    ):
        assert sentence in text
    assert not nothing.rows


@pytest.mark.parametrize("name", sorted(vars(Findings())))
def test_any_table_can_be_empty(page, name):
    value = getattr(page.findings, name)
    if isinstance(value, pd.DataFrame):
        render(replace(page, findings=replace(page.findings, **{name: value[:0]})))


def test_numbers_are_those_of_the_findings(page, document):
    losses = page.findings.losses
    one = losses[(losses["corpus"] == "one") & (losses["condition"] == "mp3-8k")]
    for row in one[one["metric"] == "uar"].to_dict("records"):
        rows = [
            each
            for each in document.find("mp3-8k", row["model"], row["training"], "8")
            if each[5] == ".400" and each[6] == f"{row['value']:.3f}".lstrip("0")
        ]
        assert len(rows) == 1
        dagger = "†" if row["significant"] else ""
        assert rows[0][7] == f"{100 * row['difference']:+.1f}{dagger}".replace("-", "\u2212")
        assert rows[0][9] == ("< .001" if row["significant"] else ".400")


def test_only_significant_losses_have_a_dagger(page, html):
    compared = pd.concat([page.findings.losses, page.findings.recalls])
    assert 0 < compared["significant"].sum() == html.count('<span class="mark">†</span>')


def test_missing_interval_has_a_footnote(document):
    rows = [row for row in document.find("mp3-16k", "svm", "clean") if row[8:9] == ["nonea"]]
    assert len(rows) == 4
    assert f" No interval: {NO_SPEAKERS}." in document.texts


def test_marked_conditions_have_footnotes(document):
    assert document.find("mp3-192ka")
    assert not document.find("mp3-192k", "svm")
    assert any(PROMOTED in text for text in document.texts)


def test_captions_and_headings_mention_synthetic_speech(html):
    captions = re.findall(r"<caption><span[^>]*>(.*?)</span>", html)
    headings = re.findall(r"<h3>(.*?)</h3>", html)
    # "Corpus Two" is the heading of its licence and citation.
    ours = [text for text in (*captions, *headings) if re.search(r"\btwo\b", text, re.IGNORECASE)]
    assert len(ours) > 8
    assert all("(synthetic speech)" in text for text in ours)
    assert "Synthetic speech." in html


def test_table_of_safe_bitrates_has_the_verdicts(document):
    assert document.find("mp3", "svm", "matched", "safe down to 16 kbit/s")
    assert document.find("mp3", "mlp", "matched", "inconclusive", "900")


def test_marked_safe_bitrate_has_a_footnote(page):
    rows = page.findings.robustness.assign(safe="yes", safe_kbps=192.0)
    html = render(replace(page, findings=replace(page.findings, robustness=rows)))
    assert Document(html).find("mp3", "svm", "matched", "safe down to 192 kbit/sa")


def test_unknown_leaks_are_not_counted(document):
    assert document.find("one", "random", "speaker", "4.0", "150", "94 %")
    assert document.find("two (synthetic speech)", "random", "speaker", "unknown", EMPTY, EMPTY)


def test_worst_utterances_keep_the_order_of_sections(page):
    worst = page.findings.worst.iloc[::-1]
    html = render(replace(page, findings=replace(page.findings, worst=worst)))
    captions = re.findall(r"wrong when coded: (\w+)", html)
    assert captions == ["one", "two"]


def test_failed_cells_are_counted_by_reason(document):
    (row,) = document.find("one", "functionals", "svm", "speaker", "mp3-8k", "mp3-8k", "3")
    assert row[-1] == "ValueError: <b>no</b> memory"


def test_each_audio_file_is_included_once(document):
    audio = [source for source in document.attributes("src") if source.startswith("data:audio")]
    assert len(audio) == len(set(audio)) == 3


def test_page_without_audio_mentions_listen(page, html):
    assert "--listen" not in html
    assert "--listen" in render(replace(page, audio={}))


def test_rendering_is_reproducible(page, html):
    assert render(page) == html


def test_lists_the_ten_features_with_the_largest_shifts(document, page):
    wanted = document.find("mel_000", "\u22122.00", "0.40", EMPTY)
    assert len(wanted) == 2 * 5
    assert not document.find("mel_007")


def test_many_footnotes_have_different_letters(page):
    marks = [f"mark {number}" for number in range(30)]
    names = [f"mp3-{number}k" for number in range(1, 31)]
    row = page.findings.losses.iloc[0].to_dict()
    losses = pd.DataFrame([row | {"condition": name} for name in names], columns=list(LOSSES))
    known = page.conditions.iloc[1].to_dict()
    conditions = pd.DataFrame(
        [known | {"condition": name, "mark": mark} for name, mark in zip(names, marks, strict=True)]
    )
    html = render(replace(page, findings=replace(Findings(), losses=losses), conditions=conditions))
    assert len(set(re.findall(r"<li><sup>([a-z]+)</sup> mark", html))) == 30


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (points(-0.0001), "0.0"),
        (points(float("inf")), EMPTY),
        (points("x"), EMPTY),
        (decimal(-0.001), "0.00"),
        (percent(-0.001), "0 %"),
        (percent(None), EMPTY),
    ],
)
def test_formats_numbers(cell, text):
    assert cell.text == text
