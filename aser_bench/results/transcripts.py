"""What transcribers heard in a run, as tables beside what was said."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..evaluation.wer import COLUMNS
from ..pipeline.worklist import Worklist


def table(worklists: Sequence[Worklist]) -> pd.DataFrame:
    """Return every utterance as each transcriber heard it at each condition.

    Returns
    -------
    pandas.DataFrame
        Columns `aser_bench.evaluation.wer.COLUMNS`; no row where nobody listened.

    Raises
    ------
    RuntimeError
        If what was heard vanished from the cache while the run was going on.
    """
    parts = [
        _heard(worklist, transcriber, condition)
        for worklist in worklists
        for transcriber in worklist.experiment.transcribers
        for condition in worklist.experiment.conditions.names
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _heard(worklist: Worklist, transcriber: str, condition: str) -> pd.DataFrame:
    texts: list[str] = []
    for batch in worklist.batches:
        entry = batch.cache.load("transcripts", batch.transcript_keys[condition, transcriber])
        if entry is None:
            raise RuntimeError("what was heard vanished from the cache while the run was going on")
        texts += entry.meta["texts"]
    told = worklist.ingested.utterances[["utterance", "speaker", "text"]]
    return told.rename(columns={"text": "reference"}).assign(
        corpus=worklist.name, transcripts=transcriber, condition=condition, heard=texts
    )
