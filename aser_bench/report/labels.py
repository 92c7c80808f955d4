"""How conditions are called in a table that stands below headings: codec, then bitrate."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from . import text
from .sections import Treatment

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
"""Codecs that people write otherwise than the command line does; others stand as they are."""

_IN_KHZ = ("lowpass", "resample")
"""Controls whose conditions are told apart by a frequency, which is their only option."""


def heading(codec: str) -> str:
    """Return a codec, with its options, or a chain of codecs as people write it.

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
    rates = [f" {one} kbit/s" for one in rest if _is_number(one)]
    options = [f", {one.replace(',', ', ')}" for one in rest if not _is_number(one)]
    return "".join((title, *rates, *options))


def _is_number(text: str) -> bool:
    return re.fullmatch(r"\d+(\.\d+)?", text) is not None


def label(treatment: Treatment) -> str:
    """Return what a condition is called below its codec's heading; empty for the codec's name.

    A bitrate is taken from the condition's name, which never says what is not coded.
    """
    kilo = re.search(r"-(\d+)k(\d*)$", treatment.name)
    rated = math.isfinite(treatment.requested_kbps)
    in_khz = treatment.codec.split(":")[0] in _IN_KHZ
    if kilo is None or not (rated or in_khz):
        return ""
    amount = float(f"{kilo[1]}.{kilo[2] or 0}")
    return f"{amount:g} kHz" if in_khz else f"{amount:g} kbit/s"


def named(treatments: Sequence[Treatment]) -> list[tuple[str, str]]:
    """Return heading and label of each condition; a heading is empty where there is none.

    No two conditions are called the same: those that would be keep their names.
    """
    found = []
    for one in treatments:
        short = label(one) if one.codec else ""
        if short:
            found.append((heading(one.codec), short))
        else:
            found.append(("", heading(one.codec) if one.codec else one.name))
    return [
        pair if found.count(pair) == 1 else ("", one.name)
        for pair, one in zip(found, treatments, strict=True)
    ]


def split(above: str, word: str) -> tuple[str, str]:
    """Move a label's unit into its heading, for the head of a column.

    Examples
    --------
    >>> split("MP3", "8 kbit/s")
    ('MP3, kbit/s', '8')
    """
    amount, _, unit = word.rpartition(" ")
    return (f"{above}, {unit}", amount) if above else (above, word)


def rate(treatment: Treatment) -> str:
    """Return the effective bitrate in kbit/s, ``-`` where there is none."""
    return text.kbps(treatment.effective_kbps)


def sides(
    title: str, treatments: Sequence[Treatment]
) -> tuple[tuple[str, ...], list[tuple[str, tuple[str, ...]]]]:
    """Return the titles above what names the rows, and heading and side of each condition.

    The effective bitrates have a column of their own where the labels do not say them.
    """
    names = named(treatments)
    rates = list(map(rate, treatments))
    telling = any(
        one not in (text.MISSING, word.removesuffix(" kbit/s"))
        for one, (_, word) in zip(rates, names, strict=True)
    )
    if not telling:
        return (title,), [(above, (word,)) for above, word in names]
    return (title, "kbit/s"), [
        (above, (word, one)) for (above, word), one in zip(names, rates, strict=True)
    ]
