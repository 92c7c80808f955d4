"""The verdict as sentences, and the confusions of emotions as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import TRAININGS, Findings
from ..core.tables import ORIGINAL
from . import captions, labels, noise_tables, wer_tables
from .text import as_text

_SECTION = ["corpus", "features", "protocol"]
_MOST_EMOTIONS = 3


def verdict(findings: Findings, conditions: pd.DataFrame, context: Context) -> list[str]:
    """Return the sentences at the top of a report, the most important one first.

    They are about safe bitrates by corpus, training and codec; missing intervals; measurement
    noise; the largest loss; the emotions with the largest losses; word errors; the effect of leaks;
    and synthetic speech. Controls have no bitrate, are not codecs, and are not considered for the
    losses.
    """
    coded = conditions.loc[conditions["effective_kbps"].notna(), ["corpus", "condition"]]
    coded = coded.drop_duplicates()
    return [
        *_safe_bitrates(findings, conditions, context),
        *_missing_intervals(findings.losses, context),
        *noise_tables.verdicts(findings, context),
        *_largest_losses(findings, findings.losses.merge(coded), context),
        *_worst_emotions(findings.recalls.merge(coded), context),
        *wer_tables.verdicts(findings, conditions, context),
        *_leaks(findings, context),
        *_synthetic(context),
    ]


def errors(findings: Findings, context: Context) -> list[tuple[str, list[str]]]:
    """Return the confusions of emotions: a heading for each model and training, and lines.

    There is one line for each condition. It lists the emotions that are confused with another
    emotion more often than by chance, the most frequent one first. The original is only listed
    below the first training, because its results are the same for all trainings.
    """
    table = findings.recalls
    lines: dict[str, list[str]] = {}
    keys = [*_SECTION, "model", "training", "condition"]
    for (corpus, features, protocol, model, training, condition), rows in _groups(table, keys):
        frequent = rows[
            (rows["confused_with"] != "") & (rows["confused_share"] > 1 / max(len(rows), 2))
        ]
        frequent = frequent.sort_values("confused_share", ascending=False, kind="stable")
        confusions = [
            f"{row.emotion} is recognised as {row.confused_with}: "
            f"{100 * row.confused_share:.1f}\u00a0%"
            for row in frequent.itertuples()
        ]
        first = _first_training(table, corpus, features, protocol, model)
        if not confusions or (condition == ORIGINAL and training != first):
            continue
        section = _section(context, corpus, features, protocol)
        heading = f"{section}, {model}, {TRAININGS[training].partition(',')[0]}"
        lines.setdefault(heading, []).append(f"{condition}: {'; '.join(confusions)}.")
    return list(lines.items())


def _first_training(table: pd.DataFrame, *group: str) -> str:
    rows = table[(table[[*_SECTION, "model"]] == list(group)).all(axis=1)]
    return str(rows["training"].iloc[0])


def _groups(table: pd.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for names, rows in table.groupby(keys, sort=False):
        yield tuple(map(str, names)), rows


def _section(context: Context, corpus: str, features: str, protocol: str) -> str:
    return f"{context.short_title(corpus)}, {features}, protocol {protocol}"


def _safe_bitrates(findings: Findings, conditions: pd.DataFrame, context: Context) -> Iterator[str]:
    keys = [*_SECTION, "training", "codec"]
    margin = f"{100 * findings.margin:g} point{'s' if findings.margin != 0.01 else ''} of UAR"
    for (corpus, features, protocol, training, codec), rows in _groups(findings.robustness, keys):
        models: dict[str, list[str]] = {}
        for row in rows.to_dict("records"):
            answer = labels.safe_bitrate(row["safe"], row["safe_kbps"])
            if row["safe"] == "at chance":
                answer = as_text(row["sentence"]) or answer  # it has the UAR
            models.setdefault(answer, []).append(row["model"])
        answers = "; ".join(f"{_enumeration(names)}: {text}" for text, names in models.items())
        yield (
            f"{_section(context, corpus, features, protocol)}, {labels.heading(codec)}, "
            f"{_training(training)}. {answers} (margin: {margin}).{_marks(rows, conditions)}"
            f"{noise_tables.of_codec(findings, conditions, rows.iloc[0])}"
        )


def _marks(rows: pd.DataFrame, conditions: pd.DataFrame) -> str:
    """Return the notes about the conditions at the safe bitrates."""
    kbps = conditions["requested_kbps"].fillna(conditions["effective_kbps"])
    notes: dict[str, None] = {}
    for row in rows[rows["safe"] == "yes"].to_dict("records"):
        same = conditions[
            (conditions["corpus"] == row["corpus"])
            & (conditions["codec"] == row["codec"])
            & (kbps == row["safe_kbps"])
        ]
        marks = [mark for mark in same["mark"] if isinstance(mark, str) and mark]
        notes.update(dict.fromkeys(f"{row['safe_kbps']:g} kbit/s: {mark}" for mark in marks))
    return "".join(f" ({note})" for note in notes)


def _missing_intervals(table: pd.DataFrame, context: Context) -> Iterator[str]:
    """Yield the reasons why there is no interval, or none clustered by speaker."""
    reasons = table[["corpus", "why"]].drop_duplicates()
    for corpus, reason in reasons.itertuples(index=False):
        if isinstance(reason, str) and reason:
            yield f"{context.short_title(str(corpus))}: {reason}."


def _enumeration(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _training(training: str) -> str:
    return TRAININGS[training].replace(" tested at each condition", "").rstrip(",")


def _largest_losses(findings: Findings, table: pd.DataFrame, context: Context) -> Iterator[str]:
    table = table[(table["metric"] == "uar") & (table["difference"] < 0)]
    for (corpus, features, protocol), rows in _groups(table, _SECTION):
        row = rows.loc[rows["difference"].astype(float).idxmin()].to_dict()
        remarks = (noise_tables.remark(findings, row), _chance_remark(findings, row))
        remark = "; ".join(filter(None, remarks))
        yield (
            f"{_section(context, corpus, features, protocol)}: the largest loss of UAR is that of "
            f"{row['model']} at {row['condition']}, {_training(row['training'])}: "
            f"{_points(row)} points, {captions.tested(row)}{remark and f'; {remark}'}."
        )


def _chance_remark(findings: Findings, row: Mapping[Any, Any]) -> str:
    """Return that the model of a loss is not shown to be above chance; empty if it is."""
    same = findings.robustness["safe"].astype(str) == "at chance"
    for name in ("corpus", "features", "model", "protocol", "training"):
        same &= findings.robustness[name].astype(str) == str(row[name])
    return "on the original, the model is not shown to be above chance" if same.any() else ""


def _points(row: Any, sign: str = "+") -> str:
    value, low, high = (f"{100 * row[name]:{sign}.1f}" for name in ("difference", "low", "high"))
    return f"{value} (no interval)" if pd.isna(row["low"]) else f"{value} ({low} to {high})"


def _worst_emotions(table: pd.DataFrame, context: Context) -> Iterator[str]:
    """Yield the emotions with the largest significant losses of recall."""
    table = table[table["condition"] != ORIGINAL]
    for (corpus, features, protocol, training), rows in _groups(table, [*_SECTION, "training"]):
        start = f"{_section(context, corpus, features, protocol)}, {_training(training)}: "
        sizes = pd.to_numeric(rows["comparisons"]).max()
        if not sizes > 0:
            continue  # the sentence on missing intervals has the reason
        correction = f"after Holm's correction for {captions.plural(int(sizes), 'comparison')}"
        losses = rows[rows["significant"] == True]  # noqa: E712 (NaN is not true)
        losses = losses.astype({"difference": float}).sort_values("difference", kind="stable")
        losses = losses.drop_duplicates("emotion").head(_MOST_EMOTIONS)
        emotions = [
            f"{row['emotion']} {_points(row)} with {row['model']} at {row['condition']}"
            for row in losses.to_dict("records")
        ]
        if emotions:
            yield (
                f"{start}the largest losses of recall of an emotion, in points, are "
                f"{', '.join(emotions)}; they are significant {correction}."
            )
        else:
            yield f"{start}no loss of recall of a single emotion is significant {correction}."


def _leaks(findings: Findings, context: Context) -> Iterator[str]:
    for row in findings.leakage_effect.to_dict("records"):
        comparison = "higher"
        if row["difference"] < 0:
            comparison = "lower"
            row |= {"difference": -row["difference"], "low": -row["high"], "high": -row["low"]}
        yield (
            f"{context.short_title(row['corpus'])}, {row['features']}: with protocol "
            f"{row['random']}, in which training and test share speakers, the UAR of "
            f"{row['model']} is {_points(row, '-')} points {comparison} than with protocol "
            f"{row['disjoint']}."
        )


def _synthetic(context: Context) -> Sequence[str]:
    return [
        f"{context.titles.get(name, name)} is synthetic speech: its results show that the "
        "software works, but do not apply to human speech."
        for name in context.synthetic
    ]
