"""The rules of the house, held against the tree itself."""

from __future__ import annotations

import ast
import configparser
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

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
    "compat",
    "cli",
)
PACKAGES = (*ROOMS, "migrations")

MODULE_LINES = 450
FUNCTION_LINES = 60
SHORT_FUNCTION_LINES = 25
SHORT_FUNCTION_SHARE = 0.9

BANNED_WORDS = {
    "common",
    "handler",
    "helper",
    "helpers",
    "manager",
    "misc",
    "processor",
    "tmp",
    "util",
    "utils",
}
# Banned as a whole name or as its last word: they say nothing of what the thing is.
BANNED_ENDINGS = {"data", "info", "new", "old"}
# Words of DICOM and of the libraries that call us by these names.
ALLOWED_NAMES = {"pixel_data", "metadata"}

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def modules_of(*folders: str) -> list[Path]:
    """Return the modules of folders, sorted."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    )


def parsed(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def named(path: Path) -> str:
    """Return a path as it is told in a failure."""
    return path.relative_to(ROOT).as_posix()


def functions_of(path: Path) -> Iterator[FunctionNode]:
    """Yield every function and method of a module."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, FunctionNode):
            yield node


def lines_of(function: FunctionNode) -> int:
    """Return a function's length without its docstring, which may be as long as it needs."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def tracked_texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of every file that is, or would be, in the repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("no git checkout: which files belong to the repository is not known")
    listed = subprocess.run(
        [git, "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.splitlines():
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text(encoding="utf-8", errors="replace")


def test_no_module_is_longer_than_allowed() -> None:
    """A module has 450 lines at most, a test module too."""
    long = [
        named(path)
        for path in modules_of(*PACKAGES, "tests", "benchmarks", "docs")
        if len(path.read_text(encoding="utf-8").splitlines()) > MODULE_LINES
    ]
    assert long == []


def test_no_function_is_longer_than_allowed() -> None:
    """A function has 60 lines at most."""
    long = [
        f"{named(path)}:{function.name} {lines_of(function)}"
        for path in modules_of(*PACKAGES)
        for function in functions_of(path)
        if lines_of(function) > FUNCTION_LINES
    ]
    assert long == []


def test_nine_functions_of_ten_are_short() -> None:
    """90 % have 25 lines at most."""
    lengths = [lines_of(function) for path in modules_of(*ROOMS) for function in functions_of(path)]
    short = sum(length <= SHORT_FUNCTION_LINES for length in lengths)
    assert short >= SHORT_FUNCTION_SHARE * len(lengths)


def test_every_public_thing_has_a_docstring() -> None:
    """Modules, classes and functions say what they are."""
    bare = []
    for path in modules_of(*PACKAGES):
        tree = parsed(path)
        public = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name[0] != "_"]
        bodies = [tree.body, *(node.body for node in public)]
        bare += [
            f"{named(path)}:{node.name}"
            for node in (node for body in bodies for node in body)
            if isinstance(node, FunctionNode | ast.ClassDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
        bare += [] if ast.get_docstring(tree) else [named(path)]
    assert bare == []


def test_every_test_states_its_fact_in_a_docstring() -> None:
    """A test's name is the claim, its docstring the sentence."""
    bare = [
        f"{named(path)}:{function.name}"
        for path in modules_of("tests")
        for function in functions_of(path)
        if function.name.startswith("test_") and ast.get_docstring(function) is None
    ]
    assert bare == []


def defined_names(path: Path) -> Iterator[str]:
    """Yield every name that a module gives: classes, functions, arguments, variables, fields."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def is_banned(name: str) -> bool:
    """Tell whether a name holds a word that says nothing."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).strip("_").lower().split("_")
    # A predicate such as is_new reads as a claim; table_new and table_old are what is meant.
    if "_".join(words) in ALLOWED_NAMES or (words[0] == "is" and not BANNED_WORDS & set(words)):
        return False
    return bool(BANNED_WORDS & set(words)) or words[-1] in BANNED_ENDINGS - (
        {"new", "old"} if len(words) == 1 else set()
    )


@pytest.mark.parametrize(
    ("name", "banned"),
    [
        ("FileManager", True),
        ("load_data", True),
        ("data", True),
        ("path_old", True),
        ("old", False),
        ("metadata", False),
        ("pixel_data", False),
        ("is_new", False),
        ("is_helper", True),
        ("renew", False),
        ("template", False),
    ],
)
def test_banned_words_are_found_in_names(name: str, banned: bool) -> None:
    """Whole words are meant, not parts of words."""
    assert is_banned(name) is banned


def test_no_name_holds_a_banned_word() -> None:
    """Neither files nor anything that rooms define."""
    files = [named(path) for path in modules_of(*PACKAGES) if is_banned(path.stem)]
    names = [
        f"{named(path)}:{name}"
        for path in modules_of(*PACKAGES)
        for name in defined_names(path)
        if is_banned(name)
    ]
    assert files + names == []


