"""The whole command line: what it loads, what its help says, what becomes of errors."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from cli.main import COMMANDS, dicomill, main
from cli.settings import Settings

HEAVY = ("tensorflow", "keras", "pydicom", "cv2", "sqlalchemy", "numpy", "pydantic", "rich", "yaml")
MOST_OPTIONS = 15
HELP_SECONDS = 1.0
"""About 0.1 s here; a machine at work on other things needs more."""


def leaves(command: click.Command = dicomill, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command that does something."""
    if not isinstance(command, click.Group):
        yield words
        return
    context = click.Context(command, obj=Settings())
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from leaves(found, (*words, name))


def command_of(words: tuple[str, ...]) -> click.Command:
    """Return the command of some words."""
    command: click.Command = dicomill
    for word in words:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command, obj=Settings()), word)
        assert found is not None
        command = found
    return command


GROUPS = sorted({words[:1] for words in leaves() if len(words) > 1})
EVERY = [*leaves(), *GROUPS, ()]


def as_process(*words: str, **options: object) -> subprocess.Popen[bytes]:
    """Start `dicomill WORDS...` as a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )


def test_help_loads_no_library_of_weight() -> None:
    """Neither the first page nor that of any command imports what only its work needs."""
    code = (
        "import sys\n"
        "from cli.main import main\n"
        f"for words in {list(EVERY)!r}:\n"
        "    try:\n"
        "        main([*words, '--help'])\n"
        "    except SystemExit as stop:\n"
        "        assert not stop.code\n"
        f"sys.exit(', '.join(name for name in {HEAVY!r} if name in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


def test_help_answers_at_once() -> None:
    """The best of three calls, start of Python included."""
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        process = as_process("--help")
        process.communicate()
        taken.append(time.perf_counter() - started)
        assert process.returncode == 0
    assert min(taken) < HELP_SECONDS


def test_every_module_of_commands_is_a_command() -> None:
    """One module a command, one line in the table, in alphabetical order."""
    folder = Path(sys.modules["cli.main"].__file__ or "").parent / "commands"
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert list(COMMANDS) == modules
    assert all(target == f"cli.commands.{name}:{name}" for name, target in COMMANDS.items())


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    """What it does in a sentence, and a line to copy that names the command itself."""
    told = command_of(words).help or ""
    first = told.split("\n\n")[0]
    assert first.endswith(".")
    _, _, example = told.partition("Example:")
    assert " ".join(("dicomill", *words)) in example


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_no_command_has_more_options_than_a_page_holds(words: tuple[str, ...]) -> None:
    """The rest of a config goes by --set."""
    options = [each for each in command_of(words).params if isinstance(each, click.Option)]
    assert len(options) <= MOST_OPTIONS


@pytest.mark.parametrize("words", list(leaves()), ids=" ".join)
def test_every_option_says_what_it_is_and_json_is_one_of_them(words: tuple[str, ...]) -> None:
    """No option is left to guessing, and a program can read every report."""
    options = [each for each in command_of(words).params if isinstance(each, click.Option)]
    assert [option.name for option in options if not option.help] == []
    assert "--json" in {name for option in options for name in option.opts}


def test_without_words_the_help_is_shown(dicomill) -> None:
    """A group alone shows what it holds."""
    for words in ((), ("db",)):
        outcome = dicomill(*words)
        assert outcome.status == 2
        assert outcome.err.startswith("Usage: dicomill")
        assert "Commands:" in outcome.err


def test_the_version_is_told(works) -> None:
    """That of the distribution."""
    assert works("--version").out.startswith("dicomill, version ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nosuch"], "No such command 'nosuch'. See `dicomill --help`."),
        (["pack", "--nope"], "No such option '--nope'"),
        (["pack", "a"], "Missing argument 'TARGET'. See `dicomill pack --help`."),
        (["pack", "a", "b", "--split", "halves"], "'halves' is not one of 'None', 'tt_split', 'tvt_split'"),
        (["ingest", "a", "--workers", "0"], "--workers"),
        (["db", "status", "--database", "postgresql://host/images"], "sqlite:///FILE"),
        (["db", "status", "--database", "mysql://root@127.0.0.1:1/images"], "No database server answers"),
    ],
)
def test_words_that_cannot_be_understood_are_one_line(refuses, words: list[str], says: str) -> None:
    """What is wrong, and whose help says more; not a page of usage."""
    refuses(*words, says=says)


@pytest.mark.parametrize("command", ["cohort list", "db query x", "export a b", "cohort create a"])
def test_a_database_that_is_down_is_one_line_without_its_password(refuses, command: str) -> None:
    """Whichever command meets it."""
    url = "mysql://reader:s3cret@127.0.0.1:1/images"
    outcome = refuses(*command.split(), "--database", url, says="No database server answers")
    assert "s3cret" not in outcome.err


def test_broken_settings_are_one_line(refuses, tmp_path: Path) -> None:
    """dicomill.toml is a user's file like any other."""
    (tmp_path / "dicomill.toml").write_text("databse = 'x'")
    refuses("cohort", "list", says='sets "databse". Known: database')


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_what_the_machine_refuses_is_one_line(refuses, door_stand_in, number: int) -> None:
    """A full disk in the middle of a door is no bug of ours."""
    door_stand_in("preprocessing.pack.pack", OSError(number, os.strerror(number), "out/records"))
    refuses("pack", "a", "out/records", says=f"out/records cannot be used: {os.strerror(number)}.")


@pytest.mark.parametrize("error", [ZeroDivisionError("bug"), OSError(errno.EBADF, "bug")])
def test_a_bug_keeps_its_traceback(door_stand_in, error: Exception) -> None:
    """Nothing is hidden that we would have to mend."""
    door_stand_in("preprocessing.pack.pack", error)
    with pytest.raises(type(error), match="bug"):
        main(["pack", "a", "b"])


def test_an_interrupted_door_gives_130_and_a_word(dicomill, door_stand_in) -> None:
    """The shell's own status for Ctrl-C, and what became of the work."""
    door_stand_in("preprocessing.pack.pack", KeyboardInterrupt())
    outcome = dicomill("pack", "a", "b")
    assert outcome.status == 130
    assert outcome.err.strip() == (
        "dicomill: Stopped. What was finished is kept; run the same command again to go on."
    )


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_ctrl_c_stops_a_process_without_a_traceback(tmp_path: Path) -> None:
    """A real signal to a real process, while it reads a file that never comes."""
    pipe = tmp_path / "run.yaml"
    os.mkfifo(pipe)
    process = as_process("run", str(pipe), cwd=tmp_path)
    writer = wait_for_reader(pipe, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    os.close(writer)
    assert process.returncode == 130
    assert out == b""
    assert err.strip().startswith(b"dicomill: Stopped.")
    assert err.strip().count(b"\n") == 0


def wait_for_reader(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """Open the pipe for writing as soon as the process has opened it for reading."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.02)
    raise AssertionError("the process never opened the run file")


ENDING = """
import atexit, sys
import cli.main

def work(**_):
    atexit.register(print, "closed")
    sys.exit(3)

cli.main.dicomill.main = work
cli.main.run()
"""


def test_the_program_keeps_its_status_and_what_was_left_for_its_end() -> None:
    """Connections are closed, though the teardown of native libraries is left out."""
    ended = subprocess.run([sys.executable, "-c", ENDING], capture_output=True, check=False, timeout=30)
    assert (ended.returncode, ended.stdout, ended.stderr) == (3, b"closed\n", b"")


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    """`dicomill ... | head` ends quietly."""
    process = as_process("--help", cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()
