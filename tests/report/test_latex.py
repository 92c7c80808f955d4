"""LaTeX tables, and their compilation with pdflatex."""

# ruff: noqa: RUF001 (the tests contain ambiguous characters on purpose)

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace

import pytest
from findings_factory import findings_of

from aser_bench.report import latex, tables, write_tables
from aser_bench.report.escape import escape

NASTY = r"50% of_my $corpus$ #1 & {co} ~x ^y \z <a|b> `q` -- [é ü Łódź ğ ı ß ø 中文 😀]"

HEAD = r"""\documentclass{article}
\usepackage{booktabs,siunitx,graphicx}
\begin{document}
"""


@pytest.fixture
def nasty(build):
    """Return a run of which all names contain special characters of LaTeX."""
    scores, conditions, context = build(models=("my_pack.models:Big_Net%", "svm"))
    for frame, columns in (
        (scores, ("train_condition", "test_condition")),
        (conditions, ("condition",)),
    ):
        for column in columns:
            frame[column] = frame[column].replace({"lowpass-3k0": "[x]*_&-lowpass"})
    scores["features"] = "feats_{1}"
    context.titles["demo"] = NASTY
    context.notes["demo"] = (NASTY, "[first", "*")
    return scores, conditions, context


@pytest.fixture
def long(build):
    """Return a run with a chain of codecs, which has a long name."""
    scores, conditions, context = build(models=("svm", "mlp"))
    chain = {"mp3-64k": "mp3-64k+amr-wb-12k65+opus-16k"}
    return scores.replace(chain), conditions.replace(chain), context


@pytest.fixture
def wide(build):
    """Return a matrix with more conditions than fit the width and the height of a page."""
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


@pytest.fixture
def tall(wide):
    """Return the same with fewer columns, because siunitx is slow."""
    scores, conditions, context = wide
    few = ["original", "lowpass-3k0", *(f"mp3-{kbps}k" for kbps in range(8, 8 * 13, 8))]
    return scores[scores["test_condition"].isin(few)], conditions, context


@pytest.fixture
def speakerless(build):
    """Return a run with a codec without bitrates and a corpus without speakers."""
    scores, conditions, context = build(
        models=("svm",), bitrates=(), promoted=(), lowpass=("3k0", "5k8"), train=("original",)
    )
    context.sizes["demo"] = (480, 0)
    return scores, conditions, context


def with_findings(given):
    return *given, findings_of(given[0][given[0]["status"] == "ok"])


def test_output_is_ascii(nasty):
    built = tables.build(*with_findings(nasty))
    assert len(built) > 10
    for table in built:
        assert latex.render(table).isascii()


def test_best_value_of_each_column_is_bold(full):
    text = latex.render(tables.build(*full)[0])
    assert len(re.findall(r"\\bfseries \.\d{3} ", text)) >= 6
    assert "Bold" in text


def test_long_table_is_split_into_floats(wide):
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


def test_every_block_is_scaled_to_the_line_if_it_is_wider(full_with_findings):
    for table in tables.build(*full_with_findings):
        text = latex.render(table)
        assert text.count(r"\resizebox{\ifdim\width>\linewidth") == text.count(r"\toprule")


def test_rows_with_one_heading_stay_together(full_with_findings):
    (recalls,) = (
        t for t in tables.build(*full_with_findings) if t.stem.endswith("recalls-svm-matched")
    )
    many = tuple(
        replace(row, heading=f"{row.heading} {copy}") for copy in range(5) for row in recalls.rows
    )
    text = latex.render(replace(recalls, rows=many))
    assert text.count("(continued)") >= 2
    headings = re.findall(r"\\textit\{(.*?)\}+ \\", text)
    assert len(headings) == len(set(headings)) == 5 * 3


def test_long_group_is_split_and_its_heading_is_repeated(full_with_findings):
    (recalls,) = (
        t for t in tables.build(*full_with_findings) if t.stem.endswith("recalls-svm-matched")
    )
    text = latex.render(replace(recalls, rows=recalls.rows[:8] * 20))
    assert text.count("(continued)") >= 2
    assert text.count(r"\textit{") == text.count(r"\begin{table}")
    assert text.count("mp3-8k") == 20


def test_every_block_has_all_rows(wide):
    (*_, matrix) = tables.build(*wide)
    text = latex.render(matrix)
    blocks = text.count(r"\toprule")
    assert blocks > 3
    assert text.count(r"\\") >= len(matrix.rows)
    numbers = re.findall(r"(?<!\d)\.\d{3}", text)
    assert len(numbers) == len(matrix.rows) * len(matrix.columns)


def test_numbers_are_printed_by_siunitx(full_with_findings):
    built = {t.stem.split("-", 3)[-1]: latex.render(t) for t in tables.build(*full_with_findings)}
    assert "booktabs,siunitx,graphicx" in built["uar"].splitlines()[0]
    assert r"S[table-format=1.3]@{\,}l" in built["uar"]
    assert r"$\pm$\,\num{." in built["uar"]
    assert r"S[table-format=-2.1]" in built["losses"]
    assert re.search(r"\{\[\}\\num\{-\d+\.\d\}, \\num\{-?\d+\.\d\}\]", built["losses"])
    assert r"\rlap{$^{\dagger}$}" in built["uar"]


def missing():
    """Return the reason why tables cannot be compiled, or an empty string."""
    if shutil.which("pdflatex") is None or shutil.which("kpsewhich") is None:
        return "pdflatex is not installed"
    for name in ("booktabs.sty", "siunitx.sty", "graphicx.sty"):
        if subprocess.run(["kpsewhich", name], capture_output=True).returncode:
            return f"{name} is not installed"
    return ""


@pytest.mark.skipif(bool(missing()), reason=missing())
@pytest.mark.parametrize("name", ["full", "nasty", "long", "tall", "speakerless"])
def test_compiles_with_plain_pdflatex(name, request, tmp_path):
    given = request.getfixturevalue(name)
    findings = with_findings(given)[3] if name != "tall" else None
    written = [
        path
        for path in write_tables(*given, tmp_path, findings, formats=("latex",))
        if not path.stem.endswith(("wap", "accuracy", "macro_f1"))  # as wide as the UAR
    ]
    assert name == "tall" or any("losses" in path.stem for path in written)
    inputs = [f"\\input{{{path.name}}}\\clearpage" for path in written]
    (tmp_path / "all.tex").write_text("\n".join([HEAD, *inputs, r"\end{document}"]))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    log = ran.stdout.decode("latin-1")
    assert ran.returncode == 0, log[-2000:]
    overfull = re.findall(r"Overfull \\hbox \((\d+\.\d+)pt", log)
    assert not [width for width in overfull if float(width) > 5]
    assert "too large for page" not in log
    assert "siunitx Error" not in log
