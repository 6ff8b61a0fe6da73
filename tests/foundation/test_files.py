"""Whole files and folders, or none."""

import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from foundation.errors import ConfigError, TargetExistsError
from foundation.files import check_target, new_folder, write_file

ROOT = Path(__file__).parents[2]


def names_in(folder: Path) -> list[str]:
    """Return everything that lies in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())


def test_text_is_written_as_utf_8_and_bytes_as_they_are(tmp_path: Path) -> None:
    """What was given is what stands there, and nothing else does."""
    write_file(tmp_path / "a.txt", "Größe")
    write_file(tmp_path / "b.bin", b"\x00\xff")
    assert (tmp_path / "a.txt").read_bytes() == "Größe".encode()
    assert (tmp_path / "b.bin").read_bytes() == b"\x00\xff"
    assert names_in(tmp_path) == ["a.txt", "b.bin"]


def test_a_file_gets_the_mode_that_was_asked_for(tmp_path: Path) -> None:
    """A secret file is never open to others, not even while it is written."""
    write_file(tmp_path / "key", "secret", mode=0o600)
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk at the last moment costs nothing that was there."""
    path = tmp_path / "note.txt"
    write_file(path, "old")

    def full_disk(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_file(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["note.txt"]


def test_a_filled_folder_takes_its_name_at_the_end(tmp_path: Path) -> None:
    """Until the block ends nothing stands under the final name."""
    target = tmp_path / "deep" / "report"
    with new_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()
    assert names_in(target) == ["a"]
    assert names_in(target.parent) == ["report"]


def fill_half(target: Path, interruption: BaseException) -> None:
    """Begin a folder and fail in the middle."""
    with new_folder(target) as folder:
        (folder / "a").write_text("1")
        raise interruption


@pytest.mark.parametrize("interruption", [ValueError("half way"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_nothing(tmp_path: Path, interruption: BaseException) -> None:
    """Half a folder is no folder, and Ctrl-C is no exception to that."""
    with pytest.raises(type(interruption)):
        fill_half(tmp_path / "report", interruption)
    assert names_in(tmp_path) == []


def test_a_full_target_is_refused_before_the_work(tmp_path: Path) -> None:
    """The message says how to go on, and nothing was touched."""
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "a").write_text("old")
    with (
        pytest.raises(TargetExistsError, match=r"already exists.*--overwrite"),
        new_folder(tmp_path / "report"),
    ):
        pytest.fail("the block must not run")
    assert (tmp_path / "report" / "a").read_text() == "old"
    assert names_in(tmp_path) == ["report"]


def test_of_two_makers_at_once_the_slower_is_refused(tmp_path: Path) -> None:
    """Neither asked to replace the other's product."""
    target = tmp_path / "report"
    slow = new_folder(target)
    (slow.__enter__() / "slow").touch()
    with new_folder(target) as fast:
        (fast / "fast").touch()
    with pytest.raises(TargetExistsError):
        slow.__exit__(None, None, None)
    assert names_in(target) == ["fast"]
    assert names_in(tmp_path) == ["report"]


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    """A folder that the user made beforehand holds nothing to lose."""
    (tmp_path / "report").mkdir()
    with new_folder(tmp_path / "report") as folder:
        (folder / "a").write_text("1")
    assert names_in(tmp_path / "report") == ["a"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_overwrite_replaces_what_stands_there(tmp_path: Path, kind: str) -> None:
    """The old one goes only when the new one is whole."""
    target = tmp_path / "report"
    if kind == "folder":
        target.mkdir()
        (target / "old").write_text("1")
    else:
        target.write_text("old")
    with new_folder(target, overwrite=True) as folder:
        (folder / "new").write_text("2")
        assert target.exists()
    assert names_in(target) == ["new"]
    assert names_in(tmp_path) == ["report"]


def test_a_failed_overwrite_keeps_the_old_folder(tmp_path: Path) -> None:
    """Nothing is lost by trying."""
    target = tmp_path / "report"
    target.mkdir()
    (target / "old").write_text("1")
    with pytest.raises(ValueError, match="half way"), new_folder(target, overwrite=True):
        raise ValueError("half way")
    assert names_in(target) == ["old"]
    assert names_in(tmp_path) == ["report"]


def test_a_target_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    """A file where a folder should be: what happened and what to do."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigError, match=r"Cannot write to .*Choose a folder"),
        new_folder(tmp_path / "file" / "x"),
    ):
        pytest.fail("the block must not run")


def test_a_missing_target_passes_the_check(tmp_path: Path) -> None:
    """Only what is there can be lost."""
    check_target(tmp_path / "report", overwrite=False)
    (tmp_path / "file").write_text("")
    with pytest.raises(TargetExistsError):
        check_target(tmp_path / "file", overwrite=False)
    check_target(tmp_path / "file", overwrite=True)


KILLED_WRITER = textwrap.dedent(
    """
    import os, signal, sys
    from pathlib import Path
    from foundation.files import new_folder, write_file

    target = Path(sys.argv[1])
    if sys.argv[2] == "folder":
        with new_folder(target, overwrite=True) as folder:
            (folder / "new").write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    os.fsync = lambda descriptor: os.kill(os.getpid(), signal.SIGKILL)
    write_file(target, "new" * 100000)
    """
)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_killed_writer_leaves_nothing_under_the_final_name(tmp_path: Path, kind: str) -> None:
    """SIGKILL in the middle: the old content stands whole, the half one has another, hidden name."""
    target = tmp_path / "product"
    if kind == "file":
        target.write_text("old")
    else:
        target.mkdir()
        (target / "old").write_text("old")
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_WRITER, str(target), kind],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
        timeout=60,
    )
    assert ended.returncode == -signal.SIGKILL
    assert (target if kind == "file" else target / "old").read_text() == "old"
    left = [name for name in names_in(tmp_path) if name != "product"]
    assert all(name.startswith(".product.") and name.endswith(".partial") for name in left)
