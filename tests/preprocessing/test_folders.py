"""Reading image/label folders, ours and those made by hand."""

from __future__ import annotations

import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from foundation.errors import ConfigError, FolderError
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import (
    FolderState,
    open_image_folder,
    open_packed_folder,
    refuse_target_over_source,
)
from preprocessing.left_out import LeftOut
from preprocessing.transform import TransformConfig, transform


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    """A folder as export writes it, with two pictures."""
    folder = tmp_path / "exported"
    folder.mkdir()
    with FolderWriter(folder) as writer:
        writer.add(
            FolderPicture("b", b"b", labels=("Hand",), instance="2.25.1", frame_number=2, patient_key="p")
        )
        writer.add(FolderPicture("a", b"a", labels=("Skull",), sha256="00"))
        writer.finish(FolderState(rendering="window", recipe=("invert",), task="body_part"), kind="export")
    return folder


def test_a_bare_folder_has_names_and_labels(make_folder) -> None:
    """Pictures and label files meet by name; labels are whole stripped lines, each once."""
    path = make_folder("bare", {"b.jpg": ["Left hand ", "", "Left hand", "Cast"], "a.PNG": None})
    folder = open_image_folder(path)
    assert [(entry.name, entry.image, entry.labels) for entry in folder.entries] == [
        ("a", "images/a.PNG", ()),
        ("b", "images/b.jpg", ("Left hand", "Cast")),
    ]
    assert all(entry.image_path.is_file() and entry.patient_key is None for entry in folder.entries)
    assert (folder.rendering, folder.recipe, folder.lineage, folder.left_out) == (None, (), None, ())


def test_pictures_in_subfolders_keep_their_path_as_name(make_folder) -> None:
    """A folder below `images/` has its like below `labels/`."""
    path = make_folder("nested", {})
    for part, ending in (("images", "png"), ("labels", "txt")):
        (path / part / "x").mkdir()
        (path / part / "x" / f"1.2.3.{ending}").write_text("Hand")
    (entry,) = open_image_folder(path).entries
    assert (entry.name, entry.labels) == ("x/1.2.3", ("Hand",))


def test_our_folder_brings_its_manifest(exported: Path) -> None:
    """Instance, frame, patient, hash and state come from manifest and folder.json, by name."""
    folder = open_image_folder(exported)
    first, second = folder.entries
    assert (first.name, first.sha256, first.instance) == ("a", "00", None)
    assert (second.instance, second.frame_number, second.patient_key) == ("2.25.1", 2, "p")
    assert (folder.rendering, folder.recipe, folder.state.task) == ("window", ("invert",), "body_part")
    assert folder.lineage is not None
    assert folder.lineage.kind == "export"


def test_a_corrected_label_file_wins_over_the_manifest(exported: Path) -> None:
    """People correct label files; the manifest's labels serve where the file is gone."""
    (exported / "labels" / "a.txt").write_text("Spine\n")
    (exported / "labels" / "b.txt").unlink()
    assert [entry.labels for entry in open_image_folder(exported).entries] == [("Spine",), ("Hand",)]


def test_nothing_is_passed_over_in_silence(exported: Path) -> None:
    """What is no entry is listed with its reason; hidden files are not looked at."""
    (exported / "images" / "late.png").write_bytes(b"x")
    (exported / "images" / "notes.doc").write_bytes(b"x")
    (exported / "images" / ".hidden").write_bytes(b"x")
    (exported / "labels" / "ghost.txt").write_text("Hand")
    (exported / "labels" / "a.txt").write_bytes(b"\xff\xfe\x00")
    folder = open_image_folder(exported)
    assert folder.left_out == (
        LeftOut("images/a.png", "unreadable_label"),
        LeftOut("images/late.png", "not_in_manifest"),
        LeftOut("images/notes.doc", "not_a_picture"),
        LeftOut("labels/ghost.txt", "no_picture"),
    )
    assert [entry.name for entry in folder.entries] == ["b"]


def test_a_folder_without_images_is_none(tmp_path: Path) -> None:
    """The message says what was expected."""
    with pytest.raises(FolderError, match="expected images/ and labels/"):
        open_image_folder(tmp_path)
    with pytest.raises(FolderError, match="is no image/label folder"):
        open_image_folder(tmp_path / "gone")


def test_a_folder_without_pictures_is_refused(make_folder) -> None:
    """There is nothing to work on."""
    with pytest.raises(FolderError, match="holds no picture"):
        open_image_folder(make_folder("empty", {}))


def test_two_pictures_of_one_name_are_refused(make_folder) -> None:
    """One label file cannot serve two pictures."""
    path = make_folder("twice", {"a.png": ["Hand"], "a.jpg": ["Hand"]})
    with pytest.raises(FolderError, match="several pictures called a"):
        open_image_folder(path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("frame_number", "frame"),
        ("images/a.png", "../a.png"),
        ("images/a.png", "/etc/hosts"),
        ('"[""Skull""]"', "Skull"),
        ('"[""Skull""]"', "[3]"),
        (",2,", ",two,"),
    ],
)
def test_a_broken_manifest_is_refused(exported: Path, old: str, new: str) -> None:
    """A lacking column, a picture outside, labels that are no JSON list, a frame that is no number."""
    manifest = exported / "manifest.csv"
    assert old in manifest.read_text()
    manifest.write_text(manifest.read_text().replace(old, new))
    with pytest.raises(FolderError, match=r"manifest\.csv"):
        open_image_folder(exported)


