"""Feature sets: numbers computed from signals. `extract` computes several sets in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..core import registry
from ..core.arguments import check_sample_rate
from ..core.errors import AudioError, UsageError
from ..core.options import split_spec
from .base import FeatureBundle, FeatureSet

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from .audio_signal import AudioSignal

__all__ = [
    "audio_signals",
    "columns",
    "extract",
    "extract_features",
    "extracted_sets",
    "feature_type",
    "get",
    "resolve",
    "version",
]


def resolve(spec: str) -> FeatureSet | FeatureBundle:
    """Return the feature set or bundle of a spec, as given on the command line.

    Raises
    ------
    UsageError
        For an unknown feature set or option, or a value that is not valid for the option.
    """
    if not isinstance(spec, str):
        raise UsageError(f"the name of a feature set must be a string, not {spec!r}")
    name_parts, options = split_spec(spec)
    name = ":".join(name_parts)
    target = registry.get("features", name)
    component: FeatureSet | FeatureBundle
    if _is_bundle(target):
        component = registry.as_instance("features", name, target, FeatureBundle)  # type: ignore[type-abstract]
    else:
        component = registry.as_instance("features", name, target, FeatureSet)  # type: ignore[type-abstract]
    return component.with_options(options) if options else component


def _is_bundle(target: object) -> bool:
    return issubclass(target if isinstance(target, type) else type(target), FeatureBundle)


def get(spec: str) -> FeatureSet:
    """Return the feature set of a spec: ``functionals``, ``frames:parts=mfcc+chroma``.

    Raises
    ------
    UsageError
        As `resolve`, and for a bundle, which consists of several feature sets.

    Examples
    --------
    >>> get("functionals:tuning=0").tuning
    '0'
    """
    component = resolve(spec)
    if isinstance(component, FeatureBundle):
        parts = component.feature_sets.values()
        raise UsageError(f"{spec} is not one feature set but {len(parts)}: {', '.join(parts)}")
    return component


def feature_type(spec: str) -> str:
    """Return the type of a spec's output: ``vector``, ``frames``, or ``dual`` for a bundle."""
    component = resolve(spec)
    if isinstance(component, FeatureBundle):
        return "dual"
    return next(iter(component.feature_sets))


def extracted_sets(spec: str) -> dict[str, str]:
    """Return the feature sets that are extracted for a spec, by their type.

    Every process finds them by these names: a feature set that was named by its module keeps that
    name, because its own one is not registered.
    """
    component = resolve(spec)
    if isinstance(component, FeatureBundle):
        return dict(component.feature_sets)
    try:
        is_registered = resolve(component.spec) == component
    except UsageError:
        is_registered = False
    return {feature_type(spec): component.spec if is_registered else spec}


def columns(spec: str) -> tuple[str, ...]:
    """Return the names of all values of a spec; for a bundle, those of its parts in order."""
    parts = extracted_sets(spec).values()
    return tuple(column for part in parts for column in get(part).columns)


def version(spec: str) -> int | str:
    """Return the version of a feature set, or the versions of a bundle's parts as one string."""
    component = resolve(spec)
    if isinstance(component, FeatureSet):
        return component.version
    return ", ".join(f"{part} {get(part).version}" for part in component.feature_sets.values())


def audio_signals(signals: Sequence[npt.NDArray[np.floating]], rate: int) -> list[AudioSignal]:
    """Return uncoded recordings in the form that `extract` takes as ``originals``.

    Nothing is computed.
    """
    from .audio_signal import AudioSignal

    return [AudioSignal(signal, rate) for signal in signals]


