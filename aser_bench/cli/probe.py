"""``aser-bench probe``: measurements of each condition of a codec."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from .flags import add_ffmpeg_flag, use_ffmpeg

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench probe mp3 --bitrates 8,16,64,192 recordings/*.wav
  aser-bench probe opus:application=voip --csv opus.csv
  aser-bench probe mp3:64+gsm speech.flac

PESQ and STOI are measured if their packages are installed: pip install aser-bench[quality]
"""

_DEMO = 8  # utterances of the demo corpus, spread over speakers and emotions


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "probe",
        help="measure bitrate, bandwidth, delay and distortion of a codec's conditions",
        usage="aser-bench probe [options] CODEC [--bitrates KBIT/S,...] [FILE ...]",
        description="Encode and decode recordings, and measure each condition: effective bitrate,\n"
        "bandwidth, delay, level and distortion. Without FILE, the demo corpus is used.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
    )
    parser.add_argument(
        "codec",
        metavar="CODEC",
        help="a codec with its options, or a chain: mp3, opus:application=voip, mp3:64+gsm",
    )
    files = parser.add_argument("files", nargs="+", metavar="FILE", help="a recording")
    # Not nargs="*": argparse would match zero files directly after the codec and then reject those
    # that follow the options.
    files.required = False
    parser.add_argument(
        "--bitrates",
        metavar="KBIT/S,...",
        help="bitrates in kbit/s (default: the usual bitrates of the codec)",
    )
    parser.add_argument(
        "--bitrate-policy",
        metavar="POLICY",
        help="handling of bitrates that are not possible at 16 kHz: promote (default), clamp, "
        "error",
    )
    parser.add_argument("--limit", metavar="N", help="use only N of the recordings, evenly spaced")
    parser.add_argument("--csv", metavar="PATH", help="also write the table to a CSV file")
    add_ffmpeg_flag(parser)
    parser.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    parser.set_defaults(function=_probe)


def _probe(options: argparse.Namespace) -> int:
    import shutil
    from pathlib import Path

    from ..codecs import specs
    from ..codecs.probe import plan_conditions
    from ..core.tables import SAMPLE_RATE
    from ..report import probe as report
    from ..report.terminal import paragraph
    from ..study import config as studies

    settings = vars(options)
    options.output_is_result = "csv" not in settings
    use_ffmpeg(options)
    flags: dict[str, Any] = {
        name: settings[name] for name in ("bitrate_policy", "limit") if name in settings
    }
    flags["codecs"] = [{settings["codec"]: settings.get("bitrates")}]
    study = studies.resolve(flags)
    (choice,) = study.codecs
    codec = specs.get_available(choice.name)
    # Reports an invalid bitrate before any work is done.
    plan_conditions(codec, choice.bitrates, SAMPLE_RATE, study.bitrate_policy)
    out = Path(settings["csv"]) if "csv" in settings else None
    if out is not None:
        _check_writable(out)
    files = _select_files(settings.get("files", []), study.limit)
    source = f"{len(files)} recording{'s' if len(files) != 1 else ''}"
    if "files" not in settings:
        source = f"no FILE given: {len(files)} utterances of the demo corpus (synthetic speech)"
    signals = [_read(file) for file in files]
    table = _measure(signals, codec, choice.bitrates, study.bitrate_policy, options)
    if out is not None:
        _write(out, report.to_csv(table))
    encoder = f" by {codec.encoder()}" if codec.encoder() else ""
    width = shutil.get_terminal_size().columns
    print(paragraph(f"{codec.spec}{encoder}; {source}", width))
    print(report.render(table, width), end="")
    print(_hint(width), end="")
    return 0


def _measure(
    signals: list[np.ndarray], codec: Any, bitrates: Any, policy: str, options: argparse.Namespace
) -> pd.DataFrame:
    from ..codecs.probe import probe
    from ..core.progress import Progress
    from ..core.tables import SAMPLE_RATE

    seconds = iter([len(signal) / SAMPLE_RATE for signal in signals])
    total = sum(map(len, signals)) / SAMPLE_RATE
    with Progress(total, quiet=getattr(options, "quiet", False)) as progress:

        def done(count: int) -> None:
            progress.advance(sum(next(seconds) for _ in range(count)), f"probing {codec.spec}")

        return probe(signals, codec, bitrates, SAMPLE_RATE, policy, on_progress=done)


def _select_files(files: list[str], limit: int | None) -> list[str]:
    """Return the files to read: the given ones, or a sample of the demo corpus."""
    if files:
        count = min(limit or len(files), len(files))
        return [files[place * len(files) // count] for place in range(count)]
    from ..corpora import load_corpus
    from ..corpora.prepare import subset

    return subset(load_corpus("demo").utterances, limit or _DEMO)["file"].tolist()


def _read(file: str) -> np.ndarray:
    from ..codecs.signals import check_signals
    from ..core.errors import AudioError, UsageError
    from ..core.progress import print_notice
    from ..corpora.audio import describe_peak, read_recording

    try:
        recording = read_recording(file)
        if recording.scaled_by != 1:
            print_notice(f"scaled: {describe_peak(file, recording.scaled_by)}: divided by its peak")
        return check_signals([recording.signal])[0]
    except AudioError as error:
        raise UsageError(f"{file}: {error}") from error


def _check_writable(path: Path) -> None:
    """Raise an error for a file that cannot be written, before any work is done."""
    from ..core.errors import UsageError

    new = not path.exists()
    try:
        with path.open("ab"):
            pass
        if new:
            path.unlink()
    except OSError as error:
        raise UsageError(f"--csv {path} cannot be written: {error.strerror}") from error


def _write(path: Path, content: str) -> None:
    from ..core.errors import AserBenchError

    try:
        path.write_text(content, encoding="utf-8", newline="\n")
    except OSError as error:
        raise AserBenchError(f"{path} cannot be written: {error.strerror}") from error


def _hint(width: int) -> str:
    """Return how to install the measures that are missing; empty if none is."""
    from ..codecs import quality
    from ..report.terminal import paragraph

    missing = [
        name.upper() for name in quality.MEASURES if name not in quality.installed_measures()
    ]
    note = f"{' and '.join(missing)} not measured: pip install {quality.EXTRA}"
    return paragraph(note, width) if missing else ""
