"""A spool folder that is watched."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from foundation.errors import IngestError
from ingest.archives import _OPEN
from ingest.found_files import find_file
from ingest.spool import check_spool, move_to_done, watch_spool

Action = Callable[[], object]


class Night:
    """A clock that moves on when somebody sleeps, and things that happen at certain times."""

    def __init__(self, **actions: Action) -> None:
        self.now = 100.0
        self._actions = {float(when.removeprefix("at_")): action for when, action in actions.items()}

    def clock(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Move on, and let happen what is due."""
        self.now += seconds
        for when in sorted(self._actions):
            if when + 100 <= self.now:
                self._actions.pop(when)()


def watched(folder: Path, night: Night, *, seconds: float = 20, **options: object) -> Iterator[list[str]]:
    """Yield the places of each batch."""
    batches = watch_spool(
        folder,
        poll_seconds=1,
        settle_seconds=3,
        for_seconds=seconds,
        clock=night.clock,
        sleep=night.sleep,
        **options,  # type: ignore[arg-type]
    )
    for batch in batches:
        yield [source.relative_path for source in batch]


def write(path: Path, content: bytes = b"x", *, changed: int = 1_000_000_000) -> None:
    """Write a file with a time of change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (changed, changed))


def test_files_come_in_the_order_of_their_arrival_once_each(tmp_path: Path) -> None:
    """What was there first, then what came later; nothing twice though it stays."""
    write(tmp_path / "b", changed=1)
    write(tmp_path / "a", changed=2)
    night = Night(at_5=lambda: write(tmp_path / "deep" / "0"))
    assert list(watched(tmp_path, night)) == [["b", "a"], ["deep/0"]]


def test_a_file_that_still_grows_is_left_until_it_rests(tmp_path: Path) -> None:
    """Counted from its last change."""
    write(tmp_path / "a", b"1")
    seen = {}
    night = Night(
        at_2=lambda: write(tmp_path / "a", b"12"), at_4=lambda: write(tmp_path / "a", b"12", changed=5)
    )
    for batch in watched(tmp_path, night):
        seen[batch[0]] = night.now - 100
    assert seen == {"a": 7}


def test_a_file_that_changes_after_it_was_offered_is_offered_again(tmp_path: Path) -> None:
    """A pause in copying may be longer than anybody waits."""
    write(tmp_path / "a", b"half")
    night = Night(at_6=lambda: write(tmp_path / "a", b"whole"))
    assert list(watched(tmp_path, night)) == [["a"], ["a"]]


@pytest.mark.parametrize("name", [".hidden", ".partial/a", "a.part", "a.PARTIAL", "a.dcm.tmp", "a.filepart"])
def test_what_copying_programs_call_unfinished_is_left(tmp_path: Path, name: str) -> None:
    """Until it takes its final name."""
    write(tmp_path / name)
    night = Night(at_5=lambda: (tmp_path / name).rename(tmp_path / "whole"))
    assert list(watched(tmp_path, night)) == [["whole"]]


def test_what_is_taken_away_is_forgotten(tmp_path: Path) -> None:
    """Gone before it was complete: never offered. Back under its name: offered again."""
    write(tmp_path / "a")
    write(tmp_path / "b")
    night = Night(
        at_2=(tmp_path / "a").unlink, at_6=(tmp_path / "b").unlink, at_9=lambda: write(tmp_path / "b")
    )
    assert list(watched(tmp_path, night)) == [["b"], ["b"]]


def test_batches_have_a_size_and_archives_are_entered(tmp_path: Path) -> None:
    """As in any other source."""
    for number in range(3):
        write(tmp_path / f"{number}", changed=number)
    with zipfile.ZipFile(tmp_path / "set", "w") as archive:
        archive.writestr("x", b"1")
        archive.writestr("y", b"2")
    os.utime(tmp_path / "set", (9, 9))
    assert list(watched(tmp_path, Night(), batch_size=2)) == [["0", "1"], ["2", "set!x"], ["set!y"]]


def test_a_link_to_nothing_and_a_closed_folder_are_offered_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end with a reason, like everything that was put there."""
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("closed"):
            raise PermissionError(13, "refused")
        return real(path)

    monkeypatch.setattr("ingest.folder_walk.os.scandir", refusing)
    assert sorted(place for batch in watched(tmp_path, Night()) for place in batch) == ["closed", "gone"]


def test_watching_ends_after_its_time(tmp_path: Path) -> None:
    """With a last look at its end; what is not complete then is left."""
    night = Night(at_4=lambda: write(tmp_path / "late"))
    assert list(watched(tmp_path, night, seconds=5)) == []
    assert night.now == 105
    night = Night()
    assert list(watched(tmp_path, night, seconds=3)) == [["late"]]


def test_what_is_done_moves_to_the_same_place_elsewhere(tmp_path: Path) -> None:
    """For its owner alone; a name that is taken gets a number, what is gone is left."""
    spool, done = tmp_path / "in", tmp_path / "out" / "done"
    for name in ("a", "deep/b", "gone"):
        write(spool / name)
    write(done / "a", b"earlier")
    batch = [source for batch in watch_spool(spool, settle_seconds=0, for_seconds=0) for source in batch]
    (spool / "gone").unlink()
    moved = move_to_done(batch, folder=spool, done_folder=done)
    assert moved == [done / "a.1", done / "deep" / "b"]
    assert (done / "a").read_bytes() == b"earlier"
    assert (done / "deep").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in spool.rglob("*") if path.is_file()] == []


def test_an_archive_moves_with_its_last_member(tmp_path: Path) -> None:
    """Whoever reads the others must find it where it was."""
    spool, done = tmp_path / "in", tmp_path / "done"
    spool.mkdir()
    with zipfile.ZipFile(spool / "set", "w") as archive:
        for name in "xyz":
            archive.writestr(name, name)
    first, second = watch_spool(spool, settle_seconds=0, for_seconds=0, batch_size=2)
    assert move_to_done(first, folder=spool, done_folder=done) == []
    assert find_file(second[0], path_key="k", max_bytes=9).content == b"z"
    assert move_to_done(second, folder=spool, done_folder=done) == [done / "set"]
    _OPEN.close()


def test_a_done_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    """The file stays in the spool."""
    write(tmp_path / "in" / "a")
    (tmp_path / "done").write_text("a file")
    (batch,) = watch_spool(tmp_path / "in", settle_seconds=0, for_seconds=0)
    with pytest.raises(IngestError, match="stay in the spool"):
        move_to_done(batch, folder=tmp_path / "in", done_folder=tmp_path / "done")
    assert (tmp_path / "in" / "a").exists()


def test_a_spool_that_cannot_work_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, or with its done folder inside, or closed."""
    check_spool(tmp_path, tmp_path.with_name("done"))
    with pytest.raises(IngestError, match="no folder"):
        check_spool(tmp_path / "missing")
    with pytest.raises(IngestError, match="would arrive again"):
        check_spool(tmp_path, tmp_path / "done")
    monkeypatch.setattr("ingest.spool.os.access", lambda _, mode: not mode & os.W_OK)
    with pytest.raises(IngestError, match="may not be written to"):
        check_spool(tmp_path, tmp_path.with_name("done"))
