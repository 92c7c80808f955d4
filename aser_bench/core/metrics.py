"""The list of metrics: the built-in ones, then those of other packages.

A metric is one function and one entry in this list: ``METRICS`` of `aser_bench.evaluation.metrics`,
or an entry point of the group ``aser_bench.metrics`` that leads to a `Metric`. Columns of scores,
findings, tables, checks and JSON are made from the list.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from numpy.typing import ArrayLike

from . import registry
from .errors import UsageError
from .tables import RESULT, SCORE_DETAILS

Function = Callable[[ArrayLike, ArrayLike], float]
OfConfusion = Callable[[npt.NDArray[Any]], npt.NDArray[np.float64]]

LEADING = "uar"
"""The metric that verdicts, curves and overviews are about."""

_RESERVED = {*RESULT, *SCORE_DETAILS, "ece", "brier", "chance", "utterances", "speakers"}


@dataclass(frozen=True)
class Metric:
    """A metric of true and predicted labels.

    Attributes
    ----------
    name : str
        Column of the scores; a Python identifier.
    title : str
        Heading in tables.
    function : callable
        (truth, predicted) -> float, where both are sequences of labels of the same length.
    of_confusion : callable, optional
        The same for many confusion matrices at once, shape (..., k, k) -> (...). Without it,
        ``function`` is called for each matrix; see `aser_bench.evaluation.metrics.on_confusions`.
    better : str
        ``higher`` or ``lower``.
    bounds : tuple of (float, float)
        Smallest and largest possible value; scores that are read from a file must be within.
    """

    name: str
    title: str
    function: Function
    of_confusion: OfConfusion | None = None
    better: Literal["higher", "lower"] = "higher"
    bounds: tuple[float, float] = (-np.inf, np.inf)

    @property
    def sign(self) -> int:
        """1 if a higher value is better, else -1: the factor that makes a loss negative."""
        return 1 if self.better == "higher" else -1


def all_metrics() -> dict[str, Metric]:
    """Return the metrics by name: built-in ones in the order of their columns, then the others.

    A metric of another package that cannot be loaded is left out; `unavailable` has the reason.
    """
    return {**_builtins(), **{name: m for name, m in _others().items() if isinstance(m, Metric)}}


def unavailable() -> dict[str, str]:
    """Return the metrics of other packages that cannot be loaded, with the reason in one line."""
    return {name: reason for name, reason in _others().items() if isinstance(reason, str)}


def get_metric(name: str) -> Metric:
    """Return a metric by its name or its ``package.module:Name``.

    Raises
    ------
    UsageError
        If there is no such metric, or it cannot be loaded.
    """
    metrics = all_metrics()
    return metrics[name] if name in metrics else _checked(name)


def score_columns(metrics: Iterable[str] | None = None) -> tuple[str, ...]:
    """Return the columns of the scores with some metrics, by default all."""
    return (*RESULT, *(all_metrics() if metrics is None else metrics), *SCORE_DETAILS)


def _builtins() -> dict[str, Metric]:
    return registry.builtins("metrics")


def _others() -> dict[str, Metric | str]:
    """Return the metrics of other packages by name, or the reason why there is none."""
    names = tuple(sorted(registry.plugins("metrics").keys() - _builtins().keys()))
    return _load(names, tuple(registry.plugins("metrics")[name].value for name in names))


@cache
def _load(names: tuple[str, ...], values: tuple[str, ...]) -> dict[str, Metric | str]:
    """Load once for one list of entry points; ``values`` are a part of the cache's key."""
    metrics: dict[str, Metric | str] = {}
    for name in names:
        try:
            metrics[name] = _checked(name)
        except UsageError as error:
            metrics[name] = str(error)
    return metrics


def _checked(name: str) -> Metric:
    metric = registry.instance("metrics", name, Metric)
    if ":" in name:
        name = str(metric.name)
    if not isinstance(metric.title, str) or metric.better not in ("higher", "lower"):
        raise UsageError(
            f"metric {name!r} needs a title (text), and better must be 'higher' or 'lower'"
        )
    if not name.isidentifier() or keyword.iskeyword(name) or name in _RESERVED:
        raise UsageError(
            f"metric {name!r} has a name that cannot be a column of the scores: "
            "use a Python identifier that is not a column already"
        )
    return replace(metric, name=name)
