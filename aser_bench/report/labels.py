"""Labels of conditions in tables with headings: the codec as heading, the bitrate as label."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from . import text
from .sections import Condition

_TITLES = {
    "aac": "AAC",
    "amr-nb": "AMR-NB",
    "amr-wb": "AMR-WB",
    "codec2": "Codec 2",
    "g711": "G.711",
    "g722": "G.722",
    "g726": "G.726",
    "gain": "Level",
    "gsm": "GSM",
    "int16": "16-bit samples",
    "lowpass": "Low-pass",
    "mp3": "MP3",
    "opus": "Opus",
    "resample": "Resampled",
    "sbc": "SBC",
    "speex": "Speex",
    "vorbis": "Vorbis",
}
"""Common spellings of codecs; other codecs keep their names."""

_ANSWERS = {"none": "no safe bitrate", "at chance": "at chance, nothing to lose"}
"""Values of the column ``safe`` as they are printed; ``inconclusive`` is printed as it is."""

_IN_KHZ = ("lowpass", "resample")
"""Controls of which the conditions differ only in a frequency."""


def heading(codec: str) -> str:
    """Return the common spelling of a codec with its options, or of a chain of codecs.

    Examples
    --------
    >>> heading("opus:application=voip"), heading("mp3:64+gsm")
    ('Opus, application=voip', 'MP3 64 kbit/s + GSM')
    """
    return " + ".join(map(_hop, codec.split("+")))


def _hop(spec: str) -> str:
    name, *rest = spec.split(":")
    title = _TITLES.get(name, name)
    if name in _IN_KHZ:
        return title
    rates = [f" {part} kbit/s" for part in rest if _is_number(part)]
    options = [f", {part.replace(',', ', ')}" for part in rest if not _is_number(part)]
    return "".join((title, *rates, *options))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def label(condition: Condition) -> str:
    """Return the label of a condition below its codec's heading; empty if the heading is enough.

    The bitrate is taken from the name of the condition, which is always the coded bitrate.
    """
    kilo = re.search(r"-(\d+)k(\d*)$", condition.name)
    rated = math.isfinite(condition.requested_kbps)
    in_khz = condition.codec.split(":")[0] in _IN_KHZ
    if kilo is None or not (rated or in_khz):
        return ""
    amount = float(f"{kilo[1]}.{kilo[2] or 0}")
    return f"{amount:g} kHz" if in_khz else f"{amount:g} kbit/s"


def named(conditions: Sequence[Condition]) -> list[tuple[str, str]]:
    """Return heading and label of each condition; the heading can be empty.

    Conditions that would have the same heading and label keep their names.
    """
    pairs = []
    for condition in conditions:
        short = label(condition) if condition.codec else ""
        if short:
            pairs.append((heading(condition.codec), short))
        else:
            pairs.append(("", heading(condition.codec) if condition.codec else condition.name))
    return [
        pair if pairs.count(pair) == 1 else ("", condition.name)
        for pair, condition in zip(pairs, conditions, strict=True)
    ]


def safe_bitrate(answer: Any, kbps: Any) -> str:
    """Return the verdict about a safe bitrate; empty if there is none.

    Parameters
    ----------
    answer : str
        The column ``safe`` of the findings: ``yes``, ``none``, ``inconclusive`` or ``at chance``.
    kbps : float
        The safe bitrate in kbit/s if the answer is ``yes``.

    Examples
    --------
    >>> safe_bitrate("yes", 64.0), safe_bitrate("none", float("nan"))
    ('safe down to 64 kbit/s', 'no safe bitrate')
    """
    verdict: str = text.as_text(answer)
    if verdict == "yes":
        return f"safe down to {text.kbps(float(kbps))} kbit/s"
    return _ANSWERS.get(verdict, verdict)


def split(heading: str, label: str) -> tuple[str, str]:
    """Move the unit of a label into its heading, for the head of a column.

    Examples
    --------
    >>> split("MP3", "8 kbit/s")
    ('MP3, kbit/s', '8')
    """
    amount, _, unit = label.rpartition(" ")
    return (f"{heading}, {unit}", amount) if heading else (heading, label)


def rate(condition: Condition) -> str:
    """Return the effective bitrate in kbit/s, or ``-`` if there is none."""
    return text.kbps(condition.effective_kbps)


def sides(
    title: str, conditions: Sequence[Condition]
) -> tuple[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
    """Return the titles of the row labels, and heading and labels of each condition.

    There is a column of effective bitrates if they differ from the labels.
    """
    names = named(conditions)
    rates = list(map(rate, conditions))
    has_rates = any(
        rate not in (text.MISSING, label.removesuffix(" kbit/s"))
        for rate, (_, label) in zip(rates, names, strict=True)
    )
    if not has_rates:
        return (title,), [(heading, (label,)) for heading, label in names]
    return (title, "kbit/s"), [
        (heading, (label, rate)) for (heading, label), rate in zip(names, rates, strict=True)
    ]
