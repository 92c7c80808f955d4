"""The table of allowed imports between packages, read from the source."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import aser_bench

PACKAGE = Path(aser_bench.__file__).parent

STAGES = {"corpora", "codecs", "transcripts", "features", "models", "evaluation"}
BELOW_RESULTS = {"core", "study", "pipeline", *STAGES}
EVERYTHING = {*BELOW_RESULTS, "results", "report", "baseline", "testing", "runner", "cli"}

ALLOWED: dict[str, set[str]] = {
    "core": set(),
    **{stage: {"core"} for stage in sorted(STAGES)},
    "study": {"core", *STAGES},
    "pipeline": {"core", "study", *STAGES},
    "results": BELOW_RESULTS,
    "report": {"core", "results"},
    "baseline": {"core", "evaluation", "results", "report"},
    "testing": {"core", *STAGES},
    "runner": EVERYTHING,
    "cli": EVERYTHING,
    "__init__": EVERYTHING,
    "__main__": EVERYTHING,
}
"""Package or top-level module -> what it may import beside itself."""

MOST_ENTRIES = 15
NOT_COUNTED = {"__init__.py", "__main__.py", "py.typed", "__pycache__"}
MOST_LEVELS = 3
HEAVY = {"numpy", "pandas", "scipy", "sklearn", "librosa", "tensorflow", "torch", "matplotlib"} | {
    "soundfile",
    "joblib",
    "yaml",
    "numba",
}

MODULES = sorted(PACKAGE.rglob("*.py"))
COMMAND_LINE = [
    PACKAGE / "__init__.py",
    PACKAGE / "__main__.py",
    *sorted((PACKAGE / "cli").glob("*.py")),
]


def relative_name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def dotted_name(path: Path) -> str:
    parts = ("aser_bench", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def top_level(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_names(nodes: Iterable[ast.AST], path: Path) -> set[str]:
    """Return the dotted names of import statements, relative ones resolved."""
    package = ("aser_bench", *path.relative_to(PACKAGE).parts[:-1])
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *filter(None, [node.module])])
            names |= {f"{module}.{alias.name}" for alias in node.names}
    return names


def all_imports(path: Path) -> set[str]:
    return imported_names(ast.walk(ast.parse(path.read_text(encoding="utf-8"))), path)


def imported_packages(path: Path) -> set[str]:
    """Return the packages and top-level modules of aser_bench that a module imports anywhere."""
    names = {name.split(".")[1] for name in all_imports(path) if name.startswith("aser_bench.")}
    return names - {top_level(path)}


def import_time_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements that run when a module is imported."""
    for node in ast.iter_child_nodes(tree):
        typing = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if not typing and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield node
            yield from import_time_nodes(node)


def module_graph() -> dict[str, set[str]]:
    """Return the modules that each module imports, whether at once or inside functions."""
    modules = {dotted_name(path): path for path in MODULES}
    graph: dict[str, set[str]] = {}
    for name, path in modules.items():
        imports = set()
        for target in all_imports(path):
            parent = target.rpartition(".")[0]
            imports |= {module for module in (target, parent) if module in modules}
        # A package's own __init__ is loaded before each of its modules anyway.
        graph[name] = {module for module in imports - {name} if not name.startswith(f"{module}.")}
    return graph


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return the modules of one import cycle, empty where there is none."""
    finished: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return path[path.index(name) :]
        if name in finished:
            return []
        for target in sorted(graph[name]):
            if found := visit(target, [*path, name]):
                return found
        finished.add(name)
        return []

    for name in sorted(graph):
        if found := visit(name, []):
            return found
    return []


def test_imports_are_resolved():
    tree = ast.parse(
        "import a.b\nfrom . import c\nfrom .. import d\nfrom ..e import f\nfrom g import h\n"
        "if TYPE_CHECKING:\n    import i\nclass J:\n    import k\ndef l():\n    import m\n"
    )
    path = PACKAGE / "models" / "svm.py"
    expected = {"a.b", "aser_bench.models.c", "aser_bench.d", "aser_bench.e.f", "g.h", "i", "k"}
    assert imported_names(ast.walk(tree), path) == {*expected, "m"}
    at_import = imported_names(import_time_nodes(tree), path)
    assert "k" in at_import
    assert not at_import & {"i", "m"}


def test_a_cycle_is_found():
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


def test_the_top_level_is_small():
    entries = {path.name for path in PACKAGE.iterdir()} - NOT_COUNTED
    assert len(entries) <= MOST_ENTRIES, sorted(entries)
    assert {Path(entry).stem for entry in entries} <= set(ALLOWED), "a package without import rules"


def test_no_folder_is_deeper_than_three():
    depths = {
        relative_name(path): len(path.relative_to(PACKAGE.parent).parts) - 1 for path in MODULES
    }
    assert {name: depth for name, depth in depths.items() if depth > MOST_LEVELS} == {}


def test_the_table_of_imports_holds(capsys):
    actual: dict[str, set[str]] = {}
    for path in MODULES:
        actual.setdefault(top_level(path), set()).update(imported_packages(path))
    with capsys.disabled():
        for name, packages in actual.items():
            print(f"\n{name} imports {', '.join(sorted(packages)) or 'nothing'}", end="")
    beyond = {name: packages - ALLOWED[name] for name, packages in actual.items()}
    assert {name: packages for name, packages in beyond.items() if packages} == {}


def test_there_is_no_import_cycle():
    assert cycle(module_graph()) == []


@pytest.mark.parametrize("path", COMMAND_LINE, ids=relative_name)
def test_the_command_line_imports_nothing_heavy(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    first = {name.split(".")[0] for name in imported_names(import_time_nodes(tree), path)}
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
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    loaded = set(json.loads(process.stdout))
    assert "aser_bench.cli" in loaded
    assert not loaded & HEAVY
