"""The sentences of the verdict and the confusions of emotions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest

from aser_bench.core import findings as contract
from aser_bench.core.context import Context
from aser_bench.core.findings import Findings
from aser_bench.core.tables import CONDITIONS
from aser_bench.report.verdict import errors, verdict

GROUP = {"corpus": "voices", "features": "functionals", "model": "svm", "protocol": "speaker"}
PLAIN = Context(study="one", seed=0, titles={"voices": "Made-up voices"})
SYNTHETIC = dataclasses.replace(PLAIN, synthetic=("voices",))


def frame(rows, columns):
    return pd.DataFrame(rows, columns=list(columns))


def conditions():
    rows = [("original", np.nan), ("mp3-8k", 8.0), ("mp3-64k", 64.0), ("lowpass-3k0", np.nan)]
    return frame(
        [{"corpus": "voices", "condition": name, "effective_kbps": kbps} for name, kbps in rows],
        CONDITIONS,
    )


def loss(condition, difference, **changes):
    row = {
        **GROUP,
        "training": "clean",
        "train_condition": "original",
        "condition": condition,
        "metric": "uar",
        "original": 0.6,
        "value": 0.6 + difference,
        "difference": difference,
        "low": difference - 0.03,
        "high": difference + 0.03,
        "p": 0.001,
        "p_holm": 0.024,
        "comparisons": 24,
        "not_tested": "",
        "significant": True,
    }
    return {**row, **changes}


def recall(condition, emotion, difference, **changes):
    row = {
        **GROUP,
        "training": "clean",
        "train_condition": "original",
        "condition": condition,
        "emotion": emotion,
        "difference": difference,
        "low": difference - 0.1,
        "high": difference + 0.1,
        "p_holm": 0.01,
        "comparisons": 40,
        "not_tested": "",
        "significant": difference < -0.1,
        "confused_with": "",
        "confused_share": 0.0,
    }
    return {**row, **changes}


def safe(word, kbps=np.nan, **changes):
    row = {**GROUP, "training": "clean", "codec": "mp3", "safe": word, "safe_kbps": kbps}
    return {**row, **changes}


def verdict_of(findings, context=PLAIN):
    return verdict(findings, conditions(), context)


def test_empty_findings_have_no_verdict():
    assert verdict_of(Findings()) == []
    assert errors(Findings(), PLAIN) == []
    nothing = frame([], CONDITIONS)
    assert (
        verdict(Findings(losses=frame([loss("mp3-8k", -0.1)], contract.LOSSES)), nothing, PLAIN)
        == []
    )


def test_safe_bitrate_with_a_mark_includes_the_mark():
    table = conditions().astype({"codec": object, "mark": object})
    table.loc[table["condition"] == "mp3-64k", ["codec", "requested_kbps", "mark"]] = (
        "mp3",
        64.0,
        "coded at 32 kHz",
    )
    rows = frame([safe("yes", 64.0), safe("yes", 64.0, model="mlp")], contract.ROBUSTNESS)
    (one,) = verdict(Findings(robustness=rows), table, PLAIN)
    assert one.endswith("(margin: 2 points of UAR). (64 kbit/s: coded at 32 kHz)")


def test_reason_of_a_missing_interval_is_given_once():
    rows = [
        loss(condition, 0.0, why=why)
        for condition in ("mp3-8k", "mp3-64k")
        for why in ("no interval: 2 speakers instead of at least 3", "")
    ]
    assert verdict_of(Findings(losses=frame(rows, contract.LOSSES))) == [
        "voices: no interval: 2 speakers instead of at least 3."
    ]


def test_safe_bitrates_of_all_models_are_in_one_sentence():
    rows = [
        safe("yes", 16.0),
        safe("none", model="mlp"),
        safe("inconclusive", model="lstm"),
        safe("none", model="are"),
        safe("none", model="tre"),
        safe("yes", 6.5, training="matched", codec="opus"),
    ]
    one, two = verdict_of(Findings(margin=0.05, robustness=frame(rows, contract.ROBUSTNESS)))
    assert one == (
        "voices, functionals, protocol speaker, MP3, trained on the original. svm: safe down to 16 "
        "kbit/s; mlp, are and tre: no safe bitrate; lstm: inconclusive (margin: 5 points of UAR)."
    )
    assert "Opus, trained and tested at the same condition. svm: safe down to 6.5 kbit/s" in two


def test_margin_of_one_point_is_singular():
    (one,) = verdict_of(
        Findings(margin=0.01, robustness=frame([safe("none")], contract.ROBUSTNESS))
    )
    assert "(margin: 1 point of UAR)" in one


def test_largest_loss_is_of_the_uar_and_of_a_codec():
    rows = [
        loss("mp3-8k", -0.1),
        loss("mp3-64k", -0.02),
        loss("mp3-8k", -0.12, model="mlp"),
        loss("lowpass-3k0", -0.3),
        loss("mp3-8k", -0.4, metric="wap"),
    ]
    (one,) = verdict_of(Findings(losses=frame(rows, contract.LOSSES)))
    assert one == (
        "voices, functionals, protocol speaker: the largest loss of UAR is that of mlp at mp3-8k, "
        "trained on the original: -12.0 (-15.0 to -9.0) points, significant after Holm's "
        "correction for 24 comparisons (p .024)."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"low": np.nan, "high": np.nan, "not_tested": "2 speakers instead of at least 3"},
            "-10.0 (no interval) points, not tested: 2 speakers instead of at least 3.",
        ),
        (
            {"low": -0.14, "high": -0.06, "p_holm": 0.07},
            "-10.0 (-14.0 to -6.0) points, a loss by its own interval, but not after Holm's "
            "correction for 24 comparisons (p .070).",
        ),
        (
            {"low": -0.22, "high": 0.02, "p_holm": 1.0},
            "-10.0 (-22.0 to 2.0) points, not significant after Holm's correction for 24 "
            "comparisons (p 1.000).",
        ),
    ],
)
def test_loss_that_is_not_significant_has_the_reason(changes, words):
    row = loss("mp3-8k", -0.1, significant=False, **changes)
    (one,) = verdict_of(Findings(losses=frame([row], contract.LOSSES)))
    assert one.endswith(words.replace("to 2.0", "to +2.0"))


def test_model_at_chance_has_its_uar_instead_of_a_bitrate():
    sentence = "at chance, nothing to lose: UAR .136 (.110 to .162), chance .167"
    rows = [safe("at chance", sentence=sentence), safe("none", model="mlp")]
    (one,) = verdict_of(Findings(robustness=frame(rows, contract.ROBUSTNESS)))
    assert f"svm: {sentence}; mlp: no safe bitrate" in one


def test_no_sentence_about_losses_without_losses():
    rows = [loss("mp3-8k", 0.0), loss("mp3-64k", 0.05), loss("lowpass-3k0", -0.3)]
    assert verdict_of(Findings(losses=frame(rows, contract.LOSSES))) == []


def test_each_section_has_a_largest_loss():
    rows = [loss("mp3-8k", -0.1), loss("mp3-64k", -0.2, features="robust")]
    sentences = verdict_of(Findings(losses=frame(rows, contract.LOSSES)))
    assert [sentence.split(", ")[1] for sentence in sentences] == ["functionals", "robust"]


def test_largest_significant_losses_of_emotions_have_intervals():
    rows = [
        recall(condition, emotion, change * (1 + 0.5 * (model == "mlp")), model=model)
        for model in ("svm", "mlp")
        for condition, changes in (
            ("mp3-8k", {"sad": -0.4, "angry": 0.1, "happy": -0.2, "bored": -0.04, "calm": -0.08}),
            ("mp3-64k", {"sad": -0.02, "angry": 0.0}),
            ("lowpass-3k0", {"sad": -0.9, "angry": -0.9}),
        )
        for emotion, change in changes.items()
    ]
    (one,) = verdict_of(Findings(recalls=frame(rows, contract.RECALLS)))
    assert one == (
        "voices, functionals, protocol speaker, trained on the original: the largest losses of "
        "recall of an emotion, in points, are sad -60.0 (-70.0 to -50.0) with mlp at mp3-8k, "
        "happy -30.0 (-40.0 to -20.0) with mlp at mp3-8k, calm -12.0 (-22.0 to -2.0) with mlp at "
        "mp3-8k; they are significant after Holm's correction for 40 comparisons."
    )


def test_no_emotions_are_listed_without_significant_losses():
    rows = [recall("mp3-8k", "sad", -0.09), recall("mp3-8k", "angry", 0.0)]
    (one,) = verdict_of(Findings(recalls=frame(rows, contract.RECALLS)))
    assert one == (
        "voices, functionals, protocol speaker, trained on the original: no loss of recall of a "
        "single emotion is significant after Holm's correction for 40 comparisons."
    )


def test_emotions_without_a_test_are_not_mentioned():
    rows = [recall("mp3-8k", "sad", -0.9, comparisons=0, significant=False)]
    assert verdict_of(Findings(recalls=frame(rows, contract.RECALLS))) == []


@pytest.mark.parametrize(
    ("difference", "low", "words"),
    [
        (0.1, 0.05, "10.0 (5.0 to 15.0) points higher than with protocol speaker"),
        (0.1, np.nan, "10.0 (no interval) points higher than with protocol speaker"),
        (-0.03, -0.08, "3.0 (-2.0 to 8.0) points lower than with protocol speaker"),
    ],
)
def test_effect_of_leaks_is_described(difference, low, words):
    row = {
        **{name: GROUP[name] for name in ("corpus", "features", "model")},
        "random": "paper",
        "disjoint": "speaker",
        "uar_random": 0.6 + difference,
        "uar_disjoint": 0.6,
        "difference": difference,
        "low": low,
        "high": low + 0.1,
    }
    (one,) = verdict_of(Findings(leakage_effect=frame([row], contract.LEAKAGE_EFFECT)))
    assert words in one
    assert "protocol paper, in which training and test share speakers" in one


def test_every_sentence_mentions_synthetic_speech():
    findings = Findings(
        losses=frame([loss("mp3-8k", -0.1)], contract.LOSSES),
        recalls=frame(
            [recall("mp3-8k", "sad", -0.2, confused_with="angry", confused_share=0.6)],
            contract.RECALLS,
        ),
        robustness=frame([safe("none")], contract.ROBUSTNESS),
    )
    sentences = [
        *verdict_of(findings, SYNTHETIC),
        *(heading for heading, _ in errors(findings, SYNTHETIC)),
    ]
    assert len(sentences) == 5
    assert all("synthetic speech" in sentence for sentence in sentences)
    assert sum(sentence.startswith("Made-up voices is synthetic") for sentence in sentences) == 1
    plain = [*verdict_of(findings), *(heading for heading, _ in errors(findings, PLAIN))]
    assert not any("synthetic" in sentence for sentence in plain)


# --- errors -----------------------------------------------------------------------------------


def test_confusions_above_chance_are_listed():
    taken = [("sad", "angry", 0.7), ("angry", "sad", 0.1), ("happy", "sad", 0.9), ("calm", "", 0.0)]
    rows = [
        recall("mp3-8k", one, 0.0, confused_with=other, confused_share=share)
        for one, other, share in taken
    ]
    assert errors(Findings(recalls=frame(rows, contract.RECALLS)), PLAIN) == [
        (
            "voices, functionals, protocol speaker, svm, trained on the original",
            [
                "mp3-8k: happy is recognised as sad: 90.0\u00a0%; "
                "sad is recognised as angry: 70.0\u00a0%."
            ],
        )
    ]


def test_original_is_listed_below_the_first_training_only():
    rows = [
        recall(condition, emotion, 0.0, confused_with="x", confused_share=0.9, **other)
        for other in (
            {"training": "matched"},
            {"training": "clean"},
            {"training": "clean", "features": "robust"},
            {"training": "clean", "protocol": "loso"},
        )
        for condition in ("original", "mp3-8k")
        for emotion in ("sad", "angry")
    ]
    sentences = errors(Findings(recalls=frame(rows, contract.RECALLS)), PLAIN)
    headings = [heading for heading, lines in sentences if lines[0].startswith("original:")]
    assert [heading.split(", svm")[0] for heading in headings] == [
        "voices, functionals, protocol speaker",
        "voices, robust, protocol speaker",
        "voices, functionals, protocol loso",
    ]
    assert [len(lines) for _, lines in sentences] == [2, 1, 2, 2]
