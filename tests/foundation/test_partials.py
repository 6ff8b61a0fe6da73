"""Unfinished files and folders, and what is left of them."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from foundation.errors import ConfigError
from foundation.files import new_folder
from foundation.partials import hidden_name, keyed_folder, partial_file, partial_folder, remove_leftovers

ROOT = Path(__file__).parents[2]

MAKER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from foundation.files import new_file, new_folder

    target, kind = Path(sys.argv[1]), sys.argv[2]
    with (new_folder if kind == "folder" else new_file)(target) as made:
        if kind == "folder":
            (made / "half").mkdir()
        print("made", flush=True)
        time.sleep(60)
    """
)


@contextmanager
def maker(target: Path, kind: str) -> Iterator[subprocess.Popen[str]]:
    """Give another process that is in the middle of making a target."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(target), kind],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_what_a_killed_maker_left_goes_and_what_a_living_one_makes_stays(tmp_path: Path, kind: str) -> None:
    """The lock tells them apart; it ends with its process."""
    target = tmp_path / "product"
    with maker(target, kind) as process:
        remove_leftovers(target)
        (unfinished,) = tmp_path.iterdir()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=20)
        assert unfinished.exists()
    remove_leftovers(target)
    assert list(tmp_path.iterdir()) == []


def test_the_next_maker_of_a_folder_clears_up(tmp_path: Path) -> None:
    """Nobody has to know of hidden names."""
    target = tmp_path / "product"
    with maker(target, "folder"):
        pass
    assert len(list(tmp_path.iterdir())) == 1
    with new_folder(target) as folder:
        (folder / "whole").touch()
    assert list(tmp_path.iterdir()) == [target]


def test_only_the_leftovers_of_the_same_target_go(tmp_path: Path) -> None:
    """Another product, and a hidden file of the user's own, are none of them."""
    others = [".other.0123abcd.partial", ".product.notes.partial", ".product.0123abcd", "product.partial"]
    for name in others:
        (tmp_path / name).touch()
    (tmp_path / ".product.0123abcd.partial").touch()
    remove_leftovers(tmp_path / "product")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(others)


def test_a_folder_set_aside_goes_once_the_new_one_stands(tmp_path: Path) -> None:
    """Its maker was killed after the second rename."""
    target = tmp_path / "product"
    target.mkdir()
    hidden_name(target, ".old").mkdir()
    remove_leftovers(target)
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_set_aside_takes_its_name_again_where_no_new_one_stands(tmp_path: Path) -> None:
    """Its maker was killed between the two renames: the old product was whole."""
    target = tmp_path / "product"
    replaced = hidden_name(target, ".old")
    replaced.mkdir()
    (replaced / "kept").touch()
    with partial_folder(target):
        remove_leftovers(target)
        assert replaced.exists()
    remove_leftovers(target)
    assert [path.name for path in target.iterdir()] == ["kept"]


def test_one_that_was_swept_before_it_was_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between making and locking, another process may take it for abandoned."""
    names = iter([tmp_path / "first", tmp_path / "second"])
    monkeypatch.setattr("foundation.partials.hidden_name", lambda path: next(names))

    def sweeping(descriptor: int, *, waits: bool = False) -> bool:
        (tmp_path / "first").unlink(missing_ok=True)
        return waits

    monkeypatch.setattr("foundation.partials._lock", sweeping)
    with partial_file(tmp_path / "product") as (partial, descriptor):
        assert partial == tmp_path / "second"
        assert os.fstat(descriptor).st_ino == partial.stat().st_ino


def test_a_folder_that_was_swept_before_it_was_opened_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder is made and opened in two steps, and a sweeper may come in between."""
    names = iter([tmp_path / "first", tmp_path / "second"])
    monkeypatch.setattr("foundation.partials.hidden_name", lambda path: next(names))
    real = os.open

    def sweeping(path: Path, flags: int) -> int:
        if Path(path).name == "first":
            (tmp_path / "first").rmdir()
        return real(path, flags)

    monkeypatch.setattr("foundation.partials.os.open", sweeping)
    with partial_folder(tmp_path / "product") as partial:
        assert partial == tmp_path / "second"


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    """Nothing to sweep is no mistake."""
    remove_leftovers(tmp_path / "nowhere" / "product")


def test_a_place_where_no_folder_can_be_made_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one below /proc, where the system says that nothing is there."""

    def refuse(_path: Path, *_arguments: object, **_named: object) -> None:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(ConfigError, match="Cannot write to"), keyed_folder(tmp_path / "out", "0" * 16):
        pass
