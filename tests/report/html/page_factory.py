"""Generated findings of two corpora: seeded, with missing values and hostile names."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import soundfile

from aser_bench.core import findings, tables
from aser_bench.core.metrics import all_metrics, score_columns

EMOTIONS = ("angry", "happy", "neutral", "sad")
CODED = ("mp3-8k", "mp3-16k", "mp3-64k", "mp3-192k", "lowpass-3k0")
KBPS = {"mp3-8k": 8.0, "mp3-16k": 16.0, "mp3-64k": 64.0, "mp3-192k": 192.0}
PROMOTED = "Coded at 32 kHz: its bandwidth differs too."
HOSTILE = "<script>alert(1)</script>\" 'q' & \u202e\u05d0\u05d1 \U0001f600 \x07" + "x" * 300
NO_SPEAKERS = "the corpus has no speakers"
NAN = float("nan")

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="200pt" height="100pt" viewBox="0 0 200 100">'
    b'<rect width="200" height="100" fill="#0072b2"/></svg>'
)


def compared(corpora, seed=1):
    """Yield the keys of every comparison; mlp has no clean training."""
    rng = np.random.default_rng(seed)
    for corpus in corpora:
        for model, training in (("svm", "matched"), ("svm", "clean"), ("mlp", "matched")):
            for condition in CODED:
                train = condition if training == "matched" else "original"
                keys = (corpus, "functionals", model, "speaker", training, train, condition)
                yield dict(zip(findings.COMPARED, keys, strict=True)), rng


def losses(corpora):
    rows = []
    for keys, rng in compared(corpora):
        for metric in ("wap", "accuracy", "uar", "macro_f1"):
            known = keys["corpus"] == "one"
            original, drop = 0.4, float(rng.uniform(-0.12, 0.02))
            rows.append(
                {
                    **keys,
                    "metric": metric,
                    "family": "codecs",
                    "original": original,
                    "value": original + drop,
                    "difference": drop,
                    "low": drop - 0.03 if known else NAN,
                    "high": drop + 0.03 if known else NAN,
                    "p": 0.01 if known else NAN,
                    "p_holm": (0.0002 if drop < -0.08 else 0.4) if known else NAN,
                    "comparisons": 15 if known else 0,
                    "not_tested": "" if known else NO_SPEAKERS,
                    "p_permutation": 0.125,
                    "p_permutation_smallest": 0.125,
                    "p_mcnemar": 0.02,
                    "effect": -0.5 if known else NAN,
                    "retained": 0.8 if metric == "uar" else NAN,
                    "significant": known and drop < -0.08,
                    "decision": "inferior" if drop < -0.08 else "inconclusive",
                    "n_utterances": 160,
                    "n_speakers": 4 if known else 0,
                    "why": "" if known else NO_SPEAKERS,
                    "low_unclustered": drop - 0.02,
                    "high_unclustered": drop + 0.02,
                }
            )
    return pd.DataFrame(rows, columns=list(findings.LOSSES))


def cells(corpora):
    rows = []
    for keys, _ in compared(corpora):
        rows.append(
            {
                **{name: keys[name] for name in findings.GROUP},
                "train_condition": keys["train_condition"],
                "test_condition": keys["condition"],
                "n_utterances": 160,
                "n_speakers": 4,
                "n_runs": 1,
                "chance": 0.25,
                "wap": 0.3,
                "accuracy": 0.3,
                "uar": 0.3,
                "macro_f1": 0.3,
                "ece": 0.1,
                "brier": 0.6,
                "uar_low": NAN,
                "uar_high": NAN,
            }
        )
    return pd.DataFrame(rows, columns=list(findings.cell_columns(all_metrics())))


def recalls(corpora):
    rows = []
    for keys, rng in compared(corpora):
        for emotion in EMOTIONS:
            drop = float(rng.uniform(-0.2, 0.05))
            rows.append(
                {
                    **keys,
                    "emotion": emotion,
                    "n_utterances": 40,
                    "original": 0.5,
                    "value": 0.5 + drop,
                    "difference": drop,
                    "low": drop - 0.1,
                    "high": drop + 0.1,
                    "family": "codecs",
                    "p": 0.01,
                    "p_holm": 0.04 if drop < -0.15 else 0.6,
                    "comparisons": 60,
                    "not_tested": "",
                    "significant": drop < -0.15,
                    "precision": NAN if emotion == "sad" else 0.4,
                    "confused_with": None if emotion == "sad" else "neutral",
                    "confused_share": NAN if emotion == "sad" else 0.25,
                }
            )
    return pd.DataFrame(rows, columns=list(findings.RECALLS))


def worst(corpora):
    rows = []
    for keys, rng in compared(corpora):
        for utterance in (HOSTILE, "02a", "03b"):
            rows.append(
                {
                    **keys,
                    "utterance": utterance,
                    "speaker": "s1",
                    "truth": "happy",
                    "predicted_original": "happy",
                    "predicted": "sad",
                    "confidence": float(rng.uniform(0.3, 1)),
                }
            )
    return pd.DataFrame(rows, columns=list(findings.WORST))


def robustness(corpora):
    rows = []
    for corpus in corpora:
        for model, safe, kbps in (("svm", "yes", 16.0), ("mlp", "inconclusive", NAN)):
            values = (
                corpus,
                "functionals",
                model,
                "speaker",
                "matched",
                "mp3",
                4,
                0.35,
                NAN,
                NAN,
                "",
                safe,
                kbps,
                0.35,
                0.3,
                0.4,
                0.25,
                f"{model}: a sentence about MP3.",
                900.0 if safe != "yes" else NAN,
                NAN,
            )
            rows.append(dict(zip(findings.ROBUSTNESS, values, strict=True)))
    return pd.DataFrame(rows, columns=list(findings.ROBUSTNESS))


def bandwidth(corpora):
    rows = []
    for keys, _ in compared(corpora):
        if keys["condition"] == "mp3-8k":
            numbers = (-0.08, -0.1, -0.06, -0.05, -0.07, -0.03, -0.03, NAN, NAN)
            names = findings.BANDWIDTH[len(findings.COMPARED) + 1 :]
            rows.append(
                {
                    **keys,
                    "lowpass": "lowpass-3k0",
                    **dict(zip(names, numbers, strict=True)),
                }
            )
    return pd.DataFrame(rows, columns=list(findings.BANDWIDTH))


def drift(corpora):
    rows = [
        (corpus, "functionals", condition, f"mel_{number:03d}", shift, 0.4, float("inf"))
        for corpus in corpora
        for condition in CODED
        for number, shift in enumerate(np.linspace(-2.0, 1.5, 14))
    ]
    return pd.DataFrame(rows, columns=list(findings.DRIFT))


def leaks():
    rows = [
        (corpus, "random", fold, kind, 4, 30, 32, known)
        for corpus, known in (("one", True), ("two", False))
        for fold in range(5)
        for kind in ("speaker", "recording")
    ]
    return pd.DataFrame(rows, columns=list(findings.LEAKS))


def conditions(corpora):
    rows = []
    for corpus in corpora:
        for name in ("original", *CODED, "mp3-256k"):
            rows.append(
                {
                    "corpus": corpus,
                    "condition": name,
                    "codec": name.partition("-")[0],
                    "requested_kbps": KBPS.get(name),
                    "effective_kbps": KBPS.get(name),
                    "codec_rate_hz": 16000.0 if name in KBPS else NAN,
                    "bandwidth_hz": 8000.0,
                    "gain_db": -0.5,
                    "lag_samples": 0.0,
                    "same_as": "mp3-192k" if name == "mp3-256k" else None,
                    "encoder": "LAME 3.100" if name in KBPS else None,
                    "mark": PROMOTED if name == "mp3-192k" else None,
                }
            )
    return pd.DataFrame(rows, columns=list(tables.CONDITIONS))


def wer():
    rows = []
    for condition, rate in (("mp3-8k", 1.25), ("original", 0.34567), ("mp3-16k", NAN)):
        known = rate == rate
        rows.append(
            (
                "one",
                "ear",
                condition,
                160 if known else 0,
                800,
                200,
                50,
                26,
                rate,
                rate - 0.1,
                rate + 0.1,
                0.125,
                "" if known else "no reference text",
            )
        )
    return pd.DataFrame(rows, columns=list(findings.WER))


def transcript_errors():
    rows = [
        ("one", "ear", condition, HOSTILE, "Kids are talking.", "kids are talking", heard, 3, 0, 3)
        for condition, heard in (("mp3-8k", ""), ("mp3-16k", "<i>kits</i> & all"))
    ]
    return pd.DataFrame(rows, columns=list(findings.TRANSCRIPT_ERRORS))


def failed():
    row = dict.fromkeys(score_columns(), NAN) | {
        "corpus": "one",
        "features": "functionals",
        "model": "svm",
        "protocol": "speaker",
        "train_condition": "mp3-8k",
        "test_condition": "mp3-8k",
        "status": "failed",
        "reason": "ValueError: <b>no</b> memory",
    }
    return pd.DataFrame([row | {"fold": fold} for fold in range(3)], columns=list(score_columns()))


def all_findings(corpora=("one", "two")):
    worth = ("one", "functionals", "svm", "random", "speaker", 0.6, 0.4, 0.2, NAN, NAN, 160, 4)
    return findings.Findings(
        cells=cells(corpora),
        losses=losses(corpora),
        recalls=recalls(corpora),
        robustness=robustness(corpora),
        bandwidth=bandwidth(corpora),
        worst=worst(corpora),
        drift=drift(corpora),
        leaks=leaks(),
        leakage_effect=pd.DataFrame([worth], columns=list(findings.LEAKAGE_EFFECT)),
    )


def tone(hertz: float) -> bytes:
    """Return half a second of a tone as a FLAC file."""
    stream = io.BytesIO()
    seconds = np.arange(8000) / 16000
    samples = 0.2 * np.sin(2 * np.pi * hertz * seconds)
    soundfile.write(stream, samples, 16000, format="FLAC")
    return stream.getvalue()


MANIFEST = {
    "aser_bench": "0.1.0",
    "study": {"name": "made-up", "codecs": [{"mp3": [8.0, 16.0]}], "limit": None},
    "study_sha256": "ab" * 32,
    "packages": {"numpy": "2.0"},
    "encoders": {"mp3": "LAME 3.100"},
    "machine": {"cores": 2, "processor": None},
    "git": None,
    "corpora": {
        "one": {
            "title": "Corpus One",
            "licence": "CC0",
            "citation": "A <i>person</i> (2020).",
            "url": "https://example.org/one",
            "sha256": "cd" * 32,
            "emotions": {"angry": 40, "sad": 40},
            "refused": [{"file": HOSTILE + "\udce9", "reason": "cut off"}],
        },
        "two": {"url": "javascript:alert(1)", "refused": [], "speakers": None},
    },
}
