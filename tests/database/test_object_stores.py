"""Folders and object stores that hold pictures by the hash of their bytes."""

from __future__ import annotations

import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from database.object_stores import ObjectStore, address_of, check_store_url, is_at_its_address
from foundation.errors import ConfigError, DatabaseError, DatabaseUnavailableError

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["file", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    """Give an empty store: a folder, and an object store in memory."""
    if request.param == "memory":
        return ObjectStore(f"memory://{uuid.uuid4()}")
    folder = ObjectStore((tmp_path / "pixels").as_uri())
    folder.prepare()
    return folder


def test_a_picture_lies_under_the_hash_of_its_bytes(store: ObjectStore) -> None:
    """Written once; read by its address; told with its size; gone when it is removed."""
    address = address_of(b"picture", "png")
    assert (store.put(address, b"picture"), store.put(address, b"picture")) == (True, False)
    missing = address_of(b"other", "tiff")
    assert store.read([address, missing]) == {address: b"picture"}
    assert is_at_its_address(b"picture", address)
    assert not is_at_its_address(b"pictura", address)
    assert dict(store.sizes(address[:2])) == {address: 7}
    assert dict(store.sizes("00" if address[:2] != "00" else "01")) == {}
    assert store.modified(address).tzinfo is not None
    assert (store.remove([address, missing]), store.remove([address])) == (1, 0)
    assert store.read([address]) == {}


def test_a_picture_that_was_cut_is_written_anew(store: ObjectStore) -> None:
    """What a full disk or a broken transfer left behind heals when the picture comes again."""
    address = address_of(b"whole picture", "png")
    store.put(address, b"whole")
    assert store.read([address]) == {address: b"whole"}
    assert store.put(address, b"whole picture")
    assert store.read([address]) == {address: b"whole picture"}


def test_a_folder_is_the_owners_and_holds_whole_files_only(tmp_path: Path) -> None:
    """Nothing but the picture is left; what a killed writer left is swept, and is no picture."""
    store = ObjectStore((tmp_path / "deep" / "pixels").as_uri())
    store.prepare()
    address = address_of(b"picture", "png")
    store.put(address, b"picture")
    folder = tmp_path / "deep" / "pixels"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (folder / address[:2]).iterdir()] == [address[3:]]
    left = folder / address[:2] / f".{address[3:]}.0123abcd.partial"
    left.write_bytes(b"pict")
    assert dict(store.sizes(address[:2])) == {address: 7}
    assert store.sweep() == 1
    assert not left.exists()


_PUT_MANY = """
import sys
from database.object_stores import ObjectStore, address_of
store = ObjectStore(sys.argv[1])
for number in range(50):
    content = f"picture {number}".encode() * 1000
    store.put(address_of(content, "png"), content)
"""


def test_two_processes_may_write_the_same_pictures(tmp_path: Path) -> None:
    """Each picture is whole whoever was faster, and nothing else lies there."""
    url = (tmp_path / "pixels").as_uri()
    ObjectStore(url).prepare()
    writers = [subprocess.Popen([sys.executable, "-c", _PUT_MANY, url], cwd=ROOT) for _ in range(2)]
    assert [writer.wait(30) for writer in writers] == [0, 0]
    files = [path for path in (tmp_path / "pixels").rglob("*") if path.is_file()]
    assert len(files) == 50
    assert all(is_at_its_address(path.read_bytes(), path.name) for path in files)


def test_a_folder_that_is_not_mounted_is_no_missing_picture(tmp_path: Path) -> None:
    """The remedy is another one: mount it, or say where it is."""
    store = ObjectStore((tmp_path / "gone").as_uri())
    with pytest.raises(DatabaseUnavailableError, match="pixels relocate"):
        store.read([address_of(b"", "png")])
    with pytest.raises(DatabaseUnavailableError, match="no such folder"):
        list(store.sizes("e3"))


def test_what_the_system_refuses_is_one_clear_error(tmp_path: Path) -> None:
    """With the store's URL and the system's word."""
    (tmp_path / "file").write_text("no folder")
    store = ObjectStore((tmp_path / "file" / "pixels").as_uri())
    with pytest.raises(DatabaseError, match="cannot be made: Not a directory"):
        store.prepare()
    with pytest.raises(DatabaseError, match="cannot be written to"):
        store.put(address_of(b"", "png"), b"")


@pytest.mark.parametrize("address", ["../../etc/passwd", "ab/cd.png", "ab/" + "0" * 64 + ".png", ""])
def test_nothing_but_a_hash_is_an_address(tmp_path: Path, address: str) -> None:
    """A row that was tampered with leads to no other file."""
    with pytest.raises(DatabaseError, match="made of its hash"):
        ObjectStore(tmp_path.as_uri()).read([address])


def test_urls_are_checked_before_they_are_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path is a folder; no password is ever recorded; a kind that is unknown is said to be."""
    monkeypatch.chdir(tmp_path)
    assert check_store_url("pixels") == f"file://{Path.cwd()}/pixels"
    assert check_store_url("s3://bucket/pixels/") == "s3://bucket/pixels"
    with pytest.raises(ConfigError, match="no user or password") as caught:
        check_store_url("ftp://anna:secret@host/pixels")
    assert "secret" not in str(caught.value)
    with pytest.raises(ConfigError, match="three slashes"):
        check_store_url("file://data/pixels")
    with pytest.raises(ConfigError, match="at most 255"):
        check_store_url("s3://" + "b" * 300)
    with pytest.raises(ConfigError, match='does not know: "nosuch"'):
        ObjectStore("nosuch://somewhere")
    with pytest.raises(ConfigError, match="needs a Python package"):
        ObjectStore("abfs://container/pixels")