def test_rooms_do_not_assert() -> None:
    """Input is checked with errors of ours: `python -O` must change nothing."""
    asserting = [
        f"{named(path)}:{node.lineno}"
        for path in modules_of(*PACKAGES)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Assert)
    ]
    assert asserting == []


def test_errors_are_defined_in_one_place() -> None:
    """The tree is drawn once, in foundation/errors.py (held against the classes by its own test)."""
    elsewhere = [
        f"{named(path)}:{node.name}"
        for path in modules_of(*PACKAGES)
        if named(path) != "foundation/errors.py"
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ClassDef)
        and any(
            isinstance(base, ast.Name) and re.search(r"(Error|Exception)$", base.id) for base in node.bases
        )
    ]
    assert elsewhere == []


def test_every_room_module_has_a_test_module_of_its_name() -> None:
    """`room/name.py` is tested by `tests/room/test_name.py`."""
    missing = [
        named(path)
        for path in modules_of(*ROOMS)
        if path.name != "__init__.py"
        and not (ROOT / "tests" / path.relative_to(ROOT).parent / f"test_{path.name}").is_file()
    ]
    assert missing == []


def test_tests_are_no_packages() -> None:
    """An `__init__.py` under tests would let a test shadow a room."""
    assert [named(path) for path in (ROOT / "tests").rglob("__init__.py")] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_rooms_init_is_its_card_and_nothing_else(package: str) -> None:
    """What comes in, what goes out, what it may import, where a new thing is added."""
    tree = parsed(ROOT / package / "__init__.py")
    card = ast.get_docstring(tree) or ""
    assert len(tree.body) == 1
    assert re.search(r"\bin:", card, re.IGNORECASE)
    assert re.search(r"\bout:", card, re.IGNORECASE)
    assert "ay import" in card
    assert "new" in card


def test_imports_are_absolute() -> None:
    """A relative import hides which room it reaches into."""
    relative = [
        named(path)
        for path in modules_of(*PACKAGES)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def reads_environment(node: ast.AST) -> bool:
    """Tell whether a node takes a value out of the environment; setting one is no reading."""
    if isinstance(node, ast.Call):
        return ast.unparse(node.func).endswith(("environ.get", "getenv"))
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return ast.unparse(node.value).endswith("environ")
    return False


def test_only_the_command_line_reads_the_environment() -> None:
    """Below it a config says everything."""
    reading = [
        f"{named(path)}:{ast.unparse(node)}"
        for path in modules_of(*(room for room in ROOMS if room != "cli"))
        for node in ast.walk(parsed(path))
        if reads_environment(node)
    ]
    assert reading == []


def doors() -> list[tuple[str, FunctionNode]]:
    """Return the functions that stand beside a config of their own name, in a module of that name."""
    found = []
    for path in modules_of(*ROOMS):
        tree = parsed(path)
        word = "".join(part.capitalize() for part in path.stem.split("_"))
        classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
        if f"{word}Config" in classes:
            functions = {node.name: node for node in tree.body if isinstance(node, FunctionNode)}
            if path.stem in functions:
                found.append((named(path), functions[path.stem]))
    return found


def test_every_door_is_called_alike() -> None:
    """`door(config, *, database=None, executor=None, progress=None)`."""
    different = {
        name: [argument.arg for argument in (*door.args.args, *door.args.kwonlyargs)]
        for name, door in doors()
        if [argument.arg for argument in door.args.args] != ["config"]
        or [argument.arg for argument in door.args.kwonlyargs] != ["database", "executor", "progress"]
        or None in door.args.kw_defaults
    }
    assert different == {}


def test_setup_lists_the_packages_that_are_there() -> None:
    """The list is written by hand: a new room must be added, a removed one taken out."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = setup["options"]["packages"].split()
    found = sorted(
        named(path.parent).replace("/", ".") for path in modules_of(*PACKAGES) if path.name == "__init__.py"
    )
    assert listed == found


def test_no_other_distribution_owns_a_rooms_name() -> None:
    """Rooms have generic names on purpose; another package of that name would be imported instead."""
    owners = metadata.packages_distributions()
    assert {room: set(owners.get(room, ["dicomill"])) for room in PACKAGES} == {
        room: {"dicomill"} for room in PACKAGES
    }


# In pieces, so that this file does not hold what it looks for.
REGISTRY_HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "anaconda" + ".org", "index-" + "url =")
MACHINE_PATHS = re.compile(r"(?<![\w.<>{}])/(?:work|root|home|Users)" + r"/\w")


def test_no_file_names_a_package_registry_or_a_machines_path() -> None:
    """Where packages come from and where files lie is each machine's own matter."""
    found = [
        f"{name}: {hit}"
        for name, text in tracked_texts()
        for hit in (
            *(host for host in REGISTRY_HOSTS if host in text),
            *(match.group() for match in MACHINE_PATHS.finditer(text)),
        )
    ]
    assert found == []
