"""The tables of a report, their values and their order."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from findings_factory import findings_of

from aser_bench.report import csv, latex, tables, terminal_text, write_tables
from aser_bench.report.text import kbps, number, pack


def names(table) -> list[str]:
    """Return the conditions of a table's rows."""
    return [record["condition"] for record in table.records]


def rows_of(table) -> dict:
    return dict(zip(names(table), table.rows, strict=True))


def by_kind(given) -> dict:
    return {table.stem.split("-", 3)[-1]: table for table in tables.build(*given)}


@pytest.mark.parametrize(
    ("train", "expected"),
    [
        (("original",), ["clean"]),
        (("matched",), ["matched"]),
        (("original", "matched"), ["matched", "clean", "matrix-svm-uar"]),
        (("multi",), ["multi"]),
        (("original", "multi"), ["clean", "multi", "matrix-svm-uar"]),
        (("all",), ["matched", "clean", "matrix-svm-uar"]),
    ],
)
def test_only_tables_with_scores(build, train, expected):
    tables_by_name = by_kind(build(models=("svm",), train=train))
    trainings = [column.label for column in tables_by_name["uar"].columns]
    assert [*trainings, *list(tables_by_name)[4:]] == expected


def test_one_table_for_each_metric_and_uar_first(build):
    tables_by_name = by_kind(build(models=("svm",), train=("original",)))
    assert list(tables_by_name) == ["uar", "wap", "accuracy", "macro_f1"]
    assert [table.title.rpartition(": ")[2] for table in tables_by_name.values()] == [
        "UAR, mean over folds",
        "WAP, mean over folds",
        "Accuracy, mean over folds",
        "Macro-F1, mean over folds",
    ]
    assert len({table.rows for table in tables_by_name.values()}) == 4


def test_only_the_original(build):
    tables_by_name = by_kind(build(bitrates=(), promoted=(), lowpass=(), train=("original",)))
    assert len(tables_by_name) == 4
    assert [row.side for row in tables_by_name["uar"].rows] == [("original",)]
    assert [column.label for column in tables_by_name["uar"].columns] == ["matched", "matched"]
    assert not tables_by_name["uar"].has_best


def test_rows_by_codec_and_bitrate(build):
    scores, conditions, context = build(bitrates=(64, 8, 160, 16), train=("original",))
    tables_by_name = by_kind((scores.sample(frac=1, random_state=0), conditions, context))
    assert names(tables_by_name["uar"]) == [
        "original",
        "lowpass-3k0",
        "mp3-8k",
        "mp3-16k",
        "mp3-64k",
        "mp3-160k",
        "mp3-192k",
    ]
    assert [(row.heading, *row.side) for row in tables_by_name["uar"].rows] == [
        ("", "original"),
        ("Low-pass", "3 kHz"),
        ("MP3", "8 kbit/s"),
        ("MP3", "16 kbit/s"),
        ("MP3", "64 kbit/s"),
        ("MP3", "160 kbit/s"),
        ("MP3", "192 kbit/s"),
    ]


def test_separate_tables_for_corpora_features_and_protocols(build):
    given = build(corpora=("demo", "ravdess"), features=("functionals", "robust"))
    stems = [table.stem for table in tables.build(*given)]
    assert len(stems) == len(set(stems)) == 2 * 2 * 6
    assert "ravdess-robust-speaker-macro_f1" in stems


def test_all_tables_of_a_synthetic_corpus_mention_it(build, tmp_path):
    given = build(corpora=("demo", "ravdess"), models=("svm",), folds=2)
    write_tables(*given, tmp_path, findings_of(given[0]))
    files = sorted(tmp_path.iterdir())
    assert {path.name.split("-")[0] for path in files} == {"demo", "ravdess"}
    assert {path.suffix for path in files} == {".csv", ".tex", ".md", ".json"}
    for path in files:
        said = "synthetic speech" in path.read_text(encoding="utf-8").lower()
        assert said == path.name.startswith("demo"), path.name


