"""``aser-bench baseline``: create, update or show a baseline."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench baseline update results/demo-mp3 baseline
  aser-bench baseline show baseline

A baseline is a small folder that you commit to your repository. Its file cells.csv has one line per
cell, so a diff of it shows which results changed.
"""


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "baseline",
        help="create, update or show a baseline",
        description="Create, update or show a baseline, which aser-bench check compares with.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    update = actions.add_parser(
        "update",
        help="create a baseline from a results folder, or replace one",
        description="Create a baseline from a results folder, or replace one. The command prints "
        "the check of the new results against the old baseline, and replaces the baseline even if "
        "the check fails. A folder with the results of a run is never replaced.",
    )
    update.add_argument("new", metavar="NEW", help="a results folder")
    update.add_argument("baseline", metavar="BASELINE", help="the folder of the baseline")
    update.set_defaults(function=_update)
    show = actions.add_parser(
        "show",
        help="describe a baseline or a results folder",
        description="Print the contents of a baseline or a results folder, and describe how "
        "results are compared with it.",
    )
    show.add_argument("folder", metavar="BASELINE", help="a baseline or a results folder")
    show.set_defaults(function=_show, output_is_result=True)


def _update(arguments: argparse.Namespace) -> int:
    from ..baseline.summary import format_comparison, format_update
    from ..baseline.writer import update

    updated = update(arguments.new, arguments.baseline)
    print(format_comparison(updated) + format_update(updated), end="")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from ..baseline.summary import format_baseline

    print(format_baseline(arguments.folder), end="")
    return 0
