"""Flags that several verbs have: which codecs, at which bitrates, with which ffmpeg."""

from __future__ import annotations

import argparse
import os
from typing import Any


class CodecAction(argparse.Action):
    """Collect ``--codec`` and the ``--bitrates`` and ``--loss`` behind each of them."""

    def __call__(
        self, parser: Any, namespace: Any, value: Any, option_string: str | None = None
    ) -> None:
        """Start a new codec, or give the last one its bitrates or its packet loss."""
        codecs = list(getattr(namespace, "codecs", None) or [])
        if option_string == "--codec":
            codecs.append({value: ""})
        elif not codecs:
            parser.error(f"{option_string} belongs behind the --codec that it is for")
        else:
            ((name, bitrates),) = codecs[-1].items()
            if option_string == "--loss":
                codecs[-1] = {f"{name}:loss={value}": bitrates}
            elif bitrates:
                parser.error(f"--bitrates is given twice for codec {name}")
            else:
                codecs[-1] = {name: value}
        namespace.codecs = codecs


def add_codec_flags(parser: Any) -> None:
    """Add ``--codec``, ``--bitrates``, ``--loss`` and ``--bitrate-policy``."""
    parser.add_argument(
        "--codec",
        action=CodecAction,
        metavar="CODEC",
        help="a codec with its options, or a chain: mp3, opus:application=voip, mp3:64+gsm; may "
        "be repeated, each with its --bitrates",
    )
    parser.add_argument(
        "--bitrates",
        action=CodecAction,
        metavar="KBIT/S,...",
        help="bitrates in kbit/s of the --codec before it",
    )
    parser.add_argument(
        "--loss",
        action=CodecAction,
        metavar="PERCENT",
        help="packets that the --codec before it loses, where it can conceal that (opus)",
    )
    parser.add_argument(
        "--bitrate-policy",
        metavar="POLICY",
        help="what to do with a bitrate that 16 kHz cannot carry: promote (code it at a rate "
        "that can; default), clamp (code the nearest, and say so), error",
    )


def add_ffmpeg_flag(parser: Any) -> None:
    """Add ``--ffmpeg``; `use_ffmpeg` carries it out."""
    parser.add_argument("--ffmpeg", metavar="PATH", help="another ffmpeg than the bundled one")


def use_ffmpeg(options: argparse.Namespace) -> None:
    """Make ``--ffmpeg`` hold for this process and its workers."""
    path = getattr(options, "ffmpeg", None)
    if path:
        os.environ["ASER_BENCH_FFMPEG"] = path


def add_report_flags(parser: Any) -> None:
    """Add ``--format``, ``--margin`` and ``--listen``; `report_options` reads them."""
    parser.add_argument(
        "--format",
        metavar="NAME,...",
        help="what to write of csv, latex, md, json (tables), html and figures (default: all)",
    )
    parser.add_argument(
        "--margin",
        metavar="FRACTION",
        help="largest loss of UAR that counts as none (default 0.02: two points)",
    )
    parser.add_argument(
        "--listen",
        metavar="N",
        help="put the sounds of the N worst utterances, original and coded, into report.html",
    )


def report_options(options: argparse.Namespace) -> Any:
    """Return the `ReportOptions` of the flags, or of ``ASER_BENCH_<FLAG>`` where none is given.

    Raises
    ------
    UsageError
        For what is no number.
    """
    from ..report.build import ReportOptions

    given: dict[str, Any] = {}
    for flag, name, kind in (
        ("format", "formats", str),
        ("margin", "margin", float),
        ("listen", "listen", int),
    ):
        word = getattr(options, flag, None) or os.environ.get(f"ASER_BENCH_{flag.upper()}")
        if word:
            given[name] = _number(flag, word, kind)
    return ReportOptions(**given, unclustered=getattr(options, "unclustered", False))


def _number(flag: str, word: str, kind: Any) -> Any:
    from ..core.errors import UsageError

    try:
        return kind(word)
    except ValueError:
        raise UsageError(f"--{flag} must be a number, not {word!r}") from None


def jobs(options: argparse.Namespace) -> int | None:
    """Return what ``-j`` or ``ASER_BENCH_JOBS`` says, None where neither says anything."""
    from ..core.errors import UsageError

    word = getattr(options, "jobs", None) or os.environ.get("ASER_BENCH_JOBS")
    try:
        return int(word) if word else None
    except ValueError:
        raise UsageError(f"-j must be a whole number, not {word!r}") from None