def extract(
    sets: Sequence[str],
    signals: Sequence[npt.NDArray[np.floating]],
    rate: int,
    originals: Sequence[AudioSignal] | None = None,
) -> dict[str, list[npt.NDArray[np.float32]]]:
    """Return features of a batch of utterances; all feature sets share one spectrum per utterance.

    Utterances are processed one at a time. Apart from the results, memory does not grow with
    the size of the batch.

    Parameters
    ----------
    sets : sequence of str
        Feature sets with their options: ``["functionals", "frames:parts=mfcc+mel"]``.
    signals : sequence of numpy.ndarray
        Mono signals, each of shape (samples,); lengths may differ.
    rate : int
        Sample rate of the signals in Hz.
    originals : sequence of AudioSignal, optional
        Uncoded recordings of which the signals are versions (see `audio_signals`). Their tuning
        estimates are reused by later calls. By default the signals are the originals.

    Returns
    -------
    dict of str to list of numpy.ndarray
        Feature set, as given in ``sets`` -> float32 array for each utterance, of shape
        (columns,), or (frames, columns) for a feature set with ``per_frame``.

    Raises
    ------
    UsageError
        For an unknown feature set.
    AudioError
        If a signal is empty, not mono or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(16_000) / 16_000
    >>> sine = 0.5 * np.sin(2764 * time)
    >>> features = extract(["functionals", "frames"], [sine], 16_000)
    >>> features["functionals"][0].shape, features["frames"][0].shape
    ((180,), (32, 40))
    """
    components = {spec: get(spec) for spec in sets}
    results: dict[str, list[npt.NDArray[np.float32]]] = {spec: [] for spec in components}
    for signal in _versions(signals, rate, originals):
        for spec, component in components.items():
            results[spec].append(component.extract(signal))
        signal.clear_cache()
        signal.original.clear_cache()
    return results


def extract_features(
    signals: npt.NDArray[np.floating] | Sequence[npt.NDArray[np.floating]],
    rate: int,
    features: str = "functionals",
) -> pd.DataFrame:
    """Return the features of one signal, or of several, as a data frame.

    Parameters
    ----------
    signals : numpy.ndarray of shape (samples,), or sequence of such
        Mono, full scale is 1.
    rate : int
        Sample rate in Hz.
    features : str
        A feature set with its options: ``functionals``, ``robust``, ``frames:parts=mfcc+mel``.

    Returns
    -------
    pandas.DataFrame
        One column per feature. One row per signal (index ``signal``), or, for feature sets of
        frames, one row per frame (index ``signal``, ``frame``). float32.

    Raises
    ------
    UsageError
        If there is no such feature set, or ``rate`` is not a sample rate.
    AudioError
        If a signal is empty, not mono, not finite, or not floating-point.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> extract_features(tone, 16_000).shape
    (1, 180)
    """
    import numpy as np
    import pandas as pd

    check_sample_rate(rate)
    if not isinstance(signals, np.ndarray | Sequence):
        raise UsageError(f"signals must be an array or a list of arrays, not {signals!r}")
    if isinstance(signals, np.ndarray) and signals.ndim == 1:
        signals = [signals]
    kinds = [np.asarray(signal).dtype for signal in signals]
    if wrong := [kind for kind in kinds if kind.kind in "biuc"]:
        raise AudioError(f"a signal must be floating-point with full scale 1, not {wrong[0]}")
    rows = extract([features], list(signals), rate)[features]
    columns = list(get(features).columns)
    if not get(features).per_frame:
        values = np.reshape(rows, (len(rows), len(columns)))
        return pd.DataFrame(values, columns=columns, index=pd.RangeIndex(len(rows), name="signal"))
    index = [(number, frame) for number, row in enumerate(rows) for frame in range(len(row))]
    names = pd.MultiIndex.from_tuples(index, names=["signal", "frame"])
    return pd.DataFrame(
        np.vstack([np.empty((0, len(columns)), np.float32), *rows]), columns=columns, index=names
    )


def _versions(
    signals: Sequence[npt.NDArray[np.floating]], rate: int, originals: Sequence[AudioSignal] | None
) -> Iterator[AudioSignal]:
    import numpy as np

    from .audio_signal import AudioSignal

    references: Sequence[AudioSignal | None] = originals or [None] * len(signals)
    for samples, original in zip(signals, references, strict=True):
        if original is not None and np.array_equal(samples, original.signal):
            yield original  # not coded: its tuning estimate can be reused
        else:
            yield AudioSignal(samples, rate, original)
