"""Audio of the worst utterances, original and coded, for listening."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from .. import corpora
from ..codecs import specs
from ..codecs.audit import match_level
from ..core.errors import AserBenchError, UsageError
from ..core.tables import ORIGINAL, SAMPLE_RATE
from ..corpora.audio import read
from ..corpora.prepare import segments_of
from ..study import config as studies
from ..study.conditions import plan_conditions
from .merge import MergedResults
from .reader import ResultsFolder

AudioExamples = Mapping[tuple[str, str, str], bytes]
"""FLAC files (16 bits, 16 kHz) by corpus, condition and utterance."""

Signal = npt.NDArray[np.float32]

FOLDER, _INDEX = "sounds", "index.csv"


def make(material: MergedResults, worst: pd.DataFrame, number: int) -> AudioExamples:
    """Return audio of the first ``number`` worst utterances, original and coded.

    Parameters
    ----------
    material : MergedResults
        Results with the paths of their corpora.
    worst : pandas.DataFrame
        Columns ``aser_bench.core.findings.WORST``, the worst utterance first.
    number : int
        The number of rows of ``worst`` that are used.

    Raises
    ------
    UsageError
        If a corpus cannot be read from the path recorded in the manifest.
    """
    examples: dict[tuple[str, str, str], bytes] = {}
    for results, source in zip(material.folders, material.sources, strict=True):
        names = {source.corpora.get(name, name): name for name in results.manifest.corpora}
        chosen = worst.head(number)
        chosen = chosen[chosen["corpus"].isin(names)]
        for (corpus, condition), part in chosen.groupby(["corpus", "condition"], sort=False):
            if condition not in set(results.conditions["condition"]):
                continue  # a condition of another results folder
            decoded = _coded(
                results, names[str(corpus)], str(condition), part["utterance"].tolist()
            )
            for utterance, (original, coded) in decoded.items():
                examples[str(corpus), ORIGINAL, utterance] = _flac(original)
                examples[str(corpus), str(condition), utterance] = _flac(coded)
    return examples


def write(examples: AudioExamples, folder: Path) -> None:
    """Write audio files, and an index with their corpora, conditions and utterances."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for key, content in examples.items():
        # Names of utterances can contain any characters.
        readable = "-".join(re.sub(r"[^A-Za-z0-9.]+", "_", part) for part in key)[:100]
        name = f"{readable}-{_digest(key)}.flac"
        (folder / name).write_bytes(content)
        rows.append((*key, name))
    index = pd.DataFrame(rows, columns=["corpus", "condition", "utterance", "file"])
    index.to_csv(folder / _INDEX, index=False, lineterminator="\n")


def load(material: MergedResults, folder: Path) -> AudioExamples:
    """Return the audio examples in ``folder`` and in the results folders."""
    examples: dict[tuple[str, str, str], bytes] = {}
    for place in (*(results.path for results in material.folders), folder):
        index = place / FOLDER / _INDEX
        if not index.is_file():
            continue
        try:
            table = pd.read_csv(index, dtype=str, keep_default_na=False)
            for row in table.itertuples(index=False):
                # The index is not trusted: only files in its folder are opened.
                file = index.parent / Path(str(row.file)).name
                key = str(row.corpus), str(row.condition), str(row.utterance)
                examples[key] = file.read_bytes()
        except (OSError, ValueError, AttributeError) as error:
            raise UsageError(f"{index} cannot be read: {error}; delete {index.parent}") from error
    return examples


def _coded(
    results: ResultsFolder, corpus: str, condition: str, utterances: list[str]
) -> dict[str, tuple[Signal, Signal]]:
    """Return the original and the decoded signal of each utterance."""
    study = studies.resolve(results.manifest.study)
    source = next(choice.source for choice in study.corpora if choice.name == corpus)
    try:
        table = corpora.load_corpus(corpus, source).utterances.set_index("utterance")
        rows = table.loc[utterances]
        parts = zip(rows["file"], segments_of(rows), strict=True)
        signals = [read(str(file), segment=segment) for file, segment in parts]
    except (AserBenchError, KeyError) as error:
        raise UsageError(
            f"listen needs the recordings of {corpus} in {source or 'the package'}: {error}"
        ) from error
    coding = next((c for c in plan_conditions(study).conditions if c.name == condition), None)
    if coding is None:
        raise UsageError(f"listen: the study of {results.path} has no condition {condition}")
    coded = specs.get(coding.codec).roundtrip(signals, SAMPLE_RATE, [coding])[0]
    decoded = [version.signal for version in coded]
    if study.match_level:
        decoded = [match_level(*pair) for pair in zip(signals, decoded, strict=True)]
    return dict(zip(utterances, zip(signals, decoded, strict=True), strict=True))


def _flac(signal: Signal) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(signal, -1, 1), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def _digest(key: tuple[str, str, str]) -> str:
    import hashlib

    return hashlib.sha256("\0".join(key).encode()).hexdigest()[:8]
