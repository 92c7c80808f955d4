"""Tables of findings: their values, and no values without findings."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from findings_factory import WHY, findings_of

from aser_bench.core.findings import Findings
from aser_bench.report import FORMATS, tables, terminal_text
from aser_bench.report.labels import named
from aser_bench.report.sections import Condition


@pytest.fixture(scope="module")
def built(full_with_findings):
    return {table.stem.split("-", 1)[1]: table for table in tables.build(*full_with_findings)}


def section(built, what):
    return built[f"functionals-speaker-{what}"]


def line(table, heading, label):
    (row,) = (row for row in table.rows if (row.heading, row.side[0]) == (heading, label))
    return row


def test_only_significant_losses_have_a_dagger(built):
    for metric in ("uar", "wap", "accuracy", "macro_f1"):
        table = section(built, metric)
        has_dagger = {row.side[0] for row in table.rows for cell in row.cells if cell.has_dagger}
        assert has_dagger == {"8 kbit/s"}
        assert "t test by speaker" in table.dagger
        assert "(24 comparisons)" in table.dagger
        assert "Margin: a loss of at most 2 points" in table.caption
    assert not any(
        cell.has_dagger for row in section(built, "matrix-svm-uar").rows for cell in row.cells
    )


def test_undefined_significance_has_no_dagger(full_with_findings):
    scores, conditions, context, findings = full_with_findings
    losses = findings.losses.astype({"significant": object})
    losses["significant"] = np.nan
    for table in tables.build(scores, conditions, context, replace(findings, losses=losses)):
        assert not any(cell.has_dagger for row in table.rows for cell in row.cells)


def test_losses_are_points_in_cells_and_fractions_in_records(full_with_findings, built):
    losses = full_with_findings[3].losses
    (row,) = losses[
        (losses["model"] == "svm")
        & (losses["training"] == "clean")
        & (losses["condition"] == "mp3-8k")
        & (losses["metric"] == "uar")
    ].itertuples()
    table = section(built, "losses")
    shown = line(table, "svm, clean: original .620", "mp3-8k").cells
    assert shown[0].text == f"{100 * row.difference:.1f}"
    assert shown[0].has_dagger
    assert shown[1].text == f"[{100 * row.low:.1f}, {100 * row.high:.1f}]"
    assert [cell.text for cell in shown[2:5]] == ["<.001", ".002", ".210"]
    assert [cell.text for cell in shown[6:]] == ["80", "inferior"]
    (record,) = (
        r
        for r in table.records
        if (r["model"], r["training"], r["condition"]) == ("svm", "clean", "mp3-8k")
    )
    assert record["difference"] == row.difference
    assert "95 % intervals: t distribution, jackknife over speakers" in table.caption
    assert {r["metric"] for r in table.records} == {"uar"}


def test_missing_interval_is_a_dash_with_a_note(built):
    table = section(built, "losses")
    cell = line(table, "svm, clean: original .620", "lowpass-3k0").cells[1]
    assert cell.text == "-"
    (note,) = cell.notes
    assert note.lower().startswith(WHY)


def test_recalls_have_the_original_without_a_difference(built):
    table = section(built, "recalls-svm-clean")
    first, *_ = table.rows
    assert (first.heading, first.side) == ("angry, 160 utterances", ("original",))
    assert [cell.text for cell in first.cells[1:]] == ["-"] * 5
    happy = line(table, "happy, 160 utterances", "mp3-8k").cells
    assert happy[-1].text == "angry (.250)"
    assert len(table.rows) == 3 * 8


def test_safe_bitrates_have_verdicts_and_sentences(built):
    table = section(built, "safe")
    answers = {row.side[0]: row.cells[0].text for row in table.rows}
    assert answers["svm, clean"] == "safe down to 16 kbit/s"
    assert answers["svm, matched"] == "no safe bitrate"
    assert answers["svm, multi"] == "inconclusive"
    assert {row.heading for row in table.rows} == {"MP3"}
    assert any(note.startswith("svm, clean, MP3 – yes: a sentence") for note in table.footnotes)
    assert [column.label for column in table.columns][-1] == "utterances"  # no speakers needed


def test_calibration_by_condition(full_with_findings, built):
    cells = full_with_findings[3].cells
    (cell,) = cells[
        (cells["model"] == "svm")
        & (cells["train_condition"] == "original")
        & (cells["test_condition"] == "mp3-8k")
    ].itertuples()
    table = section(built, "calibration")
    columns = [(column.group, column.label) for column in table.columns]
    at = columns.index(("svm, clean", "ECE"))
    shown = line(table, "MP3", "8 kbit/s").cells
    assert shown[at].text == f"{cell.ece:.3f}".removeprefix("0")
    assert shown[at + 1].text == f"{cell.brier:.3f}".removeprefix("0")


def test_drift_lists_the_ten_largest_shifts(built):
    table = built["functionals-drift"]
    rows = [row for row in table.rows if row.heading == "mp3-8k"]
    assert [row.cells[0].text for row in rows[:3]] == ["1.50", "-1.40", "1.30"]
    assert len(rows) == 10
    assert [row.side[0] for row in rows[:2]] == ["mfcc_14", "mfcc_13"]


def test_leaks_are_over_all_folds_and_unknown_is_a_dash(built):
    rows = {record["kind"]: record for record in built["leaks"].records}
    assert (rows["speaker"]["shared"], rows["speaker"]["n_test"]) == (3, 480)
    assert (rows["sentence"]["shared"], rows["sentence"]["known"]) == (None, False)
    shown = {row.side[0]: [cell.text for cell in row.cells] for row in built["leaks"].rows}
    assert shown == {
        "speaker": ["3", "35", "480"],
        "recording": ["3", "35", "480"],
        "sentence": ["-", "-", "480"],
    }


def test_bandwidth_lists_the_low_pass_filters(built):
    table = built["bandwidth"]
    assert "Low-pass filters: lowpass-3k0 for mp3-8k." in table.footnotes
    cells = table.rows[0].cells
    assert [cell.text for cell in cells] == [
        "-10.0",
        "[-13.0, -7.0]",
        "-8.0",
        "[-11.0, -5.0]",
        "-2.0",
    ]


@pytest.mark.parametrize("gone", [one.name for one in fields(Findings)[3:]])
def test_any_table_of_findings_can_be_empty(full_with_findings, gone):
    scores, conditions, context, findings = full_with_findings
    empty = getattr(findings, gone).head(0)
    built = tables.build(scores, conditions, context, replace(findings, **{gone: empty}))
    for table in built:
        assert all("nan" not in render(table).split(",") for _, render in FORMATS.values())
    assert terminal_text(scores, conditions, context, findings=replace(findings, **{gone: empty}))


def test_no_statistical_tests_without_findings(full):
    built = tables.build(*full)
    assert [table.rows for table in built] == [t.rows for t in tables.build(*full, Findings())]
    for table in built:
        assert not {"†"} & set(table.marks.values())
        assert not any("p_holm" in name for name in table.records[0])
        assert "Margin" not in table.caption


def test_undefined_values_are_not_printed(full_with_findings):
    for table in tables.build(*full_with_findings):
        for row in table.rows:
            for cell in row.cells:
                assert cell.text
                assert not {"nan", "none", "inf", "nat"} & {cell.text.lower()} - {"none"}
        assert "nan" not in " ".join((table.caption, *table.footnotes)).lower().split()


def test_tables_have_one_corpus(build):
    scores, conditions, context = build(corpora=("demo", "ravdess"), models=("svm",), folds=2)
    for table in tables.build(scores, conditions, context, findings_of(scores)):
        assert {record["corpus"] for record in table.records} == {table.stem.split("-")[0]}


def test_terminal_lists_short_verdicts(full_with_findings):
    *given, findings = full_with_findings
    text = terminal_text(*given, findings=findings)
    assert "- svm, clean, MP3 – yes: a sentence with 2 % in it.\n" in text
    assert "the rest of it" not in text
    (eight,) = (
        one for one in text.splitlines() if one.startswith("mp3-8k") and "failed" not in one
    )
    assert eight.count("†") == 3
    assert max(map(len, text.splitlines())) <= 80
    narrow = terminal_text(*given, width=40, findings=findings)
    assert max(map(len, narrow.splitlines())) <= 40


NAN = float("nan")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("original", "original"), ("", "original")),
        (Condition("mp3-8k", "mp3", 8.0, 8.0), ("MP3", "8 kbit/s")),
        (Condition("amr-wb-12k65", "amr-wb", 12.65, 12.65), ("AMR-WB", "12.65 kbit/s")),
        (
            Condition("opus-voip-16k", "opus:application=voip", 16.0, 16.0),
            ("Opus, application=voip", "16 kbit/s"),
        ),
        (Condition("lowpass-3k0", "lowpass:cutoff=3000"), ("Low-pass", "3 kHz")),
        (Condition("g711-a", "g711:law=a", NAN, 64.0), ("", "G.711, law=a")),
        (Condition("mp3-64k+gsm", "mp3:64+gsm", NAN, 13.2), ("", "MP3 64 kbit/s + GSM")),
        (
            Condition("mp3-64k+opus-16k", "mp3:64+opus", 16.0, 16.0),
            ("MP3 64 kbit/s + Opus", "16 kbit/s"),
        ),
        (Condition("theirs-8k", "their.pack:Codec", 8.0), ("their.pack, Codec", "8 kbit/s")),
        (Condition("multi", ""), ("", "multi")),
    ],
)
def test_headings_and_labels_of_conditions(condition, expected):
    assert named([condition]) == [expected]


def test_conditions_with_equal_labels_keep_their_names():
    twins = [Condition("lowpass-3k02", "lowpass"), Condition("lowpass-3k020", "lowpass:x=1")]
    assert named(twins) == [("", "lowpass-3k02"), ("", "lowpass-3k020")]


def test_filters_are_sorted_by_bandwidth():
    low = Condition("lowpass-500", "lowpass:cutoff=500", bandwidth_hz=500.0)
    high = Condition("lowpass-3k0", "lowpass:cutoff=3000", bandwidth_hz=3000.0)
    assert sorted([high, low], key=lambda one: one.order) == [low, high]
