"""Findings: the tables that the evaluation computes from predictions, and their columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import pandas as pd

GROUP = ("corpus", "features", "model", "protocol")
"""First columns of the tables that have results of models."""

COMPARED = (*GROUP, "training", "train_condition", "condition")
"""A test condition compared with the original; ``training`` is one of `TRAININGS`."""

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
    "why",
)
"""The columns of each metric follow them; see `cell_columns`."""

LOSSES = (
    *COMPARED,
    "metric",
    "family",
    "original",
    "value",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "comparisons",
    "not_tested",
    "p_permutation",
    "p_permutation_smallest",
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
    "family",
    "n_utterances",
    "original",
    "value",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "comparisons",
    "not_tested",
    "significant",
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
    "uar_original",
    "uar_low",
    "uar_high",
    "chance",
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

NOISE = (
    *COMPARED,
    "noise_condition",
    "difference",
    "low",
    "high",
    "changed",
    "noise",
    "noise_low",
    "noise_high",
    "noise_changed",
    "within_noise",
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
"""Mean and standard deviation of the features of the original recordings, for checks."""

LEAKS = ("corpus", "protocol", "fold", "kind", "shared", "utterances", "n_test", "known")

FOLDS = ("corpus", "protocol", "fold", "emotion", "n_train", "n_dev", "n_test")
"""Number of utterances of each emotion in the parts of each fold; NaN if it is unknown."""

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
"""Transcripts of each utterance at each condition; ``heard`` is the transcript."""

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


def cell_columns(metrics: Iterable[str]) -> tuple[str, ...]:
    """Return the columns of the table of cells: `CELLS`, then three for each metric.

    Examples
    --------
    >>> cell_columns(["uar"])[-3:]
    ('uar', 'uar_low', 'uar_high')
    """
    return (*CELLS, *(f"{name}{end}" for name in metrics for end in ("", "_low", "_high")))


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(columns=list(columns))


@dataclass(frozen=True)
class Findings:
    """All tables that are computed from predictions; fractions are from 0 to 1.

    Attributes
    ----------
    margin : float
        Largest tolerated loss, as a fraction of the metric.
    confidence : float
        Confidence of the intervals.
    repeats : int
        Number of draws of the folds; with one, intervals leave out the variation of the training.
    cells : pandas.DataFrame
        One row for each cell, columns `cell_columns`: each metric over all test utterances of all
        folds, mean over runs, with its speaker-clustered interval ``<metric>_low`` to
        ``<metric>_high`` (NaN and the reason in ``why`` if there is none). These are the values
        that all tables, figures and verdicts show and compare.
    losses : pandas.DataFrame
        One row for each condition, training and metric, columns `LOSSES`: ``value`` at the
        condition and ``original``; ``difference`` is value minus original, with its
        speaker-clustered interval ``low`` to ``high`` (NaN and the reason in ``why`` if there is
        none); ``p`` is that of the t of the interval, NaN with the reason in ``not_tested`` if
        nothing was tested; ``p_holm`` is corrected for all ``comparisons`` of the ``family``
        (``codecs`` or ``controls``): the tested models and conditions with the same metric,
        training, corpus, feature set and protocol; ``significant`` if that is below 5 % and the
        difference is a loss; ``p_permutation`` of the permutation test by speaker, which cannot be
        below ``p_permutation_smallest``, and ``p_mcnemar`` are for information; ``decision`` is
        ``non-inferior``, ``inferior`` or ``inconclusive`` at the margin; ``effect`` is the mean
        difference in standard deviations over speakers; ``retained`` the share of the original's
        UAR above chance (only for the UAR, NaN if the original is at chance).
    recalls : pandas.DataFrame
        The same for the recall of each emotion, columns `RECALLS`, with its precision and the
        emotion that it is most often confused with (``confused_share`` of its utterances). The
        interval is one for proportions, from -1 to 1; ``p_holm`` is corrected for all emotions,
        models and conditions of the family. Has rows for the condition ``original`` too, without
        a test.
    confusions : pandas.DataFrame
        Columns `CONFUSIONS`: ``share`` of the utterances of ``truth`` that are predicted as
        ``predicted``; has rows for ``original``.
    speakers : pandas.DataFrame
        UAR of each speaker at the original and at the condition, columns `SPEAKERS`.
    robustness : pandas.DataFrame
        One row for each codec with bitrates, columns `ROBUSTNESS`: ``area`` under the UAR curve
        over log2 of the bitrate, divided by the range; codec errors relative to ``reference`` (1 is
        as good); ``safe`` is ``yes``, ``none``, ``inconclusive`` or ``at chance`` (the interval
        ``uar_low`` to ``uar_high`` of the original's UAR is not above ``chance``), and
        ``sentence`` describes it.
    bandwidth : pandas.DataFrame
        Columns `BANDWIDTH`: the change of the UAR (negative: a loss) split into that of a low-pass
        filter of the same bandwidth and the rest.
    noise : pandas.DataFrame
        The change of the UAR at each condition beside that at the control ``dither``, the
        measurement noise, columns `NOISE`: ``changed`` and ``noise_changed`` are the shares of
        predictions that differ from those at the original; ``within_noise`` is whether the change
        is no larger than the limit of the control's interval that is farther from 0. Empty without
        the control.
    worst : pandas.DataFrame
        Utterances that are correct at the original and wrong at a condition, those with the
        largest ``confidence`` in the wrong emotion first, columns `WORST`.
    drift : pandas.DataFrame
        Columns `DRIFT`: ``shift`` of each feature's mean in standard deviations of the original,
        ``spread``: root mean square of the shifts of single utterances, ``sd_ratio``.
    leaks : pandas.DataFrame
        Columns `LEAKS`: for each fold and ``kind`` (speaker, recording, sentence) the number that
        is in both training and test, and how many of the ``n_test`` test utterances are affected;
        ``known`` is false if it is unknown for some utterances.
    folds : pandas.DataFrame
        Columns `FOLDS`: the utterances of each emotion in training, dev and test of each fold, dev
        empty if no model uses it; training and dev are NaN for results of earlier versions.
    leakage_effect : pandas.DataFrame
        Columns `LEAKAGE_EFFECT`: UAR of the original under a random protocol minus that under the
        speaker-disjoint one, on the utterances that both tested.
    wer : pandas.DataFrame
        One row for each transcriber and condition, columns `WER`: ``wer`` is the number of errors
        over the number of reference words, with its speaker-clustered interval (NaN and the reason
        in ``why`` if there is none); ``empty`` is the share of utterances with an empty transcript.
        Empty if nothing was transcribed.
    transcript_errors : pandas.DataFrame
        For each transcriber and condition the few utterances with the largest increase in errors
        over the original, columns `TRANSCRIPT_ERRORS`.
    """

    margin: float = 0.02
    confidence: float = 0.95
    repeats: int = 1
    cells: pd.DataFrame = field(default_factory=lambda: _empty(CELLS))
    losses: pd.DataFrame = field(default_factory=lambda: _empty(LOSSES))
    recalls: pd.DataFrame = field(default_factory=lambda: _empty(RECALLS))
    confusions: pd.DataFrame = field(default_factory=lambda: _empty(CONFUSIONS))
    speakers: pd.DataFrame = field(default_factory=lambda: _empty(SPEAKERS))
    robustness: pd.DataFrame = field(default_factory=lambda: _empty(ROBUSTNESS))
    bandwidth: pd.DataFrame = field(default_factory=lambda: _empty(BANDWIDTH))
    noise: pd.DataFrame = field(default_factory=lambda: _empty(NOISE))
    worst: pd.DataFrame = field(default_factory=lambda: _empty(WORST))
    drift: pd.DataFrame = field(default_factory=lambda: _empty(DRIFT))
    leaks: pd.DataFrame = field(default_factory=lambda: _empty(LEAKS))
    folds: pd.DataFrame = field(default_factory=lambda: _empty(FOLDS))
    leakage_effect: pd.DataFrame = field(default_factory=lambda: _empty(LEAKAGE_EFFECT))
    wer: pd.DataFrame = field(default_factory=lambda: _empty(WER))
    transcript_errors: pd.DataFrame = field(default_factory=lambda: _empty(TRANSCRIPT_ERRORS))

    def __repr__(self) -> str:
        """Return one line with the sizes of the main tables and the margin."""
        sizes = f"{len(self.cells)} cells, {len(self.losses)} losses"
        return f"Findings({sizes}, margin {self.margin:g})"


def transcriber_of(model: str, transcribers: Iterable[str]) -> str:
    """Return the transcriber of the texts that a model reads; empty if there is none.

    The name of such a model is ``<model>-<transcriber>``. If the transcripts of two runs differ,
    the names of model and transcriber are followed by the name of the run in parentheses.

    Examples
    --------
    >>> transcriber_of("mdre-pocketsphinx", ["whisper", "pocketsphinx"]), transcriber_of("mdre", [])
    ('pocketsphinx', '')
    >>> transcriber_of("tre-whisper (one)", ["whisper (two)", "whisper (one)"])
    'whisper (one)'
    """
    stem, _, run = model.partition(" (")
    matches = []
    for name in transcribers:
        bare, bracket, label = name.partition(" (")
        if stem.endswith(f"-{bare}") and (not bracket or run == label):
            matches.append(name)
    # A name can be the end of another one: take the longest.
    return max(matches, key=len, default="")
