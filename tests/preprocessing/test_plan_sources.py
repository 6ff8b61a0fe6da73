"""The pictures that a plan divides."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from database.cohorts import get_cohort
from database.session import Database
from foundation.errors import QueryError, SplitError
from preprocessing.cohort import CohortConfig, cohort
from preprocessing.folders import open_image_folder
from preprocessing.plan_assignment import PlanPicture, assign_pictures
from preprocessing.plan_sources import names_of_lists, pictures_of_cohort, pictures_of_folder
from preprocessing.split_scheme import PlanScheme


def of_cohort(database: Database, scheme: PlanScheme) -> list[PlanPicture]:
    """Return the pictures of the cohort `all`, made if need be."""
    cohort(CohortConfig(name="all"), database=database)
    with database.session() as session:
        record = get_cohort(session, "all")
    return pictures_of_cohort(database, record, scheme, seconds=30)


def test_members_come_with_what_they_share(ingested: Database) -> None:
    """Patient, study and pixels of each; a year of the study as its place."""
    pictures = of_cohort(ingested, PlanScheme())
    assert len({picture.name for picture in pictures}) == len(pictures) > 8
    assert len({picture.patient_key for picture in pictures}) == 8
    assert all(picture.study_key and picture.pixels and picture.labels for picture in pictures)
    assert all(picture.allowed is None and picture.place[0] > 1900 for picture in pictures)


def test_conditions_say_where_pictures_may_go(ingested: Database) -> None:
    """Those that fulfil none may go to the splits without a condition."""
    pictures = of_cohort(ingested, PlanScheme(assign={"test": "body_part = 'SKULL'"}))
    for picture in pictures:
        is_skull = picture.labels == ("SKULL",)
        assert picture.allowed == ({"test"} if is_skull else {"train", "validation"})


def test_columns_can_be_kept_whole(ingested: Database) -> None:
    """Their values are things that pictures share."""
    pictures = of_cohort(ingested, PlanScheme(together=("manufacturer",)))
    assert {kind for picture in pictures for kind, _ in picture.together} == {"manufacturer"}


def test_bad_conditions_are_told(ingested: Database) -> None:
    """Two that overlap, and one that is no SQL."""
    with pytest.raises(SplitError, match="exclude each other"):
        of_cohort(ingested, PlanScheme(assign={"test": "1 = 1", "validation": "body_part = 'SKULL'"}))
    with pytest.raises(QueryError):
        of_cohort(ingested, PlanScheme(assign={"test": "no_such_column = 1"}))


def test_a_folder_without_manifest_is_known_by_names_and_bytes(two_classes: Path) -> None:
    """Lists of names say where its pictures may go."""
    folder = open_image_folder(two_classes)
    scheme = PlanScheme(lists={"test": ("p00", "p01")})
    pictures = pictures_of_folder(folder, scheme, names_of_lists(folder, scheme))
    assert [picture.name for picture in pictures if picture.allowed == {"test"}] == ["p00", "p01"]
    assert len({picture.pixels for picture in pictures}) == 40
    with pytest.raises(SplitError, match="no view"):
        pictures_of_folder(folder, PlanScheme(assign={"test": "1 = 1"}), {})


def test_a_list_may_call_a_picture_by_name_path_or_file(make_folder) -> None:
    """Also a name with dots in it, as pseudonyms are; what is nowhere, or twice, is told as None."""
    path = make_folder("listed", {"2.25.7.png": ["A"], "b.png": ["A"]})
    for name in ("x/c.png", "x/d.png", "y/d.png"):
        (path / "images" / name).parent.mkdir(exist_ok=True)
        (path / "images" / name).write_bytes(b"...")
    folder = open_image_folder(path)
    lines = ("2.25.7", "images/b.png", "c.png", "d", "x/d", "gone")
    found = names_of_lists(folder, PlanScheme(lists={"test": lines}))
    assert found == {"test": ["2.25.7", "b", "x/c", None, "x/d", None]}
    with pytest.raises(SplitError, match="Nothing of the list of test"):
        names_of_lists(folder, PlanScheme(lists={"test": ("gone",)}))


def test_a_listed_picture_stays_and_what_repeats_it_goes(make_folder, picture_bytes) -> None:
    """An official test picture is not lost to a copy of it that stands earlier in the alphabet."""
    same = picture_bytes(np.arange(64, dtype=np.uint8).reshape(8, 8))
    path = make_folder(
        "twice", {"a.png": ["A"], "z.png": ["A"], "m.png": ["A"]}, contents={"a.png": same, "z.png": same}
    )
    folder, scheme = open_image_folder(path), PlanScheme(lists={"test": ("z",)})
    pictures = pictures_of_folder(folder, scheme, names_of_lists(folder, scheme))
    outcome = assign_pictures(pictures, ratios={"train": 0.8, "validation": 0.1, "test": 0.1}, seed=0)
    assert outcome.splits["z"] == "test"
    assert outcome.left_out == {"a": "joins_two_splits"}
