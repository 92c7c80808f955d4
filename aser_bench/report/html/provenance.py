"""The header of the page, its figures, and the section on provenance."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..text import as_text
from .cells import plural
from .losses import models, trainings
from .page import Figure, Page

Facts = list[tuple[str, str]]

_TITLES = {
    "aser_bench": "aser-bench",
    "git": "Revision",
    "study_sha256": "Study, SHA-256",
    "ffmpeg": "ffmpeg",
    "encoder_check": "Encoder check",
}
_GROUPS = {
    "encoders": "Encoders",
    "engines": "In-process encoders",
    "machine": "Machine",
    "packages": "Packages",
    "study": "Study",
}
_OF_TRANSCRIPTS = ("wer", "uar-wer")
_PIXELS_PER_POINT = 2.0


def corpora(page: Page) -> Facts:
    """Return name, title and size of each corpus."""
    entries = []
    for name, (utterances, speakers) in page.context.sizes.items():
        title = page.context.titles.get(name, "")
        parts = [title] if title not in ("", name) else []
        parts.append(plural(utterances, "utterance"))
        parts.append(plural(speakers, "speaker") if speakers else "unknown number of speakers")
        refusals = page.context.refused.get(name, 0)
        parts += [f"{plural(refusals, 'recording')} refused"] if refusals else []
        entries.append((page.corpus(name), "; ".join(parts)))
    return entries


def settings(page: Page) -> Facts:
    """Return the settings of the study."""
    cells, context = page.findings.cells, page.context
    lines = {
        "Study": context.study,
        "Models": ", ".join(models(page)),
        "Features": ", ".join(dict.fromkeys(cells["features"])),
        "Protocols": ", ".join(dict.fromkeys(cells["protocol"])),
        "Training": "; ".join(f"{name}: {parts}" for name, parts in trainings(page).items()),
        "Margin": f"{100 * page.findings.margin:g} percentage points",
        "Budgets": "; ".join(f"{name}: {text}" for name, text in context.budgets.items() if text),
        "Settings": ", ".join(filter(None, [context.settings, f"seed {context.seed}"])),
    }
    return [(name, text) for name, text in lines.items() if text]


def brief(page: Page) -> str:
    """Return the settings of the study in one line."""
    lines = dict(settings(page))
    parts = (lines.get(name, "") for name in ("Study", "Models", "Features"))
    entries = [*parts, _protocols(lines.get("Protocols", "")), f"margin {lines['Margin']}"]
    return "; ".join(filter(None, entries))


def _protocols(names: str) -> str:
    return f"protocol{'s' if ',' in names else ''} {names}" if names else ""


def facts(page: Page) -> Facts:
    """Return versions, revision and the result of the reference encoder check."""
    pairs = ((title, as_text(page.manifest.get(key))) for key, title in _TITLES.items())
    return [(title, text) for title, text in pairs if text]


def groups(page: Page) -> list[tuple[str, Facts]]:
    """Return encoders, machine, packages and study as lists of names and values."""
    entries = ((title, list(_flat(page.manifest.get(key)))) for key, title in _GROUPS.items())
    return [(title, lines) for title, lines in entries if lines]


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield the entries of nested mappings as names and texts, without empty ones."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for item in value:
            yield from _flat(item, name)
    else:
        parts = value if isinstance(value, list) else [value]
        text = ", ".join(filter(None, map(_text, parts)))
        if text:
            yield name, text


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) and value == value else as_text(value)


@dataclass(frozen=True)
class Source:
    """A corpus with its licence, citation, URL and notes."""

    title: str
    url: str
    facts: Facts
    notes: tuple[str, ...]


def sources(page: Page) -> list[Source]:
    """Return licence, citation, hash and notes of each corpus."""
    abouts = page.manifest.get("corpora") or {}
    names = dict.fromkeys([*page.context.sizes, *abouts, *page.context.notes])
    return [_source(page, name, abouts.get(name) or {}) for name in names]


def _source(page: Page, name: str, about: Mapping[str, Any]) -> Source:
    labels = {"licence": "Licence", "citation": "Citation", "sha256": "SHA-256"}
    lines = [(label, as_text(about.get(key))) for key, label in labels.items()]
    lines.append(("Emotions", ", ".join(f"{k} {v}" for k, v in _flat(about.get("emotions")))))
    url = as_text(about.get("url"))
    return Source(
        title=page.context.title(name),
        # Any other scheme, such as javascript:, is not a link.
        url=url if re.match(r"https?://", url) else "",
        facts=[(label, text) for label, text in lines if text],
        notes=tuple(page.context.notes.get(name) or about.get("notes") or ()),
    )


@dataclass(frozen=True)
class Image:
    """A figure as an image of the page, with its width in CSS pixels (0: natural width)."""

    title: str
    caption: str
    alt: str
    source: str
    width: int


def images(page: Page, of_transcripts: bool = False) -> list[tuple[str, list[Image]]]:
    """Return the figures by heading: those about transcripts, or all others."""
    entries: dict[str, list[Image]] = {}
    for figure in page.figures:
        if (figure.kind in _OF_TRANSCRIPTS) != of_transcripts:
            continue
        entries.setdefault(page.section(*figure.section) if figure.section else "", []).append(
            _image(figure)
        )
    return list(entries.items())


def _image(figure: Figure) -> Image:
    files = {Path(path).suffix: Path(path) for path in figure.files}
    for ending, kind in ((".svg", "svg+xml"), (".png", "png")):
        if ending in files:
            data = files[ending].read_bytes()
            source = f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"
            return Image(figure.title, figure.caption, figure.alt, source, _width(data))
    return Image(figure.title, figure.caption, figure.alt, "", 0)


def _width(data: bytes) -> int:
    """Return the width of an SVG on the screen in pixels, or 0 if it has no width in points.

    Figures are drawn for a printed column; their letters are too small for a screen.
    """
    match = re.search(rb'<svg[^>]*?\swidth="([\d.]+)pt"', data[:4000])
    return round(float(match[1]) * _PIXELS_PER_POINT) if match else 0
