"""The front end that openSMILE is: the package ``opensmile``, where a user has installed it.

Its licence is for research only, so it is no part of what is installed by default.
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

from ..core.errors import UsageError

if TYPE_CHECKING:
    from opensmile import Smile

BUILT_IN, PACKAGE = "built-in", "opensmile"
FRONT_ENDS = (BUILT_IN, PACKAGE)
"""The values of the option ``by``: who computes the features."""

OPTION = "option by (built-in, opensmile: research licence)"
"""How the titles of feature sets name it."""

EXTRA = "aser-bench[opensmile]"
"""What to install."""

_CONFIGURATIONS = Path(__file__).parent / "data"
_FULL_SCALE = 2**15
# Shorter signals are filled up: to a frame of each kind, and what the smoothing looks ahead.
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


def check(feature_set: str, by: str) -> None:
    """Raise `UsageError` if the front end ``by`` of a feature set is not installed here."""
    if by == PACKAGE and not installed():
        raise UsageError(
            f"feature set {feature_set}: by={PACKAGE} needs the package {PACKAGE}: pip install "
            f"{EXTRA} (openSMILE is audEERING's; its licence is for research and other "
            "non-commercial use only)"
        )


def installed() -> bool:
    """Return whether the package is there; it is not imported."""
    return find_spec(PACKAGE) is not None


def variants(feature_set: str) -> tuple[str, ...]:
    """Return the specs of a feature set by openSMILE that can be tried here."""
    return (f"{feature_set}:by={PACKAGE}",) if installed() else ()


def packages(by: str) -> tuple[str, ...]:
    """Return the distributions whose version may change what a front end computes."""
    return (PACKAGE,) if by == PACKAGE else ("numpy", "scipy")


def mfcc39(signal: np.ndarray, rate: int) -> np.ndarray:
    """Return MFCC 1-12 and log energy with their differences, float32, shape (frames, 39)."""
    return _values("mfcc39", signal, rate)


def prosody35(signal: np.ndarray, rate: int) -> np.ndarray:
    """Return seven functionals of five descriptors, float32, shape (35,)."""
    names = list(_smile("prosody35").column_names)
    order = [names.index(f"{one}_sma_{f}") for one in _DESCRIPTORS for f in _FUNCTIONALS]
    return _values("prosody35", signal, rate)[0, order]


def _values(name: str, signal: np.ndarray, rate: int) -> np.ndarray:
    """Return what openSMILE makes of a signal, shape (frames, columns); what is none is 0."""
    shortest = int(np.ceil(_SHORTEST_S[name] * rate))
    # openSMILE's package makes 16-bit samples of it, and does not clip: full scale would turn
    # into the most negative sample.
    samples = np.clip(signal, -1, (_FULL_SCALE - 1) / _FULL_SCALE)
    samples = np.pad(samples, (0, max(0, shortest - len(samples))))
    found = _smile(name)(samples, rate)
    return np.nan_to_num(found[0].T).astype(np.float32)


@cache
def _smile(name: str) -> Smile:
    """Return openSMILE with one of our configurations; the first takes a quarter of a second."""
    _load_apart()
    from opensmile import Smile

    functionals = {"functionals": str(_CONFIGURATIONS / "functionals.conf.inc")}
    return Smile(str(_CONFIGURATIONS / f"{name}.conf"), "all", options=functionals, loglevel=0)


def _load_apart() -> None:
    """Load openSMILE's library so that it takes its own symbols before those of others.

    On Linux it would take some of TensorFlow's, where that was imported first, and crash.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None or not hasattr(os, "RTLD_DEEPBIND"):
        return
    for library in Path(spec.origin).parent.glob("core/bin/*/libSMILEapi.so"):
        with suppress(OSError):  # that of another machine; what is wrong with ours, its import says
            ctypes.CDLL(str(library), mode=os.RTLD_NOW | os.RTLD_DEEPBIND)
