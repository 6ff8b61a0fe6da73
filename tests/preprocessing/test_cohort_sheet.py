"""The contact sheet of a cohort."""

from __future__ import annotations

import random
from pathlib import Path

import cv2
import pytest
from sqlalchemy import delete, text

from database.cohort_pictures import CohortPicture
from database.cohorts import get_cohort
from database.schema import Frame
from database.session import Database, transaction
from foundation.errors import ConfigError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.cohort_sheet import draw_members, write_cohort_sheet


def member(number: int, *labels: str) -> CohortPicture:
    """Return a member."""
    return CohortPicture(number, f"2.25.{number}", 1, 1, None, dict.fromkeys(labels, "1"))


def test_every_class_has_its_turn() -> None:
    """The rare one too; the draw depends on the seed and neither on order nor on row ids."""
    members = [member(number, "common") for number in range(200)]
    members += [member(1000, "rare"), member(1001, "rare", "common"), member(1002)]
    drawn = draw_members(members, most=6, seed=0)
    assert len({one.instance_id for one in drawn}) == 6
    assert {1000, 1001, 1002} <= {one.instance_id for one in drawn}
    shuffled = random.Random(1).sample(members, len(members))
    assert draw_members(shuffled, most=6, seed=0) == drawn
    assert draw_members(members, most=6, seed=1) != drawn
    assert len(draw_members(members, most=500, seed=0)) == 203


def test_the_sheet_shows_what_was_frozen(ingested: Database, tmp_path: Path) -> None:
    """Also a version that is no longer current; a picture whose pixels are lost is counted."""
    made = cohort(CohortConfig(name="all"), database=ingested)
    transaction(ingested, lambda session: session.execute(text("UPDATE instance SET status = 'superseded'")))
    lost = delete(Frame).where(Frame.instance_id == 1)
    transaction(ingested, lambda session: session.execute(lost))
    with ingested.session() as session:
        record = get_cohort(session, "all")
    path = tmp_path / "sheet.png"
    shown = write_cohort_sheet(path, ingested, record, most=made.num_images, seed=0, rendering="window")
    assert len(shown.uids) + sum(shown.not_shown.values()) == made.num_images
    assert set(shown.not_shown) <= {"missing_pixels"}
    picture = cv2.imread(str(path))
    assert picture is not None
    assert picture.std() > 10


def test_an_unknown_rendering_is_refused(ingested: Database, tmp_path: Path) -> None:
    """Before any picture is read."""
    cohort(CohortConfig(name="all"), database=ingested)
    with ingested.session() as session:
        record = get_cohort(session, "all")
    with pytest.raises(ConfigError, match="window"):
        write_cohort_sheet(tmp_path / "s.png", ingested, record, most=3, seed=0, rendering="windw")
