"""aser-bench: what lossy audio codecs cost automatic speech emotion recognition."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .core.version import __version__
from .corpora import load_corpus

if TYPE_CHECKING:
    from .baseline.base import CheckResult
    from .report.build import Report
    from .runner import Outcome

__all__ = ["__version__", "check", "load_corpus", "run", "write_report"]


def run(study: str | Path | Mapping[str, Any] | None = None, **options: Any) -> Outcome:
    """Run a study and write its results: ``aser-bench run`` in Python.

    Parameters
    ----------
    study : path or mapping, optional
        A study file, or what would stand in one (``{"corpora": ["demo"], "models": ["svm"]}``).
    **options
        ``out``, ``jobs``, ``cache``, ``strict``, ``dry_run``, ``quiet``, ``reported``: see
        `aser_bench.runner.run`.

    Returns
    -------
    Outcome
        ``folder`` with all results, ``scores`` as a table, ``text`` and ``exit_code``.

    Raises
    ------
    AserBenchError
        With one line that says what is wrong and what to do.
    """
    from . import runner
    from .study.config import read_file, resolve

    layer = read_file(study) if isinstance(study, str | Path) else dict(study or {})
    return runner.run(resolve(layer), **options)


def check(new: str | Path, against: str | Path, **options: Any) -> CheckResult:
    """Set new results against a baseline: ``aser-bench check`` in Python.

    Parameters
    ----------
    new, against : path
        A results folder, a baseline, or a file of scores or predictions.
    **options
        ``metric``, ``margin``, ``alpha``, ``strict``, ``part``, ``allow``, ``tolerances``: see
        `aser_bench.baseline.base.CheckOptions`.

    Returns
    -------
    CheckResult
        ``cells`` and ``guards`` with their verdicts, the worst first, and the ``exit_code``.

    Raises
    ------
    AserBenchError
        With one line that says what is wrong and what to do.
    """
    from .baseline.base import CheckOptions
    from .baseline.check import check

    return check(new, against, CheckOptions(**options))


def write_report(*folders: str | Path, out: str | Path | None = None, **options: Any) -> Report:
    """Write tables, figures and report.html of runs: ``aser-bench report`` in Python.

    Not called ``report``, which is the package that renders them.

    Parameters
    ----------
    *folders : path
        Results folders; several are put side by side.
    out : path, optional
        Where to write; the folder itself by default. Must be given for several.
    **options
        ``formats``, ``margin``, ``listen``, ``unclustered``: see
        `aser_bench.report.build.ReportOptions`.

    Returns
    -------
    Report
        With ``findings``, whose tables are all that the report tells, and the ``verdict``.

    Raises
    ------
    AserBenchError
        With one line that says what is wrong and what to do.
    """
    from .report.build import ReportOptions, report

    return report(folders, out=out, options=ReportOptions(**options))