def test_aliases_and_marks_become_footnotes(full):
    table = by_kind(full)["uar"]
    notes = {name: row.notes for name, row in rows_of(table).items()}
    assert notes["mp3-160k"] == ("mp3-175k and mp3-191k are identical to the stream of mp3-160k.",)
    assert "32 kHz" in notes["mp3-192k"][0]
    assert notes["mp3-64k"] == ()
    assert not {"mp3-175k", "mp3-191k"} & set(notes)


def test_nan_instead_of_empty_text_is_accepted(full):
    scores, conditions, context = full
    read = [pd.read_csv(io.StringIO(frame.to_csv(index=False))) for frame in (scores, conditions)]
    again, first = (tables.build(*given, context) for given in (read, (scores, conditions)))
    assert list(map(csv.render, again)) == list(map(csv.render, first))
    assert list(map(latex.render, again)) == list(map(latex.render, first))


def test_failed_results_have_notes(full):
    rows = rows_of(by_kind(full)["uar"])
    gone = rows["mp3-8k"].cells[3]
    assert gone.text == "failed"
    assert gone.notes == ("Failed (did not converge).",)
    partly = rows["mp3-64k"].cells[4]
    assert partly.text != "failed"
    assert partly.notes[0].startswith("3 of 50 results failed (out of memory)")


def test_mean_over_some_results_is_not_the_best(build, made_up):
    scores, conditions, context = build(models=("svm",), train=("original",))
    one = (scores["test_condition"] == "mp3-64k") & (scores["fold"] == 0)
    scores.loc[scores["test_condition"] == "mp3-64k", "uar"] = 0.99
    table = by_kind((made_up.fail(scores, one, "x"), conditions, context))["uar"]
    best = [name for name, row in rows_of(table).items() if row.cells[0].best]
    assert best
    assert "mp3-64k" not in best


def test_values_that_print_equal_to_the_best_are_bold(build):
    scores, conditions, context = build(models=("svm",), train=("original",), folds=1)
    scores["uar"] = 0.5
    scores.loc[scores["test_condition"] == "mp3-8k", "uar"] = 0.70041
    scores.loc[scores["test_condition"] == "mp3-16k", "uar"] = 0.69951
    scores.loc[scores["test_condition"] == "mp3-32k", "uar"] = 0.69949
    table = by_kind((scores, conditions, context))["uar"]
    best = [name for name, row in rows_of(table).items() if row.cells[0].best]
    assert best == ["mp3-8k", "mp3-16k"]


def test_unknown_condition_has_no_bitrate(build):
    scores, conditions, context = build(train=("original",))
    table = by_kind((scores, conditions[conditions["condition"] != "mp3-8k"], context))["uar"]
    (record,) = (record for record in table.records if record["condition"] == "mp3-8k")
    assert np.isnan(record["effective_kbps"])
    assert rows_of(table)["mp3-8k"].side == ("mp3-8k",)


def test_effective_bitrates_are_shown_if_labels_differ(build):
    scores, conditions, context = build(train=("original",))
    assert by_kind((scores, conditions, context))["uar"].sides == ("Condition",)
    conditions.loc[conditions["condition"] == "mp3-64k", "effective_kbps"] = 61.27
    table = by_kind((scores, conditions, context))["uar"]
    assert table.sides == ("Condition", "kbit/s")
    assert rows_of(table)["mp3-64k"].side == ("64 kbit/s", "61.3")
    assert rows_of(table)["original"].side == ("original", "-")


def test_models_with_other_conditions_have_gaps(build):
    scores, conditions, context = build(train=("original",))
    gap = (scores["model"] == "mlp") & (scores["test_condition"] == "mp3-8k")
    table = by_kind((scores[~gap], conditions, context))["uar"]
    assert rows_of(table)["mp3-8k"].cells[1].text == "-"
    (record,) = (record for record in table.records if record["condition"] == "mp3-8k")
    assert record["mlp_clean_n_folds"] is None
    assert np.isnan(record["mlp_clean_uar_mean_folds"])


def test_no_scores_no_tables(build, tmp_path):
    scores, conditions, context = build()
    assert tables.build(scores.head(0), conditions, context) == []
    assert write_tables(scores.head(0), conditions, context, tmp_path) == []


