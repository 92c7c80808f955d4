"""Reports of results folders: reproducible, and written completely or not at all."""

from __future__ import annotations

import dataclasses
import errno
import json
import math

import factories
import pandas as pd
import pytest

from aser_bench.core.errors import AserBenchError, UsageError
from aser_bench.report import build
from aser_bench.report.build import FORMATS, ReportOptions, report

SKILL = {
    ("original", "original"): 0.9,
    ("original", "mp3-8k"): 0.3,
    ("original", "mp3-64k"): 0.85,
    ("mp3-8k", "mp3-8k"): 0.6,
}
BRIEF = ReportOptions(formats="csv,md")


def study(path, **options):
    frame = pd.concat(
        [
            factories.predictions(SKILL, takes=1, runs=1, **options),
            factories.predictions(
                SKILL, corpus="others", emotions=("bored", "sad"), runs=1, **options
            ),
        ]
    )
    return factories.folder(path, frame, corpora={"others": {"synthetic": True}})


@pytest.fixture
def folder(tmp_path):
    skill = {key: right for key, right in SKILL.items() if key[0] == "original"}
    return factories.folder(tmp_path / "one", factories.predictions(skill, takes=1, runs=1))


def test_writes_only_the_requested_formats(tmp_path):
    folder = study(tmp_path / "one")
    before = factories.listing(folder)
    done = report([folder], options=BRIEF)
    after = factories.listing(folder)
    new = set(after) - set(before)
    assert {name.split("/")[0] for name in new} == {"tables"} == set(done.written)
    assert {name.rpartition(".")[2] for name in new} == {"csv", "md"}
    assert {name: after[name] for name in before} == before
    assert done.folder == folder
    assert len(done.findings.losses) == 2 * 4 * 3


def test_the_same_results_give_the_same_report(tmp_path):
    folder = study(tmp_path / "one")
    one, two = (
        report(
            [folder], out=tmp_path / name, options=dataclasses.replace(BRIEF, formats="csv,json")
        )
        for name in ("x", "y")
    )
    assert factories.listing(tmp_path / "x") == factories.listing(tmp_path / "y")
    assert one.verdict == two.verdict


def test_replaces_an_older_report(folder):
    (folder / "tables").mkdir()
    (folder / "tables" / "old.csv").write_text("old")
    report([folder], options=ReportOptions(formats="latex"))
    names = {path.name for path in (folder / "tables").iterdir()}
    assert {name.rpartition(".")[2] for name in names} == {"tex"}


def test_the_margin_changes_the_decisions(folder, tmp_path):
    small, large = (
        report(
            [folder],
            out=tmp_path / f"m{margin}",
            options=ReportOptions(formats="csv", margin=margin, unclustered=margin > 0.5),
        )
        for margin in (0.02, 0.95)
    )
    safe = [(one.findings.losses["decision"] == "non-inferior").sum() for one in (small, large)]
    assert safe[0] < safe[1]
    assert small.findings.losses["low_unclustered"].isna().all()
    assert large.findings.losses["low_unclustered"].notna().all()
    assert any("margin: 95 points" in sentence for sentence in large.verdict)


def test_reports_two_folders_side_by_side(folder, tmp_path):
    other = study(tmp_path / "two", model="mlp", seed=5)
    done = report([folder, other, folder], out=tmp_path / "both", options=BRIEF)
    assert set(done.findings.cells["model"]) == {"svm", "mlp"}
    assert set(done.findings.cells["corpus"]) == {"voices", "others"}
    assert {path.name for path in (tmp_path / "both").iterdir()} == {"tables"}