@pytest.mark.parametrize("text", ["{", '{"renderings": 1}', '{"recipe": 3}'])
def test_a_broken_state_is_refused(exported: Path, text: str) -> None:
    """`folder.json` that is cut, or says what no folder says."""
    (exported / "folder.json").write_text(text)
    with pytest.raises(FolderError, match=r"folder\.json cannot be read"):
        open_image_folder(exported)


def test_a_target_over_the_source_is_refused(tmp_path: Path) -> None:
    """Overwriting the folder that is read, or one above it, would lose the source."""
    source = tmp_path / "a" / "b"
    for target in (source, source.parent):
        with pytest.raises(ConfigError, match="holds the folder that is read"):
            refuse_target_over_source(source, target)
    refuse_target_over_source(source, source / "c")


def test_class_folders_are_a_folder(tmp_path: Path, picture_bytes) -> None:
    """The innermost folder is the class; a picture at the top has none, another file is left out."""
    for name in ("yes/1.png", "no/1.png", "train/no/2.jpg", "3.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"...")
    (tmp_path / "yes" / "notes.doc").touch()
    (tmp_path / "readme.txt").touch()
    folder = open_image_folder(tmp_path)
    assert {entry.name: entry.labels for entry in folder.entries} == {
        "yes/1": ("yes",),
        "no/1": ("no",),
        "train/no/2": ("no",),
        "3": (),
    }
    assert folder.left_out == (LeftOut("yes/notes.doc", "not_a_picture"),)


def test_a_folder_without_pictures_is_no_image_folder(tmp_path: Path) -> None:
    """However many other files it holds."""
    (tmp_path / "dicom").mkdir()
    for name in ("dicom/1.dcm", "dicom/IM0001"):
        (tmp_path / name).touch()
    with pytest.raises(FolderError, match="one folder of pictures a class"):
        open_image_folder(tmp_path)


def test_an_older_manifest_lacks_the_version(tmp_path: Path) -> None:
    """It can be read all the same."""
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").touch()
    header = "name,image,instance,frame_number,patient_key,labels,sha256,render_record"
    (tmp_path / "manifest.csv").write_text(f"{header}\na,images/a.png,2.25.1,1,,[],ab,\n")
    (entry,) = open_image_folder(tmp_path).entries
    assert (entry.instance, entry.version, entry.sha256) == ("2.25.1", None, "ab")


def test_a_name_that_is_no_text_is_left_out(make_folder) -> None:
    """It could not stand in a table."""
    path = make_folder("odd", {"a.png": ["Hand"]})
    (path / "images" / "a.png").rename(path / "images" / os.fsdecode(b"\xff.png"))
    (path / "images" / "b.png").touch()
    folder = open_image_folder(path)
    assert LeftOut("images/?.png", "unreadable_name") in folder.left_out
    assert [entry.name for entry in folder.entries] == ["b"]


def test_an_archive_is_the_folder_that_was_packed(make_folder, tmp_path: Path) -> None:
    """The same entries, each with its member; manifest, state and lineage too."""
    source = tmp_path / "source"
    source.mkdir()
    with FolderWriter(source) as writer:
        writer.add(FolderPicture("a", b"...", labels=("Hand",), instance="2.25.1", version=2))
        lineage = writer.finish(FolderState(rendering="full"), kind="export")
    shutil.make_archive(str(tmp_path / "packed"), "zip", source)
    folder = open_packed_folder(tmp_path / "packed.zip")
    (entry,) = folder.entries
    assert (entry.labels, entry.version, entry.member is not None) == (("Hand",), 2, True)
    assert (folder.rendering, folder.lineage) == ("full", lineage)
    with zipfile.ZipFile(tmp_path / "packed.zip", "a") as archive:
        archive.writestr("folder.json.bak", b"")
    shutil.copytree(source, tmp_path / "bad")
    (tmp_path / "bad" / "lineage.json").write_text("{")
    shutil.make_archive(str(tmp_path / "bad"), "zip", tmp_path / "bad")
    with pytest.raises(FolderError, match=r"lineage\.json"):
        open_packed_folder(tmp_path / "bad.zip")


def test_class_folders_may_hold_two_pictures_that_differ_in_their_ending(
    tmp_path: Path, picture_bytes: Callable[..., bytes]
) -> None:
    """No label file is shared there: both are called by their files, and stay so in what is made of them."""
    (tmp_path / "in" / "yes").mkdir(parents=True)
    for number, file in enumerate(("Y1.jpg", "Y1.png", "Y2.png")):
        values = np.full((4, 4), 50 * number, np.uint8)
        (tmp_path / "in" / "yes" / file).write_bytes(picture_bytes(values, Path(file).suffix))
    names = ["yes/Y1.jpg", "yes/Y1.png", "yes/Y2"]
    assert [entry.name for entry in open_image_folder(tmp_path / "in").entries] == names
    transform(TransformConfig(folder=tmp_path / "in", target=tmp_path / "out", steps=("invert",), workers=1))
    made = open_image_folder(tmp_path / "out").entries
    assert [(entry.name, entry.labels) for entry in made] == [(name, ("yes",)) for name in names]
