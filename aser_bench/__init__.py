"""aser-bench: what lossy audio codecs cost automatic speech emotion recognition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from .codecs import roundtrip
from .core.errors import AserBenchError, AudioError, CodecError, UsageError
from .core.version import __version__
from .corpora import load_corpus
from .features import extract_features

if TYPE_CHECKING:
    from .baseline.verdicts import CheckResult
    from .evaluation import metrics
    from .report.build import Report
    from .report.results import Results, load_results
    from .study.config import Names, Study, StudySettings

__all__ = [
    "AserBenchError",
    "AudioError",
    "CodecError",
    "Results",
    "Study",
    "UsageError",
    "__version__",
    "check",
    "dry_run",
    "extract_features",
    "load_corpus",
    "load_results",
    "metrics",
    "roundtrip",
    "run",
    "write_report",
]

_ON_FIRST_USE = {
    "Results": "report.results",
    "Study": "study.config",
    "load_results": "report.results",
}
"""Name -> module, for names whose module imports heavy packages."""


def __getattr__(name: str) -> Any:
    if name == "metrics":
        return import_module(".evaluation.metrics", __name__)
    if name in _ON_FIRST_USE:
        return getattr(import_module(f".{_ON_FIRST_USE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)


def run(
    study: Study | Mapping[str, Any] | str | Path | None = None,
    *,
    corpus: Names | Mapping[str, str | Path | None] | None = None,
    corpora: Names | Mapping[str, str | Path | None] | None = None,
    codecs: Names | Mapping[str, Sequence[float] | float | None] | None = None,
    bitrate_policy: str | None = None,
    match_level: bool | None = None,
    features: Names | None = None,
    models: Names | None = None,
    protocol: Names | None = None,
    train: Names | None = None,
    preset: str | None = None,
    effort: str | None = None,
    runs: int | None = None,
    repeats: int | None = None,
    max_epochs: int | None = None,
    patience: int | None = None,
    early_stopping: str | None = None,
    refit_dev: bool | None = None,
    frame_pool: int | None = None,
    class_weight: str | None = None,
    labels: str | int | None = None,
    drop_unknown: bool | None = None,
    transcripts: Names | None = None,
    embeddings: str | Path | None = None,
    seed: int | None = None,
    limit: int | None = None,
    name: str | None = None,
    out: str | Path | None = None,
    overwrite: bool = False,
    jobs: int | None = None,
    cache: str | Path | None = None,
    strict: bool = False,
    quiet: bool = False,
    formats: Names | None = None,
    margin: float = 0.02,
    listen: int = 0,
) -> Results:
    """Run a study and write its results: ``aser-bench run`` in Python.

    Every keyword has the meaning and the default of the flag of the same name; those that are
    given replace the settings of ``study``.

    Parameters
    ----------
    study : Study, mapping or path, optional
        A `Study`, its settings as a mapping (``{"corpora": ["demo"], "models": ["svm"]}``), or a
        study file. Default: the demo corpus, MP3 at eight bitrates, SVM and MLP.
    corpora : str, sequence of str or mapping, optional
        Names of corpora, or name -> folder: ``{"ravdess": "DIR"}``. ``corpus`` is the same.
    codecs : str, sequence of str or mapping, optional
        Names of codecs, or name -> bitrates in kbit/s: ``{"mp3": [8, 16, 64], "gsm": None}``.
    bitrate_policy : {"promote", "clamp", "error"}, optional
        The handling of bitrates that are not possible at 16 kHz.
    match_level : bool, optional
        Whether each coded utterance is brought back to the level of its original.
    features, models, protocol, train, transcripts : str or sequence of str, optional
        Names; ``"svm,mlp"`` and ``["svm", "mlp"]`` are the same.
    preset, effort, early_stopping, class_weight, labels : str, optional
        Named settings; see ``aser-bench run --help``.
    runs, max_epochs, patience, frame_pool : int, optional
        Training budget of randomly initialised models.
    repeats : int, optional
        How many times the folds and random initial values are drawn; 1 by default.
    refit_dev : bool, optional
        Whether models with early stopping are retrained on train and dev together.
    drop_unknown : bool, optional
        Whether utterances with labels that are not emotions are left out even if a class is then
        missing.
    embeddings : path, optional
        A file of word vectors for models that read text.
    seed : int, optional
        The seed from which each cell derives its own; default 0.
    limit : int, optional
        The number of utterances taken from each corpus.
    name : str, optional
        The name of the study; default: made from corpora and codecs.
    out : path, optional
        The results folder; default ``results/<study>``.
    overwrite : bool
        Whether results of another study in ``out`` may be replaced.
    jobs : int, optional
        Worker processes; default: all cores. Does not change any number.
    cache : path, optional
        The cache directory; default: ``ASER_BENCH_CACHE``, or the user's cache directory.
    strict : bool
        Whether a recording that cannot be used stops the run instead of being left out.
    quiet : bool
        Whether no progress is shown.
    formats : str or sequence of str, optional
        The formats of the report; default: all. See `aser_bench.report.build.FORMATS`.
    margin : float
        The largest loss of UAR that is tolerated, as a fraction (0.02 is two points).
    listen : int
        The number of the worst utterances; the report includes their audio.

    Returns
    -------
    Results
        Data frames (``scores``, ``predictions``, ``conditions``, ``losses``,
        ``safe_bitrates``), ``verdict`` and ``figure()``.

    Raises
    ------
    AserBenchError
        With one line that names what is wrong and what to do.

    Examples
    --------
    >>> import aser_bench
    >>> results = aser_bench.run(
    ...     corpora={"ravdess": "DIR"}, codecs={"mp3": [8, 16, 64]}, models=["svm"], jobs=2
    ... )  # doctest: +SKIP
    >>> results.safe_bitrates  # doctest: +SKIP
    """
    from . import runner
    from .report.build import ReportOptions
    from .report.results import Results

    settings: StudySettings = {
        "corpus": corpus,
        "corpora": corpora,
        "codecs": codecs,
        "bitrate_policy": bitrate_policy,
        "match_level": match_level,
        "features": features,
        "models": models,
        "protocol": protocol,
        "train": train,
        "preset": preset,
        "effort": effort,
        "runs": runs,
        "repeats": repeats,
        "max_epochs": max_epochs,
        "patience": patience,
        "early_stopping": early_stopping,
        "refit_dev": refit_dev,
        "frame_pool": frame_pool,
        "class_weight": class_weight,
        "labels": labels,
        "drop_unknown": drop_unknown,
        "transcripts": transcripts,
        "embeddings": embeddings,
        "seed": seed,
        "limit": limit,
        "name": name,
    }
    outcome = runner.run(
        _study(study, settings),
        out=out,
        overwrite=overwrite,
        jobs=jobs,
        cache=cache,
        strict=strict,
        quiet=quiet,
        report_options=ReportOptions(formats=formats, margin=margin, listen=listen),
    )
    assert outcome.folder is not None
    return Results(outcome.folder, margin, outcome.text, outcome.exit_code)


def dry_run(
    study: Study | Mapping[str, Any] | str | Path | None = None,
    *,
    out: str | Path | None = None,
    jobs: int | None = None,
    cache: str | Path | None = None,
    **settings: Unpack[StudySettings],
) -> str:
    """Return the plan of a study and an estimate of its cost: ``aser-bench run --dry-run``.

    Reads the corpora and tries this machine for about half a minute; trains nothing and writes
    no results. The parameters, which include the settings of a study, are those of `run`:
    ``dry_run(codecs={"mp3": [8, 16]}, models="svm")``.

    Raises
    ------
    AserBenchError
        As `run`.
    """
    from . import runner

    return runner.run(_study(study, settings), out=out, jobs=jobs, cache=cache, dry_run=True).text


def check(
    new: str | Path,
    against: str | Path,
    *,
    metric: str = "uar",
    margin: float = 0.02,
    alpha: float = 0.05,
    strict: bool = False,
    part: bool = False,
    allow: Names = (),
    tolerances: Mapping[str, float | None] | None = None,
) -> CheckResult:
    """Compare new results with a baseline: ``aser-bench check`` in Python.

    Parameters
    ----------
    new, against : path
        A results folder, a baseline, or a file of scores or predictions.
    metric : str
        The metric that is compared; see ``aser-bench list metrics``.
    margin : float
        The largest loss that is tolerated, as a fraction.
    alpha : float
        The level of the tests, for all cells together.
    strict : bool
        Whether inconclusive and changed cells fail, too.
    part : bool
        Whether ``new`` is a part of the baseline's study, so that missing cells do not count.
    allow : str or sequence of str
        Differences in spite of which cells are compared: ``corpus``, ``encoder``, ``settings``,
        ``components``, ``splits``, ``packages``.
    tolerances : mapping of str to float or None, optional
        Guard -> its tolerance; None turns a guard off. See ``aser-bench check --help``.

    Returns
    -------
    CheckResult
        ``cells`` and ``guards`` with their verdicts, the worst first, and the ``exit_code``.

    Raises
    ------
    AserBenchError
        With one line that names what is wrong and what to do.
    """
    from .baseline.check import check as check_results
    from .baseline.options import CheckOptions
    from .core.arguments import check_path, split_names

    check_path("new", new)
    check_path("against", against)
    if not isinstance(tolerances, Mapping | None):
        raise UsageError(f"tolerances must be a mapping of guards to numbers, not {tolerances!r}")
    options = CheckOptions(
        metric=metric,
        margin=margin,
        alpha=alpha,
        strict=strict,
        part=part,
        allow=split_names("allow", allow),
        tolerances=dict(tolerances or {}),
    )
    return check_results(new, against, options)


def write_report(
    *folders: str | Path,
    out: str | Path | None = None,
    formats: Names | None = None,
    margin: float = 0.02,
    listen: int = 0,
    unclustered: bool = False,
) -> Report:
    """Write tables, figures and report.html of runs: ``aser-bench report`` in Python.

    Parameters
    ----------
    *folders : path
        Results folders; several are compared side by side.
    out : path, optional
        Where to write; default: the folder itself. Required for several folders.
    formats : str or sequence of str, optional
        The formats; default: all. See `aser_bench.report.build.FORMATS`.
    margin : float
        The largest loss of UAR that is tolerated, as a fraction (0.02 is two points).
    listen : int
        The number of the worst utterances; their audio is included, original and coded.
    unclustered : bool
        Whether intervals that ignore speakers are shown, too.

    Returns
    -------
    Report
        The ``findings``, the tables of which the report consists, and the ``verdict``.

    Raises
    ------
    AserBenchError
        With one line that names what is wrong and what to do.
    """
    from .report.build import ReportOptions, report

    options = ReportOptions(formats, margin, listen, unclustered)
    return report(folders, out=out, options=options)


def _study(
    study: Study | Mapping[str, Any] | str | Path | None, settings: Mapping[str, object]
) -> Study:
    """Return a study given in any form, with settings that replace those of the study."""
    from .study.config import Study, StudySettings, read_file, resolve

    for name in settings:
        if name not in StudySettings.__optional_keys__:
            raise TypeError(f"unexpected keyword argument {name!r}")
    if study is None:
        layer: Mapping[str, Any] = {}
    elif isinstance(study, Study):
        layer = study.to_mapping()
    elif isinstance(study, str | Path):
        layer = read_file(study)
    elif isinstance(study, Mapping):
        layer = _with_corpora(study)
    else:
        raise UsageError(f"study must be a Study, a mapping or a study file, not {study!r}")
    given = {name: value for name, value in settings.items() if value is not None}
    return resolve(layer, _with_corpora(given))


def _with_corpora(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings with the key ``corpus`` renamed to ``corpora``."""
    if "corpus" in settings and "corpora" in settings:
        raise UsageError("corpus and corpora are the same setting: give only one of them")
    return {"corpora" if name == "corpus" else name: value for name, value in settings.items()}