def test_page_of_two_runs_has_provenance_of_both(folder, tmp_path):
    other = study(tmp_path / "two")
    for place, sha256, numpy in ((folder, "1" * 64, "2.4.6"), (other, "2" * 64, "2.5.0")):
        path = place / "manifest.json"
        facts = json.loads(path.read_text("utf-8"))
        facts["packages"] = {"numpy": numpy, "scipy": "1.17.1"}
        facts["corpora"]["voices"]["sha256"] = sha256
        path.write_text(json.dumps(facts), "utf-8")
    report([folder, other], out=tmp_path / "both", options=ReportOptions("html"))
    page = (tmp_path / "both" / "report.html").read_text("utf-8")
    assert "2.4.6 / 2.5.0" in page
    assert "1.17.1 /" not in page
    assert "1" * 64 in page
    assert "2" * 64 in page


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_failed_writer_keeps_the_old_report(folder, monkeypatch, code):
    (folder / "tables").mkdir()
    (folder / "tables" / "old.csv").write_text("old")
    before = factories.listing(folder)

    def full(scores, conditions, context, path, findings, formats):
        path.mkdir()
        (path / "half.csv").write_text("half")
        raise OSError(code, "no")

    monkeypatch.setattr(build, "write_tables", full)
    with pytest.raises(AserBenchError) as error:
        report([folder], options=BRIEF)
    assert "\n" not in str(error.value)
    assert ("no space left" in str(error.value)) == (code == errno.ENOSPC)
    assert factories.listing(folder) == before
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_writes_all_formats_by_default(tmp_path):
    frame = factories.predictions(SKILL, takes=1, runs=1)
    folder = factories.folder(tmp_path / "one", frame, corpora={"voices": {"synthetic": True}})
    done = report([folder], out=tmp_path / "out")
    assert set(done.written) == {"tables", "figures", "report.html"}
    tables = {path.suffix for path in (tmp_path / "out" / "tables").iterdir()}
    assert tables == {".csv", ".tex", ".md", ".json"}
    figures = {path.suffix for path in (tmp_path / "out" / "figures").iterdir()}
    assert {".pdf", ".png", ".svg"} <= figures
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "synthetic" in page
    assert str(tmp_path) not in page
    # All folders have the same permissions.
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir() if path.is_dir()}
    assert len(modes) == 1


def test_html_alone_writes_no_figures(folder, monkeypatch):
    monkeypatch.chdir(folder)
    before = factories.listing(folder)
    done = report(["."], options=ReportOptions(formats=["html"]))
    assert done.written == ("report.html",)
    assert set(factories.listing(folder)) - set(before) == {"report.html"}
    page = (folder / "report.html").read_text("utf-8")
    assert "data:image/svg+xml" in page
    assert "aser-bench run one/study.yaml" in page


def test_page_command_has_paths_of_corpora_and_vectors(tmp_path):
    study = {"name": "", "corpora": [{"voices": "my voices"}], "seed": 0, "embeddings": "v.txt"}
    path = factories.folder(tmp_path / "one", factories.predictions(runs=1), study=study)
    report([path], options=ReportOptions(formats=["html"]))
    page = (path / "report.html").read_text("utf-8")
    assert "--corpus &#39;voices=my voices&#39; --embeddings v.txt" in page


def test_reports_failed_results(folder, tmp_path):
    scores = pd.read_csv(folder / "scores.csv").astype({"reason": object})
    rows = scores["test_condition"] == "mp3-64k"
    scores.loc[rows, ["wap", "accuracy", "uar", "macro_f1"]] = math.nan
    scores.loc[rows, ["status", "reason"]] = "failed", "did not, alas,\n<b>converge</b>"
    scores.to_csv(folder / "scores.csv", index=False)
    frame = pd.read_parquet(folder / "predictions.parquet")
    factories.write(frame[frame["test_condition"] != "mp3-64k"], folder / "predictions.parquet")
    done = report([folder], out=tmp_path / "out", options=ReportOptions(formats="csv,html"))
    assert "mp3-64k" not in set(done.findings.losses["condition"])
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "did not, alas" in page
    assert "<b>converge" not in page


@pytest.mark.parametrize(
    "skill", [{("original", "original"): 0.9}, {("mp3-8k", "mp3-8k"): 0.9}], ids=["base", "coded"]
)
def test_reports_a_study_with_one_condition(tmp_path, skill):
    path = factories.folder(tmp_path / "one", factories.predictions(skill, runs=1))
    done = report([path], options=ReportOptions(formats="csv,html"))
    assert done.findings.losses.empty
    assert (path / "report.html").is_file()


