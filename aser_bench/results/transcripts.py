"""Transcripts of a run, as a table with the reference."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..evaluation.wer import COLUMNS
from ..pipeline.worklist import Worklist


def table(worklists: Sequence[Worklist]) -> pd.DataFrame:
    """Return the transcript of every utterance by each transcriber at each condition.

    Returns
    -------
    pandas.DataFrame
        Columns `aser_bench.evaluation.wer.COLUMNS`; no rows in a study without transcribers.

    Raises
    ------
    RuntimeError
        If transcripts were removed from the cache during the run.
    """
    parts = [
        _transcripts(worklist, transcriber, condition)
        for worklist in worklists
        for transcriber in worklist.experiment.transcribers
        for condition in worklist.experiment.conditions.names
    ]
    if not parts:
        return pd.DataFrame(columns=list(COLUMNS))
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def _transcripts(worklist: Worklist, transcriber: str, condition: str) -> pd.DataFrame:
    texts: list[str] = []
    for batch in worklist.batches:
        entry = batch.cache.load("transcripts", batch.transcript_keys[condition, transcriber])
        if entry is None:
            raise RuntimeError("transcripts were removed from the cache during the run; run again")
        texts += entry.meta["texts"]
    utterances = worklist.ingested.utterances[["utterance", "speaker", "text"]]
    return utterances.rename(columns={"text": "reference"}).assign(
        corpus=worklist.name, transcripts=transcriber, condition=condition, heard=texts
    )
