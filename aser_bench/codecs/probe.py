"""Measured properties of the conditions of a codec: the stream, and its effect on the signal."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..core.errors import UsageError
from ..core.tables import SAMPLE_RATE, Alias, Condition
from . import quality, specs
from .audit import audit, log_spectral_distance_db
from .base import Codec, CodedSignal
from .signals import Signal

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
"""Columns of the table; ``pesq`` and ``stoi`` only if their packages are installed."""

OFF_PERCENT = 3.0
"""Largest deviation of the effective from the requested bitrate without a flag, in percent."""

_BATCH = 8  # recordings that are in memory at the same time, in all conditions
_DIGITS = {"bandwidth_hz": 1, "gain_db": 3, "lsd_db": 3, "si_sdr_db": 3, "pesq": 3, "stoi": 4}
_COUNTS = ("codec_rate_hz", "lag_samples", "length_difference", "utterances")
_NO_WAVEFORM = "a vocoder does not keep the waveform: it has no lag, gain or SI-SDR"

_Row: TypeAlias = dict[str, Any]


def probe(
    signals: Sequence[Signal],
    codec: Codec,
    bitrates: Sequence[float] = (),
    rate: int = SAMPLE_RATE,
    policy: str = "promote",
    *,
    on_progress: Callable[[int], None] = lambda count: None,
) -> pd.DataFrame:
    """Code recordings at each condition of a codec and measure the results.

    Parameters
    ----------
    signals : sequence of numpy.ndarray
        Mono, float32, shape (samples,); full scale is 1.
    codec : Codec
        A codec, from `aser_bench.codecs.specs.get_available`.
    bitrates : sequence of float
        kbit/s. If empty, all values of `Codec.bitrates` for a codec that takes bitrates.
    rate : int
        Sample rate of the signals in Hz.
    policy : {"promote", "clamp", "error"}
        Treatment of a bitrate that the codec does not support at this rate; see
        `aser_bench.codecs.roundtrip`.
    on_progress : callable
        Called after each batch with the number of recordings in it.

    Returns
    -------
    pandas.DataFrame
        One row per condition or alias, with the columns `COLUMNS`:

        - ``condition``, ``codec``: name of the condition, and spec of the codec;
        - ``requested_kbps``, ``effective_kbps`` (kbit/s): requested bitrate, and mean bitrate of
          the encoded frames;
        - ``codec_rate_hz`` (Hz), ``stream``: sample rate and type of the coded stream;
        - ``bandwidth_hz`` (Hz), ``gain_db``, ``lsd_db``, ``si_sdr_db`` (dB): medians of
          `audit.bandwidth_hz`, `gain_db`, `log_spectral_distance_db` and `si_sdr_db`;
        - ``lag_samples``, ``length_difference`` (samples): the largest deviation, with its sign;
        - ``pesq`` (MOS-LQO, ITU-T P.862.2), ``stoi`` (Taal et al. 2011): medians, see
          `quality`;
        - ``same_as``: an earlier condition with the same stream for every recording;
        - ``flag``: deviation of the effective bitrate if it is more than `OFF_PERCENT`;
          ``mark``: reason why the row cannot be compared with its neighbours;
        - ``utterances``: number of recordings; ``encoder``: name and version of the encoder.

        Values that are not defined or not measured are missing.

    Raises
    ------
    UsageError
        If a bitrate cannot be coded under the policy, or the bitrates of a chain are missing.
    AudioError
        If a signal is empty, not mono, not finite or far beyond full scale.
    CodecError
        If the encoder fails.

    Examples
    --------
    >>> from aser_bench.codecs.specs import get_available
    >>> noise = np.random.default_rng(0).standard_normal(16_000).astype("float32") / 10
    >>> table = probe([noise], get_available("mp3"), [64, 192])
    >>> table[["condition", "effective_kbps", "codec_rate_hz", "stream"]]
       condition  effective_kbps  codec_rate_hz  stream
    0    mp3-64k            64.0          16000  MPEG-2
    1   mp3-192k           192.0          32000  MPEG-1
    """
    conditions, aliases = plan_conditions(codec, bitrates, rate, policy)
    measures = quality.installed_measures()
    measured = [_Measurements(_writer(codec, condition)) for condition in conditions]
    for start in range(0, len(signals), _BATCH):
        batch = signals[start : start + _BATCH]
        coded = codec.roundtrip_with_files(batch, rate, conditions)
        for measurements, row in zip(measured, coded, strict=True):
            for signal, version in zip(batch, row, strict=True):
                measurements.add(np.asarray(signal), version, rate, measures)
        on_progress(len(batch))
    rows = [_row(*pair, codec) for pair in zip(conditions, measured, strict=True)]
    _mark_same_streams(rows, measured)
    rows += [_alias_row(alias, rows) for alias in aliases]
    return _table(rows, measures)


def plan_conditions(
    codec: Codec, bitrates: Sequence[float], rate: int, policy: str
) -> tuple[list[Condition], list[Alias]]:
    """Return the conditions and aliases of `probe` for the same arguments.

    Raises
    ------
    UsageError
        See `probe`.
    """
    if codec.takes_bitrates and not len(bitrates):
        supported = codec.bitrates(rate)
        if supported is None:
            raise UsageError(f"codec {codec.spec!r} needs bitrates (kbit/s), such as 8,16,64")
        bitrates = supported.values
    return codec.conditions(bitrates, rate, policy)


def _writer(codec: Codec, condition: Condition) -> Codec:
    """Return the codec that writes the file of a condition: the last one of a chain."""
    return specs.get(condition.hops[-1].codec) if condition.hops else codec


@dataclass
class _Measurements:
    """The measured values of one condition, one for each recording."""

    writer: Codec
    values: dict[str, list[float]] = field(default_factory=dict)
    stream_types: set[str] = field(default_factory=set)
    streams: list[str] = field(default_factory=list)

    def add(
        self,
        source: Signal,
        coded: CodedSignal,
        rate: int,
        measures: dict[str, quality.Measure],
    ) -> None:
        """Measure one recording, cut or padded to the length of its source."""
        signal = coded.signal[: len(source)]
        signal = np.pad(signal, (0, len(source) - len(signal)))
        audited = audit(source, signal, rate)
        values = {
            "kbps": math.nan if coded.kbps is None else coded.kbps,
            "length_difference": len(coded.signal) - len(source),
            "bandwidth_hz": audited.bandwidth_hz,
            "lag_samples": audited.lag_samples,
            "gain_db": audited.gain_db,
            "si_sdr_db": audited.snr_db,
            "lsd_db": log_spectral_distance_db(source, signal, rate),
        }
        values |= {name: measure(source, signal, rate) for name, measure in measures.items()}
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)
        self.streams.append(coded.stream)
        if coded.file:
            self.stream_types.add(self.writer.stream_type(coded.file))

    def defined(self, name: str) -> npt.NDArray[np.float64]:
        """Return the values of a measure, without the recordings for which it is not defined."""
        values = np.array(self.values.get(name, []), dtype=np.float64)
        return values[~np.isnan(values)]

    def median(self, name: str) -> float:
        """Return the median of a measure; nan if it is not defined for any recording."""
        values = np.sort(self.defined(name))
        if not len(values):
            return math.nan
        low, high = float(values[(len(values) - 1) // 2]), float(values[len(values) // 2])
        return low if low == high else (low + high) / 2  # np.median warns about two infinities

    def worst(self, name: str) -> float:
        """Return the value that is furthest from 0; a mean would hide a single deviation."""
        return max(self.defined(name), key=abs, default=math.nan)

    @property
    def digest(self) -> str:
        """Hash of all streams; empty if a recording has no stream."""
        if not self.streams or not all(self.streams):
            return ""
        return hashlib.sha256("".join(self.streams).encode()).hexdigest()


def _row(condition: Condition, measurements: _Measurements, codec: Codec) -> _Row:
    medians = {name: round(measurements.median(name), digits) for name, digits in _DIGITS.items()}
    kbps = measurements.defined("kbps")
    row = {
        "condition": condition.name,
        "codec": condition.codec,
        "requested_kbps": condition.kbps,
        "effective_kbps": round(float(kbps.mean()), 3) if len(kbps) else math.nan,
        "codec_rate_hz": condition.codec_rate_hz,
        "stream": "/".join(sorted(filter(None, measurements.stream_types))),
        "lag_samples": measurements.worst("lag_samples"),
        "length_difference": measurements.worst("length_difference"),
        **medians,
        "same_as": "",
        "mark": "; ".join(filter(None, (condition.mark, *_incomplete(measurements, codec)))),
        "utterances": len(measurements.streams),
        "encoder": codec.encoder(),
    }
    if not codec.keeps_waveform:
        row |= dict.fromkeys(("lag_samples", "gain_db", "si_sdr_db"), math.nan)
    return row | {"flag": _flag(row)}


def _incomplete(measurements: _Measurements, codec: Codec) -> list[str]:
    """Return notes about measures that are not defined for all recordings."""
    names = {"lag_samples": "lag", "pesq": "PESQ", "stoi": "STOI"}
    if not codec.keeps_waveform:
        del names["lag_samples"]
    notes = [] if codec.keeps_waveform else [_NO_WAVEFORM]
    for name, title in names.items():
        total = len(measurements.values.get(name, []))
        defined = len(measurements.defined(name))
        if defined < total:
            notes.append(f"{title} could be measured in {defined} of {total} recordings")
    return notes


def _flag(row: _Row) -> str:
    requested, effective = row["requested_kbps"], row["effective_kbps"]
    if requested is None or math.isnan(effective):
        return ""
    deviation = abs(100 * (effective / requested - 1))
    return f"effective is {deviation:.0f} % off" if deviation > OFF_PERCENT else ""


def _mark_same_streams(rows: list[_Row], measured: Sequence[_Measurements]) -> None:
    """Set ``same_as`` of conditions that have the same streams as an earlier condition."""
    first: dict[str, str] = {}
    for row, measurements in zip(rows, measured, strict=True):
        if measurements.digest:
            name = first.setdefault(measurements.digest, row["condition"])
            row["same_as"] = name if name != row["condition"] else ""


def _alias_row(alias: Alias, rows: Sequence[_Row]) -> _Row:
    """Return the row of an alias: its requested bitrate, and the values of the coded one."""
    (coded,) = (row for row in rows if row["condition"] == alias.same_as)
    row = coded | {
        "condition": alias.name,
        "requested_kbps": alias.requested_kbps,
        "same_as": alias.same_as,
    }
    return row | {"flag": _flag(row)}


def _table(rows: Sequence[_Row], measures: dict[str, quality.Measure]) -> pd.DataFrame:
    missing = set(quality.MEASURES) - set(measures)
    columns = [name for name in COLUMNS if name not in missing]
    table = pd.DataFrame(rows, columns=columns)
    numbers = ["requested_kbps", "effective_kbps", *(name for name in _DIGITS if name in table)]
    table[numbers] = table[numbers].astype("float64")
    for name in _COUNTS:
        table[name] = table[name].astype("float64").astype("Int64")
    return table.sort_values("requested_kbps", kind="stable", ignore_index=True)
