"""The table and the sentences on measurement noise."""

from __future__ import annotations

import factories
import pytest

from aser_bench.core.context import Context
from aser_bench.evaluation.analysis import analyse
from aser_bench.evaluation.outcomes import Source
from aser_bench.report import build, noise_tables
from aser_bench.report import verdict as verdicts

SKILL = {
    ("original", "original"): 0.9,
    ("original", "dither-70dB"): 0.87,
    ("original", "mp3-64k"): 0.78,
    ("original", "mp3-8k"): 0.2,
}
CONDITIONS = factories.conditions(dither_70dB={"codec": "dither"})
CONTEXT = Context("made-up", 0)


def findings(tmp_path, conditions=CONDITIONS):
    frame = factories.predictions(SKILL, speakers=tuple("abcdefgh"), takes=4)
    path = factories.write(frame, tmp_path / "p.parquet")
    return analyse([Source(path)], conditions)


def test_verdict_names_the_noise_and_the_effects_that_are_no_larger(tmp_path):
    sentences = verdicts.verdict(findings(tmp_path), CONDITIONS, CONTEXT)
    (noise,) = (text for text in sentences if "measurement noise" in text)
    assert noise.startswith("voices, functionals, protocol speaker, trained on the original: ")
    assert "svm: dither-70dB " in noise
    assert "% of predictions" in noise
    assert noise.endswith("No larger than the limit, and not called effects: svm at mp3-64k.")
    safe = sentences[0]
    assert safe.endswith("No larger than the change that dither-70dB may cause: svm at mp3-64k.")
    (largest,) = (text for text in sentences if "largest loss of UAR" in text)
    assert "no larger" not in largest


def test_largest_loss_within_the_noise_is_remarked(tmp_path):
    conditions = CONDITIONS[CONDITIONS["condition"] != "mp3-8k"]
    sentences = verdicts.verdict(findings(tmp_path), conditions, CONTEXT)
    (largest,) = (text for text in sentences if "largest loss of UAR" in text)
    assert largest.endswith("; no larger than the change that dither-70dB may cause.")


def test_nothing_is_written_without_the_control(tmp_path):
    plain = factories.conditions()
    sentences = verdicts.verdict(findings(tmp_path, plain), plain, CONTEXT)
    assert not any("noise" in text or "no larger" in text.lower() for text in sentences)


@pytest.mark.parametrize(("condition", "expected"), [("mp3-64k", True), ("mp3-8k", False)])
def test_remark_on_one_comparison(tmp_path, condition, expected):
    table = findings(tmp_path)
    row = table.losses.query("metric == 'uar'").set_index("condition").loc[condition]
    remark = noise_tables.remark(table, {**row, "condition": condition})
    assert remark == ("no larger than the change that dither-70dB may cause" if expected else "")


def test_reports_have_the_table_and_the_remarks(tmp_path):
    frame = factories.predictions(SKILL, speakers=tuple("abcdefgh"), takes=4)
    folder = factories.folder(tmp_path / "run", frame, CONDITIONS)
    build.report([folder], options=build.ReportOptions(formats="html,md,json"))
    table = (folder / "tables" / "voices-functionals-speaker-noise.md").read_text("utf-8")
    assert "svm, clean: dither-70dB " in table
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if "|" in line}
    assert "yes" in rows["mp3-64k"]
    assert "no" in rows["mp3-8k"]
    losses = (folder / "tables" / "voices-functionals-speaker-losses.md").read_text("utf-8")
    for text in (losses, (folder / "report.html").read_text("utf-8")):
        assert "No larger than the change that dither-70dB may cause." in text
