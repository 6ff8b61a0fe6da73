"""Archives as sources."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import shutil
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

import ingest.archives as module
from foundation.errors import RejectedFileError
from imaging.limits import Limits
from imaging.samples import bundled_dicom_folder
from ingest.archives import count_inside, enter, read_member
from ingest.source_files import SourceFile

FILES = {"a": b"first", "deep/b": bytes(3000), "../climbs": b"out", "/etc/root": b"root", "empty": b""}
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.compress,
}


def a_tar(files: dict[str, bytes]) -> bytes:
    """Return a tar."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def a_zip(files: dict[str, bytes]) -> bytes:
    """Return a zip."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def inside(path: Path, limits: Limits | None = None) -> list[SourceFile]:
    """Return what is found in a file."""
    return list(enter(SourceFile(path, path.name), limits or Limits()))


def read(source: SourceFile) -> bytes | str:
    """Return bytes, or the reason."""
    if source.problem is not None:
        return source.problem.reason_code
    try:
        return read_member(pickle.loads(pickle.dumps(source)), max_bytes=1 << 20)
    except RejectedFileError as error:
        return error.reason_code


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Close what a test has left open."""
    yield
    module._OPEN.close()


@pytest.mark.parametrize("form", ["zip", *(f"tar{suffix}" for suffix in PACKERS)])
def test_members_are_files_in_their_order(tmp_path: Path, form: str) -> None:
    """Names that climb out lead nowhere: they are part of a place that is hashed, and of no path."""
    content = a_zip(FILES) if form == "zip" else PACKERS[form.removeprefix("tar")](a_tar(FILES))
    (tmp_path / "any name").write_bytes(content)
    found = inside(tmp_path / "any name")
    assert {source.relative_path: read(source) for source in found} == {
        f"any name!{name}": content for name, content in FILES.items()
    }
    assert [source.ends_path for source in found] == [False] * 4 + [True]
    assert {source.path for source in found} == {tmp_path / "any name"}


@pytest.mark.parametrize("form", ["zip", *(f"tar{suffix}" for suffix in PACKERS)])
def test_counting_is_cheap_or_says_that_it_cannot_tell(tmp_path: Path, form: str) -> None:
    """What is compressed as a whole would have to be unpacked."""
    content = a_zip(FILES) if form == "zip" else PACKERS[form.removeprefix("tar")](a_tar(FILES))
    (tmp_path / "a").write_bytes(content)
    expected = len(FILES) if form in ("zip", "tar") else None
    assert count_inside(SourceFile(tmp_path / "a", "a"), Limits()) == expected


