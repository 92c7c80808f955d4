"""The sounds of the worst utterances, original and coded, for people who want to listen."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import corpora
from ..codecs import specs
from ..codecs.audit import match_level
from ..core.errors import AserBenchError, UsageError
from ..core.tables import ORIGINAL, SAMPLE_RATE
from ..corpora.audio import read
from ..study import config as studies
from ..study.conditions import plan_conditions
from .reader import Folder, Material

Sounds = Mapping[tuple[str, str, str], bytes]
"""(corpus, condition, utterance) -> FLAC file of 16 bits at 16 kHz."""

FOLDER, _INDEX = "sounds", "index.csv"


def make(material: Material, worst: pd.DataFrame, number: int) -> Sounds:
    """Return the sounds of the first ``number`` worst utterances, original and coded.

    Raises
    ------
    UsageError
        If a corpus cannot be read where the run found it.
    """
    found: dict[tuple[str, str, str], bytes] = {}
    for one, source in zip(material.folders, material.sources, strict=True):
        names = {source.corpora.get(name, name): name for name in one.manifest.corpora}
        own = worst.head(number)
        own = own[own["corpus"].isin(names)]
        for (corpus, condition), part in own.groupby(["corpus", "condition"], sort=False):
            if condition not in set(one.conditions["condition"]):
                continue  # another folder's
            heard = _coded(one, names[corpus], str(condition), part["utterance"].tolist())
            for utterance, (original, coded) in heard.items():
                found[str(corpus), ORIGINAL, utterance] = _flac(original)
                found[str(corpus), str(condition), utterance] = _flac(coded)
    return found


def write(sounds: Sounds, folder: Path) -> None:
    """Write sounds as files, and an index that says whose each one is."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for key, content in sounds.items():
        # Corpora name utterances as they like.
        plain = "-".join(re.sub(r"[^A-Za-z0-9.]+", "_", part) for part in key)[:100]
        name = f"{plain}-{_digest(key)}.flac"
        (folder / name).write_bytes(content)
        rows.append((*key, name))
    index = pd.DataFrame(rows, columns=["corpus", "condition", "utterance", "file"])
    index.to_csv(folder / _INDEX, index=False, lineterminator="\n")


def load(material: Material, folder: Path) -> Sounds:
    """Return the sounds that lie in ``folder`` or in the folders that are reported on."""
    found: dict[tuple[str, str, str], bytes] = {}
    for place in (*(one.path for one in material.folders), folder):
        index = place / FOLDER / _INDEX
        if not index.is_file():
            continue
        try:
            table = pd.read_csv(index, dtype=str, keep_default_na=False)
            for row in table.itertuples(index=False):
                # The index may be anybody's: nothing outside of its folder is opened.
                file = index.parent / Path(str(row.file)).name
                key = str(row.corpus), str(row.condition), str(row.utterance)
                found[key] = file.read_bytes()
        except (OSError, ValueError, AttributeError) as error:
            raise UsageError(f"{index} cannot be read: {error}; delete {index.parent}") from error
    return found


def _coded(
    one: Folder, corpus: str, condition: str, utterances: list[str]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return each utterance as it was recorded and as it came out of the condition."""
    study = studies.resolve(one.manifest.study)
    source = next(choice.source for choice in study.corpora if choice.name == corpus)
    try:
        table = corpora.load_corpus(corpus, source).utterances.set_index("utterance")
        signals = [read(str(table.loc[name, "file"])) for name in utterances]
    except (AserBenchError, KeyError) as error:
        raise UsageError(
            f"--listen needs the recordings of {corpus} where the run found them "
            f"({source or 'in the package'}): {error}"
        ) from error
    treated = next((c for c in plan_conditions(study).conditions if c.name == condition), None)
    if treated is None:
        raise UsageError(f"--listen: the study of {one.path} has no condition {condition}")
    coded = specs.get(treated.codec).roundtrip(signals, SAMPLE_RATE, [treated])[0]
    heard = [version.signal for version in coded]
    if study.match_level:
        heard = [match_level(*pair) for pair in zip(signals, heard, strict=True)]
    return dict(zip(utterances, zip(signals, heard, strict=True), strict=True))


def _flac(signal: np.ndarray) -> bytes:
    import soundfile

    buffer: Any = io.BytesIO()
    soundfile.write(buffer, np.clip(signal, -1, 1), SAMPLE_RATE, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


def _digest(key: tuple[str, str, str]) -> str:
    import hashlib

    return hashlib.sha256("\0".join(key).encode()).hexdigest()[:8]
