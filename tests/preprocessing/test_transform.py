"""The door `transform`: one image/label folder becomes another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from foundation.errors import ConfigError, FolderError, TargetExistsError, UnknownNameError
from foundation.lineage import read_lineage
from imaging.plain_pictures import read_plain_picture
from preprocessing.folder_writing import FolderPicture, FolderWriter
from preprocessing.folders import FolderState, open_image_folder
from preprocessing.recipe import Recipe
from preprocessing.transform import TransformConfig, TransformReport, transform


def run(folder: Path, target: Path, *steps: str, **options: Any) -> TransformReport:
    return transform(TransformConfig(folder=folder, target=target, steps=steps, **options))


def test_every_picture_goes_through_the_recipe(two_classes: Path, tmp_path: Path) -> None:
    """The new pictures are the steps' results, lossless, with the same labels."""
    report = run(two_classes, tmp_path / "t", "contrast_enhancing", "bitwise_downsampling:3")
    recipe = Recipe.parse(["contrast_enhancing:4", "bitwise_downsampling:3"])
    assert (report.num_pictures, report.recipe, report.left_out) == (40, recipe.texts, {})
    old, new = open_image_folder(two_classes), open_image_folder(tmp_path / "t")
    for before, after in zip(old.entries, new.entries, strict=True):
        assert (after.name, after.labels) == (before.name, before.labels)
        assert after.image == f"images/{before.name}.png"
        expected = recipe.apply(read_plain_picture(before.image_path.read_bytes()).astype(np.uint8))
        assert np.array_equal(read_plain_picture(after.image_path.read_bytes()), expected)
    assert new.recipe == recipe.texts


def test_what_was_known_of_a_picture_comes_along(tmp_path: Path, picture_bytes) -> None:
    """Instance, frame, patient, hash, render record, state and lineage; the recipe grows."""
    source = tmp_path / "source"
    source.mkdir()
    known = FolderPicture(
        name="a",
        content=picture_bytes(np.zeros((60, 60), np.uint8)),
        labels=("Hand",),
        instance="2.25.1",
        frame_number=3,
        patient_key="p",
        sha256="ab",
        render_record={"rendering": "window"},
    )
    with FolderWriter(source) as writer:
        writer.add(known)
        writer.finish(FolderState(rendering="window", recipe=("invert",), task="t"), kind="export")
    run(source, tmp_path / "once", "bitwise_downsampling:99")
    folder = open_image_folder(tmp_path / "once")
    (entry,) = folder.entries
    for field in ("name", "labels", "instance", "frame_number", "patient_key", "sha256", "render_record"):
        assert getattr(entry, field) == getattr(known, field)
    assert (folder.rendering, folder.state.task) == ("window", "t")
    assert folder.recipe == ("invert", "bitwise_downsampling:8")
    lineage, parent = read_lineage(tmp_path / "once"), read_lineage(source)
    assert lineage is not None
    assert parent is not None
    assert (lineage.kind, lineage.parents) == ("transformed", (parent.product_uuid,))


def test_the_same_folder_and_steps_give_the_same_bytes(two_classes: Path, tmp_path: Path) -> None:
    """However many workers there are."""
    run(two_classes, tmp_path / "one", "color_quantization:3", workers=1)
    run(two_classes, tmp_path / "two", "color_quantization:3", workers=2)
    one, two = (read_lineage(tmp_path / name) for name in ("one", "two"))
    assert one is not None
    assert two is not None
    assert one.fingerprint == two.fingerprint
    for file in sorted((tmp_path / "one").rglob("*")):
        if file.is_file() and file.name != "lineage.json":
            assert file.read_bytes() == (tmp_path / "two" / file.relative_to(tmp_path / "one")).read_bytes()


def test_unreadable_pictures_are_left_out_with_a_reason(make_folder, picture_bytes, tmp_path: Path) -> None:
    """One bad file does not stop the others."""
    deep = picture_bytes(np.full((4, 4), 40_000, np.uint16))
    contents = {"b.png": b"no picture", "c.png": deep}
    folder = make_folder("mixed", {f"{letter}.png": ["Hand"] for letter in "abc"}, contents=contents)
    report = run(folder, tmp_path / "t", "invert")
    assert report.num_pictures == 1
    assert sum(report.left_out.values()) == 2
    assert report.left_out["more_than_8_bits"] == 1
    rows = (tmp_path / "t" / "left_out.csv").read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["name", "images/b.png", "images/c.png"]


def test_a_folder_without_a_readable_picture_is_refused(make_folder, tmp_path: Path) -> None:
    """Nothing is left behind."""
    folder = make_folder("bad", {"a.png": ["Hand"]}, contents={"a.png": b"no picture"})
    with pytest.raises(FolderError, match=r"No picture of .* can be transformed"):
        run(folder, tmp_path / "t", "invert")
    assert [path.name for path in tmp_path.iterdir()] == ["bad"]


def test_wrong_steps_are_refused_before_any_work(two_classes: Path, tmp_path: Path) -> None:
    """No step, or one that does not exist."""
    with pytest.raises(ConfigError, match=r"There is no step to apply\. Name at least one of: bitwise"):
        run(two_classes, tmp_path / "t")
    with pytest.raises(UnknownNameError, match="contrast_enhancing"):
        run(two_classes, tmp_path / "t", "contrast_enhancer:4")
    assert not (tmp_path / "t").exists()


def test_the_source_is_never_replaced(two_classes: Path, tmp_path: Path) -> None:
    """A target that holds something is kept unless asked; the source always."""
    run(two_classes, tmp_path / "t", "invert")
    with pytest.raises(TargetExistsError):
        run(two_classes, tmp_path / "t", "invert")
    assert run(two_classes, tmp_path / "t", "invert", overwrite=True).num_pictures == 40
    with pytest.raises(ConfigError, match="holds the folder that is read"):
        run(two_classes, two_classes, "invert", overwrite=True)
