"""A fixture for other people's tests: results must be no worse than a baseline.

pytest loads this module wherever aser-bench is installed, so it imports nothing until a test
asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .verdicts import CheckResult

_OPTION = "aser_baseline"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the ini option known that names the baseline."""
    parser.addini(_OPTION, "baseline that the fixture aser_baseline checks against (a folder)")


@pytest.fixture(scope="session")
def aser_baseline(request: pytest.FixtureRequest) -> Callable[..., CheckResult]:
    """Return ``check(new, against=None, **options)``, which fails a test whose results are worse.

    ``new`` is a results folder; ``against`` a baseline, by default that of the ini option
    ``aser_baseline``, relative to pytest's root; ``options`` are those of
    ``aser_bench.baseline.options.CheckOptions``, such as ``strict=True`` or ``allow=["packages"]``.
    What the check found is returned, and told by the failure.
    """
    config = request.config

    def check_against_baseline(
        new: Path | str, against: Path | str | None = None, **options: Any
    ) -> CheckResult:
        __tracebackhide__ = True
        from ..core.errors import AserBenchError
        from .check import check
        from .formats import format_text
        from .options import CheckOptions

        if against is None:
            named = config.getini(_OPTION)
            if not named:
                pytest.fail(
                    f"aser_baseline: no baseline is named; pass against= or set {_OPTION} in "
                    "pytest's configuration",
                    pytrace=False,
                )
            against = config.rootpath / named
        allow = options.pop("allow", ())
        allow = (allow,) if isinstance(allow, str) else tuple(allow)
        try:
            found = check(new, against, CheckOptions(**options, allow=allow))
        except AserBenchError as error:
            pytest.fail(f"aser_baseline: {error}", pytrace=False)
        if found.exit_code:
            pytest.fail(format_text(found), pytrace=False)
        return found

    return check_against_baseline
