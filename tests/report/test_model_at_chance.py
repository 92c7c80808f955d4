"""A model that is not above chance on the original is never called safe, in any format."""

from __future__ import annotations

import factories
import pytest

import aser_bench
from aser_bench.report.build import ReportOptions, report

SKILL = {("original", name): 0.25 for name in ("original", "mp3-8k", "mp3-64k")}
VERDICT = "at chance, nothing to lose"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    frame = factories.predictions(SKILL, speakers=tuple("abcdefghij"), takes=6)
    path = factories.folder(tmp_path_factory.mktemp("chance") / "run", frame)
    # With this margin, every bitrate is non-inferior.
    done = report([path], options=ReportOptions(formats="csv,json,latex,md,html", margin=0.5))
    assert set(done.findings.losses["decision"]) == {"non-inferior"}
    assert set(done.findings.robustness["safe"]) == {"at chance"}
    assert any(f"svm: {VERDICT}: UAR ." in sentence for sentence in done.verdict)
    for sentence in done.verdict:
        remarked = "on the original, the model is not shown to be above chance" in sentence
        assert remarked == ("largest loss of UAR" in sentence)
    return path


@pytest.mark.parametrize("ending", ["csv", "json", "md", "tex"])
def test_tables(folder, ending):
    (file,) = (folder / "tables").glob(f"*-safe.{ending}")
    text = file.read_text("utf-8")
    assert VERDICT in text
    assert "safe down to" not in text


def test_page(folder):
    text = (folder / "report.html").read_text("utf-8")
    assert VERDICT in text
    assert "safe down to" not in text


def test_results_in_python(folder):
    table = aser_bench.load_results(folder, margin=0.5).safe_bitrates
    (row,) = table.to_dict("records")
    assert row["safe"] == "at chance"
    assert row["uar_low"] <= row["chance"] == 0.25
    assert row["sentence"].startswith(f"{VERDICT}: UAR .")
    assert row["sentence"].endswith(", chance .250")
