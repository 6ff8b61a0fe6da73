"""Members of tar archives."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from foundation.errors import RejectedFileError
from imaging.limits import Limits
from ingest.tar_archives import TarMember, iterate_tar
from ingest.unpacked_streams import open_stream

LONG = f"{'p' * 120}/{'ü' * 100}.dcm"


def members_of(path: Path) -> Iterator[tuple[TarMember, bytes]]:
    """Yield each member with its bytes."""
    file, stream = open_stream(path, "tar", Limits())
    with file:
        for member in iterate_tar(stream):
            yield member, b"" if member.problem else stream.read(member.num_bytes)


def until_error(path: Path) -> tuple[list[str], str | None]:
    """Return the names that come before an archive breaks off, and the reason."""
    seen = []
    try:
        for member, _ in members_of(path):
            seen.append(member.name)
    except RejectedFileError as error:
        return seen, error.reason_code
    return seen, None


def write(path: Path, format_: int, files: dict[str, bytes]) -> Path:
    """Write a tar with the library."""
    with tarfile.open(path, "w", format=format_) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("format_", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_names_of_any_length_and_alphabet_are_whole(tmp_path: Path, format_: int) -> None:
    """Two ways to write what a header has no room for; the bytes beside are right."""
    files = {LONG: b"1", "b": bytes(512), "c/d": bytes(513), "empty": b""}
    found = {member.name: content for member, content in members_of(write(tmp_path / "a", format_, files))}
    assert found == files


@pytest.mark.parametrize("format_", ["v7", "ustar", "oldgnu", "gnu", "posix"])
def test_archives_of_the_program_itself_are_read(tmp_path: Path, format_: str) -> None:
    """GNU tar, each of its formats."""
    program = shutil.which("tar")
    if program is None:
        pytest.skip("no tar program to compare with")
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a").write_bytes(b"abc")
    (tmp_path / "in" / "deep" / "b").write_bytes(bytes(2000))
    subprocess.run([program, f"--format={format_}", "-cf", "a.tar", "in"], cwd=tmp_path, check=True)
    found = {member.name: len(content) for member, content in members_of(tmp_path / "a.tar")}
    assert found == {"in/a": 3, "in/deep/b": 2000}


def test_links_devices_and_gaps_are_told_and_not_followed(tmp_path: Path) -> None:
    """A link could lead anywhere on the machine that reads."""
    with tarfile.open(tmp_path / "a", "w") as archive:
        for kind in (
            tarfile.SYMTYPE,
            tarfile.LNKTYPE,
            tarfile.CHRTYPE,
            tarfile.FIFOTYPE,
            tarfile.GNUTYPE_SPARSE,
        ):
            member = tarfile.TarInfo(f"type {kind.decode()}")
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    reasons = [member.problem and member.problem.reason_code for member, _ in members_of(tmp_path / "a")]
    assert reasons == ["archive_link"] * 2 + ["not_a_regular_file"] * 2 + ["sparse_member"]


def test_a_sparse_file_of_the_program_is_told(tmp_path: Path) -> None:
    """And the member behind it is read."""
    program = shutil.which("tar")
    if program is None:
        pytest.skip("no tar program to compare with")
    with (tmp_path / "holes").open("wb") as file:
        for number in range(40):
            file.seek(number * 100_000)
            file.write(b"x")
    (tmp_path / "z").write_bytes(b"abc")
    for format_ in ("oldgnu", "posix"):
        subprocess.run(
            [program, "-S", f"--format={format_}", "-cf", "a.tar", "holes", "z"], cwd=tmp_path, check=True
        )
        found = {member.name: (member.problem, content) for member, content in members_of(tmp_path / "a.tar")}
        assert found["z"] == (None, b"abc")
        problem = found["holes"][0]
        assert problem is not None
        assert problem.reason_code == "sparse_member"


@pytest.mark.parametrize(
    ("cut", "expected"), [(100, ""), (512, "a"), (700, "a"), (1024, "a"), (1600, "ab"), (3072, "abc")]
)
def test_a_cut_archive_gives_what_has_a_header_and_a_reason(tmp_path: Path, cut: int, expected: str) -> None:
    """Also where it was cut between two members, or before its end marker."""
    whole = write(tmp_path / "a", tarfile.USTAR_FORMAT, {"a": b"abc", "b": b"def", "c": b"ghi"}).read_bytes()
    (tmp_path / "b").write_bytes(whole[:cut])
    assert until_error(tmp_path / "b") == (list(expected), "archive_truncated")


def test_a_damaged_header_is_a_reason(tmp_path: Path) -> None:
    """The library would end there without a word."""
    content = bytearray(write(tmp_path / "a", tarfile.USTAR_FORMAT, {"a": b"abc", "b": b"def"}).read_bytes())
    content[1024] ^= 1
    (tmp_path / "a").write_bytes(content)
    assert until_error(tmp_path / "a") == (["a"], "archive_damaged")


def test_a_name_that_claims_gigabytes_is_damage(tmp_path: Path) -> None:
    """It is never read."""
    member = tarfile.TarInfo("x")
    member.type, member.size = tarfile.GNUTYPE_LONGNAME, 4 << 30
    (tmp_path / "a").write_bytes(member.tobuf(tarfile.GNU_FORMAT) + bytes(2048))
    with pytest.raises(RejectedFileError, match="damaged"):
        list(members_of(tmp_path / "a"))
