"""``aser-bench run``: run a study and write its results."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from .flags import (
    add_codec_flags,
    add_drop_unknown_flag,
    add_ffmpeg_flag,
    add_report_flags,
    jobs,
    report_options,
    use_ffmpeg,
)

if TYPE_CHECKING:
    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench run --codec mp3 --bitrates 8,16,24,64,96,128,192,256
  aser-bench run --corpus ravdess=DIR --corpus emodb=DIR --codec mp3 --bitrates 8,64
  aser-bench run --codec opus:application=voip --bitrates 8,16 --loss 5 --codec mp3:64+gsm
  aser-bench run study.yaml --models svm -j 4
  aser-bench run --corpus csv=recordings.csv --preset paper --dry-run

A setting is taken from the first of these that has it: its flag, the environment variable
ASER_BENCH_<NAME>, the study file, the preset, the defaults.
"""


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "run",
        help="run a study and write scores, tables, figures and a report",
        description="Run a study and write its results. Without --corpus, the demo corpus is used.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument("study", nargs="?", metavar="STUDY.yaml", help="a study file")
    what = parser.add_argument_group("study (replaces settings of the study file)")
    what.add_argument(
        "--corpus",
        action="append",
        dest="corpora",
        metavar="NAME[=DIR]",
        help="a corpus and its folder (or its table: csv=FILE); repeatable",
    )
    add_codec_flags(what)
    what.add_argument(
        "--match-level",
        action="store_true",
        help="restore the level of the original in each coded utterance",
    )
    what.add_argument(
        "--features",
        metavar="NAME,...",
        help="feature sets, with options such as functionals:tuning=0 (default: functionals for "
        "svm and mlp, frames for lstm, dual for are, tre, mdre and mdrea)",
    )
    what.add_argument(
        "--models",
        metavar="NAME,...",
        help="models: svm and mlp (default), lstm, are, tre, mdre, mdrea",
    )
    what.add_argument(
        "--transcripts",
        metavar="NAME,...",
        help="source of the text that tre, mdre and mdrea read: reference (default), or a "
        "transcriber that is applied to each condition: pocketsphinx, whisper",
    )
    what.add_argument(
        "--embeddings",
        metavar="FILE",
        help="pretrained word vectors for tre, mdre and mdrea, GloVe or word2vec (default: "
        "randomly initialised)",
    )
    what.add_argument(
        "--labels",
        metavar="NAME",
        help="emotions: all (default), or 4 (angry, happy including excited, neutral, sad)",
    )
    add_drop_unknown_flag(what)
    what.add_argument(
        "--protocol",
        metavar="NAME,...",
        help="split into training and test part: speaker (default), paper, loso, session, given, "
        "yoon2018",
    )
    what.add_argument(
        "--train",
        metavar="MODE,...",
        help="training conditions: all (default; train on each condition and test on all), "
        "original (train on the original only), matched (train on the condition of the test), "
        "multi (train on all conditions together)",
    )
    what.add_argument(
        "--preset", metavar="NAME", help="settings of a published study: paper or yoon2018"
    )
    what.add_argument(
        "--effort",
        metavar="NAME",
        help="size of grids and training budgets: quick, standard (default), paper",
    )
    what.add_argument(
        "--runs", metavar="N", help="runs per fold of randomly initialised models (default 10)"
    )
    what.add_argument(
        "--repeats",
        metavar="N",
        help="number of times that the folds and random initial values are drawn; with several, "
        "intervals include the variation of the training (default 1)",
    )
    what.add_argument(
        "--max-epochs", metavar="N", help="largest number of epochs of models with early stopping"
    )
    what.add_argument(
        "--patience",
        metavar="N",
        help="epochs without an improvement on dev before training stops (default 20, or 10 for "
        "lstm with --early-stopping loss; --effort and --preset change it)",
    )
    what.add_argument(
        "--early-stopping",
        metavar="RULE",
        help="rule by which training ends: loss (lowest dev loss; default of dual encoders), uar "
        "(highest dev UAR over 20 epochs; default of lstm), none (all of --max-epochs, last "
        "weights)",
    )
    what.add_argument(
        "--refit-dev",
        action="store_true",
        help="retrain models with early stopping on train and dev for the number of epochs that "
        "early stopping chose, as svm and mlp are trained on both",
    )
    what.add_argument(
        "--frame-pool",
        metavar="N",
        help="number of consecutive frames that are averaged into one for recurrent models "
        "(default 4; 1 for dual encoders and with --preset paper)",
    )
    what.add_argument(
        "--class-weight",
        metavar="KIND",
        help="none (default), or balanced: every emotion has the same weight in training (svm, "
        "lstm, dual encoders)",
    )
    what.add_argument("--seed", metavar="N", help="random seed (default 0)")
    what.add_argument("--limit", metavar="N", help="use only N utterances of each corpus")
    add_report_flags(parser.add_argument_group("report"))
    how = parser.add_argument_group("execution")
    how.add_argument("--out", metavar="DIR", help="results folder (default results/<study>)")
    how.add_argument(
        "--overwrite", action="store_true", help="replace the results of another study in DIR"
    )
    how.add_argument(
        "-j", "--jobs", metavar="N", help="number of worker processes (default: all cores)"
    )
    how.add_argument(
        "--cache",
        metavar="DIR",
        help="cache directory (default ASER_BENCH_CACHE, or the user's cache)",
    )
    how.add_argument("--store", dest="cache", help=argparse.SUPPRESS)  # the former name
    add_ffmpeg_flag(how)
    how.add_argument(
        "--strict",
        action="store_true",
        help="stop at a recording that cannot be used, instead of leaving it out",
    )
    how.add_argument(
        "--dry-run",
        action="store_true",
        help="show the plan and its estimated cost without running it",
    )
    how.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.set_defaults(function=_run)


def _run(options: argparse.Namespace) -> int:
    from ..report.terminal import print_text
    from ..runner import run
    from ..study import config as studies

    settings = vars(options)
    options.output_is_result = settings.get("dry_run", False)
    fields = studies.Study.__dataclass_fields__
    flags = {name: value for name, value in settings.items() if name in fields}
    use_ffmpeg(options)
    layers = [studies.from_environment(), flags]
    if "study" in settings:
        layers.insert(0, studies.read_file(settings["study"]))
    outcome = run(
        studies.resolve(*layers),
        out=settings.get("out") or os.environ.get("ASER_BENCH_OUT"),
        jobs=jobs(options),
        cache=settings.get("cache"),
        overwrite=settings.get("overwrite", False),
        strict=settings.get("strict", False),
        dry_run=settings.get("dry_run", False),
        quiet=settings.get("quiet", False),
        report_options=report_options(options),
    )
    print_text(outcome.text)
    return outcome.exit_code
