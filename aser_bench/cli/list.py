"""``aser-bench list``: the names that the other verbs take."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from typing import Any

_KINDS = ("corpora", "codecs", "transcripts", "features", "models", "protocols", "metrics")


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "list",
        help="list corpora, codecs, transcripts, features, models, protocols, metrics",
        description="List what there is, built in and from other installed packages.",
    )
    parser.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    parser.set_defaults(function=_list)


def _list(options: argparse.Namespace) -> int:
    rows = _rows(options.kind)
    width = max(len(name) for name, _ in rows)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for name, title in rows:
        print(_wrapped(f"{name:{width}}  ", title, columns))
    return 0


def _wrapped(head: str, text: str, columns: int) -> str:
    """Return a line, broken under its text where it goes to a terminal."""
    if not columns:
        return head + text
    return textwrap.fill(
        text,
        max(columns - 1, len(head) + 20),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _rows(kind: str) -> list[tuple[str, str]]:
    from .. import models
    from ..core import registry

    if kind == "protocols":
        from ..evaluation.protocols import PROTOCOLS

        return [(protocol.name, protocol.title) for protocol in PROTOCOLS.values()]
    if kind == "metrics":
        from ..evaluation.metrics import METRICS

        return [(metric.name, metric.title) for metric in METRICS.values()]
    if kind == "models":
        return [(name, models.get(name).title) for name in registry.names(kind)]
    found = [registry.get(kind, name) for name in registry.names(kind)]
    return [(one.name, _line(kind, one)) for one in found]


def _line(kind: str, component: Any) -> str:
    return _LINES.get(kind, lambda one: one.title)(component)


def _corpus(corpus: Any) -> str:
    synthetic = ", synthetic speech" if corpus.synthetic else ""
    return f"{corpus.title}{synthetic} [{corpus.licence}]"


def _codec(codec: Any) -> str:
    from ..core.errors import CodecError
    from ..core.tables import SAMPLE_RATE

    carried = codec.bitrates(SAMPLE_RATE) if codec.takes_bitrates else None
    line = f"{codec.title}; {carried}" if carried else codec.title
    try:
        reason = codec.unavailable()
    except CodecError as error:
        reason = str(error)
    return f"{line} [not available: {reason}]" if reason else line


def _transcriber(transcriber: Any) -> str:
    known = ", ".join(transcriber.languages)
    line = f"{transcriber.title} [{known}]" if known else transcriber.title
    reason = transcriber.unavailable()
    return f"{line} [not available: {reason}]" if reason else line


_LINES = {"corpora": _corpus, "codecs": _codec, "transcripts": _transcriber}
