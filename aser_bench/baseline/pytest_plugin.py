"""A pytest fixture that checks results against a baseline.

pytest loads this module wherever aser-bench is installed, so it imports nothing heavy until a
test uses the fixture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .verdicts import CheckResult

_OPTION = "aser_baseline"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the ini option that names the baseline."""
    parser.addini(_OPTION, "baseline that the fixture aser_baseline checks against (a folder)")


class BaselineCheck:
    """A check of results against a baseline, which fails the test if they are worse.

    Parameters
    ----------
    config : pytest.Config
        The configuration of pytest; its ini option ``aser_baseline`` names the baseline.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def __call__(
        self,
        new: Path | str,
        against: Path | str | None = None,
        *,
        metric: str = "uar",
        margin: float = 0.02,
        alpha: float = 0.05,
        strict: bool = False,
        part: bool = False,
        allow: str | Sequence[str] = (),
        tolerances: Mapping[str, float | None] | None = None,
    ) -> CheckResult:
        """Check results, and fail the test with the report of the check if they are worse.

        Parameters
        ----------
        new : path
            A results folder, or its scores or predictions.
        against : path, optional
            A baseline; by default that of the ini option, relative to pytest's root directory.
        metric, margin, alpha, strict, part, allow, tolerances
            See `aser_bench.baseline.options.CheckOptions`.

        Returns
        -------
        CheckResult
        """
        __tracebackhide__ = True
        from ..core.errors import AserBenchError
        from .check import check
        from .formats import format_text
        from .options import CheckOptions

        if against is None:
            against = self._configured_baseline()
        try:
            options = CheckOptions(
                metric=metric,
                margin=margin,
                alpha=alpha,
                strict=strict,
                part=part,
                allow=(allow,) if isinstance(allow, str) else tuple(allow),
                tolerances=tolerances or {},
            )
            result = check(new, against, options)
        except AserBenchError as error:
            pytest.fail(f"aser_baseline: {error}", pytrace=False)
        if result.exit_code:
            pytest.fail(format_text(result), pytrace=False)
        return result

    def _configured_baseline(self) -> Path:
        __tracebackhide__ = True
        folder = self._config.getini(_OPTION)
        if not folder:
            pytest.fail(
                f"aser_baseline: no baseline is named; pass against= or set {_OPTION} in pytest's "
                "configuration",
                pytrace=False,
            )
        return self._config.rootpath / str(folder)


@pytest.fixture(scope="session")
def aser_baseline(request: pytest.FixtureRequest) -> BaselineCheck:
    """Return a function that checks results against a baseline; see `BaselineCheck`."""
    return BaselineCheck(request.config)