def test_names_with_slashes_stay_in_the_folder(tmp_path):
    frame = factories.predictions(SKILL, runs=1, model="../../mod:Clf<script>", corpus="a/b & c")
    path = factories.folder(tmp_path / "deep" / "one", frame)
    done = report([path], options=ReportOptions(formats="csv,html"))
    assert {path.name for path in tmp_path.rglob("*") if path.is_dir()} == {"deep", "one", "tables"}
    assert "Clf<script>" not in (path / "report.html").read_text("utf-8")
    assert any("../../mod:Clf" in sentence for sentence in done.verdict)


def test_names_of_utterances_can_be_anything(tmp_path):
    frame = factories.predictions({**SKILL, ("original", "mp3-8k"): 0.0}, runs=1)
    names = {
        name: f'{number},"\n<i>{name}</i>'
        for number, name in enumerate(frame["utterance"].unique())
    }
    path = factories.folder(tmp_path / "one", frame.assign(utterance=frame["utterance"].map(names)))
    report([path], options=ReportOptions(formats="csv,latex,md,json,html"))
    assert "<i>u0" not in (path / "report.html").read_text("utf-8")


# --- invalid arguments ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"formats": "csv,htm"}, "unknown format 'htm'; did you mean 'html'?"),
        (
            {"formats": ["pdf"]},
            "unknown format 'pdf'; choose from csv, figures, html, json, latex, md",
        ),
        ({"formats": " , "}, "format"),
        ({"margin": 0}, "margin must be between 0 and 1"),
        ({"margin": 1.0}, "margin must be between 0 and 1"),
        ({"margin": -0.02}, "not -0.02"),
        ({"margin": math.nan}, "margin"),
        ({"listen": -1}, "listen"),
        ({"margin": "x"}, "margin must be a number, not 'x'"),
        ({"formats": 5}, "formats must be a name or a list of names, not 5"),
    ],
)
def test_rejects_invalid_options(options, message):
    with pytest.raises(UsageError) as error:
        ReportOptions(**options)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("formats", "names"),
    [
        (None, FORMATS),
        ("", FORMATS),
        ("HTML, csv,html,", ("html", "csv")),
        (["md"], ("md",)),
        (("json", "json"), ("json",)),
    ],
)
def test_formats_are_a_string_or_a_list(formats, names):
    assert ReportOptions(formats=formats).names == tuple(names)


def test_rejects_missing_out_and_missing_folders(folder, tmp_path):
    with pytest.raises(UsageError, match="needs an output folder"):
        report([folder, folder.parent / "two"])
    with pytest.raises(UsageError, match="no results folder is given"):
        report([])
    with pytest.raises(UsageError, match="not a results folder"):
        report([tmp_path])


def test_rejects_a_file_as_output(folder, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(AserBenchError, match="is a file; name a folder"):
        report([folder], out=tmp_path / "file", options=BRIEF)
    assert (tmp_path / "file").read_text() == "mine"


def test_rejects_a_folder_with_other_files(folder, tmp_path):
    mine = tmp_path / "mine"
    (mine / "tables").mkdir(parents=True)
    (mine / "tables" / "thesis.md").write_text("years of work")
    (mine / "letter.txt").write_text("dear")
    with pytest.raises(UsageError):
        report([folder], out=mine, options=BRIEF)
    assert (mine / "tables" / "thesis.md").read_text() == "years of work"


def test_report_with_transcripts(tmp_path):
    skill = {key: right for key, right in SKILL.items() if key[0] == "original"}
    frame = pd.concat(
        [
            factories.predictions(skill, model=name, takes=1, runs=1, features="dual")
            for name in ("tre", "tre-ear")
        ]
    )
    folder = factories.folder(
        tmp_path / "one", frame, transcript_table=factories.transcripts(frame)
    )
    done = report([folder], options=ReportOptions(formats="csv,html,figures"))
    files = factories.listing(folder)
    assert {
        "tables/voices-wer.csv",
        "figures/voices-wer.png",
        "figures/voices-dual-speaker-uar_wer.pdf",
    } <= set(files)
    page = files["report.html"].decode()
    assert "Transcripts" in page
    assert "Most additional errors at mp3-8k" in page
    assert any("word errors of ear rise from" in line for line in done.verdict)
    assert len(done.findings.wer) == 3
    assert set(done.findings.transcript_errors["condition"]) <= {"mp3-8k", "mp3-64k"}
    rates = done.findings.wer.set_index("condition")["wer"]
    assert rates["original"] < rates["mp3-8k"]
