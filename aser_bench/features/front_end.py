"""The option ``by`` of the feature sets that are built in and can also be computed by openSMILE."""

from __future__ import annotations

from dataclasses import dataclass

from ..core.options import Configurable, choice
from . import opensmile
from .base import FeatureSet

BUILT_IN = "built-in"
FRONT_ENDS = (BUILT_IN, opensmile.PACKAGE)
"""Values of the option ``by``."""

OPTION_HELP = "option by (built-in, opensmile: research licence)"
"""The option in the title of a feature set."""


@dataclass(frozen=True)
class FrontEndChoice(Configurable):
    """Mixin for a feature set or bundle with a built-in and an openSMILE front end.

    Attributes
    ----------
    by : str
        Front end: ``built-in``, or ``opensmile`` (the package ``opensmile``, which has a research
        licence).

    Raises
    ------
    UsageError
        For ``by="opensmile"`` if the package is not installed.
    """

    by: str = BUILT_IN

    options = {"by": choice(*FRONT_ENDS)}

    def __post_init__(self) -> None:
        if self.uses_opensmile:
            opensmile.require(self.name)

    @property
    def uses_opensmile(self) -> bool:
        """Whether openSMILE computes the features."""
        return self.by == opensmile.PACKAGE

    @property
    def variants(self) -> tuple[str, ...]:  # type: ignore[override]  # depends on the machine
        """The spec with the openSMILE front end, if it is installed."""
        return (f"{self.name}:by={opensmile.PACKAGE}",) if opensmile.installed() else ()


@dataclass(frozen=True)
class FrontEndFeatureSet(FrontEndChoice, FeatureSet):
    """Base class of a feature set with a built-in and an openSMILE front end."""

    @property
    def packages(self) -> tuple[str, ...]:  # type: ignore[override]  # depends on the option by
        """Distributions of which the version may change the numbers."""
        return (opensmile.PACKAGE,) if self.uses_opensmile else ("numpy", "scipy")
