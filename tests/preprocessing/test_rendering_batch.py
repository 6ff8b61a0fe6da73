"""What a worker of `export` does."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from database.cohort_members import CohortMemberRow, cohort_members
from database.cohorts import get_cohort
from database.session import Database
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.folder_writing import FolderPicture
from preprocessing.rendering_batch import (
    FrameChoice,
    RenderSettings,
    batches_of_members,
    is_chosen,
    picture_name,
    render_batch,
)


def members_of(database: Database) -> list[CohortMemberRow]:
    """Return the members of a cohort of everything."""
    cohort(CohortConfig(name="all"), database=database)
    with database.session() as session:
        return list(cohort_members(session, get_cohort(session, "all").id))


@pytest.mark.parametrize(("frames", "expected"), [("first", [1]), ("middle", [3]), ("all", [1, 2, 3, 4, 5])])
def test_a_choice_of_frames(frames: FrameChoice, expected: list[int]) -> None:
    """First, the one in the middle, or all."""
    assert [number for number in range(1, 6) if is_chosen(number, 5, frames)] == expected


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_there_is_always_one_middle_frame(count: int) -> None:
    """Of an even number, the first of the two."""
    assert sum(is_chosen(number, count, "middle") for number in range(1, count + 1)) == 1


def test_every_member_gives_its_picture(ingested: Database) -> None:
    """8-bit PNG, named by body part, pseudonym and modality, with patient and record."""
    members = members_of(ingested)
    results = render_batch(members, RenderSettings(ingested.url_text, "window", "first"))
    assert [result.name for result in results] == [picture_name(member, 1) for member in members]
    for result in results:
        assert isinstance(result, FolderPicture)
        decoded = cv2.imdecode(np.frombuffer(result.content, np.uint8), cv2.IMREAD_UNCHANGED)
        assert decoded.dtype == np.uint8
        assert result.render_record is not None
        assert result.render_record["rendering"] == "window"
        assert len(result.labels) == 1


def test_pixels_that_cannot_be_rendered_are_left_out(ingested: Database) -> None:
    """A rendering that fails for one picture does not end the batch."""
    members = members_of(ingested)
    broken = [_without_rendering(members[0]), *members[1:]]
    results = render_batch(broken, RenderSettings(ingested.url_text, "window", "first"))
    assert len(results) == len(members)


def _without_rendering(member: CohortMemberRow) -> CohortMemberRow:
    """Return a member whose header says nothing about rendering: minimum to maximum then."""
    values = {name: getattr(member, name) for name in member.__dataclass_fields__}
    return CohortMemberRow(**{**values, "rendering": {}})


def test_batches_hold_about_as_many_frames(ingested: Database) -> None:
    """However many frames an instance has, memory stays flat."""
    members = members_of(ingested)
    batches = list(batches_of_members(iter(members), 4))
    assert [member for batch in batches for member in batch] == members
    assert all(len(batch) <= 4 for batch in batches)
