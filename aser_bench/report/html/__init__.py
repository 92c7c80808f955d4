"""The report as one self-contained HTML page, which needs no network and no other files."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from .. import captions
from . import checks, coding, errors, losses, provenance, transcripts
from .page import Figure, Page

if TYPE_CHECKING:
    import jinja2

__all__ = ["Figure", "Page", "render"]

# Characters that HTML does not allow: control characters, and the surrogates that Python uses for
# file names that are not UTF-8.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def render(page: Page) -> str:
    """Return the report as HTML.

    Parameters
    ----------
    page : Page
        The content. Any of its tables may be empty.

    Returns
    -------
    str
        A document that contains its styles, script, figures and audio. The same page gives the
        same text.
    """
    environment = _environment()
    # Styles and script are part of the page; the policy permits no others.
    style, script = (_source(environment, name) for name in ("page.css", "page.js"))
    html = environment.get_template("page.html.j2").render(
        page=page,
        style=style,
        script=script,
        policy=(
            f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
            "img-src data:; media-src data:; base-uri 'none'; form-action 'none'"
        ),
        **_parts(page),
    )
    return _FORBIDDEN.sub("\ufffd", html)


def _parts(page: Page) -> dict[str, Any]:
    """Return the variables of the template."""
    compared = losses.losses(page)
    return {
        "corpora": provenance.corpora(page),
        "synthetic": [page.context.titles.get(name, name) for name in page.context.synthetic],
        "brief": provenance.brief(page),
        "settings": provenance.settings(page),
        "trainings": losses.trainings(page),
        "variation": captions.variation(page.findings),
        "safe": losses.safe(page),
        "losses": compared,
        "metrics": {name: label for part in compared for name, label in part.names.items()},
        "images": provenance.images(page),
        "recalls": errors.recalls(page),
        "worst": errors.worst(page),
        "audio_examples": errors.audio_examples(page),
        "transcripts": transcripts.rates(page),
        "transcript_errors": transcripts.examples(page),
        "transcript_images": provenance.images(page, of_transcripts=True),
        "bandwidth": coding.bandwidth(page),
        "drift": coding.drift(page),
        "audit": coding.audit(page),
        "leaks": checks.leaks(page),
        "leak_worth": checks.leak_worth(page),
        "missing_classes": checks.missing_classes(page),
        "refused": checks.refused(page),
        "failed": checks.failed(page),
        "facts": provenance.facts(page),
        "groups": provenance.groups(page),
        "sources": provenance.sources(page),
    }


def _environment() -> jinja2.Environment:
    import itertools

    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(__name__, "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    numbers = itertools.count(1)
    environment.globals["unique_id"] = lambda stem: f"{stem}{next(numbers)}"
    return environment


def _source(environment: jinja2.Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].replace("\r\n", "\n")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
