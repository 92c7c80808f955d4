"""``aser-bench corpus``: corpora as files; ``encode`` writes one as it sounds after codecs."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from .flags import add_codec_flags, add_ffmpeg_flag, jobs, use_ffmpeg

_EPILOG = """\
examples:
  aser-bench corpus encode --codec mp3 --bitrates 8,64 demo-coded
  aser-bench corpus encode --corpus ravdess=DIR --codec opus:application=voip --bitrates 16 \\
      --codec lowpass --form wav ravdess-coded

OUT gets a folder for each condition and one for the original, with the names of the source,
and is filled when all is done: an interrupted encode leaves nothing and starts again. Each
folder is a corpus for --corpus csv=OUT/<condition>/utterances.csv; not so the bare streams of
G.711, G.722, G.726, GSM and SBC, which tell nobody what they are: take --form wav for these, and
wherever the samples must be in time with the source. The licence of the recordings holds for
the copies too.
"""
_STUDY = ("corpora", "codecs", "bitrate_policy", "limit")


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "corpus",
        help="write the coded corpus as audio files",
        description="Work on a corpus as files.",
    )
    actions = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_encode(actions)


def _add_encode(actions: Any) -> None:
    parser = actions.add_parser(
        "encode",
        help="write a corpus as it sounds after codecs",
        description="Write a corpus as it sounds after codecs. Without --corpus the demo corpus.",
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
        help="stream: the codec's own files (default); wav: what they decode to, as a run hears "
        "it (32-bit float, 16 kHz, as long as the source)",
    )
    parser.add_argument("--limit", metavar="N", help="take N utterances")
    parser.add_argument("-j", "--jobs", metavar="N", help="worker processes (default: all cores)")
    add_ffmpeg_flag(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.set_defaults(function=_encode)


def _encode(options: argparse.Namespace) -> int:
    from ..results.coded_corpus import encode
    from ..study import config as studies

    given = vars(options)
    use_ffmpeg(options)
    layers = (studies.from_environment(), given)
    study = studies.resolve(
        *({name: value for name, value in layer.items() if name in _STUDY} for layer in layers)
    )
    try:
        done = encode(
            study,
            given["out"],
            form=given["form"],
            jobs=jobs(options),
            quiet=given.get("quiet", False),
        )
    except KeyboardInterrupt:
        print(
            f"\naser-bench: interrupted; nothing was left in {given['out']}, and the same command "
            "starts again",
            file=sys.stderr,
        )
        return 130
    print(done.text)
    return done.exit_code
