"""Columns of a table that give the segment of each utterance: start and end in its recording."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..core.errors import UsageError
from .audio import WHOLE, Segment

MISSING = ("", "nan", "nat", "none", "na", "n/a", "null", "<na>", "#n/a")
"""Spellings (lower case) of a missing value in a table."""

UNKNOWN_SPEAKERS = ("unknown", "unk", "-", "--", "?")
"""Spellings (lower case) of a speaker that is not known, in addition to `MISSING`."""

_START = """
    start starts begin begins onset tmin xmin starttime timestart begintime onsettime segmentstart
    startsegment segstart startoffset tstart starttimestamp timestampstart from t0
"""
_END = """
    end ends stop stops tmax xmax endtime timeend stoptime finish segmentend endsegment segend
    endoffset tend endtimestamp timestampend to t1
"""
_DURATION = "duration dur length segmentduration"
_SECONDS_PER_UNIT = {
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], 1.0),
    **dict.fromkeys(["ms", "msec", "msecs", "millisecond", "milliseconds"], 1e-3),
    **dict.fromkeys(["us", "microsecond", "microseconds"], 1e-6),
    **dict.fromkeys(["ns", "nanosecond", "nanoseconds"], 1e-9),
    **dict.fromkeys(["min", "minute", "minutes"], 60.0),
}
_COUNTS = "sample samples frame frames"


@dataclass(frozen=True)
class SegmentColumns:
    """The columns that give the times of segments, and the seconds of their unit.

    Attributes
    ----------
    start, end, duration : (str, float) or None
        Column and seconds per unit of its numbers.
    """

    start: tuple[str, float] | None = None
    end: tuple[str, float] | None = None
    duration: tuple[str, float] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column[0] for column in (self.start, self.end, self.duration) if column)

    def segment(self, row: Mapping[str, str]) -> Segment:
        """Return the segment of a row; a missing end is the end of the recording.

        Raises
        ------
        UsageError
            If a time cannot be read, is negative, or the end is not after the start.
        """
        start_s, end_s, duration_s = (
            None if column is None else _seconds(row[column[0]], *column)
            for column in (self.start, self.end, self.duration)
        )
        start_s = start_s or 0.0
        if end_s is None:
            end_s = math.inf if duration_s is None else start_s + duration_s
        if end_s <= start_s:
            raise UsageError(f"its segment ends at {end_s:g} s, not after its start, {start_s:g} s")
        segment = Segment(start_s, end_s)
        return WHOLE if segment == WHOLE else segment


def find_columns(header: Sequence[str], table: str) -> SegmentColumns:
    """Return the columns of a table that give the times of segments.

    ``offset`` is the end beside ``onset`` or another start, and the start beside ``duration``. A
    ``duration`` without a start, or beside an end, describes the recording and is not used.

    Parameters
    ----------
    header : sequence of str
        Names of the columns.
    table : str
        The table in error messages, such as ``corpus 'csv': 'labels.csv'``.

    Raises
    ------
    UsageError
        If two columns give the same time, if their meaning is ambiguous, or if they count samples
        or frames.
    """
    roles: dict[str, list[tuple[str, float]]] = {}
    for name in header:
        role, factor = _role(name, table)
        if role:
            roles.setdefault(role, []).append((name, factor))
    offsets = roles.pop("offset", [])
    if offsets and "start" in roles and "end" not in roles:
        roles["end"] = offsets
    elif offsets and "duration" in roles and "start" not in roles:
        roles["start"] = offsets
    elif offsets:
        raise UsageError(
            f"{table} has a column {offsets[0][0]!r}, which may be a start or an end; rename it to "
            "start or end, in seconds, or remove it"
        )
    for role, columns in roles.items():
        if len(columns) > 1 and (role != "duration" or "start" in roles):
            names = " and ".join(repr(name) for name, _ in columns)
            raise UsageError(f"{table} has several columns for the {role}: {names}; remove one")
    start, end = (roles.get(role, [None])[0] for role in ("start", "end"))
    duration = None if end or not start else roles.get("duration", [None])[0]
    return SegmentColumns(start, end, duration)


def _role(name: str, table: str) -> tuple[str, float]:
    """Return the meaning of a column, empty for another one, and the seconds per unit."""
    # ELAN writes "Begin Time - ss.msec" above seconds and "hh:mm:ss.ms" above clock times.
    name_with_unit = re.sub(r"(hh:mm:)?ss\.ms(ec)?", "s", name.lower())
    words = re.sub(r"[\W_]+", "_", name_with_unit).strip("_").split("_")
    unit = words[-1] if len(words) > 1 else ""
    factor = _SECONDS_PER_UNIT.get(unit)
    is_count = unit in _COUNTS.split()
    stem = "".join(words[:-1] if factor or is_count else words)
    roles = {
        **dict.fromkeys(_START.split(), "start"),
        **dict.fromkeys(_END.split(), "end"),
        **dict.fromkeys(_DURATION.split(), "duration"),
        "offset": "offset",
    }
    role = roles.get(stem, "")
    if role in ("start", "end") and is_count:
        raise UsageError(
            f"{table} has a column {name!r}, which counts {unit}; write seconds, in a column {role}"
        )
    return role, factor or 1.0


def _seconds(text: str, column: str, factor: float) -> float | None:
    """Return a time in seconds; None for a missing one."""
    if text.lower() in MISSING:
        return None
    try:
        # A comma is the decimal separator in tables that are separated by semicolons.
        seconds = float(re.sub(r"^([+-]?\d+),(\d+)$", r"\1.\2", text)) * factor
    except ValueError:
        seconds = _timedelta_seconds(text)
    if not math.isfinite(seconds):
        raise UsageError(
            f"its {column} {text!r} is not a time; write seconds (1.5) or 0 days 00:00:01.5"
        )
    if seconds < 0:
        raise UsageError(f"its {column} {text!r} is negative; times count from the file's start")
    return seconds


def _timedelta_seconds(text: str) -> float:
    try:
        # 00:00:01,500 is the form of subtitles.
        return float(pd.Timedelta(re.sub(r"(:\d+),(\d+)$", r"\1.\2", text)).total_seconds())
    except (ValueError, OverflowError):
        return math.nan
