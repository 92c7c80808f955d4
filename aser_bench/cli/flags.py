"""Flags that several verbs share: codecs and bitrates, ffmpeg, report, jobs."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from ..report.build import ReportOptions

    Verbs = argparse._SubParsersAction[argparse.ArgumentParser]
    Flags = argparse.ArgumentParser | argparse._ArgumentGroup

Number = TypeVar("Number", int, float)


class CodecAction(argparse.Action):
    """Collect each ``--codec`` with the ``--bitrates`` and ``--loss`` that follow it."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Add a codec, or set the bitrates or the packet loss of the last one."""
        codecs = list(getattr(namespace, "codecs", None) or [])
        if option_string == "--codec":
            codecs.append({values: ""})
        elif not codecs:
            parser.error(f"{option_string} must follow the --codec that it applies to")
        else:
            ((name, bitrates),) = codecs[-1].items()
            if option_string == "--loss":
                codecs[-1] = {f"{name}:loss={values}": bitrates}
            elif bitrates:
                parser.error(f"--bitrates is given twice for codec {name}")
            else:
                codecs[-1] = {name: values}
        namespace.codecs = codecs


def add_codec_flags(parser: Flags) -> None:
    """Add ``--codec``, ``--bitrates``, ``--loss`` and ``--bitrate-policy``."""
    parser.add_argument(
        "--codec",
        action=CodecAction,
        metavar="CODEC",
        help="a codec with its options, or a chain: mp3, opus:application=voip, mp3:64+gsm; "
        "repeatable, each with its own --bitrates",
    )
    parser.add_argument(
        "--bitrates",
        action=CodecAction,
        metavar="KBIT/S,...",
        help="bitrates of the preceding --codec in kbit/s",
    )
    parser.add_argument(
        "--loss",
        action=CodecAction,
        metavar="PERCENT",
        help="percentage of packets of the preceding --codec that are lost (only opus)",
    )
    parser.add_argument(
        "--bitrate-policy",
        metavar="POLICY",
        help="handling of bitrates that are not possible at 16 kHz: promote (default; use a higher "
        "sample rate), clamp (use the nearest possible bitrate, with a notice), error",
    )


def add_drop_unknown_flag(parser: Flags) -> None:
    """Add ``--drop-unknown``."""
    parser.add_argument(
        "--drop-unknown",
        action="store_true",
        help="leave out utterances with labels that are not emotions, even if a class is then "
        "missing (default: stop)",
    )


def add_ffmpeg_flag(parser: Flags) -> None:
    """Add ``--ffmpeg``, which `use_ffmpeg` applies."""
    parser.add_argument(
        "--ffmpeg", metavar="PATH", help="an ffmpeg program to use instead of the bundled one"
    )


def use_ffmpeg(options: argparse.Namespace) -> None:
    """Apply ``--ffmpeg`` to this process and its workers."""
    path = getattr(options, "ffmpeg", None)
    if path:
        os.environ["ASER_BENCH_FFMPEG"] = path


def add_report_flags(parser: Flags) -> None:
    """Add ``--format``, ``--margin`` and ``--listen``, which `report_options` reads."""
    parser.add_argument(
        "--format",
        metavar="NAME,...",
        help="parts to write: csv, latex, md, json (tables), html, figures (default: all)",
    )
    parser.add_argument(
        "--margin",
        metavar="FRACTION",
        help="largest tolerated loss of UAR (default 0.02: two percentage points)",
    )
    parser.add_argument(
        "--listen",
        metavar="N",
        help="include audio of the N worst utterances, original and coded, in report.html",
    )


def report_options(options: argparse.Namespace) -> ReportOptions:
    """Return the options of the report from its flags, or their ``ASER_BENCH_<FLAG>`` variables.

    Raises
    ------
    UsageError
        For a value that is not a number.
    """
    from ..report.build import ReportOptions
    from ..results.analysis import MARGIN

    return ReportOptions(
        formats=_value(options, "format") or None,
        margin=_number(options, "margin", float, MARGIN),
        listen=_number(options, "listen", int, 0),
        unclustered=getattr(options, "unclustered", False),
    )


def _value(options: argparse.Namespace, flag: str) -> str:
    return getattr(options, flag, None) or os.environ.get(f"ASER_BENCH_{flag.upper()}", "")


def _number(
    options: argparse.Namespace, flag: str, read: Callable[[str], Number], default: Number
) -> Number:
    from ..core.errors import UsageError

    text = _value(options, flag)
    try:
        return read(text) if text else default
    except ValueError:
        raise UsageError(f"--{flag} must be a number, not {text!r}") from None


def jobs(options: argparse.Namespace) -> int | None:
    """Return the value of ``-j`` or ``ASER_BENCH_JOBS``, None where neither is given."""
    from ..study.parsing import integer

    text = _value(options, "jobs")
    return integer("jobs", 1)(text) if text else None
