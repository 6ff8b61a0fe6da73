"""Where pictures on their way into records come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from database.cohort_pictures import cohort_pictures
from database.cohorts import get_cohort
from database.session import Database
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.left_out import LeftOut
from preprocessing.record_places import FilePlace, FoundPicture, find_pictures, image_of
from preprocessing.rendering_batch import RenderSettings, WantedFrame, wanted_frame


def test_files_come_in_their_order_with_their_bytes(tmp_path: Path, picture_bytes) -> None:
    """One that cannot be read comes with its reason."""
    grey = np.arange(64, dtype=np.uint8).reshape(8, 8)
    (tmp_path / "a.png").write_bytes(picture_bytes(grey))
    places = [FilePlace("images/a.png", tmp_path / "a.png"), FilePlace("images/b.png", tmp_path / "b.png")]
    (first, found), (second, lost) = find_pictures(places, None)
    assert (first, second, lost) == (0, 1, LeftOut("images/b.png", "missing_picture"))
    assert isinstance(found, FoundPicture)
    assert np.array_equal(found.values, grey)
    assert found.content == (tmp_path / "a.png").read_bytes()


def test_a_row_has_the_place_that_an_export_gives_it() -> None:
    """So that records of both name the same file."""
    frame = WantedFrame("CHEST_2.25.1", 1, 1, "2.25.1", 1, None, ("CHEST",))
    assert image_of(frame) == "images/CHEST_2.25.1.png"


def wanted_of(database: Database) -> list[WantedFrame]:
    """Return the first frame of each member of a cohort of everything."""
    cohort(CohortConfig(name="all"), database=database)
    with database.session() as session:
        members = cohort_pictures(session, get_cohort(session, "all").id)
        return [wanted_frame(member, 1, task="body_part") for member in members]


def test_rows_come_with_their_numbers_whatever_the_order(ingested) -> None:
    """The database hands them over by id; each still meets its own place."""
    wanted = wanted_of(ingested)[::-1]
    lost = WantedFrame("lost", wanted[0].instance_id, 99, "2.25.1", 1, None, ())
    rendering = RenderSettings(ingested.url_text, "window")
    found = dict(find_pictures([*wanted, lost], rendering))
    assert sorted(found) == list(range(len(wanted) + 1))
    assert found[len(wanted)] == LeftOut("images/lost.png", "missing_frame")
    kinds = {picture.kind for picture in found.values() if isinstance(picture, FoundPicture)}
    assert kinds == {"rendered"}
