"""``aser-bench report``: write the report of results again, or of several runs side by side."""

from __future__ import annotations

import argparse
from typing import Any

from .flags import add_report_flags, report_options

_EPILOG = """\
examples:
  aser-bench report results/demo-mp3
  aser-bench report results/demo-mp3 --format latex,html --margin 0.05
  aser-bench report results/ravdess-mp3 results/ravdess-mp3-lstm --out results/ravdess
  aser-bench report results/ravdess-mp3 --listen 10

Everything is computed from the predictions; nothing is coded or trained.
"""


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "report",
        help="write tables, figures and report.html of results again, also side by side",
        description="Write tables, figures and report.html from the predictions of runs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folders", nargs="+", metavar="DIR", help="results folders of runs")
    parser.add_argument(
        "--out",
        metavar="DIR",
        help="where to write (default: the folder itself; needed for several)",
    )
    add_report_flags(parser)
    parser.add_argument(
        "--unclustered",
        action="store_true",
        help="set the interval that ignores speakers beside the others",
    )
    parser.set_defaults(function=_report)


def _report(options: argparse.Namespace) -> int:
    from ..report.build import report
    from ..report.terminal import paragraph

    done = report(options.folders, out=options.out, options=report_options(options))
    for sentence in done.verdict:
        print(paragraph(sentence))
    print(f"{', '.join(done.written)} in {done.folder}/")
    return 0
