"""Folders whose making goes on after an interruption."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.errors import ConfigError, ExecutionError, FolderError, TargetExistsError
from foundation.files import new_folder
from foundation.resumption import resumable_folder

ROOT = Path(__file__).parents[2]
KEY, OTHER_KEY = "0123456789abcdef" * 4, "f" * 64

MAKER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from foundation.resumption import resumable_folder

    with resumable_folder(Path(sys.argv[1]), key=sys.argv[2]) as unfinished:
        for name in ("a", "b"):
            (unfinished.folder / name).write_text(name)
            unfinished.note({"name": name})
        print("made", flush=True)
        time.sleep(60)
    """
)


def killed_maker(target: Path, *, while_alive: Callable[[], None] = lambda: None) -> None:
    """Let another process make two items, and kill it."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKER, str(target), KEY],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "made\n"
        try:
            while_alive()
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=20)


def interrupted(target: Path, key: str, error: BaseException, *names: str) -> None:
    """Make some items and end with an error."""

    def make() -> None:
        with resumable_folder(target, key=key) as unfinished:
            for name in names:
                (unfinished.folder / name).write_text(name)
                unfinished.note({"name": name})
            raise error

    with pytest.raises(type(error)):
        make()


def test_a_killed_maker_s_work_is_taken_over(tmp_path: Path) -> None:
    """Files and notes are there; at the end only the content is, under the final name."""
    target = tmp_path / "target"
    killed_maker(target)
    assert not target.exists()
    with resumable_folder(target, key=KEY) as unfinished:
        assert [note["name"] for note in unfinished.notes] == ["a", "b"]
        assert (unfinished.folder / "a").read_text() == "a"
        (unfinished.folder / "c").write_text("c")
        unfinished.note({"name": "c"})
    assert list(tmp_path.iterdir()) == [target]
    assert sorted(path.name for path in target.iterdir()) == ["a", "b", "c"]


def test_two_makers_of_the_same_thing_do_not_meet(tmp_path: Path) -> None:
    """The second is refused while the first lives."""
    target = tmp_path / "target"

    def refused() -> None:
        with pytest.raises(ConfigError, match="Another process is making"), resumable_folder(target, key=KEY):
            pytest.fail("the folder was given twice")

    killed_maker(target, while_alive=refused)


def test_another_key_begins_anew_and_clears_up(tmp_path: Path) -> None:
    """Work on another thing is never mixed in."""
    target = tmp_path / "target"
    interrupted(target, OTHER_KEY, KeyboardInterrupt(), "x")
    assert len(list(tmp_path.iterdir())) == 1
    with resumable_folder(target, key=KEY) as unfinished:
        assert unfinished.notes == []
        assert list(unfinished.folder.iterdir()) == []
    assert list(tmp_path.iterdir()) == [target]


def test_a_maker_of_another_kind_clears_up(tmp_path: Path) -> None:
    """Whoever makes the same target next removes what nobody goes on with."""
    target = tmp_path / "target"
    interrupted(target, KEY, OSError("disk full"), "x")
    with new_folder(target) as folder:
        (folder / "whole").touch()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (KeyboardInterrupt(), True),
        (OSError("disk full"), True),
        (ExecutionError("gone"), True),
        (FolderError("no"), False),
    ],
)
def test_only_a_refusal_of_ours_throws_work_away(error: BaseException, stays: bool, tmp_path: Path) -> None:
    """The same command would be refused again; everything else may be mended."""
    interrupted(tmp_path / "target", KEY, error, "x")
    assert bool(list(tmp_path.iterdir())) == stays


@pytest.mark.parametrize("cut", [b'{"name": "b"', b'{"name": "b"}', b"\xff\xff\n", b"\0" * 40])
def test_a_note_that_was_cut_is_dropped(cut: bytes, tmp_path: Path) -> None:
    """What comes after goes where it began."""
    target = tmp_path / "target"
    interrupted(target, KEY, KeyboardInterrupt(), "a")
    (hidden,) = tmp_path.iterdir()
    with (hidden / "journal.jsonl").open("ab") as journal:
        journal.write(cut)
    interrupted(target, KEY, KeyboardInterrupt(), "c")
    lines = (hidden / "journal.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["name"] for line in lines] == ["a", "c"]


def test_notes_can_be_forgotten(tmp_path: Path) -> None:
    """Where the items that they tell of are not as they were."""
    target = tmp_path / "target"
    interrupted(target, KEY, KeyboardInterrupt(), "a", "b", "c")
    with resumable_folder(target, key=KEY) as unfinished:
        unfinished.forget_after(1)
        unfinished.note({"name": "d"})
        journal = (unfinished.folder.parent / "journal.jsonl").read_bytes()
    assert [json.loads(line)["name"] for line in journal.splitlines()] == ["a", "d"]


def test_a_target_that_holds_something_is_kept_unless_asked(tmp_path: Path) -> None:
    """Before any work, and at the end, too, when another was faster."""
    target = tmp_path / "target"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(TargetExistsError), resumable_folder(target, key=KEY):
        pytest.fail("work was begun")
    with resumable_folder(target, key=KEY, overwrite=True) as unfinished:
        (unfinished.folder / "new").touch()
    assert [path.name for path in target.iterdir()] == ["new"]
    late = resumable_folder(tmp_path / "late", key=KEY)
    late.__enter__()
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "faster").touch()
    with pytest.raises(TargetExistsError):
        late.__exit__(None, None, None)
    assert [path.name for path in (tmp_path / "late").iterdir()] == ["faster"]


def test_a_folder_that_cannot_be_written_to_is_one_line(tmp_path: Path) -> None:
    """As for every product."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(ConfigError, match="Cannot write to"),
        resumable_folder(tmp_path / "file" / "t", key=KEY),
    ):
        pytest.fail("there is no such folder")
