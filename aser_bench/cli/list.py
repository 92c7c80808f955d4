"""``aser-bench list``: the names that the other verbs accept."""

from __future__ import annotations

import argparse
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flags import Verbs

_KINDS = ("corpora", "codecs", "transcripts", "features", "models", "protocols", "metrics")


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "list",
        help="list corpora, codecs, transcripts, features, models, protocols, metrics",
        description="List the components of aser-bench and of other installed packages.",
    )
    parser.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    parser.set_defaults(function=_list, output_is_result=True)


def _list(options: argparse.Namespace) -> int:
    rows = list(_rows(options.kind))
    width = max(len(name) for name, _ in rows)
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    for name, text in rows:
        print(_wrap(f"{name:{width}}  ", text, columns))
    return 0


def _wrap(head: str, text: str, columns: int) -> str:
    """Return one row; on a terminal, ``text`` is wrapped and indented."""
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


def _rows(kind: str) -> Iterator[tuple[str, str]]:
    from ..core import registry
    from ..core.errors import UsageError

    for name in registry.names(kind):
        try:
            yield name, _DESCRIPTIONS[kind](name)
        except UsageError as error:  # a plug-in that cannot be loaded: list the others
            yield name, f"[not available: {error}]"
    for name in sorted(registry.builtins(kind).keys() & registry.plugins(kind).keys()):
        path = registry.plugins(kind)[name].value
        yield name, f"[not available: {path}, because a built-in component has this name]"


def _corpus(name: str) -> str:
    from .. import corpora

    corpus = corpora.get(name)
    synthetic = ", synthetic speech" if corpus.synthetic else ""
    return f"{corpus.title}{synthetic} [{corpus.licence}]"


def _codec(name: str) -> str:
    from ..codecs import specs
    from ..core.errors import CodecError
    from ..core.tables import SAMPLE_RATE

    codec = specs.get(name)
    bitrates = codec.bitrates(SAMPLE_RATE) if codec.takes_bitrates else None
    text = f"{codec.title}; {bitrates}" if bitrates else codec.title
    try:
        reason = codec.unavailable()
    except CodecError as error:
        reason = str(error)
    return f"{text} [not available: {reason}]" if reason else text


def _transcriber(name: str) -> str:
    from .. import transcripts

    transcriber = transcripts.get(name)
    languages = ", ".join(transcriber.languages)
    text = f"{transcriber.title} [{languages}]" if languages else transcriber.title
    reason = transcriber.unavailable()
    return f"{text} [not available: {reason}]" if reason else text


def _feature_set(name: str) -> str:
    from .. import features

    return features.resolve(name).title


def _model(name: str) -> str:
    from .. import models

    return models.get(name).title


def _protocol(name: str) -> str:
    from ..evaluation.protocols import get_protocol

    return get_protocol(name).title


def _metric(name: str) -> str:
    from ..core.metrics import get_metric

    return get_metric(name).title


_DESCRIPTIONS: dict[str, Callable[[str], str]] = {
    "corpora": _corpus,
    "codecs": _codec,
    "transcripts": _transcriber,
    "features": _feature_set,
    "models": _model,
    "protocols": _protocol,
    "metrics": _metric,
}
