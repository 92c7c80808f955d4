"""The table and the sentences about word errors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from findings_factory import WHY, wer_of

from aser_bench.core.context import Context
from aser_bench.core.findings import WER, Findings
from aser_bench.report import FORMATS, tables, terminal
from aser_bench.report.verdict import verdict
from aser_bench.report.wer_tables import verdicts

PLAIN = Context(study="one", seed=0)


@pytest.fixture(scope="module")
def with_wer(full_with_findings):
    scores, conditions, context, findings = full_with_findings
    both = pd.concat([wer_of(scores), wer_of(scores, "pocketsphinx")], ignore_index=True)
    return scores, conditions, context, replace(findings, wer=both)


@pytest.fixture(scope="module")
def table(with_wer):
    (one,) = (one for one in tables.build(*with_wer) if one.stem.endswith("-wer"))
    return one


def test_rows_are_transcribers_and_conditions_in_display_order(table):
    names = ["original", "lowpass-3k0", *(f"mp3-{k}k" for k in (8, 16, 32, 64, 160, 192))]
    assert [(row.heading, row.side) for row in table.rows] == [
        (transcriber, (name,)) for transcriber in ("ear", "pocketsphinx") for name in names
    ]
    assert table.stem == "demo-wer"
    assert "synthetic" in table.title


def test_cells_are_percent_and_records_are_fractions(with_wer, table):
    row = with_wer[3].wer.set_index(["transcripts", "condition"]).loc[("ear", "mp3-8k")]
    (shown,) = (r for r in table.rows if (r.heading, r.side[0]) == ("ear", "mp3-8k"))
    words, *errors, rate, interval, empty = (cell.text for cell in shown.cells)
    assert words == "2400"
    assert float(rate) == pytest.approx(100 * row["wer"], abs=0.05)
    assert float(rate) > 100
    assert sum(map(float, errors)) == pytest.approx(float(rate), abs=0.11)
    assert interval == f"[{100 * row['low']:.1f}, {100 * row['high']:.1f}]"
    assert empty == "25.0"
    (record,) = (
        one for one in table.records if (one["transcripts"], one["condition"]) == ("ear", "mp3-8k")
    )
    assert list(record) == [*WER, "effective_kbps", "note"]
    assert record["wer"] == row["wer"]
    assert record["effective_kbps"] == 8


def test_missing_interval_has_a_note(table):
    (shown,) = (r for r in table.rows if (r.heading, r.side[0]) == ("ear", "lowpass-3k0"))
    assert shown.cells[5].text == "-"
    assert shown.cells[5].notes == (WHY[0].upper() + WHY[1:] + ".",)


@pytest.mark.parametrize("ending", FORMATS)
def test_all_formats_render_the_table(table, ending):
    text = FORMATS[ending][1](table)
    assert all(name in text for name in ("pocketsphinx", "mp3-192k"))


def test_table_fits_80_columns(table):
    assert max(map(len, terminal.render(table, 80).splitlines())) <= 80


def test_no_table_and_verdict_without_transcripts(full_with_findings):
    assert not [one for one in tables.build(*full_with_findings) if one.stem.endswith("-wer")]
    assert list(verdicts(full_with_findings[3], full_with_findings[1], full_with_findings[2])) == []


def verdicts_of(*rates, conditions=(("original", np.nan), ("mp3-8k", 8.0), ("mp3-64k", 64.0))):
    names = [name for name, _ in conditions]
    rows = [
        {"corpus": "voices", "transcripts": "ear", "condition": name, "wer": rate}
        for name, rate in zip(names, rates, strict=True)
    ]
    conditions_table = pd.DataFrame(
        [
            {
                "corpus": "voices",
                "condition": name,
                "codec": name.partition("-")[0],
                "effective_kbps": kbps,
                "requested_kbps": kbps,
            }
            for name, kbps in conditions
        ]
    ).reindex(
        columns=[
            "corpus",
            "condition",
            "codec",
            "requested_kbps",
            "effective_kbps",
            "codec_rate_hz",
            "bandwidth_hz",
            "same_as",
            "mark",
        ]
    )
    return list(
        verdicts(Findings(wer=pd.DataFrame(rows, columns=list(WER))), conditions_table, PLAIN)
    )


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ((0.41, 0.783, 0.4), "rise from 41\u00a0% on the original to 78\u00a0% at mp3-8k."),
        (
            (0.41, 0.2, 0.39),
            "fall from 41\u00a0% on the original to 39\u00a0% at the worst coded condition, "
            "mp3-64k.",
        ),
        (
            (0.411, 0.413, 0.3),
            "are 41\u00a0% on the original and at the worst coded condition, mp3-8k.",
        ),
    ],
)
def test_sentence_describes_the_change_of_word_errors(rates, words):
    assert verdicts_of(*rates) == [f"voices: word errors of ear {words}"]


def test_controls_and_missing_rates_are_ignored():
    names = (("original", np.nan), ("lowpass-3k0", np.nan), ("mp3-8k", 8.0))
    assert verdicts_of(0.4, 0.9, 0.5, conditions=names) == [
        "voices: word errors of ear rise from 40\u00a0% on the original to 50\u00a0% at mp3-8k."
    ]
    assert verdicts_of(np.nan, 0.9, 0.5) == []
    assert verdicts_of(0.5, np.nan, np.nan) == []


def test_verdict_includes_word_errors(with_wer):
    _, conditions, context, findings = with_wer
    lines = verdict(findings, conditions, context)
    sentences = [line for line in lines if "word errors of" in line]
    assert [line.split(":")[0] for line in sentences] == ["demo (synthetic speech)"] * 2
    assert all(line.endswith("at mp3-8k.") for line in sentences)
