"""All numbers of the report of a small run, recomputed from its predictions and scores.

A value is computed over the test utterances of all folds; the mean over folds is another estimate,
which only the columns named after it may have. The folds of the run differ in size and in their
classes, so that the two estimates differ.
"""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import soundfile
from scipy import stats
from sklearn import metrics as sk

import aser_bench
from aser_bench.core.tables import CELL
from aser_bench.report import tables, terminal
from aser_bench.results import merge, reader

SIZES = {
    "a": {"angry": 1, "happy": 6, "sad": 1},
    "b": {"angry": 5, "happy": 1, "sad": 2},
    "c": {"angry": 1, "happy": 1, "sad": 9},
    "d": {"angry": 9, "sad": 5},
}
"""Utterances of each emotion by speaker; speaker d, who is a fold, has one emotion less."""

SKLEARN = {
    "uar": sk.balanced_accuracy_score,
    "accuracy": sk.accuracy_score,
    "wap": lambda truth, predicted: sk.precision_score(
        truth, predicted, average="weighted", zero_division=0
    ),
    "macro_f1": lambda truth, predicted: sk.f1_score(
        truth, predicted, average="macro", zero_division=0
    ),
}
UNITS = [(model, training) for model in ("svm", "mlp") for training in ("matched", "clean")]


