"""``aser-bench corpus``: commands for the files of a corpus; ``encode`` writes coded copies."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from .flags import add_codec_flags, add_drop_unknown_flag, add_ffmpeg_flag, jobs, use_ffmpeg

if TYPE_CHECKING:
    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench corpus encode --codec mp3 --bitrates 8,64 demo-coded
  aser-bench corpus encode --corpus ravdess=DIR --codec opus:application=voip --bitrates 16 \\
      --codec lowpass --form wav ravdess-coded

OUT has one folder per condition and one for the original, with the file names of the source. It
is written when all copies are complete; an interrupted command leaves no files. Each folder can be
used as a corpus, with --corpus csv=OUT/<condition>/utterances.csv. Exceptions are the raw streams
of G.711, G.722, G.726, GSM and SBC, which have no header: use --form wav for these codecs, and if
samples must be aligned with the source. The licence of the recordings also applies to the copies.
"""
_STUDY = ("corpora", "codecs", "bitrate_policy", "limit", "drop_unknown")


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "corpus",
        help="write coded copies of a corpus as audio files",
        description="Commands for the files of a corpus.",
    )
    actions = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_encode(actions)


def _add_encode(actions: Verbs) -> None:
    parser = actions.add_parser(
        "encode",
        help="write coded copies of a corpus",
        description="Write coded copies of a corpus. Without --corpus, the demo corpus is used.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("out", metavar="OUT", help="a new or empty folder")
    parser.add_argument(
        "--corpus",
        action="append",
        dest="corpora",
        metavar="NAME[=DIR]",
        help="a corpus and its folder (or its table: csv=FILE)",
    )
    add_codec_flags(parser)
    parser.add_argument(
        "--form",
        metavar="FORM",
        default="stream",
        help="stream: encoded files (default); wav: the decoded signals that a run uses (32-bit "
        "float, 16 kHz, the length of the source)",
    )
    add_drop_unknown_flag(parser)
    parser.add_argument("--limit", metavar="N", help="use only N utterances")
    parser.add_argument("-j", "--jobs", metavar="N", help="worker processes (default: all cores)")
    add_ffmpeg_flag(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.set_defaults(function=_encode)


def _encode(options: argparse.Namespace) -> int:
    from ..results.coded_corpus import encode
    from ..study import config as studies

    settings = vars(options)
    use_ffmpeg(options)
    layers = (studies.from_environment(), settings)
    study = studies.resolve(
        *({name: value for name, value in layer.items() if name in _STUDY} for layer in layers)
    )
    try:
        done = encode(
            study,
            settings["out"],
            form=settings["form"],
            jobs=jobs(options),
            quiet=settings.get("quiet", False),
        )
    except KeyboardInterrupt:
        print(
            f"\naser-bench: interrupted; nothing was written to {settings['out']}; run the same "
            "command to start again",
            file=sys.stderr,
        )
        return 130
    print(done.text)
    return done.exit_code
