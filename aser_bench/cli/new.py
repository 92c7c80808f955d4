"""``aser-bench new``: a package with a component of a kind and a passing test."""

from __future__ import annotations

import argparse
import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .flags import Verbs

_EPILOG = """\
examples:
  aser-bench new codec my-codec
  aser-bench new metric kappa --out plugins/kappa

The package contains an example that works. Replace it with your own component, install the package
with pip, and use the component by its name.
"""


@dataclass(frozen=True)
class _Kind:
    """A kind of component: its entry-point group, and a command that uses it."""

    group: str
    command: str


_KINDS = {
    "codec": _Kind("codecs", "aser-bench probe $name"),
    "corpus": _Kind("corpora", "aser-bench run --corpus $name=DIR --codec mp3 --bitrates 16,64"),
    "features": _Kind("features", "aser-bench run --features $name"),
    "model": _Kind("models", "aser-bench run --models $name"),
    "metric": _Kind("metrics", "aser-bench check NEW --against BASELINE --metric $name"),
}


def add_parser(verbs: Verbs) -> None:
    """Add the verb to the command line."""
    parser = verbs.add_parser(
        "new",
        help="create a package for a codec, corpus, feature set, model or metric",
        description="Create a package with an example component and a test that passes.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kind", choices=_KINDS, metavar="KIND", help=", ".join(_KINDS))
    parser.add_argument("name", metavar="NAME", help="name of the component, such as my-codec")
    parser.add_argument(
        "--out", metavar="DIR", help="folder of the package (default: aser-bench-NAME)"
    )
    parser.set_defaults(function=_new)


def _new(options: argparse.Namespace) -> int:
    from ..core.errors import AserBenchError

    fields = _fields(options.kind, options.name)
    folder = Path(options.out or fields["distribution"])
    _check_folder(folder)
    files = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "README.md",
        f"{fields['module']}.py": f"{options.kind}.py",
        f"tests/test_{fields['module']}.py": f"test_{options.kind}.py",
    }
    try:
        for name, template in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_render(template, fields), encoding="utf-8")
    except OSError as error:
        raise AserBenchError(f"{folder} cannot be written: {error.strerror}") from error
    print(f"{folder}/: {', '.join(files)}")
    print(f"next: cd {folder} && pip install -e . && pytest")
    return 0


def _fields(kind: str, name: str) -> dict[str, str]:
    """Return the values of the templates.

    Raises
    ------
    UsageError
        If the name cannot be used, or belongs to a built-in component.
    """
    from ..core import registry
    from ..core.errors import UsageError

    if not re.fullmatch(r"[a-z][a-z0-9]*([_-][a-z0-9]+)*", name):
        raise UsageError(
            f"name {name!r} must consist of lower-case letters, digits, - and _, and start with a "
            "letter"
        )
    group = _KINDS[kind].group
    identifier = name.replace("-", "_")
    if kind == "metric" and identifier != name:
        raise UsageError(
            f"the name of a metric is also a column name: write {identifier!r} instead of {name!r}"
        )
    if name in registry.names(group):
        raise UsageError(f"there is a {kind} {name!r} already: choose another name")
    if keyword.iskeyword(identifier):
        raise UsageError(f"name {name!r} is a keyword of Python: choose another name")
    return {
        "kind": "feature set" if kind == "features" else kind,
        "group": group,
        "name": name,
        "function": identifier,
        "class_name": "".join(part.capitalize() for part in identifier.split("_")),
        "module": f"aser_bench_{identifier}",
        "distribution": f"aser-bench-{name.replace('_', '-')}",
        "command": _KINDS[kind].command.replace("$name", name),
    }


def _check_folder(folder: Path) -> None:
    from ..core.errors import UsageError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists already: name another folder with --out")


def _render(template: str, fields: dict[str, str]) -> str:
    file = Path(__file__).with_name("templates") / f"{template}.txt"
    return Template(file.read_text(encoding="utf-8")).substitute(fields)