def test_what_is_no_archive_stays_itself(tmp_path: Path) -> None:
    """A picture, a DICOM file called .zip, a document, a missing file."""
    shutil.copyfile(bundled_dicom_folder() / "CT_small.dcm", tmp_path / "ct.zip")
    (tmp_path / "b.docx").write_bytes(a_zip({"[Content_Types].xml": b"", "word/media/1.png": b"x"}))
    (tmp_path / "c.txt").write_bytes(b"text")
    for name in ("ct.zip", "b.docx", "c.txt", "missing"):
        assert inside(tmp_path / name) == [SourceFile(tmp_path / name, name)]
        assert count_inside(SourceFile(tmp_path / name, name), Limits()) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"Rar!\x1a\x07\x01\x00", "unsupported_archive"),
        (gzip.compress(b"a volume" * 100, mtime=0), "compressed_file"),
        (a_zip({}), "empty_archive"),
        (b"PK\x03\x04 and nothing more", "archive_damaged"),
        (gzip.compress(a_tar(FILES), mtime=0)[:30], "archive_truncated"),
    ],
)
def test_an_archive_that_gives_nothing_is_one_file_with_a_reason(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    """Its name is the archive's own."""
    (tmp_path / "a").write_bytes(content)
    (found,) = inside(tmp_path / "a")
    assert (found.relative_path, read(found), found.ends_path) == ("a", reason, True)
    assert count_inside(SourceFile(tmp_path / "a", "a"), Limits()) == 1


@pytest.mark.parametrize("form", ["zip", *(f"tar{suffix}" for suffix in PACKERS)])
def test_a_cut_archive_loses_no_whole_member(tmp_path: Path, form: str) -> None:
    """What is whole, then what is cut, then the archive, each told."""
    import random

    files = {name: random.Random(name).randbytes(400_000) for name in "abcd"}
    content = a_zip(files) if form == "zip" else PACKERS[form.removeprefix("tar")](a_tar(files))
    (tmp_path / "a").write_bytes(content[: len(content) * 6 // 10])
    found = {source.relative_path: read(source) for source in inside(tmp_path / "a")}
    assert found["a!a"] == files["a"]
    assert "a!c" not in found or found["a!c"] == "truncated_member"
    assert found["a"] == ("archive_damaged" if form == "zip" else "archive_truncated")
    assert "a!d" not in found


@pytest.mark.parametrize("form", [".gz", ".zst"])
def test_a_checksum_that_stands_behind_everything_is_looked_at(tmp_path: Path, form: str) -> None:
    """Nothing else tells that a bit of a stored member was flipped: the archive itself says so."""
    packers = {
        ".gz": lambda content: gzip.compress(content, 0),
        ".zst": zstandard.ZstdCompressor(write_checksum=True).compress,
    }
    content = bytearray(packers[form](a_tar({name: name.encode() * 70_000 for name in "abcd"})))
    content[-6 if form == ".gz" else -2] ^= 1
    (tmp_path / "a").write_bytes(content)
    reasons = {found.relative_path: found.problem for found in inside(tmp_path / "a")}
    assert [*reasons] == ["a!a", "a!b", "a!c", "a!d", "a"]
    assert reasons["a"] is not None
    assert reasons["a"].reason_code == "archive_damaged"


def test_a_bomb_is_one_reason_and_what_came_before_is_kept(tmp_path: Path) -> None:
    """The run goes on with the next file."""
    content = a_tar({"a": b"good", "bomb": bytes(40 << 20), "z": b"behind"})
    (tmp_path / "a").write_bytes(gzip.compress(content))
    found = inside(tmp_path / "a", Limits(inflated_bytes=1 << 20, inflated_ratio=20))
    assert read(found[0]) == b"good"
    assert found[-1].problem is not None
    assert found[-1].problem.reason_code == "archive_bomb"
    assert "a!z" not in {source.relative_path for source in found}


def test_an_archive_in_an_archive_is_a_reason(tmp_path: Path) -> None:
    """By content; a DICOM file in an archive is none."""
    dicom = (bundled_dicom_folder() / "CT_small.dcm").read_bytes()
    files = {"inner.dcm": a_zip(FILES), "b": gzip.compress(b"x"), "c.zip": dicom}
    (tmp_path / "a").write_bytes(a_zip(files))
    assert [read(source) for source in inside(tmp_path / "a")] == ["nested_archive", "nested_archive", dicom]


def test_two_members_of_one_name_are_two_files(tmp_path: Path) -> None:
    """The bytes tell them apart."""
    (tmp_path / "a").write_bytes(a_tar({"a": b"one"})[:1024] + a_tar({"./a": b"two"}))
    found = inside(tmp_path / "a")
    assert [(source.relative_path, read(source)) for source in found] == [("a!a", b"one"), ("a!a", b"two")]


@pytest.mark.parametrize("suffix", PACKERS)
def test_members_too_large_to_hand_on_are_found_again(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any order, by a reader that keeps the archive open behind the last one."""
    monkeypatch.setattr(module, "MOST_CARRIED_BYTES", 10)
    files = {name: name.encode() * 5000 for name in "abcd"}
    (tmp_path / "a").write_bytes(PACKERS[suffix](a_tar(files)))
    found = inside(tmp_path / "a")
    assert all(source.content is None for source in found)
    for number in (1, 2, 0, 3, 3):
        assert read(found[number]) == files["abcd"[number]]


def test_an_archive_is_opened_once_by_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And no more than a few at a time are kept open."""
    for number in range(12):
        (tmp_path / f"{number:02}").write_bytes(a_zip(FILES))
    members = [source for path in sorted(tmp_path.iterdir()) for source in inside(path)]
    opened = []
    real = Path.open

    def counting(path: Path, *arguments: object, **options: object) -> object:
        opened.append(path.name)
        return real(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", counting)
    for source in members:
        read(source)
    assert len(opened) == 12
    assert len(module._OPEN._files) == 8


def test_an_archive_that_changed_meanwhile_is_a_reason(tmp_path: Path) -> None:
    """Places from before the change would lead anywhere."""
    for form in (a_zip, a_tar):
        (tmp_path / "a").write_bytes(form(FILES))
        found = inside(tmp_path / "a")
        (tmp_path / "a").write_bytes(form({**FILES, "b": b"more"}))
        assert {read(source) for source in found} == {"archive_changed"}


def test_a_member_over_the_limit_is_not_read(tmp_path: Path) -> None:
    """It says how large it is."""
    (tmp_path / "a").write_bytes(a_zip({"a": bytes(3000)}))
    (source,) = inside(tmp_path / "a")
    with pytest.raises(RejectedFileError, match="3000") as caught:
        read_member(source, max_bytes=2999)
    assert caught.value.reason_code == "file_too_large"


def test_an_archive_that_goes_away_is_one_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the system says."""

    def gone(*_: object, **__: object) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / "a").write_bytes(a_zip(FILES))
    monkeypatch.setattr(module, "iterate_zip", gone)
    (found,) = inside(tmp_path / "a")
    assert read(found) == "unreadable_file"
