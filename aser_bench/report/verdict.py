"""The verdict in words: what is safe, what is lost most, whom it hurts, what nobody can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd

from ..core.context import Context
from ..core.findings import TRAININGS, Findings
from ..core.tables import ORIGINAL
from . import wer_tables

_SECTION = ["corpus", "features", "protocol"]
_MOST_EMOTIONS = 3


def verdict(findings: Findings, conditions: pd.DataFrame, context: Context) -> list[str]:
    """Return the sentences that stand on top of a report, the most important first.

    Safe bitrates by corpus, training and codec; the largest loss; the emotions that are hurt
    most; how word errors rise; what random splits are worth; that speech is synthetic. Controls,
    which have no bitrate, are no codecs and take no part in the search for the largest loss.
    """
    coded = conditions.loc[conditions["effective_kbps"].notna(), ["corpus", "condition"]]
    coded = coded.drop_duplicates()
    return [
        *_safe(findings, conditions, context),
        *_without_interval(findings.losses, context),
        *_largest(findings.losses.merge(coded), context),
        *_hurt(findings.recalls.merge(coded), context),
        *wer_tables.verdicts(findings, conditions, context),
        *_leaks(findings, context),
        *_synthetic(context),
    ]


def errors(findings: Findings, context: Context) -> list[tuple[str, list[str]]]:
    """Return which emotion is taken for which: a heading a model and training, a line a condition.

    Every emotion that is taken for some other one more often than by chance is named, the most
    frequent first. The original stands below the first training alone, since it is the same.
    """
    table = findings.recalls
    said: dict[str, list[str]] = {}
    keys = [*_SECTION, "model", "training", "condition"]
    for (corpus, features, protocol, model, training, condition), rows in _groups(table, keys):
        often = rows[
            (rows["confused_with"] != "") & (rows["confused_share"] > 1 / max(len(rows), 2))
        ]
        often = often.sort_values("confused_share", ascending=False, kind="stable")
        words = [
            f"{row.emotion} is taken for {row.confused_with}: {100 * row.confused_share:.1f}\u00a0%"
            for row in often.itertuples()
        ]
        if not words or (
            condition == ORIGINAL and training != _first(table, corpus, features, protocol, model)
        ):
            continue
        place = _place(context, corpus, features, protocol)
        heading = f"{place}, {model}, {TRAININGS[training].partition(',')[0]}"
        said.setdefault(heading, []).append(f"{condition}: {'; '.join(words)}.")
    return list(said.items())


def _first(table: pd.DataFrame, *group: str) -> str:
    """Return under which training the original is told: it is the same model under most."""
    own = table[(table[[*_SECTION, "model"]] == list(group)).all(axis=1)]
    return str(own["training"].iloc[0])


def _groups(table: pd.DataFrame, keys: list[str]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for names, rows in table.groupby(keys, sort=False):
        yield tuple(map(str, names)), rows


def _place(context: Context, corpus: str, features: str, protocol: str) -> str:
    return f"{context.short_title(corpus)}, {features}, protocol {protocol}"


def _safe(findings: Findings, conditions: pd.DataFrame, context: Context) -> Iterator[str]:
    keys = [*_SECTION, "training", "codec"]
    margin = f"{100 * findings.margin:g} point{'s' if findings.margin != 0.01 else ''} of UAR"
    for (corpus, features, protocol, training, codec), rows in _groups(findings.robustness, keys):
        alike: dict[str, list[str]] = {}
        for row in rows.to_dict("records"):
            alike.setdefault(_answer(row), []).append(row["model"])
        models = "; ".join(f"{_and(names)} {answer}" for answer, names in alike.items())
        yield (
            f"{_place(context, corpus, features, protocol)}, {codec}, {_trained(training)}: "
            f"{models} (margin {margin}).{_marks(rows, conditions)}"
        )


def _marks(rows: pd.DataFrame, conditions: pd.DataFrame) -> str:
    """Say why a safe bitrate is not like the others: its row in the tables carries a mark."""
    kbps = conditions["requested_kbps"].fillna(conditions["effective_kbps"])
    marks: dict[str, None] = {}
    for row in rows[rows["safe"] == "yes"].to_dict("records"):
        own = conditions[
            (conditions["corpus"] == row["corpus"])
            & (conditions["codec"] == row["codec"])
            & (kbps == row["safe_kbps"])
        ]
        said = [mark for mark in own["mark"] if isinstance(mark, str) and mark]
        marks.update(dict.fromkeys(f"{row['safe_kbps']:g} kbit/s: {mark}" for mark in said))
    return "".join(f" ({mark})" for mark in marks)


def _without_interval(table: pd.DataFrame, context: Context) -> Iterator[str]:
    """Say where there is no interval or not the speakers', and why."""
    told = table[["corpus", "why"]].drop_duplicates()
    for corpus, why in told.itertuples(index=False):
        if isinstance(why, str) and why:
            yield f"{context.short_title(str(corpus))}: {why}."