def test_file_names_are_valid_on_all_systems(build, tmp_path):
    given = build(features=("my.pack:Feats", "MY.pack/feats"), models=("svm",), train=("original",))
    written = [path.name for path in write_tables(*given, tmp_path, formats=("csv", "latex"))]
    assert [name for name in written if "uar" in name] == [
        "demo-my.pack_Feats-speaker-uar.csv",
        "demo-my.pack_Feats-speaker-uar.tex",
        "demo-MY.pack_feats-speaker-uar-2.csv",
        "demo-MY.pack_feats-speaker-uar-2.tex",
    ]


def test_csv_has_plain_numbers(full, tmp_path):
    write_tables(*full, tmp_path)
    table = pd.read_csv(tmp_path / "demo-functionals-speaker-uar.csv")
    assert list(table.columns[:7]) == [
        "corpus",
        "features",
        "protocol",
        "condition",
        "effective_kbps",
        "codec_rate_hz",
        "note",
    ]
    table = table.set_index("condition")
    assert table["svm_matched_uar_sd_runs"].isna().all()
    assert table["svm_matched_uar"].isna().all()
    assert np.isnan(table.loc["mp3-8k", "mlp_matched_uar_mean_folds"])
    assert table.loc["mp3-8k", "mlp_matched_n_failed"] == 50
    assert "mlp_matched: Failed (did not converge)." in table.loc["mp3-8k", "note"]
    assert table.loc["mp3-192k", "codec_rate_hz"] == 32000
    scores = full[0].query("model == 'svm' and test_condition == train_condition == 'mp3-16k'")
    assert table.loc["mp3-16k", "svm_matched_uar_mean_folds"] == pytest.approx(
        scores["uar"].mean(), abs=1e-6
    )


def test_caption_describes_the_data(full):
    caption = by_kind(full)["uar"].caption
    for fact in (
        "480 utterances of 20 speakers",
        "5 folds",
        "Train/dev/test 288/96/96",
        "svm 1, mlp 10",
        "seed 0",
        "effort standard",
        "fractions",
        "standard deviation over folds",
        "read back",
    ):
        assert fact in caption
    assert "2 recordings were refused and not used." in by_kind(full)["uar"].footnotes


def test_caption_has_the_budgets_of_its_models_only(build):
    scores, conditions, context = build(models=("svm", "mlp"))
    context.budgets.update(mlp="at most 200 epochs", lstm="patience 9")
    tables_by_name = by_kind((scores, conditions, context))
    assert "effort standard, mlp: at most 200 epochs." in tables_by_name["uar"].caption
    assert "epochs" not in tables_by_name["matrix-svm-uar"].caption
    assert not any("patience" in table.caption for table in tables_by_name.values())


def test_formats_numbers():
    assert [number(value) for value in (0, 0.0004, 0.5, 0.9996, 1)] == [
        ".000",
        ".000",
        ".500",
        "1.000",
        "1.000",
    ]
    assert [kbps(value) for value in (8, 12.65, 31.98, 6.6, 1411.2)] == [
        "8",
        "12.7",
        "32",
        "6.6",
        "1411.2",
    ]


def test_pack_keeps_groups_together_if_they_fit():
    assert pack([5, 5, 5, 5, 5], list("aabbb"), 15) == [[0, 1], [2, 3, 4]]
    assert pack([5, 5, 5, 5], list("aaaa"), 12) == [[0, 1], [2, 3]]
    assert pack([50], ["a"], 10) == [[0]]


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [
        (1, "The folds are drawn once, so intervals do not include the variation of training sets"),
        (3, "The folds are drawn 3 times, and intervals include the variance over these repeats."),
    ],
)
def test_captions_state_whether_intervals_include_the_training(
    full_with_findings, repeats, expected
):
    scores, conditions, context, findings = full_with_findings
    changed = replace(findings, repeats=repeats)
    built = by_kind((scores, conditions, context, changed))
    for name in ("uar", "losses", "recalls-svm-clean"):
        assert expected in built[name].caption
    assert all(expected not in table.caption for name, table in built.items() if name == "drift")
    assert expected in terminal_text(scores, conditions, context, 10_000, changed)
