"""Writing image/label folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import FolderError
from foundation.fingerprints import sha256_of_bytes
from foundation.lineage import read_lineage
from preprocessing.folder_writing import (
    FolderPicture,
    FolderWriter,
    WrittenPicture,
    class_folder,
    note_of,
    result_of,
    stands_written,
    write_picture,
)
from preprocessing.folders import FolderState, open_image_folder
from preprocessing.left_out import LeftOut

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


def test_a_picture_that_stands_already_is_taken_as_if_it_were_added(tmp_path: Path) -> None:
    """Whoever wrote it: manifest and fingerprint are the same."""
    picture = FolderPicture("a/b", b"x", labels=("Hand", "Skull"), frame_number=2)
    fingerprints = []
    for name in ("added", "taken"):
        (tmp_path / name).mkdir()
        with FolderWriter(tmp_path / name) as writer:
            if name == "added":
                written = writer.add(picture)
            else:
                writer.take(write_picture(tmp_path / name, picture))
            fingerprints.append(writer.finish(FolderState(), kind="export").fingerprint)
            with pytest.raises(FolderError, match="Two pictures"):
                writer.take(written)
    assert fingerprints[0] == fingerprints[1]
    assert (tmp_path / "added/manifest.csv").read_bytes() == (tmp_path / "taken/manifest.csv").read_bytes()


def test_a_written_picture_stands_until_a_byte_changes(tmp_path: Path) -> None:
    """Of the picture or of its label file."""
    written = write_picture(tmp_path, FolderPicture("a/b", b"x", labels=("Hand",)))
    assert stands_written(tmp_path, written)
    (tmp_path / "labels/a/b.txt").write_text("Skull\n")
    assert not stands_written(tmp_path, written)
    written = write_picture(tmp_path, FolderPicture("a/b", b"x", labels=("Hand",)))
    (tmp_path / "images/a/b.png").write_bytes(b"y")
    assert not stands_written(tmp_path, written)
    (tmp_path / "images/a/b.png").unlink()
    assert not stands_written(tmp_path, written)


def test_a_picture_of_a_class_folder_has_no_label_file(tmp_path: Path) -> None:
    """Its folder says it; whether it stands there unharmed is still known."""
    with FolderWriter(tmp_path, layout="folders") as writer:
        written = writer.add(FolderPicture("a", b"...", labels=("No/Finding",)))
    assert written.row[1] == "No_Finding/a.png"
    assert stands_written(tmp_path, written)
    assert not (tmp_path / "labels").exists()
    (tmp_path / "No_Finding" / "a.png").write_bytes(b"....")
    assert not stands_written(tmp_path, written)


@pytest.mark.parametrize("label", ["..", "a/b", "labels", "Images", " x. ", "con:aux", "ü", "a\nb", "***"])
def test_a_class_folder_is_one_name_of_its_own(label: str) -> None:
    """No path, no hidden folder, and none that means something else."""
    name = class_folder(label)
    assert name
    assert Path(name).name == name
    assert name[0] != "."
    assert name.casefold() not in {"images", "labels"}


def test_notes_give_results_back() -> None:
    """As the journal of an unfinished folder does, over JSON."""
    for result in (WrittenPicture(("a", "images/a.png", 1), "ab"), LeftOut("b", "broken")):
        assert result_of(json.loads(json.dumps(note_of(result)))) == result
