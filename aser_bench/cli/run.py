"""``aser-bench run``: run a study and write its results."""

from __future__ import annotations

import argparse
import os
from typing import Any

_EPILOG = """\
examples:
  aser-bench run --codec mp3 --bitrates 8,16,24,64,96,128,192,256
  aser-bench run --corpus ravdess=DIR --corpus emodb=DIR --codec mp3 --bitrates 8,64
  aser-bench run study.yaml --models svm -j 4
  aser-bench run --corpus csv=recordings.csv --preset paper --dry-run

What a flag leaves open is taken from ASER_BENCH_<NAME> variables, the study file, the preset
and the defaults, in this order.
"""


class _Codec(argparse.Action):
    """Collect ``--codec`` and the ``--bitrates`` behind each of them."""

    def __call__(
        self, parser: Any, namespace: Any, value: Any, option_string: str | None = None
    ) -> None:
        """Start a new codec, or give the last one its bitrates."""
        codecs = list(getattr(namespace, "codecs", None) or [])
        if option_string == "--codec":
            codecs.append({value: ""})
        elif not codecs:
            parser.error("--bitrates belongs behind the --codec that it is for")
        else:
            (name, before), *_ = codecs[-1].items()
            if before:
                parser.error(f"--bitrates is given twice for codec {name}")
            codecs[-1] = {name: value}
        namespace.codecs = codecs


def add_parser(verbs: Any) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "run",
        help="run a study: code, train, test, and write tables",
        description="Run a study and write its results. Without --corpus the demo corpus runs.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("study", nargs="?", metavar="STUDY.yaml", help="a study file")
    what = parser.add_argument_group("what to run (above the study file)")
    what.add_argument(
        "--corpus", action="append", dest="corpora", metavar="NAME[=DIR]",
        help="a corpus and its folder (or its table: csv=FILE); may be repeated",
    )  # fmt: skip
    what.add_argument(
        "--codec", action=_Codec, metavar="NAME",
        help="a codec; may be repeated, each with its --bitrates",
    )  # fmt: skip
    what.add_argument(
        "--bitrates", action=_Codec, metavar="KBIT/S,...",
        help="bitrates in kbit/s of the --codec before it",
    )  # fmt: skip
    what.add_argument(
        "--bitrate-policy", metavar="POLICY",
        help="what to do with a bitrate that 16 kHz cannot carry: promote (code it at a rate "
        "that can; default), clamp (code the nearest, and say so), error",
    )  # fmt: skip
    what.add_argument("--features", metavar="NAME,...", help="feature sets (default functionals)")
    what.add_argument("--models", metavar="NAME,...", help="models (default svm,mlp)")
    what.add_argument("--protocol", metavar="NAME,...", help="speaker (default), paper, loso")
    what.add_argument(
        "--train", metavar="MODE,...",
        help="train at each condition and test on all of them (all; default), on the original "
        "alone (original), test where trained (matched), on all pooled (multi)",
    )  # fmt: skip
    what.add_argument("--preset", metavar="NAME", help="paper: the study's fixed settings")
    what.add_argument("--effort", metavar="NAME", help="quick, standard (default), paper")
    what.add_argument(
        "--runs", metavar="N", help="trainings a fold of what has a random start (default 10)"
    )
    what.add_argument("--seed", metavar="N", help="seed of every random draw (default 0)")
    what.add_argument("--limit", metavar="N", help="take N utterances of each corpus")
    how = parser.add_argument_group("how to run it")
    how.add_argument("--out", metavar="DIR", help="where to write (default results/<study>)")
    how.add_argument("-j", "--jobs", metavar="N", help="worker processes (default: all cores)")
    how.add_argument("--store", metavar="DIR", help="where computed things are kept for reuse")
    how.add_argument("--ffmpeg", metavar="PATH", help="another ffmpeg than the bundled one")
    how.add_argument("--strict", action="store_true", help="stop at an unusable recording")
    how.add_argument("--dry-run", action="store_true", help="say what there is to do, do nothing")
    how.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.set_defaults(function=_run)


def _run(options: argparse.Namespace) -> int:
    from .. import study as studies
    from ..errors import UsageError
    from ..runner import run

    given = vars(options)
    known = studies.Study.__dataclass_fields__
    flags = {name: value for name, value in given.items() if name in known}
    if "ffmpeg" in given:
        os.environ["ASER_BENCH_FFMPEG"] = given["ffmpeg"]
    layers = [studies.from_environment(), flags]
    if "study" in given:
        layers.insert(0, studies.read_file(given["study"]))
    jobs = given.get("jobs") or os.environ.get("ASER_BENCH_JOBS")
    try:
        workers = int(jobs) if jobs else None
    except ValueError:
        raise UsageError(f"-j must be a whole number, not {jobs!r}") from None
    outcome = run(
        studies.resolve(*layers),
        out=given.get("out") or os.environ.get("ASER_BENCH_OUT"),
        jobs=workers,
        store=given.get("store"),
        strict=given.get("strict", False),
        dry_run=given.get("dry_run", False),
        quiet=given.get("quiet", False),
    )
    print(outcome.text)
    return outcome.exit_code
