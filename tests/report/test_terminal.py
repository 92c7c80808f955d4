"""Tables as plain text: width, alignment and content."""

from __future__ import annotations

import io
import re
import time

import pytest

from aser_bench.report import tables, terminal, terminal_text
from aser_bench.report.base import Cell, Column, Row, Table


def widest(text: str) -> int:
    return max(map(terminal.display_width, text.splitlines()))


@pytest.mark.parametrize("models", [("svm",), ("svm", "mlp"), ("svm", "mlp", "lstm", "mdre")])
def test_lines_are_not_wider_than_requested(build, models):
    given = build(models=models, train=("original", "matched", "multi"), runs=2, folds=2)
    built = tables.build(*given)
    for width in (40, 60, 80, 120):
        assert widest(terminal_text(*given, width=width)) <= width
        assert max(widest(terminal.render(table, width)) for table in built) <= width


def test_two_models_fit_side_by_side(build):
    lines = terminal_text(*build()).splitlines()
    (heads,) = (line for line in lines if line.split() == ["svm", "mlp"])
    (names,) = (line for line in lines if line.startswith("Condition"))
    assert names.split()[2:] == ["matched", "clean", "matched", "clean"]
    assert widest(heads) <= 80


def test_long_and_wide_names(build):
    scores, conditions, context = build(
        models=("somebodys_package.with.many.modules:AVeryLongModelName", "模型" * 30)
    )
    longest = "mp3-64k+amr-wb-12k65+opus-16k+vorbis-64k+aac-32k"
    for frame, names in (
        (scores, ["train_condition", "test_condition"]),
        (conditions, ["condition"]),
    ):
        frame[names] = frame[names].replace({"mp3-64k": longest, "mp3-32k": f"{longest}2"})
    text = terminal_text(scores, conditions, context)
    assert widest(text) <= 80
    assert "…" in text


def test_rows_are_aligned(full):
    text = terminal_text(*full)
    rows = [line for line in text.splitlines() if line.startswith(("mp3-16k", "mp3-64k"))]
    first, second = rows[:2]
    assert [i for i, char in enumerate(first) if char == "±"] == [
        i for i, char in enumerate(second) if char == "±"
    ]


def test_failed_cell_is_marked(full):
    (line,) = (line for line in terminal_text(*full).splitlines() if "failed¶" in line)
    assert line.startswith("mp3-8k")
    assert "nan" not in terminal_text(*full).lower()


def test_an_undefined_mean_is_not_a_number(build):
    scores, conditions, context = build(models=("svm",), train=("original",))
    scores.loc[(scores["test_condition"] == "mp3-8k") & (scores["fold"] == 0), "uar"] = None
    text = terminal_text(scores, conditions, context)
    (line,) = (line for line in text.splitlines() if line.startswith("mp3-8k"))
    assert line.split() == ["mp3-8k", "8", "n/a"]


def test_one_fold_shows_the_mean_alone(build):
    text = terminal_text(*build(folds=1, models=("svm",), train=("original",)))
    body, _, _ = text.partition("480 utterances")
    assert "±" not in body
    assert "1 fold." in text


def test_several_corpora_share_one_legend(build):
    text = terminal_text(*build(corpora=("demo", "ravdess")))
    assert text.count("matched: trained and tested at the same condition") == 1
    assert text.count("protocol speaker: UAR") == 2
    assert text.count("synthetic speech") == 1


def test_no_text_without_scores(build):
    scores, conditions, context = build()
    assert terminal_text(scores.head(0), conditions, context) == ""


def test_print_text_has_no_escape_codes_in_a_file(capsys, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    text = "svm: safe down to 16 kbit/s; mlp: no safe bitrate [bold]†\n"
    terminal.print_text(text)
    assert capsys.readouterr().out == f"{text}\n"


def test_print_text_colours_verdicts_on_a_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    file = Terminal()
    line = f"{'x' * 200} mlp: no safe bitrate; svm: safe down to 16 kbit/s; lstm: inconclusive"
    terminal.print_text(line, file)
    text = file.getvalue()
    assert "\x1b[31mno safe bitrate\x1b[0m" in text
    assert "\x1b[32msafe down to 16 kbit/s\x1b[0m" in text
    assert "\x1b[33minconclusive\x1b[0m" in text
    assert re.sub(r"\x1b\[\d*m", "", text) == f"{line}\n"


def test_paragraph_wraps_a_long_word_quickly():
    start = time.perf_counter()
    lines = terminal.paragraph("x" * 5000 + " end").splitlines()
    assert time.perf_counter() - start < 1
    assert " ".join(lines).replace(" ", "") == "x" * 5000 + "end"
    assert widest("\n".join(lines)) <= 80


@pytest.mark.parametrize("encoding", ["gbk", "cp437", "latin-1", "ascii"])
def test_columns_stay_aligned_in_ascii(monkeypatch, encoding):
    """Symbols that the console lacks become ASCII before the columns are aligned."""
    lost = Cell(".402", "\u00b1 .100", has_dagger=True, notes=("Failed.",))
    rows = (Row(("original",), (Cell(".822", "\u00b1 .202"),)), Row(("mp3 \u2013 8",), (lost,)))
    table = Table(
        "t", "UAR", "", ("Condition",), (Column("", "svm"),), rows, (), dagger="Significant."
    )
    assert "mp3 \u2013 8    .402 \u00b1 .100\u2020,\u2021\n" in terminal.render(table)
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    head, rule, original, coded, *_ = terminal.render(table).splitlines()[2:]
    assert coded == "mp3 - 8    .402 +/- .100*,**"
    assert len(original) == len(coded) == len(rule)
    assert head.startswith("Condition")
    assert "* Significant.\n** Failed." in terminal.render(table)
