"""What a worker of `export` does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import update

from database.cohort_pictures import cohort_pictures
from database.cohorts import get_cohort
from database.schema import Instance
from database.session import Database, transaction
from imaging.plain_pictures import read_plain_picture
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.folder_writing import WrittenPicture
from preprocessing.left_out import LeftOut
from preprocessing.recipe import Recipe
from preprocessing.rendering_batch import (
    RenderedFrame,
    RenderSettings,
    WantedFrame,
    apply_recipe,
    export_batch,
    render_frames,
    wanted_frame,
)


def wanted_of(database: Database) -> list[WantedFrame]:
    """Return the first frame of each member of a cohort of everything."""
    cohort(CohortConfig(name="all"), database=database)
    with database.session() as session:
        members = cohort_pictures(session, get_cohort(session, "all").id)
        return [wanted_frame(member, 1, task="body_part") for member in members]


def pixels(path: Path) -> np.ndarray:
    """Return a picture file's values, read by another decoder than ours."""
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED)


def test_every_member_gives_its_picture(ingested: Database, tmp_path: Path) -> None:
    """A file of 8 bits and its labels, and a manifest row that names instance, version and record."""
    wanted = wanted_of(ingested)
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    results = export_batch(wanted, RenderSettings(ingested.url_text, "window"), tmp_path)
    assert [result.name for result in results] == [one.name for one in wanted]
    for one, result in zip(wanted, results, strict=True):
        assert isinstance(result, WrittenPicture)
        assert result.row[2:6] == (one.instance, 1, 1, one.patient_key or "")
        assert pixels(tmp_path / str(result.row[1])).dtype == np.uint8
        assert (tmp_path / "labels" / f"{one.name}.txt").read_text() == f"{one.labels[0]}\n"


def test_a_recipe_is_applied_on_the_way(ingested: Database) -> None:
    """The values are those of rendering first and steps after."""
    wanted = wanted_of(ingested)[:3]
    steps = ("invert", "resize:16x16")
    plain = dict(render_frames(wanted, RenderSettings(ingested.url_text, "full")))
    both = dict(render_frames(wanted, RenderSettings(ingested.url_text, "full", steps=steps)))
    for one in wanted:
        before, after = plain[one], both[one]
        assert isinstance(before, RenderedFrame)
        assert isinstance(after, RenderedFrame)
        assert np.array_equal(after.values, Recipe.parse(steps).apply(before.values))
        assert after.render_record == before.render_record


def test_what_cannot_be_made_is_left_out_with_its_reason(ingested: Database, tmp_path: Path) -> None:
    """Steps that want 8 bits, a frame or a row that is not there, labels that name no one class."""
    wanted = wanted_of(ingested)
    deep = RenderSettings(ingested.url_text, "window@16", steps=("contrast_enhancing:4",))
    assert export_batch(wanted[:1], deep, tmp_path) == [LeftOut(wanted[0].name, "more_than_8_bits")]
    jpeg = RenderSettings(ingested.url_text, "window@16", format="jpg:95")
    assert export_batch(wanted[:1], jpeg, tmp_path) == [LeftOut(wanted[0].name, "more_than_8_bits")]
    one = wanted[0]
    absent = [
        WantedFrame("a", one.instance_id, 7, one.instance, 1, None, ("A",)),
        WantedFrame("b", 10**9, 1, one.instance, 1, None, ("A",)),
        WantedFrame("c", one.instance_id, 1, one.instance, 1, None, ()),
        WantedFrame("d", one.instance_id, 1, one.instance, 1, None, ("A", "B")),
    ]
    classes = RenderSettings(ingested.url_text, "window", layout="folders")
    results = export_batch(absent, classes, tmp_path)
    reasons = [result.reason for result in results if isinstance(result, LeftOut)]
    assert reasons == ["missing_frame", "missing_frame", "no_label", "several_labels"]


def test_a_row_without_rendering_attributes_is_rendered_by_its_values(ingested: Database) -> None:
    """A header that says nothing: minimum to maximum."""
    one = wanted_of(ingested)[0]
    query = update(Instance).where(Instance.id == one.instance_id).values(rendering={})
    transaction(ingested, lambda session: session.execute(query))
    ((_, found),) = render_frames([one], RenderSettings(ingested.url_text, "window"))
    assert isinstance(found, RenderedFrame)
    assert found.render_record["voi"] == "range"


@pytest.mark.parametrize(("format_text", "ending"), [("jpg:70", ".jpg"), ("png", ".png")])
def test_formats_end_in_their_files(
    ingested: Database, tmp_path: Path, format_text: str, ending: str
) -> None:
    """A JPEG is nearly, a PNG exactly what was rendered."""
    one = wanted_of(ingested)[0]
    settings = RenderSettings(ingested.url_text, "window", format=format_text, layout="folders")
    (written,) = export_batch([one], settings, tmp_path)
    assert isinstance(written, WrittenPicture)
    path = tmp_path / one.labels[0] / f"{one.name}{ending}"
    ((_, rendered),) = render_frames([one], settings)
    assert isinstance(rendered, RenderedFrame)
    found = read_plain_picture(path.read_bytes()).astype(int)
    assert np.abs(found - rendered.values).mean() <= (0 if ending == ".png" else 8)


def test_a_recipe_tells_why_it_refuses() -> None:
    """Bits are one reason, anything else of the picture another."""
    deep = np.zeros((4, 4), np.uint16)
    assert apply_recipe(Recipe.parse(["clahe"]), deep) == "more_than_8_bits"
    assert apply_recipe(Recipe.parse(["invert"]), np.zeros((0, 4), np.uint8)) == "unfit_picture"
    assert apply_recipe(Recipe(), deep) is deep
