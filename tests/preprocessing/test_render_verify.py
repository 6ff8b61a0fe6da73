"""The door `render_verify`."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread
from sqlalchemy import select, update

from database.schema import Instance
from database.session import Database, transaction
from foundation.errors import FolderError, PreprocessingError
from imaging.phantoms.writing import write_phantoms
from imaging.png import decode_png, encode_png
from ingest.ingest import IngestConfig, ingest
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.export import ExportConfig, export
from preprocessing.folders import open_image_folder
from preprocessing.render_verify import RenderVerifyConfig, RenderVerifyReport, render_verify
from preprocessing.transform import TransformConfig, transform


def exported(database: Database, folder: Path, **values: object) -> Path:
    """Export everything."""
    cohort(CohortConfig(name="all"), database=database)
    export(
        ExportConfig.checked({"cohort": "all", "folder": folder, "workers": 1, **values}), database=database
    )
    return folder


def verified(database: Database, folder: Path, **values: object) -> RenderVerifyReport:
    """Verify an export."""
    config = RenderVerifyConfig.checked({"folder": folder, "workers": 1, **values})
    return render_verify(config, database=database)


@pytest.mark.parametrize("rendering", ["window", "window:40,400@16", "percentile", "chexpert"])
def test_an_untouched_export_is_what_the_database_gives(
    ingested: Database, tmp_path: Path, rendering: str
) -> None:
    """Each picture, in every rendering."""
    folder = exported(ingested, tmp_path / "out", rendering=rendering)
    report = verified(ingested, folder)
    assert report.is_sound
    assert report.rendering == rendering
    assert report.num_verified == report.num_pictures == len(open_image_folder(folder).entries) > 10


def test_every_kind_of_difference_is_named(ingested: Database, tmp_path: Path) -> None:
    """One changed pixel, another picture's file, a file that is gone, cut, or of other bits."""
    folder = exported(ingested, tmp_path / "out")
    entries = open_image_folder(folder).entries
    changed, other, gone, cut, deep = entries[:5]
    picture = decode_png(changed.image_path.read_bytes()).copy()
    picture[3, 3] ^= 1
    changed.image_path.write_bytes(encode_png(picture))
    other.image_path.write_bytes(entries[5].image_path.read_bytes())
    gone.image_path.unlink()
    cut.image_path.write_bytes(cut.image_path.read_bytes()[:200])
    deep.image_path.write_bytes(encode_png(decode_png(deep.image_path.read_bytes()).astype("u2")))
    report = verified(ingested, folder)
    assert not report.is_sound
    found = {one.name: one.reason for one in report.differences}
    assert set(found) == {entry.name for entry in (changed, other, gone, cut, deep)}
    assert {found[one.name] for one in (changed, other, deep)} == {"other_pixels"}
    assert found[gone.name] == "missing_picture"


def test_a_sample_is_drawn_by_its_seed(ingested: Database, tmp_path: Path) -> None:
    """Equal seeds compare equal pictures; one of all of them finds the one that differs."""
    folder = exported(ingested, tmp_path / "out")
    for entry in open_image_folder(folder).entries[::2]:
        entry.image_path.unlink()
    first, again, other = (verified(ingested, folder, sample=6, seed=seed) for seed in (1, 1, 2))
    assert first.num_verified == 6
    assert first.differences == again.differences != other.differences
    everything = verified(ingested, folder, sample=10_000)
    assert everything.num_verified == everything.num_pictures


def test_data_that_came_in_since_are_no_matter(
    ingested: Database, phantom_folder: Path, tmp_path: Path
) -> None:
    """New files, and a corrected header of a picture that was exported, leave the export verified."""
    folder = exported(ingested, tmp_path / "out")
    write_phantoms(tmp_path / "more", patients=2, images_per_patient=1, size=64, seed=9)
    original = next(path for path in sorted(phantom_folder.rglob("*.dcm")) if "WindowWidth" in dcmread(path))
    ds = dcmread(original)
    ds.WindowCenter, ds.WindowWidth = "10", "20"
    ds.save_as(tmp_path / "more" / "corrected.dcm")
    config = IngestConfig(paths=(tmp_path / "more",), workers=1, operator_file=tmp_path / "more.tsv")
    assert ingest(config, database=ingested).dispositions["updated"] == 1
    assert verified(ingested, folder).is_sound


