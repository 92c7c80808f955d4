"""``aser-bench baseline``: keep of a run what later runs are checked against, and look at it."""

from __future__ import annotations

import argparse
from typing import Any

_EPILOG = """\
examples:
  aser-bench baseline update results/demo-mp3 baseline
  aser-bench baseline show baseline

The folder is small, goes into the repository, and cells.csv in it is what a diff shows.
"""


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "baseline",
        help="keep of a run what later runs are checked against, and look at it",
        description="Keep of a run what later runs are checked against, and look at it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    update = what.add_parser(
        "update",
        help="make a baseline of a results folder, or replace one",
        description="Make a baseline of a results folder, or replace one; what a check of the "
        "new results against the old baseline says is printed, and refuses nothing. The results "
        "of a run are never replaced.",
    )
    update.add_argument("new", metavar="NEW", help="a results folder")
    update.add_argument("baseline", metavar="BASELINE", help="the folder of the baseline")
    update.set_defaults(function=_update)
    show = what.add_parser(
        "show",
        help="what a baseline or a results folder holds",
        description="Print what a baseline or a results folder holds, and how it is compared.",
    )
    show.add_argument("folder", metavar="BASELINE", help="a baseline or a results folder")
    show.set_defaults(function=_show)


def _update(options: argparse.Namespace) -> int:
    from ..baseline.summary import format_comparison, format_update
    from ..baseline.writer import update

    done = update(options.new, options.baseline)
    print(format_comparison(done) + format_update(done), end="")
    return 0


def _show(options: argparse.Namespace) -> int:
    from ..baseline.summary import format_baseline

    print(format_baseline(options.folder), end="")
    return 0
