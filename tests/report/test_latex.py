"""LaTeX: what is written, and that plain pdflatex takes it."""

# ruff: noqa: RUF001 (look-alikes are what is tested)

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from aser_bench.report import latex, tables, write_tables
from aser_bench.report.escape import escape

NASTY = r"50% of_my $corpus$ #1 & {co} ~x ^y \z <a|b> `q` -- [é ü Łódź ğ ı ß ø 中文 😀]"

HEAD = r"""\documentclass{article}
\usepackage{booktabs}
\begin{document}
"""


@pytest.fixture
def nasty(build):
    """Return a run in which every name tries to break LaTeX."""
    scores, conditions, context = build(models=("my_pack.models:Big_Net%", "svm"))
    for frame, columns in ((scores, ("train_condition", "test_condition")),
                           (conditions, ("condition",))):  # fmt: skip
        for column in columns:
            frame[column] = frame[column].replace({"lowpass-3k0": "[x]*_&-lowpass"})
    scores["features"] = "feats_{1}"
    context.titles["demo"] = NASTY
    context.notes["demo"] = (NASTY, "[first", "*")
    return scores, conditions, context


@pytest.fixture
def long(build):
    """Return a run through a chain of codecs, which has a long name."""
    scores, conditions, context = build(models=("svm", "mlp"))
    chain = {"mp3-64k": "mp3-64k+amr-wb-12k65+opus-16k"}
    return scores.replace(chain), conditions.replace(chain), context


@pytest.fixture
def wide(build):
    """Return a full matrix of more conditions than a page is wide or long."""
    return build(
        bitrates=tuple(range(8, 8 * 51, 8)), promoted=(), models=("svm",), train=("all",), folds=2
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b%c&d#e$f", r"a\_b\%c\&d\#e\$f"),
        ("{~^\\}", r"\{\textasciitilde{}\textasciicircum{}\textbackslash{}\}"),
        ("mp3-64k+amr-wb-12k65", "mp3-64k+amr-wb-12k65"),
        ("a--b---c", "a-{}-b-{}-{}-c"),
        ("é Ü ç ï", r"\'{e} \"{U} \c{c} \"{\i}"),
        ("e\u0301", r"\'{e}"),
        ("中", "{[}U+4E2D]"),
        ("a\nb\x07", "a b{[}U+0007]"),
        ("[*]", "{[}{*}]"),
        ("1 ± 2 – 3", r"1 $\pm$ 2 -- 3"),
    ],
)
def test_escape(text, expected):
    assert escape(text) == expected


def test_output_is_ascii(nasty):
    for table in tables.build(*nasty):
        assert latex.render(table).isascii()


def test_the_best_is_bold_once_a_column_or_more(full):
    text = latex.render(tables.build(*full)[0])
    assert len(re.findall(r"\\textbf\{", text)) >= 8
    assert "Bold" in text


def test_a_long_table_goes_on_in_further_floats(wide):
    matrix = latex.render(tables.build(*wide)[-1])
    assert matrix.count(r"\begin{table}") > 1
    assert matrix.count("(continued)") == matrix.count(r"\begin{table}") - 1
    labels = re.findall(r"\\label\{([^}]*)\}", matrix)
    assert len(labels) == len(set(labels)) == matrix.count(r"\begin{table}")


def test_one_fold_has_no_spread(build):
    text = latex.render(tables.build(*build(folds=1))[0])
    body = text[text.index(r"\midrule") : text.index(r"\bottomrule")]
    assert r"\pm" not in body
    assert r"\phantom" not in body


def test_long_names_make_the_font_smaller(long):
    assert all(r"\scriptsize" in latex.render(table) for table in tables.build(*long))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
@pytest.mark.parametrize("name", ["full", "nasty", "long", "wide"])
def test_compiles_with_plain_pdflatex(name, request, tmp_path):
    written = write_tables(*request.getfixturevalue(name), tmp_path)
    inputs = [f"\\input{{{path.name}}}\\clearpage" for path in written if path.suffix == ".tex"]
    (tmp_path / "all.tex").write_text("\n".join([HEAD, *inputs, r"\end{document}"]))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout[-2000:]
    assert "Overfull \\hbox" not in ran.stdout
    assert "too large for page" not in ran.stdout
