"""What a run is fed with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from imaging.limits import Limits
from ingest.feeds import Feed, batch_by_bytes
from ingest.labelled_files import LabelledFiles
from ingest.source_files import Member
from ingest.sources import SourceFile, find_files
from ingest.watching import open_watch


def test_files_that_are_there_are_counted_and_given_once(
    tmp_path: Path, write_picture: Callable[[Path, int], None]
) -> None:
    """In batches of the size that was asked for."""
    for number in range(5):
        write_picture(tmp_path / f"{number}.png", number)
    feed = Feed(LabelledFiles([tmp_path], None, Limits()), None, Limits())
    batches = list(feed.batches(2, is_stopped=lambda: False))
    assert feed.count() == 5
    assert [len(batch) for batch in batches] == [2, 2, 1]
    feed.put_away(batches[0])
    assert len(list(tmp_path.iterdir())) == 5


def test_how_many_will_arrive_is_not_known(tmp_path: Path) -> None:
    """An empty batch says that there is nothing now."""
    watch = open_watch([tmp_path], done_folder=None, poll_seconds=0.01, settle_seconds=0, for_seconds=0.03)
    feed = Feed(LabelledFiles([tmp_path], None, Limits()), watch, Limits())
    assert feed.count() is None
    assert set(map(tuple, feed.batches(2, is_stopped=lambda: False))) == {()}


def test_large_files_make_small_batches(tmp_path: Path) -> None:
    """By the bytes that a worker has to see to, wherever they lie; what cannot be asked counts nothing."""
    for name, num_bytes in (("a", 10), ("b", 10), ("c", 100), ("d", 10), ("e", 10)):
        (tmp_path / name).write_bytes(bytes(num_bytes))
    files = [*find_files([tmp_path]), SourceFile(tmp_path / "gone", "gone")]
    member = Member("zip", "inner", 0, 25, (0, 0))
    files.append(SourceFile(tmp_path / "f.zip", "f.zip!inner", member=member))
    files.append(SourceFile(tmp_path / "f.tar.gz", "f.tar.gz!inner", content=bytes(20)))
    names = [[file.relative_path for file in batch] for batch in batch_by_bytes(files, 3, most_bytes=40)]
    assert names == [["a", "b"], ["c"], ["d", "e", "gone"], ["f.zip!inner"], ["f.tar.gz!inner"]]