def test_rows_that_changed_or_are_others_are_named(ingested: Database, tmp_path: Path) -> None:
    """Another way up in the row is other pixels; a UID that the database lacks is told so."""
    folder = exported(ingested, tmp_path / "out")
    entry = open_image_folder(folder).entries[0]

    def turn(session: object) -> None:
        query = select(Instance.rendering).where(Instance.sop_instance_uid == entry.instance)
        rendering = session.scalars(query).one()  # type: ignore[attr-defined]
        shape = rendering["photometric_interpretation"]
        turned = "MONOCHROME1" if shape == "MONOCHROME2" else "MONOCHROME2"
        session.execute(  # type: ignore[attr-defined]
            update(Instance)
            .where(Instance.sop_instance_uid == entry.instance)
            .values(rendering={**rendering, "photometric_interpretation": turned})
        )

    transaction(ingested, turn)
    (found,) = verified(ingested, folder).differences
    assert (found.name, found.reason) == (entry.name, "other_pixels")
    manifest = folder / "manifest.csv"
    manifest.write_text(manifest.read_text().replace(f",{entry.instance},", ",2.25.404,"))
    assert [one.reason for one in verified(ingested, folder).differences] == ["not_in_database"]


@pytest.mark.parametrize(
    "values",
    [
        {"steps": ("letterbox:24", "invert")},
        {"format": "jpg:60", "frames": "all"},
        {"layout": "folders", "rendering": "full@16"},
        {"format": "jpg", "steps": ("clahe:2",), "sample": 9},
    ],
)
def test_every_form_of_an_export_is_verified(
    ingested: Database, tmp_path: Path, values: dict[str, object]
) -> None:
    """Steps are applied and a JPEG is written again; one other picture is found."""
    folder = exported(ingested, tmp_path / "out", **values)
    report = verified(ingested, folder)
    assert report.is_sound
    assert report.num_verified == len(open_image_folder(folder).entries)
    first, second = open_image_folder(folder).entries[:2]
    first.image_path.write_bytes(second.image_path.read_bytes())
    assert [one.name for one in verified(ingested, folder).differences] == [first.name]


def test_only_the_version_that_was_exported_counts(
    ingested: Database, phantom_folder: Path, tmp_path: Path
) -> None:
    """A manifest that names the other version, whose window is another, is told; an older one names none."""
    folder = exported(ingested, tmp_path / "out")
    original = next(path for path in sorted(phantom_folder.rglob("*.dcm")) if "WindowWidth" in dcmread(path))
    ds = dcmread(original)
    ds.WindowCenter, ds.WindowWidth = "10", "20"
    (tmp_path / "more").mkdir()
    ds.save_as(tmp_path / "more" / "corrected.dcm")
    config = IngestConfig(paths=(tmp_path / "more",), workers=1, operator_file=tmp_path / "more.tsv")
    ingest(config, database=ingested)
    with ingested.session() as session:
        query = select(Instance.sop_instance_uid).where(Instance.version == 2)
        (uid,) = session.scalars(query)
    manifest = folder / "manifest.csv"
    told = manifest.read_text()
    assert f",{uid},1,1," in told
    manifest.write_text(told.replace(f",{uid},1,1,", f",{uid},2,1,"))
    assert [one.reason for one in verified(ingested, folder).differences] == ["other_pixels"]
    manifest.write_text(told.replace(f",{uid},1,1,", f",{uid},,1,"))
    assert verified(ingested, folder).is_sound


def test_steps_of_a_transform_are_applied_again(ingested: Database, tmp_path: Path) -> None:
    """Unless the pictures were a JPEG before: those cannot be made again."""
    folder = exported(ingested, tmp_path / "out", steps=("invert",))
    steps = ("bitwise_downsampling:4",)
    transform(TransformConfig(folder=folder, target=tmp_path / "steps", steps=steps, workers=1))
    report = verified(ingested, tmp_path / "steps")
    assert (report.is_sound, report.recipe) == (True, ("invert", *steps))
    folder = exported(ingested, tmp_path / "jpeg", format="jpg")
    transform(TransformConfig(folder=folder, target=tmp_path / "lossy", steps=steps, workers=1))
    with pytest.raises(FolderError, match="were a JPEG before their steps"):
        verified(ingested, tmp_path / "lossy")


def test_what_cannot_be_compared_is_refused(ingested: Database, tmp_path: Path, two_classes: Path) -> None:
    """Pictures made by hand, an unknown rendering, no database."""
    folder = exported(ingested, tmp_path / "out")
    with pytest.raises(FolderError, match="is no export"):
        verified(ingested, two_classes)
    with pytest.raises(PreprocessingError, match="open database"):
        render_verify(RenderVerifyConfig(folder=folder))
    state = folder / "folder.json"
    state.write_text(state.read_text().replace('"window"', '"windw"'))
    with pytest.raises(FolderError, match='no rendering "windw"'):
        verified(ingested, folder)
