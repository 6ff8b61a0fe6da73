"""Writing image/label folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import FolderError
from foundation.fingerprints import sha256_of_bytes
from foundation.lineage import read_lineage
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderState, open_image_folder

LINES = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8)
PICTURES = st.lists(
    st.builds(
        FolderPicture,
        name=st.text("abc1/._-é", min_size=1, max_size=6).filter(
            lambda name: (
                all(part and part.strip(".") and not part.startswith(".") for part in name.split("/"))
                and "." not in name.rsplit("/", 1)[-1]
            )
        ),
        content=st.binary(max_size=20),
        labels=st.lists(LINES, max_size=3, unique=True).map(tuple),
        instance=st.none() | st.just("2.25.7"),
        frame_number=st.none() | st.integers(1, 9),
        patient_key=st.none() | st.just("p"),
        sha256=st.none() | st.just("ab"),
        render_record=st.none() | st.dictionaries(st.text(max_size=4), st.integers()),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda picture: picture.name,
)


@settings(max_examples=40, deadline=None)
@given(pictures=PICTURES)
def test_a_written_folder_reads_back(
    pictures: list[FolderPicture], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """All that is known of each picture comes back through manifest and label files."""
    folder = tmp_path_factory.mktemp("written")
    with FolderWriter(folder) as writer:
        for picture in pictures:
            writer.add(picture)
        writer.finish(FolderState(cohort="c"), kind="export")
    read = open_image_folder(folder)
    assert read.left_out == ()
    assert read.state == FolderState(cohort="c")
    expected = sorted(pictures, key=lambda picture: picture.name)
    for entry, picture in zip(read.entries, expected, strict=True):
        assert entry.image_path.read_bytes() == picture.content
        assert entry.sha256 == (picture.sha256 or sha256_of_bytes(picture.content))
        for field in ("name", "labels", "instance", "frame_number", "patient_key", "render_record"):
            assert getattr(entry, field) == getattr(picture, field)


def write(folder: Path, content: bytes) -> str:
    folder.mkdir()
    with FolderWriter(folder) as writer:
        writer.add(FolderPicture("a", content, sha256="00"))
        assert writer.num_pictures == 1
        writer.finish(FolderState(), kind="transformed", parents=["u"], config={"steps": []})
    lineage = read_lineage(folder)
    assert lineage is not None
    assert (lineage.kind, lineage.parents, lineage.config) == ("transformed", ("u",), {"steps": []})
    return lineage.fingerprint


def test_equal_folders_have_equal_fingerprints(tmp_path: Path) -> None:
    """The fingerprint covers the pictures' bytes, whatever hash the manifest carries."""
    assert write(tmp_path / "one", b"x") == write(tmp_path / "two", b"x") != write(tmp_path / "three", b"y")


@pytest.mark.parametrize("name", ["", "../a", "/a", "a/../../b", "a\0b"])
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    """Names stay below the folder."""
    with FolderWriter(tmp_path) as writer, pytest.raises(FolderError, match="name below its folder"):
        writer.add(FolderPicture(name, b""))


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    """A second picture never replaces the first."""
    with FolderWriter(tmp_path) as writer:
        writer.add(FolderPicture("a", b"first"))
        with pytest.raises(FolderError, match="Two pictures are called a"):
            writer.add(FolderPicture("a", b"second"))


@pytest.mark.parametrize("label", ["", " Hand", "Hand\nSkull"])
def test_a_label_that_is_no_line_is_refused(tmp_path: Path, label: str) -> None:
    """A label file could not give it back."""
    with FolderWriter(tmp_path) as writer, pytest.raises(FolderError, match="one stripped line"):
        writer.add(FolderPicture("a", b"", labels=(label,)))
