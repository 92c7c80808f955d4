"""The truth about each condition of a codec: what was written, and what it did to the signal."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from ..core.errors import UsageError
from ..core.tables import SAMPLE_RATE, Alias, Condition
from . import quality, specs
from .audit import audit, log_spectral_distance_db
from .base import Codec, CodedSignal

COLUMNS = (
    "condition",
    "codec",
    "requested_kbps",
    "effective_kbps",
    "codec_rate_hz",
    "stream",
    "bandwidth_hz",
    "lag_samples",
    "length_difference",
    "gain_db",
    "lsd_db",
    "si_sdr_db",
    "pesq",
    "stoi",
    "same_as",
    "flag",
    "mark",
    "utterances",
    "encoder",
)
"""The columns of `probe`; ``pesq`` and ``stoi`` only where their packages are installed."""

OFF_PERCENT = 3.0
"""So far from the requested bitrate an effective one may lie without a flag, in per cent."""

_BATCH = 8  # recordings that are in memory in all conditions at once
_DIGITS = {"bandwidth_hz": 1, "gain_db": 3, "lsd_db": 3, "si_sdr_db": 3, "pesq": 3, "stoi": 4}
_COUNTS = ("codec_rate_hz", "lag_samples", "length_difference", "utterances")
_NO_WAVEFORM = "a vocoder keeps no waveform: it has no lag, gain or SI-SDR"


def probe(
    signals: Sequence[np.ndarray],
    codec: Codec,
    bitrates: Sequence[float] = (),
    rate: int = SAMPLE_RATE,
    policy: str = "promote",
    *,
    on_progress: Callable[[int], None] = lambda count: None,
) -> pd.DataFrame:
    """Take recordings through a codec and measure every condition.

    Parameters
    ----------
    signals : sequence of numpy.ndarray
        Mono, float32, shape (samples,), full scale is 1.
    codec : Codec
        See `aser_bench.codecs.specs.get_available`.
    bitrates : sequence of float
        kbit/s; where there are none and the codec takes some, all its usual ones.
    rate : int
        Sample rate of the signals in Hz.
    policy : {"promote", "clamp", "error"}
        What to do with a bitrate that the codec does not carry at this rate.
    on_progress : callable
        Told how many recordings have been finished, after each batch of them.

    Returns
    -------
    pandas.DataFrame
        One row a condition or alias, with the columns `COLUMNS`:

        - ``condition``, ``codec``: its name, and the codec as the command line takes it;
        - ``requested_kbps``, ``effective_kbps`` (kbit/s): what was asked for, and the mean of
          what was read back from the coded frames;
        - ``codec_rate_hz`` (Hz), ``stream``: the rate and the kind of stream that was coded;
        - ``bandwidth_hz`` (Hz), ``gain_db``, ``lsd_db``, ``si_sdr_db`` (dB): medians of
          `audit.bandwidth_hz`, `gain_db`, `log_spectral_distance_db` and `si_sdr_db`;
        - ``lag_samples``, ``length_difference`` (samples): the worst, with its sign;
        - ``pesq`` (MOS-LQO, ITU-T P.862.2), ``stoi`` (Taal et al. 2011): medians, see
          `quality`;
        - ``same_as``: the condition whose streams are the same for every recording;
        - ``flag``: how far the effective bitrate is off, where that is more than
          `OFF_PERCENT`; ``mark``: why the row cannot be read like its neighbours;
        - ``utterances``: how many recordings; ``encoder``: who encoded them.

        What is not defined, or not measured, is missing.

    Raises
    ------
    UsageError
        If a bitrate cannot be coded under the policy, or the codec needs one and has no usual
        ones.
    AudioError
        If a signal is empty, not mono, not finite or far beyond full scale.
    CodecError
        If the encoder fails.

    Examples
    --------
    >>> from aser_bench.codecs.specs import get_available
    >>> noise = np.random.default_rng(0).standard_normal(16_000).astype("float32") / 10
    >>> found = probe([noise], get_available("mp3"), [64, 192])
    >>> found[["condition", "effective_kbps", "codec_rate_hz", "stream"]]
       condition  effective_kbps  codec_rate_hz  stream
    0    mp3-64k            64.0          16000  MPEG-2
    1   mp3-192k           192.0          32000  MPEG-1
    """
    conditions, aliases = plan_conditions(codec, bitrates, rate, policy)
    measures = quality.installed_measures()
    tallies = [_Tally(_writer(codec, condition)) for condition in conditions]
    for start in range(0, len(signals), _BATCH):
        batch = signals[start : start + _BATCH]
        coded = codec.roundtrip_with_files(batch, rate, conditions)
        for tally, row in zip(tallies, coded, strict=True):
            for signal, version in zip(batch, row, strict=True):
                tally.add(np.asarray(signal), version, rate, measures)
        on_progress(len(batch))
    rows = [_row(*pair, codec) for pair in zip(conditions, tallies, strict=True)]
    _find_same(rows, tallies)
    rows += [_alias_row(alias, rows) for alias in aliases]
    return _table(rows, measures)


def plan_conditions(
    codec: Codec, bitrates: Sequence[float], rate: int, policy: str
) -> tuple[list[Condition], list[Alias]]:
    """Return the conditions and aliases that `probe` goes through, for the same arguments.

    Raises
    ------
    UsageError
        As `probe`.
    """
    if codec.takes_bitrates and not len(bitrates):
        carried = codec.bitrates(rate)
        if carried is None:
            raise UsageError(f"codec {codec.spec!r} needs --bitrates (kbit/s), such as 8,16,64")
        bitrates = carried.values
    return codec.conditions(bitrates, rate, policy)


def _writer(codec: Codec, condition: Condition) -> Codec:
    """Return the codec whose file a condition leaves behind: in a chain, the last one."""
    return specs.get(condition.hops[-1].codec) if condition.hops else codec


@dataclass
class _Tally:
    """What was measured of one condition, a number a recording."""

    writer: Codec
    numbers: dict[str, list[float]] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    streams: list[str] = field(default_factory=list)

    def add(
        self,
        source: np.ndarray,
        coded: CodedSignal,
        rate: int,
        measures: dict[str, quality.Measure],
    ) -> None:
        """Measure one recording, cut or filled up to its source's length."""
        signal = coded.signal[: len(source)]
        signal = np.pad(signal, (0, len(source) - len(signal)))
        found = audit(source, signal, rate)
        values = {
            "kbps": math.nan if coded.kbps is None else coded.kbps,
            "length_difference": len(coded.signal) - len(source),
            "bandwidth_hz": found.bandwidth_hz,
            "lag_samples": found.lag_samples,
            "gain_db": found.gain_db,
            "si_sdr_db": found.snr_db,
            "lsd_db": log_spectral_distance_db(source, signal, rate),
        }
        values |= {name: measure(source, signal, rate) for name, measure in measures.items()}
        for name, value in values.items():
            self.numbers.setdefault(name, []).append(value)
        self.streams.append(coded.stream)
        if coded.file:
            self.kinds.add(self.writer.stream_type(coded.file))

    def known(self, name: str) -> np.ndarray:
        """Return the numbers of a measure, without the recordings that it could not rate."""
        values = np.array(self.numbers.get(name, []), dtype=np.float64)
        return values[~np.isnan(values)]

    def median(self, name: str) -> float:
        """Return the median of a measure, nan where it rated nothing."""
        values = np.sort(self.known(name))
        if not len(values):
            return math.nan
        low, high = float(values[(len(values) - 1) // 2]), float(values[len(values) // 2])
        return low if low == high else (low + high) / 2  # np.median warns of two infinities

    def worst(self, name: str) -> float:
        """Return the number that is furthest from 0: a mean would hide a single shift."""
        return max(self.known(name), key=abs, default=math.nan)

    @property
    def digest(self) -> str:
        """A hash of all streams, empty where a recording has none."""
        whole = all(self.streams) and self.streams
        return hashlib.sha256("".join(self.streams).encode()).hexdigest() if whole else ""


def _row(condition: Condition, tally: _Tally, codec: Codec) -> dict[str, Any]:
    medians = {name: round(tally.median(name), digits) for name, digits in _DIGITS.items()}
    kbps = tally.known("kbps")
    row = {
        "condition": condition.name,
        "codec": condition.codec,
        "requested_kbps": condition.kbps,
        "effective_kbps": round(float(kbps.mean()), 3) if len(kbps) else math.nan,
        "codec_rate_hz": condition.codec_rate_hz,
        "stream": "/".join(sorted(filter(None, tally.kinds))),
        "lag_samples": tally.worst("lag_samples"),
        "length_difference": tally.worst("length_difference"),
        **medians,
        "same_as": "",
        "mark": "; ".join(filter(None, (condition.mark, *_unmeasured(tally, codec)))),
        "utterances": len(tally.streams),
        "encoder": codec.encoder(),
    }
    if not codec.keeps_waveform:
        row |= dict.fromkeys(("lag_samples", "gain_db", "si_sdr_db"), math.nan)
    return row | {"flag": _flag(row)}


def _unmeasured(tally: _Tally, codec: Codec) -> list[str]:
    """Return what a reader must know of numbers that stand on fewer recordings, or on none."""
    names = {"lag_samples": "lag", "pesq": "PESQ", "stoi": "STOI"}
    if not codec.keeps_waveform:
        del names["lag_samples"]
    notes = [] if codec.keeps_waveform else [_NO_WAVEFORM]
    for name, title in names.items():
        total, known = len(tally.numbers.get(name, [])), len(tally.known(name))
        if known < total:
            notes.append(f"{title} could be measured in {known} of {total} recordings")
    return notes


def _flag(row: dict[str, Any]) -> str:
    requested, effective = row["requested_kbps"], row["effective_kbps"]
    if requested is None or math.isnan(effective):
        return ""
    off = 100 * (effective / requested - 1)
    return f"effective is {abs(off):.0f} % off" if abs(off) > OFF_PERCENT else ""


def _find_same(rows: list[dict[str, Any]], tallies: Sequence[_Tally]) -> None:
    """Name the first condition with the same streams in the rows of the others."""
    first: dict[str, str] = {}
    for row, tally in zip(rows, tallies, strict=True):
        if tally.digest:
            name = first.setdefault(tally.digest, row["condition"])
            row["same_as"] = name if name != row["condition"] else ""


def _alias_row(alias: Alias, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the row of a bitrate that is coded as another: what it asked for, what it got."""
    (got,) = (row for row in rows if row["condition"] == alias.same_as)
    row = got | {
        "condition": alias.name,
        "requested_kbps": alias.requested_kbps,
        "same_as": alias.same_as,
    }
    return row | {"flag": _flag(row)}


def _table(rows: Sequence[dict[str, Any]], measures: dict[str, Any]) -> pd.DataFrame:
    left_out = set(quality.MEASURES) - set(measures)
    columns = [name for name in COLUMNS if name not in left_out]
    table = pd.DataFrame(rows, columns=columns)
    numbers = ["requested_kbps", "effective_kbps", *(name for name in _DIGITS if name in table)]
    table[numbers] = table[numbers].astype("float64")
    for name in _COUNTS:
        table[name] = table[name].astype("float64").astype("Int64")
    return table.sort_values("requested_kbps", kind="stable", ignore_index=True)
