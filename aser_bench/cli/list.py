"""``aser-bench list``: the names that the other verbs take."""

from __future__ import annotations

import argparse
from typing import Any

_KINDS = ("corpora", "codecs", "features", "models", "protocols", "metrics")


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "list",
        help="list corpora, codecs, features, models, protocols, metrics",
        description="List what there is, built in and from other installed packages.",
    )
    parser.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    parser.set_defaults(function=_list)


def _list(options: argparse.Namespace) -> int:
    rows = _rows(options.kind)
    width = max(len(name) for name, _ in rows)
    for name, title in rows:
        print(f"{name:{width}}  {title}")
    return 0


def _rows(kind: str) -> list[tuple[str, str]]:
    from .. import models, registry

    if kind == "protocols":
        from ..evaluation.splits import PROTOCOLS

        return [(protocol.name, protocol.title) for protocol in PROTOCOLS.values()]
    if kind == "metrics":
        from ..evaluation.metrics import METRICS

        return [(metric.name, metric.title) for metric in METRICS.values()]
    if kind == "models":
        return [(name, models.get(name).title) for name in registry.names(kind)]
    found = [registry.get(kind, name) for name in registry.names(kind)]
    return [(one.name, _line(kind, one)) for one in found]


def _line(kind: str, component: Any) -> str:
    if kind != "corpora":
        return component.title
    synthetic = ", synthetic speech" if component.synthetic else ""
    return f"{component.title}{synthetic} [{component.licence}]"
