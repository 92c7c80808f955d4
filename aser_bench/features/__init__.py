"""Feature sets: numbers of signals. `extract` makes all that are asked for in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ..core import registry
from ..core.errors import UsageError
from ..core.options import split_spec
from .base import FeatureBundle, FeatureSet

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from .audio_signal import AudioSignal

__all__ = [
    "audio_signals",
    "columns",
    "extract",
    "extract_features",
    "feature_type",
    "get",
    "version",
]


def resolve(spec: str) -> FeatureSet | FeatureBundle:
    """Return the feature set or bundle of a spec, as the command line takes it.

    Raises
    ------
    UsageError
        For an unknown feature set or option, or a value that the option does not take.
    """
    words, options = split_spec(spec)
    name = ":".join(words)
    target = registry.get("features", name)
    is_bundle = isinstance(target, FeatureBundle) or (
        isinstance(target, type) and issubclass(target, FeatureBundle)
    )
    found: FeatureSet | FeatureBundle = registry.as_instance(
        "features", name, target, FeatureBundle if is_bundle else FeatureSet
    )
    return found.with_options(options) if options else found


def get(spec: str) -> FeatureSet:
    """Return the feature set of a spec: ``functionals``, ``frames:parts=mfcc+chroma``.

    Raises
    ------
    UsageError
        As `named`, and for a bundle, which is made of feature sets and is none.

    Examples
    --------
    >>> get("functionals:tuning=0").tuning
    '0'
    """
    found = resolve(spec)
    if isinstance(found, FeatureBundle):
        parts = ", ".join(found.feature_sets.values())
        raise UsageError(f"{spec} is not one feature set but {len(found.feature_sets)}: {parts}")
    return found


def feature_type(spec: str) -> str:
    """Return what a spec gives: ``vector``, ``frames``, or ``dual`` for a bundle of both."""
    found = resolve(spec)
    return "dual" if isinstance(found, FeatureBundle) else next(iter(found.feature_sets))


def columns(spec: str) -> tuple[str, ...]:
    """Return the names of all values of a spec; those of a bundle, part after part."""
    return tuple(
        column for part in resolve(spec).feature_sets.values() for column in get(part).columns
    )


def version(spec: str) -> int | str:
    """Return the version of a feature set, or those of a bundle's parts in one word."""
    found = resolve(spec)
    if isinstance(found, FeatureSet):
        return found.version
    return ", ".join(f"{part} {get(part).version}" for part in found.feature_sets.values())


def audio_signals(signals: Sequence[np.ndarray], rate: int) -> list[AudioSignal]:
    """Return signals as `extract` takes them as originals; nothing is computed yet."""
    from .audio_signal import AudioSignal

    return [AudioSignal(signal, rate) for signal in signals]


def extract(
    sets: Sequence[str],
    signals: Sequence[np.ndarray],
    rate: int,
    originals: Sequence[AudioSignal] | None = None,
) -> dict[str, list[np.ndarray]]:
    """Return features of a batch of utterances, each transformed once for all feature sets.

    One utterance is worked on at a time, so that memory does not grow with the batch (but by
    the results).

    Parameters
    ----------
    sets : sequence of str
        Feature sets with their options: ``["functionals", "frames:parts=mfcc+mel"]``.
    signals : sequence of numpy.ndarray
        Mono, shape (samples,), of whatever lengths.
    rate : int
        Their sample rate in Hz.
    originals : sequence of AudioSignal, optional
        The uncoded recordings of which the signals are versions (see `sounds`). What was
        found out about them once is kept in them for the next call. By default the signals
        are the originals.

    Returns
    -------
    dict of str to list of numpy.ndarray
        Feature set, as it was asked for -> float32 for each utterance: (columns,), or (frames,
        columns) where the set has frames.

    Raises
    ------
    UsageError
        For a feature set that does not exist.
    AudioError
        If a signal is empty, not mono or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> time = np.arange(16_000) / 16_000
    >>> found = extract(["functionals", "frames"], [0.5 * np.sin(2764 * time)], 16_000)
    >>> found["functionals"][0].shape, found["frames"][0].shape
    ((180,), (32, 40))
    """
    made = {spec: get(spec) for spec in sets}
    found: dict[str, list[np.ndarray]] = {spec: [] for spec in made}
    for sound in _versions(signals, rate, originals):
        for spec, one in made.items():
            found[spec].append(one.extract(sound))
        sound.clear_cache()
        sound.original.clear_cache()
    return found


def extract_features(
    signals: np.ndarray | Sequence[np.ndarray], rate: int, features: str = "functionals"
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
        If there is no such feature set.
    AudioError
        If a signal is empty, not mono or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    >>> extract_features(tone, 16_000).shape
    (1, 180)
    """
    import numpy as np
    import pandas as pd

    single = isinstance(signals, np.ndarray) and signals.ndim == 1
    rows = extract([features], [signals] if single else list(signals), rate)[features]
    columns = list(get(features).columns)
    if not get(features).per_frame:
        values = np.reshape(rows, (len(rows), len(columns)))
        return pd.DataFrame(values, columns=columns, index=pd.RangeIndex(len(rows), name="signal"))
    index = [(number, frame) for number, row in enumerate(rows) for frame in range(len(row))]
    names = pd.MultiIndex.from_tuples(index, names=["signal", "frame"])
    return pd.DataFrame(np.vstack(rows), columns=columns, index=names)


def _versions(
    signals: Sequence[np.ndarray], rate: int, originals: Sequence[AudioSignal] | None
) -> Iterator[AudioSignal]:
    import numpy as np

    from .audio_signal import AudioSignal

    known: Sequence[AudioSignal | None] = originals or [None] * len(signals)
    for signal, original in zip(signals, known, strict=True):
        if original is not None and np.array_equal(signal, original.signal):
            yield original  # no codec has touched it: what is known of it holds
        else:
            yield AudioSignal(signal, rate, original)
