"""openSMILE as a front end, if the package ``opensmile`` is installed.

Its licence is for research only, so the package is not a dependency of aser-bench.
"""

from __future__ import annotations

import ctypes
import os
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..core.errors import UsageError

if TYPE_CHECKING:
    from opensmile import Smile

PACKAGE = "opensmile"
EXTRA = "aser-bench[opensmile]"
"""Requirement that installs the package."""

_CONFIGURATIONS = Path(__file__).parent / "data"
_FULL_SCALE = 2**15
# Shorter signals are padded: to one frame, or to the look-ahead of the smoothing.
_SHORTEST_S = {"mfcc39": 0.025, "prosody35": 0.1}

_DESCRIPTORS = (
    "F0final",
    "F0finalLog",
    "voicingFinalUnclipped",
    "HarmonicsToNoiseRatioACFLogdB",
    "loudness",
)
_FUNCTIONALS = (
    "amean",
    "stddev",
    "linregc1",
    "centroid",
    "percentile10.0",
    "percentile90.0",
    "pctlrange0-1",
)


def installed() -> bool:
    """Return whether the package is installed; it is not imported."""
    return find_spec(PACKAGE) is not None


def require(feature_set: str) -> None:
    """Raise `UsageError` if the package, which a feature set needs, is not installed."""
    if not installed():
        raise UsageError(
            f"feature set {feature_set}: by={PACKAGE} needs the package {PACKAGE}: pip install "
            f"{EXTRA} (openSMILE is audEERING's; its licence is for research and other "
            "non-commercial use only)"
        )


def mfcc39(signal: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Return MFCC 1-12 and log energy with their differences, float32, shape (frames, 39)."""
    return _values("mfcc39", signal, rate)


def prosody35(signal: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Return seven functionals of five descriptors, float32, shape (35,)."""
    names = list(_smile("prosody35").column_names)
    order = [names.index(f"{d}_sma_{f}") for d in _DESCRIPTORS for f in _FUNCTIONALS]
    return _values("prosody35", signal, rate)[0, order]


def _values(name: str, signal: npt.NDArray[np.float32], rate: int) -> npt.NDArray[np.float32]:
    """Return openSMILE's values of a signal, shape (frames, columns); NaN becomes 0."""
    shortest = int(np.ceil(_SHORTEST_S[name] * rate))
    # The package converts to 16 bits without clipping: +1 would wrap around to the most negative
    # sample.
    samples = np.clip(signal, -1, (_FULL_SCALE - 1) / _FULL_SCALE)
    samples = np.pad(samples, (0, max(0, shortest - len(samples))))
    values = _smile(name)(samples, rate)
    return np.asarray(np.nan_to_num(values[0].T), dtype=np.float32)


@cache
def _smile(name: str) -> Smile:
    """Return openSMILE with a configuration of this package; the first takes 0.25 s."""
    _load_with_own_symbols()
    from opensmile import Smile

    functionals = {"functionals": str(_CONFIGURATIONS / "functionals.conf.inc")}
    return Smile(str(_CONFIGURATIONS / f"{name}.conf"), "all", options=functionals, loglevel=0)


def _load_with_own_symbols() -> None:
    """Load openSMILE's library so that it prefers its own symbols to those of other libraries.

    On Linux it would otherwise use symbols of TensorFlow, if that was imported first, and crash.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None or not hasattr(os, "RTLD_DEEPBIND"):
        return
    for library in Path(spec.origin).parent.glob("core/bin/*/libSMILEapi.so"):
        with suppress(OSError):  # a library of another platform; the import reports real errors
            ctypes.CDLL(str(library), mode=os.RTLD_NOW | os.RTLD_DEEPBIND)