def _answer(row: dict[Any, Any]) -> str:
    if row["safe"] == "yes":
        return f"safe down to {row['safe_kbps']:g} kbit/s"
    return "safe at no bitrate" if row["safe"] == "none" else "inconclusive"


def _and(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def _trained(training: str) -> str:
    return TRAININGS[training].replace(" tested at each condition", "").rstrip(",")


def _largest(table: pd.DataFrame, context: Context) -> Iterator[str]:
    table = table[(table["metric"] == "uar") & (table["difference"] < 0)]
    for (corpus, features, protocol), rows in _groups(table, _SECTION):
        row = rows.loc[rows["difference"].astype(float).idxmin()]
        tested = "significant" if row["significant"] else "not significant"
        yield (
            f"{_place(context, corpus, features, protocol)}: the largest loss is that of "
            f"{row['model']} at {row['condition']}, {_trained(row['training'])}: "
            f"{_points(row)} points of UAR, {tested} after Holm's correction."
        )


def _points(row: Any, sign: str = "+") -> str:
    numbers = [f"{100 * row[name]:{sign}.1f}" for name in ("difference", "low", "high")]
    return (
        f"{numbers[0]} ({numbers[1]} to {numbers[2]})"
        if row["low"] == row["low"]
        else (f"{numbers[0]} (no interval)")
    )


def _hurt(table: pd.DataFrame, context: Context) -> Iterator[str]:
    """Name the emotions that lose most in the mean over models at the worst condition."""
    keys = [*_SECTION, "training"]
    for (corpus, features, protocol, training), rows in _groups(table, keys):
        rows = rows.astype({"difference": float})
        mean = rows.groupby(["condition", "emotion"])["difference"].mean()
        worst = mean.groupby("condition").mean().idxmin()
        lost = mean[worst].sort_values()
        # What would print as 0.0 is no loss to speak of.
        lost = lost[lost < -0.0005].head(_MOST_EMOTIONS)
        if len(lost):
            named = ", ".join(f"{name} {100 * value:+.1f}" for name, value in lost.items())
            yield (
                f"{_place(context, corpus, features, protocol)}, {_trained(training)}: the "
                f"emotions that lose most at {worst} are {named} points of recall (mean over "
                "models)."
            )


def _leaks(findings: Findings, context: Context) -> Iterator[str]:
    for row in findings.leakage_effect.to_dict("records"):
        where = "above"
        if row["difference"] < 0:
            where = "below"
            row |= {"difference": -row["difference"], "low": -row["high"], "high": -row["low"]}
        yield (
            f"{context.short_title(row['corpus'])}, {row['features']}: protocol {row['random']}, "
            f"which shares speakers between training and test, puts the UAR of {row['model']} "
            f"{_points(row, '-')} points {where} protocol {row['disjoint']}."
        )


def _synthetic(context: Context) -> Sequence[str]:
    return [
        f"{context.titles.get(name, name)} is synthetic speech: its numbers say that the tool "
        "works, and nothing of people."
        for name in context.synthetic
    ]
