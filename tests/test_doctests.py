"""The examples in the docstrings run."""

from __future__ import annotations

import ast
import doctest
import importlib
from pathlib import Path

import pytest
from _pytest.mark.structures import ParameterSet

ROOT = Path(__file__).parents[1]
ROOMS = (
    "foundation",
    "imaging",
    "database",
    "ingest",
    "preprocessing",
    "training",
    "inference",
    "evaluation",
    "pipeline",
    "cli",
)
TENSORFLOW = {"tensorflow", "keras"}


def imported_at_once(path: Path) -> set[str]:
    """Return the modules that a module imports as soon as it is imported itself."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_paths() -> dict[str, Path]:
    """Return every module of every room by its name."""
    paths = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in paths
        if "__pycache__" not in path.parts
    }


def modules_with_tensorflow() -> set[str]:
    """Return the modules that load TensorFlow or Keras when imported, themselves or through others."""
    imports = {name: imported_at_once(path) for name, path in module_paths().items()}
    found = {name for name, names in imports.items() if {each.split(".")[0] for each in names} & TENSORFLOW}
    while more := {name for name, names in imports.items() if names & found} - found:
        found |= more
    return found


def module_cases() -> list[ParameterSet]:
    """Return every module's name, those that load TensorFlow under its mark."""
    with_tensorflow = modules_with_tensorflow()
    return [
        pytest.param(name, marks=[pytest.mark.tensorflow] if name in with_tensorflow else [])
        for name in module_paths()
    ]


@pytest.mark.parametrize("name", module_cases())
def test_the_examples_of_a_module_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example gives what its docstring says, and leaves nothing in the checkout."""
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    assert found.failed == 0
