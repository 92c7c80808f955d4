"""Fixtures that several folders of tests share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_corpora() -> Path:
    """Return the folder of real corpora beside the checkout, or skip."""
    folder = Path(__file__).resolve().parents[1].parent / "shared" / "corpora"
    if not folder.is_dir():
        pytest.skip("no real corpora beside this checkout (../shared/corpora)")
    return folder
