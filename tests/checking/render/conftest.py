"""Made-up checks lie one folder above, also where only these tests run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))


@pytest.fixture(autouse=True, scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make the folders that made-up checks name: results, and a baseline."""
    root = tmp_path_factory.mktemp("folders")
    for name in ("results/new/manifest.json", "results/new/drift.csv", "baselines/demo/cells.csv"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        yield root
