"""``aser-bench report``: write the report of one run again, or of several runs side by side."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .flags import add_report_flags, report_options

if TYPE_CHECKING:
    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench report results/demo-mp3
  aser-bench report results/demo-mp3 --format latex,html --margin 0.05
  aser-bench report results/ravdess-mp3 results/ravdess-mp3-lstm --out results/ravdess
  aser-bench report results/ravdess-mp3 --listen 10

The report is computed from the predictions; nothing is encoded or trained.
"""


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "report",
        help="write tables, figures and report.html of one or several runs",
        description="Write tables, figures and report.html from the predictions of runs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", metavar="DIR", help="results folders of runs")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="folder of the report (default: the results folder; required for several folders)",
    )
    add_report_flags(parser)
    parser.add_argument(
        "--unclustered",
        action="store_true",
        help="also show intervals that ignore speakers",
    )
    parser.set_defaults(function=_report)


def _report(options: argparse.Namespace) -> int:
    from ..report.build import report
    from ..report.terminal import paragraph, print_text

    done = report(options.folders, out=options.out, options=report_options(options))
    for sentence in done.verdict:
        print_text(paragraph(sentence))
    print(f"{', '.join(done.written)} in {done.folder}/")
    return 0
