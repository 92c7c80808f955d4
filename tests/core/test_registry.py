"""Components are found by file, by entry point or by dotted path, and refused by name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, PackageNotFoundError, version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aser_bench.core import registry
from aser_bench.core.errors import UsageError
from aser_bench.models.svm import COMPONENT as SVM
from aser_bench.models.svm import Svm


@pytest.fixture
def plugins(monkeypatch):
    """Pretend that other packages register entry points; takes name=value of models."""

    def install(**values: str) -> None:
        def entry_points(group: str) -> list[EntryPoint]:
            found = values if group == "aser_bench.models" else {}
            return [EntryPoint(name, value, group) for name, value in found.items()]

        monkeypatch.setattr(registry, "entry_points", entry_points)
        registry.plugins.cache_clear()

    yield install
    registry.plugins.cache_clear()


def refusal(kind: str, name: str) -> str:
    with pytest.raises(UsageError) as caught:
        registry.get(kind, name)
    assert repr(name) in str(caught.value)
    return str(caught.value)


# Built-ins


@pytest.mark.parametrize("kind", registry.KINDS)
def test_names_are_sorted_and_can_be_had(kind):
    names = registry.names(kind)
    assert names == sorted(set(names))
    assert names
    assert [registry.get(kind, name).name for name in names] == names


def test_built_ins_are_found_by_file():
    assert registry.get("models", "svm") is SVM
    assert {"mp3", "original"} <= set(registry.names("codecs"))
    assert "base" not in registry.names("codecs")
    assert "ffmpeg" not in registry.names("codecs")


@pytest.mark.parametrize(
    ("kind", "typed", "meant", "word"),
    [
        ("codecs", "mp4", "mp3", "codec"),
        ("corpora", "ravdes", "ravdess", "corpus"),
        ("features", "functional", "functionals", "feature set"),
        ("models", "SVM", "svm", "model"),
        ("models", "mpl", "mlp", "model"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest(kind, typed, meant, word):
    text = refusal(kind, typed)
    assert text.startswith(f"unknown {word} ")
    assert f"did you mean {meant!r}?" in text


def test_an_unknown_name_without_a_neighbour_lists_what_there_is():
    text = refusal("models", "zzzzz")
    assert all(name in text for name in registry.names("models"))


# Dotted paths


def test_a_dotted_path_names_any_object():
    assert registry.get("models", "aser_bench.models.svm:Svm") is Svm
    assert registry.get("models", "aser_bench.models.svm:Svm.name") == "svm"


def test_a_module_stands_for_its_component():
    assert registry.get("models", "aser_bench.models:svm") is SVM


@pytest.mark.parametrize(
    "path",
    [
        "no_such_package:Name",
        "aser_bench.nothing:Name",
        "aser_bench.models.svm:Nothing",
        "aser_bench.models.svm:",
        "aser_bench.models.svm:Svm.",
        "aser_bench.models.svm:.Svm",
        ":",
        ":Svm",
        "a b:c",
        "aser_bench.models.svm:Svm:Svm",
        "math:pi.real.nothing",
        "é:é",
    ],
)
def test_a_path_that_leads_nowhere_is_refused(path):
    assert "cannot be loaded" in refusal("models", path)


@pytest.mark.parametrize("path", [".models:Svm", "..:x"])
def test_a_relative_path_is_refused(path):
    assert "cannot be loaded" in refusal("models", path)


@settings(max_examples=30, deadline=None)
@given(st.text("abc:_ -/é0\n'", max_size=12) | st.text(max_size=8))
def test_any_name_that_is_none_is_refused(name):
    with pytest.raises(UsageError):
        registry.get("features", name)


# Entry points


def test_a_plugin_is_listed_and_loaded(plugins):
    built_in = registry.names("models")
    plugins(abc="aser_bench.models.svm:Svm", zzz="aser_bench.models:mlp")
    assert registry.names("models") == sorted(["abc", *built_in, "zzz"])
    assert registry.get("models", "abc") is Svm
    assert registry.get("models", "zzz") is registry.get("models", "mlp")
    assert "abc" not in registry.names("codecs")


def test_a_plugin_is_suggested(plugins):
    plugins(wav2vec="aser_bench.models.svm:Svm")
    assert "did you mean 'wav2vec'?" in refusal("models", "wav2vek")


def test_a_built_in_is_not_replaced(plugins):
    plugins(svm="aser_bench.models.mlp:Mlp")
    assert registry.names("models").count("svm") == 1
    assert registry.get("models", "svm") is SVM


@pytest.mark.parametrize(
    "value", ["no_such_package:Model", "aser_bench.models.svm:Nothing", "no_such_package"]
)
def test_a_broken_plugin_is_refused_when_it_is_asked_for(plugins, value):
    plugins(broken=value)
    assert "broken" in registry.names("models")
    assert registry.get("models", "svm") is SVM
    assert "cannot be loaded" in refusal("models", "broken")


BROKEN = {
    "raises": "raise RuntimeError('no licence')",
    "misspells": "undefined_name",
    "unfinished": "def (",
    "divides": "1 / 0",
}


@pytest.mark.parametrize("source", ["import no_such_package", "raise ImportError('old numpy')"])
def test_a_plugin_that_lacks_a_package_is_refused(plugins, tmp_path, monkeypatch, source):
    (tmp_path / "lacking_plugin.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "lacking_plugin", raising=False)
    plugins(lacking="lacking_plugin:Model")
    assert "cannot be loaded" in refusal("models", "lacking")


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_breaks_on_import_is_refused(plugins, tmp_path, monkeypatch, name):
    (tmp_path / f"plugin_that_{name}.py").write_text(BROKEN[name])
    monkeypatch.syspath_prepend(tmp_path)
    plugins(broken=f"plugin_that_{name}:Model")
    assert "cannot be loaded" in refusal("models", "broken")


# Versions


def test_versions_of_what_is_installed():
    assert registry.versions(("numpy", "scikit-learn")) == {
        "numpy": version("numpy"),
        "scikit-learn": version("scikit-learn"),
    }
    assert registry.versions(()) == {}


def test_what_is_not_installed_has_no_version():
    with pytest.raises(PackageNotFoundError):
        registry.versions(("no-such-distribution",))


# Instances and classes


class WithoutArguments:
    """A component that can be instantiated."""


class WithArguments:
    """A component whose constructor needs an argument."""

    def __init__(self, size: int) -> None:
        self.size = size


INSTANCE = WithoutArguments()


@pytest.mark.parametrize("name", ["INSTANCE", "WithoutArguments"])
def test_an_instance_and_a_class_both_name_a_component(name):
    path = f"{__name__}:{name}"
    component = registry.instance("codecs", path, WithoutArguments)
    assert type(component).__name__ == "WithoutArguments"


def test_a_class_that_needs_arguments_is_refused():
    with pytest.raises(UsageError, match=r"model .* cannot be instantiated without arguments: Typ"):
        registry.instance("models", f"{__name__}:WithArguments", WithArguments)


@pytest.mark.parametrize("name", ["INSTANCE", "WithoutArguments", "BROKEN"])
def test_an_object_of_another_type_is_refused(name):
    with pytest.raises(UsageError, match=r"is not a corpus: it must be an instance or a subclass"):
        registry.instance("corpora", f"{__name__}:{name}", WithArguments)