def number(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if value < 1 else f"{value:.3f}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, cache_dir) -> SimpleNamespace:
    """Return the results of a run with unequal folds."""
    folder = tmp_path_factory.mktemp("unequal")
    rng = np.random.default_rng(0)
    seconds = np.arange(6400) / 16_000
    lines = ["file,emotion,speaker"]
    for place, (speaker, sizes) in enumerate(SIZES.items()):
        for level, (emotion, count) in enumerate(sizes.items()):
            for take in range(count):
                pitch = (110 + 12 * place - 15 * level) * rng.uniform(0.85, 1.15)
                voice = sum(np.sin(2 * np.pi * pitch * k * seconds) / k for k in range(1, 9))
                noise = rng.uniform(0.002, 0.05) * rng.standard_normal(len(seconds))
                name = f"{speaker}_{emotion}_{take}.wav"
                soundfile.write(folder / name, 0.1 * voice + noise, 16_000)
                lines.append(f"{name},{emotion},{speaker}")
    (folder / "unequal.csv").write_text("\n".join(lines) + "\n")
    results = aser_bench.run(
        {
            "name": "unequal",
            "corpora": [{"csv": str(folder / "unequal.csv")}],
            "codecs": [{"mp3": [8, 64]}],
            "models": ["svm", "mlp"],
            "effort": "quick",
            "runs": 2,
        },
        out=folder / "out",
        jobs=1,
        cache=cache_dir,
        quiet=True,
        formats="csv,json,latex,md,html",
    )
    predictions = pd.read_parquet(results.folder / "predictions.parquet")
    scores = pd.read_csv(results.folder / "scores.csv", keep_default_na=False)
    return SimpleNamespace(
        results=results,
        folder=results.folder,
        estimates={
            key[2:3] + key[4:]: estimates(
                rows, scores[(scores[list(CELL)] == list(key)).all(axis=1)]
            )
            for key, rows in predictions.astype(dict.fromkeys(CELL, str)).groupby(list(CELL))
        },
    )


def estimates(predictions: pd.DataFrame, scores: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Return both estimates of each metric of a cell, with interval and standard deviation."""
    runs = [rows for _, rows in predictions.groupby("run")]
    result = {}
    for name, metric in SKLEARN.items():
        value = np.mean([metric(rows["truth"], rows["predicted"]) for rows in runs])
        left = np.array(
            [
                np.mean([metric(r["truth"], r["predicted"]) for r in without(runs, speaker)])
                for speaker in SIZES
            ]
        )
        sizes = np.array([(runs[0]["speaker"] == speaker).sum() for speaker in SIZES])
        error = np.sqrt((len(left) - 1) / len(left) * ((left - left.mean()) ** 2).sum())
        half = error * stats.t.ppf(0.975, sizes.sum() ** 2 / (sizes**2).sum() - 1)
        folds = scores.groupby("fold")[name].mean()
        result[name] = {
            "": value,
            "_low": max(value - half, 0),
            "_high": min(value + half, 1),
            "_mean_folds": folds.mean(),
            "_sd_folds": folds.std(ddof=1),
        }
    return result


def without(runs: list[pd.DataFrame], speaker: str) -> list[pd.DataFrame]:
    return [rows[rows["speaker"] != speaker] for rows in runs]


def of_unit(run, unit: tuple[str, str], condition: str, metric: str = "uar") -> dict[str, float]:
    model, training = unit
    train = condition if training == "matched" else "original"
    return run.estimates[model, train, condition][metric]


def test_the_two_estimates_differ(run):
    """Otherwise the other tests could not distinguish them."""
    for unit in UNITS:
        values = of_unit(run, unit, "original")
        assert number(values[""]) != number(values["_mean_folds"])


@pytest.mark.parametrize("metric", SKLEARN)
def test_csv_and_json_have_both_estimates_under_their_names(run, metric):
    stem = run.folder / "tables" / f"csv-functionals-speaker-{metric}"
    csv = pd.read_csv(f"{stem}.csv").set_index("condition")
    rows = json.loads(stem.with_name(f"{stem.name}.json").read_text())["rows"]
    for unit in UNITS:
        for condition in ("original", "mp3-8k", "mp3-64k"):
            (row,) = (row for row in rows if row["condition"] == condition)
            for end, value in of_unit(run, unit, condition, metric).items():
                column = f"{unit[0]}_{unit[1]}_{metric}{end}"
                assert csv.loc[condition, column] == pytest.approx(value, abs=2e-6), column
                assert row[column] == pytest.approx(value, abs=2e-6), column
            assert f"{unit[0]}_{unit[1]}_{metric}_mean" not in row


def test_matrix_has_values_over_all_folds(run):
    for model in ("svm", "mlp"):
        path = run.folder / "tables" / f"csv-functionals-speaker-matrix-{model}-uar.csv"
        table = pd.read_csv(path).set_index("train_condition")
        for (of_model, train, test), metrics in run.estimates.items():
            if of_model == model:
                for end, value in metrics["uar"].items():
                    shown = table.loc[train, f"{test}_uar{end}"]
                    assert shown == pytest.approx(value, abs=2e-6)


def values_and_means(run, condition: str, metric: str) -> list[tuple[str, str]]:
    """Return the value with its interval, and mean and deviation, of each unit as text."""
    rows = [of_unit(run, unit, condition, metric) for unit in UNITS]
    return [
        (
            f"{number(row[''])} [{number(row['_low'])}, {number(row['_high'])}]",
            f"{number(row['_mean_folds'])} ± {number(row['_sd_folds'])}",
        )
        for row in rows
    ]


@pytest.mark.parametrize("metric", SKLEARN)
def test_markdown_and_latex_have_a_column_for_each_estimate(run, metric):
    path = run.folder / "tables" / f"csv-functionals-speaker-{metric}"
    markdown = path.with_name(f"{path.name}.md").read_text("utf-8")
    latex = path.with_name(f"{path.name}.tex").read_text("utf-8")
    assert markdown.count("mean ± SD over folds") == len(UNITS) + 1
    assert latex.count(r"\shortstack{mean $\pm$ SD\\over folds}") == len(UNITS)
    for condition, label in (
        ("original", "original"),
        ("mp3-8k", "8 kbit/s"),
        ("mp3-64k", "64 kbit/s"),
    ):
        expected = [text for pair in values_and_means(run, condition, metric) for text in pair]
        (line,) = re.findall(rf"^\| {label} \|.*$", markdown, re.MULTILINE)
        assert [plain(cell) for cell in line.split("|")[2:-1]] == expected
        lines = re.findall(rf"^(?:\\quad )?{label} &.*$", latex, re.MULTILINE)
        cells = [cell for line in lines for cell in line.removesuffix(r" \\").split("&")[1:]]
        shown = [f"{plain(a)} {plain(b)}" for a, b in zip(cells[::2], cells[1::2], strict=True)]
        assert shown == expected


def plain(cell: str) -> str:
    """Return the text of a cell of a Markdown or LaTeX table, without emphasis and marks."""
    cell = re.sub(r"\\rlap\{\$\^\{.*?\}\$\}", "", cell)
    for pattern, text in ((r"\\num\{(.*?)\}", r"\1"), (r"\$\\pm\$\\,", "± "), (r"\\bfseries", "")):
        cell = re.sub(pattern, text, cell)
    return re.sub(r"[\\*{}†‡§¶]", "", cell).strip()


def test_terminal_has_values_over_all_folds_alone(run):
    text, _, _ = run.results.text.partition("\n\nmatched: ")
    lines = text.splitlines()
    for condition in ("original", "mp3-8k", "mp3-64k"):
        shown = [
            cell
            for line in lines
            if line.startswith(f"{condition} ")
            for cell in re.findall(r"\.\d{3} \[[\d., ]+\]", line)
        ]
        assert shown == [value for value, _ in values_and_means(run, condition, "uar")]
    allowed = {
        number(of_unit(run, unit, condition)[end])
        for unit in UNITS
        for condition in ("original", "mp3-8k", "mp3-64k")
        for end in ("", "_low", "_high")
    }
    table = "\n".join(line for line in lines if line.startswith(("original", "mp3-")))
    assert set(re.findall(r"\b1\.000|(?<![\d.])\.\d{3}", table)) <= allowed
    assert "±" not in run.results.text


class Rows(HTMLParser):
    """The rows of each table of a page by its caption."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.place = ""
        self.caption = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.place = tag if tag in ("caption", "td", "th", "p", "li") else self.place
        if tag == "caption":
            self.caption = ""
        elif tag == "tr":
            self.tables.setdefault(self.caption, []).append([])
        elif tag in ("td", "th"):
            self.tables[self.caption][-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self.place = "" if tag == self.place else self.place

    def handle_data(self, data: str) -> None:
        if self.place == "caption":
            self.caption += data.strip()
        elif self.place in ("td", "th"):
            self.tables[self.caption][-1][-1] += data.strip()


def test_page_has_values_over_all_folds_alone(run):
    page = Rows((run.folder / "report.html").read_text("utf-8")).tables
    for metric, title in (("uar", "UAR"), ("accuracy", "Accuracy"), ("macro_f1", "Macro-F1")):
        (table,) = (
            rows for name, rows in page.items() if name.startswith(f"{title} compared with")
        )
        names = [cell.rstrip("▲▼↕ ") for cell in table[0]]
        compared = 0
        for row in table[1:]:
            cells = dict(zip(names, row, strict=True))
            unit, condition = (cells["Model"], cells["Training"]), cells["Condition"]
            value = of_unit(run, unit, condition, metric)[""]
            original = of_unit(run, unit, "original", metric)[""]
            assert cells[title].rstrip("abc") == number(value)
            assert cells["Original"] == number(original)
            difference = cells["Difference, points"].rstrip("†").replace("−", "-")
            assert float(difference) == pytest.approx(100 * (value - original), abs=0.051)
            compared += 1
        assert compared == len(UNITS) * 2


def test_losses_and_verdict_agree_with_the_tables(run):
    for row in run.results.losses.itertuples():
        values = [
            of_unit(run, (row.model, row.training), name, row.metric)[""]
            for name in (row.condition, "original")
        ]
        assert (row.value, row.original) == pytest.approx(values)
        assert row.difference == pytest.approx(values[0] - values[1])
    differences = {
        f"{100 * (of_unit(run, unit, name)[''] - of_unit(run, unit, 'original')['']):+.1f}"
        for unit in UNITS
        for name in ("mp3-8k", "mp3-64k")
    }
    largest = [text for text in run.results.verdict if "largest loss of UAR" in text]
    for text in largest:
        (shown,) = re.findall(r": ([+-][\d.]+) \(", text)
        assert shown in differences
    assert largest


def test_sentences_about_the_original_have_its_value_and_interval(run):
    sentences = [*run.results.verdict, " ".join(run.results.text.split())]
    shown = {
        match
        for text in sentences
        for match in re.findall(r"UAR (\.\d{3}) \((\.\d{3}) to (\.\d{3})\)", text)
    }
    values = [of_unit(run, (model, "matched"), "original") for model in ("svm", "mlp")]
    assert shown
    assert shown <= {tuple(number(value[e]) for e in ("", "_low", "_high")) for value in values}


def test_folds_without_a_class_are_named_in_all_outputs(run):
    fold = fold_of(run, "d")
    sentence = (
        f"Fold {fold} has no 'happy' in its test part: its UAR is the mean over 2 of 3 classes."
    )
    assert sentence in " ".join(run.results.text.split())
    assert sentence in (run.folder / "report.html").read_text("utf-8").replace("&#39;", "'")
    for path in (run.folder / "tables").glob("csv-functionals-speaker-*.json"):
        assert sentence in json.loads(path.read_text("utf-8"))["notes"], path.name


def fold_of(run, speaker: str) -> int:
    predictions = pd.read_parquet(run.folder / "predictions.parquet")
    (fold,) = predictions.loc[predictions["speaker"] == speaker, "fold"].unique()
    return int(fold)


def test_folds_of_an_earlier_version_are_taken_from_the_predictions(run, tmp_path):
    for path in run.folder.iterdir():
        if path.is_file() and path.name != "folds.csv":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    findings = aser_bench.load_results(tmp_path).findings
    assert findings.folds["n_train"].isna().all()
    columns = ["fold", "emotion", "n_test"]
    given = run.results.findings.folds[columns].sort_values(columns, ignore_index=True)
    computed = findings.folds[columns].sort_values(columns, ignore_index=True)
    pd.testing.assert_frame_equal(computed, given, check_dtype=False)


def test_without_predictions_the_means_over_folds_have_their_name(run):
    material = merge.merge([reader.read(run.folder)])
    given = material.scores, material.conditions, material.context
    built = {table.stem.rpartition("-")[2]: table for table in tables.build(*given)}
    table = built["accuracy"]
    assert table.title.endswith("Accuracy, mean over folds")
    assert "means over folds of the means over runs" in table.caption
    for record, condition in zip(table.records, ("original", "mp3-8k", "mp3-64k"), strict=True):
        for model, training in UNITS:
            expected = of_unit(run, (model, training), condition, "accuracy")
            assert np.isnan(record[f"{model}_{training}_accuracy"])
            mean = record[f"{model}_{training}_accuracy_mean_folds"]
            assert mean == pytest.approx(expected["_mean_folds"], abs=2e-6)
    ((overview, _), *_) = tables.overview(*given)
    assert "UAR, mean over folds" in terminal.render(overview)
