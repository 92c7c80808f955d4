"""Who may import whom: the stages know tables, registry, errors and themselves, nothing else."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import aser_bench

PACKAGE = Path(aser_bench.__file__).parent
STAGES = ("corpora", "codecs", "transcripts", "features", "models", "evaluation", "report")
SHARED = {"tables", "findings", "registry", "errors", "options", "ffmpeg", "scratch"}
HEAVY = {"numpy", "pandas", "scipy", "sklearn", "librosa", "tensorflow", "torch", "matplotlib",
         "soundfile", "joblib", "yaml", "numba"}  # fmt: skip

MODULES = sorted(PACKAGE.rglob("*.py"))
IN_STAGES = [path for path in MODULES if path.relative_to(PACKAGE).parts[0] in STAGES]
COMMAND_LINE = [
    PACKAGE / "__init__.py", PACKAGE / "__main__.py", *sorted((PACKAGE / "cli").glob("*.py"))
]  # fmt: skip


def ids(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def imported(nodes, path: Path) -> set[str]:
    """Return the dotted names that import statements name, relative ones resolved."""
    package = ("aser_bench", *path.relative_to(PACKAGE).parts[:-1])
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return found


def rooms(path: Path) -> set[str]:
    """Return what a module imports of the package, anywhere in it: first names only."""
    names = imported(ast.walk(ast.parse(path.read_text(encoding="utf-8"))), path)
    return {name.split(".")[1] for name in names if name.startswith("aser_bench.")}


def at_once(tree: ast.AST):
    """Yield the statements that run when a module is imported."""
    for node in ast.iter_child_nodes(tree):
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not typing and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from at_once(node)


def test_the_stages_are_where_they_are_looked_for():
    assert {path.relative_to(PACKAGE).parts[0] for path in IN_STAGES} >= {
        "corpora", "codecs", "features", "models", "evaluation", "report",
    }  # fmt: skip
    assert len(COMMAND_LINE) > 3


def test_imports_are_resolved():
    tree = ast.parse(
        "import a.b\nfrom . import c\nfrom .. import d\nfrom ..e import f\nfrom g import h\n"
        "if TYPE_CHECKING:\n    import i\nclass J:\n    import k\ndef l():\n    import m\n"
    )
    path = PACKAGE / "models" / "svm.py"
    assert imported(ast.walk(tree), path) == {
        "a.b", "aser_bench.models.c", "aser_bench.d", "aser_bench.e.f", "g.h", "i", "k", "m",
    }  # fmt: skip
    now = imported(at_once(tree), path)
    assert "k" in now
    assert not now & {"i", "m"}


@pytest.mark.parametrize("path", IN_STAGES, ids=ids)
def test_a_stage_knows_no_other_stage(path):
    stage = path.relative_to(PACKAGE).parts[0]
    assert rooms(path) <= {*SHARED, stage}


@pytest.mark.parametrize("name", sorted(SHARED))
def test_what_stages_share_knows_no_stage(name):
    assert rooms(PACKAGE / f"{name}.py") <= SHARED


@pytest.mark.parametrize("path", COMMAND_LINE, ids=ids)
def test_the_command_line_imports_nothing_heavy(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    first = {name.split(".")[0] for name in imported(at_once(tree), path)}
    assert not first & HEAVY


def test_help_loads_nothing_heavy():
    code = (
        "import contextlib, io, json, sys\n"
        "from aser_bench import cli\n"
        "with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()) as text:\n"
        "    cli.build_parser().parse_args(['run', '--help'])\n"
        "assert '--bitrates' in text.getvalue()\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                           cwd=PACKAGE.parent)  # fmt: skip
    loaded = set(json.loads(found.stdout))
    assert "aser_bench.cli" in loaded
    assert not loaded & HEAVY
