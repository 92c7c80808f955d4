"""What the evaluation finds in a run's predictions: the tables that the report is written from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

GROUP = ("corpus", "features", "model", "protocol")
"""What every table of findings starts with, but for those that no model plays a part in."""

COMPARED = (*GROUP, "training", "train_condition", "condition")
"""A test condition set against the original; ``training`` is one of `TRAININGS`."""

TRAININGS = {
    "matched": "trained and tested at the same condition",
    "clean": "trained on the original, tested at each condition",
    "multi": "trained on all conditions pooled, tested at each condition",
}

CELLS = (
    *GROUP,
    "train_condition",
    "test_condition",
    "n_utterances",
    "n_speakers",
    "n_runs",
    "chance",
    "ece",
    "brier",
    "uar_low",
    "uar_high",
)
"""One column for each metric follows them."""

LOSSES = (
    *COMPARED,
    "metric",
    "original",
    "value",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "p_mcnemar",
    "effect",
    "retained",
    "significant",
    "decision",
    "n_utterances",
    "n_speakers",
    "why",
    "low_unclustered",
    "high_unclustered",
)

RECALLS = (
    *COMPARED,
    "emotion",
    "n_utterances",
    "original",
    "value",
    "difference",
    "low",
    "high",
    "precision",
    "confused_with",
    "confused_share",
)

CONFUSIONS = (*COMPARED, "truth", "predicted", "share")

SPEAKERS = (*COMPARED, "speaker", "n_utterances", "original", "value")

ROBUSTNESS = (
    *GROUP,
    "training",
    "codec",
    "n_bitrates",
    "area",
    "codec_error",
    "relative_codec_error",
    "reference",
    "safe",
    "safe_kbps",
    "sentence",
    "needed_utterances",
    "needed_speakers",
)

BANDWIDTH = (
    *COMPARED,
    "lowpass",
    "loss",
    "loss_low",
    "loss_high",
    "bandwidth",
    "bandwidth_low",
    "bandwidth_high",
    "artefacts",
    "artefacts_low",
    "artefacts_high",
)

WORST = (
    *COMPARED,
    "utterance",
    "speaker",
    "truth",
    "predicted_original",
    "predicted",
    "confidence",
)

DRIFT = ("corpus", "features", "condition", "feature", "shift", "spread", "sd_ratio")

FEATURES = ("corpus", "features", "feature", "mean", "sd")
"""What the features of the original recordings are, so that a check sees when they move."""

LEAKS = ("corpus", "protocol", "fold", "kind", "shared", "utterances", "n_test", "known")

LEAKAGE_EFFECT = (
    "corpus",
    "features",
    "model",
    "random",
    "disjoint",
    "uar_random",
    "uar_disjoint",
    "difference",
    "low",
    "high",
    "n_utterances",
    "n_speakers",
)

TRANSCRIPTS = ("corpus", "transcripts", "condition", "utterance", "reference", "heard")
"""What each transcriber heard in each utterance at each condition, as a run leaves it."""

WER = (
    "corpus",
    "transcripts",
    "condition",
    "utterances",
    "words",
    "substitutions",
    "deletions",
    "insertions",
    "wer",
    "low",
    "high",
    "empty",
    "why",
)

TRANSCRIPT_ERRORS = (
    "corpus",
    "transcripts",
    "condition",
    "utterance",
    "reference",
    "hypothesis_original",
    "hypothesis",
    "words",
    "errors_original",
    "errors",
)


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True)
class Findings:
    """Everything that is computed from predictions; fractions are from 0 to 1.

    Attributes
    ----------
    margin : float
        The largest loss (fraction of the metric) that counts as none.
    confidence : float
        Of every interval.
    cells : pandas.DataFrame
        One row a cell, columns `CELLS`: metrics over all test utterances of all folds, mean over
        runs, and the interval of the UAR. (The scores' means over folds may differ a little.)
    losses : pandas.DataFrame
        One row a condition x training x metric, columns `LOSSES`: ``value`` at the condition
        against ``original``; ``difference`` is value less original, so that a loss is negative,
        with its speaker-clustered interval ``low`` to ``high`` (NaN and the reason in ``why``
        where there is none); ``p`` of the permutation test by speaker, ``p_holm`` corrected for
        all comparisons of the metric and training in the same corpus, feature set and protocol
        (all models and conditions); ``significant`` where that is below 5 % and a loss;
        ``decision`` is ``non-inferior``, ``inferior`` or ``inconclusive`` at the margin;
        ``effect`` the mean difference in standard deviations over speakers; ``retained`` the
        share of the original's UAR above chance (UAR alone, NaN where the original is at chance).
    recalls : pandas.DataFrame
        The same for the recall of each emotion, columns `RECALLS`, with its precision and what
        it is most often taken for (``confused_share`` of its utterances). Holds rows for the
        condition ``original`` too.
    confusions : pandas.DataFrame
        Columns `CONFUSIONS`: ``share`` of the utterances of ``truth`` that are called
        ``predicted``; with rows for ``original``.
    speakers : pandas.DataFrame
        UAR of each speaker at the original and at the condition, columns `SPEAKERS`.
    robustness : pandas.DataFrame
        One row a codec with bitrates, columns `ROBUSTNESS`: ``area`` under the UAR curve over
        log2 of the bitrate, divided by the range; codec errors against ``reference`` (1 is as
        good); ``safe`` is ``yes``, ``none`` or ``inconclusive`` and ``sentence`` says it in words.
    bandwidth : pandas.DataFrame
        Columns `BANDWIDTH`: the UAR's change (negative: a loss) split into what a low-pass filter
        of the same bandwidth does too and what the coding does beyond.
    worst : pandas.DataFrame
        Utterances that went from right to wrong, those of the largest ``confidence`` in the wrong
        word first, columns `WORST`.
    drift : pandas.DataFrame
        Columns `DRIFT`: ``shift`` of each feature's mean in the original's standard deviations,
        ``spread``: root mean square of the shifts of single utterances, ``sd_ratio``.
    leaks : pandas.DataFrame
        Columns `LEAKS`: by fold and ``kind`` (speaker, recording, sentence) how many stand both
        in training and in test, and how many of the ``n_test`` test utterances that touches;
        ``known`` is false where the corpus does not tell.
    leakage_effect : pandas.DataFrame
        Columns `LEAKAGE_EFFECT`: UAR of the original under a random protocol less that under the
        speaker-disjoint one, on the utterances that both tested.
    wer : pandas.DataFrame
        One row a transcriber and condition, columns `WER`: ``wer`` is all errors over all
        reference words, with its speaker-clustered interval (NaN and the reason in ``why``
        where there is none); ``empty`` the share of utterances in which nothing was heard.
        Empty where nothing was recognised.
    transcript_errors : pandas.DataFrame
        The few utterances of each transcriber and condition that are heard worse than in the
        original by most, columns `TRANSCRIPT_ERRORS`.
    """

    margin: float = 0.02
    confidence: float = 0.95
    cells: pd.DataFrame = field(default_factory=lambda: _empty(CELLS))
    losses: pd.DataFrame = field(default_factory=lambda: _empty(LOSSES))
    recalls: pd.DataFrame = field(default_factory=lambda: _empty(RECALLS))
    confusions: pd.DataFrame = field(default_factory=lambda: _empty(CONFUSIONS))
    speakers: pd.DataFrame = field(default_factory=lambda: _empty(SPEAKERS))
    robustness: pd.DataFrame = field(default_factory=lambda: _empty(ROBUSTNESS))
    bandwidth: pd.DataFrame = field(default_factory=lambda: _empty(BANDWIDTH))
    worst: pd.DataFrame = field(default_factory=lambda: _empty(WORST))
    drift: pd.DataFrame = field(default_factory=lambda: _empty(DRIFT))
    leaks: pd.DataFrame = field(default_factory=lambda: _empty(LEAKS))
    leakage_effect: pd.DataFrame = field(default_factory=lambda: _empty(LEAKAGE_EFFECT))
    wer: pd.DataFrame = field(default_factory=lambda: _empty(WER))
    transcript_errors: pd.DataFrame = field(default_factory=lambda: _empty(TRANSCRIPT_ERRORS))


def transcriber_of(model: str, transcribers: Iterable[str]) -> str:
    """Return the transcriber whose words a model reads, empty where it reads none of them.

    A model is called ``<model>-<transcriber>`` then; where two runs mean different things by it,
    both have the run's name behind theirs in brackets.

    Examples
    --------
    >>> transcriber_of("mdre-pocketsphinx", ["whisper", "pocketsphinx"]), transcriber_of("mdre", [])
    ('pocketsphinx', '')
    >>> transcriber_of("tre-whisper (one)", ["whisper (two)", "whisper (one)"])
    'whisper (one)'
    """
    read, _, run = model.partition(" (")
    found = []
    for name in transcribers:
        bare, bracket, label = name.partition(" (")
        if read.endswith(f"-{bare}") and (not bracket or run == label):
            found.append(name)
    # One name may end like another.
    return max(found, key=len, default="")
