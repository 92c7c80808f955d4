"""A generated page with all content, and an empty one."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from page_factory import HOSTILE, MANIFEST, SVG, all_findings, conditions, failed, tone, wer
from page_factory import transcript_errors as make_transcript_errors

from aser_bench.core import findings, tables
from aser_bench.core.context import Context
from aser_bench.report.html import Page


@pytest.fixture(scope="session")
def page(tmp_path_factory) -> Page:
    drawing = tmp_path_factory.mktemp("figures") / "curve.svg"
    drawing.write_bytes(SVG)
    figure = SimpleNamespace(
        kind="curve",
        title="UAR by bitrate",
        caption="A caption & more.",
        alt='A blue "box".',
        section=("one", "functionals", "speaker"),
        files=(drawing.with_suffix(".pdf"), drawing),
    )
    names = (("original", 440.0), ("mp3-8k", 300.0), ("mp3-16k", 350.0))
    return Page(
        title="made-up: what codecs cost",
        findings=all_findings(),
        conditions=conditions(("one", "two")),
        context=Context(
            study="made-up",
            seed=3,
            synthetic=("two",),
            titles={"one": "Corpus One", "two": "Corpus Two"},
            sizes={"one": (160, 4), "two": (160, 0)},
            refused={"one": 1},
            notes={"one": ("A note on <b>one</b>.",)},
            settings="effort quick",
        ),
        verdict=("MP3 is safe from 16 kbit/s.", "At 8 kbit/s the SVM loses 8 points."),
        errors=(("Corpus One, svm", ("mp3-8k: happy is recognised as neutral: 43.5 %.",)),),
        figures=(figure,),
        manifest=MANIFEST,
        failed=failed(),
        audio={("one", name, HOSTILE): tone(hertz) for name, hertz in names},
        command="aser-bench run study.yaml --codec mp3 --bitrates 8,16",
    )


@pytest.fixture(scope="session")
def page_with_transcripts(page) -> Page:
    """Return the same page with transcripts and their figures."""
    (curve,) = page.figures
    more = [
        SimpleNamespace(**{**vars(curve), "kind": kind, "title": f"Figure {kind}", "section": of})
        for kind, of in (("wer", ("one", "", "")), ("uar-wer", ("one", "functionals", "speaker")))
    ]
    return replace(
        page,
        findings=replace(page.findings, wer=wer(), transcript_errors=make_transcript_errors()),
        figures=(curve, *more),
    )


@pytest.fixture(scope="session")
def empty() -> Page:
    return Page(
        title="nothing",
        findings=findings.Findings(),
        conditions=pd.DataFrame(columns=list(tables.CONDITIONS)),
        context=Context(study="nothing", seed=0),
    )
