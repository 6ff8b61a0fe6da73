"""Pictures that are equal to the bit."""

from __future__ import annotations

from collections.abc import Callable

from database.batches import NewInstance, NewReading
from database.identical_pictures import IdenticalGroup, identical_groups
from database.labels import add_readings
from database.session import Database, transaction

Make = Callable[..., NewInstance]
Store = Callable[..., list[str]]
Sha = Callable[[str], str]


def groups_of(database: Database) -> dict[str, IdenticalGroup]:
    """Return the groups by hash."""
    with database.session() as session:
        return {group.stored_values_sha256: group for group in identical_groups(session)}


def reading(task: str, class_name: str, value: str = "1", reader: str = "r") -> NewReading:
    """Return a reading of the instance that it comes with."""
    return NewReading(task, class_name, value, reader)


def test_a_picture_of_several_instances_is_a_group(
    database: Database, make: Make, store: Store, make_sha: Sha
) -> None:
    """With its images and patients; a picture of one instance is none."""
    store(
        make("2.25.1", picture="same", patient_key="a"),
        make("2.25.2", picture="same", patient_key="b"),
        make("2.25.3", picture="same", patient_key=None),
        make("2.25.4", picture="own"),
    )
    (group,) = groups_of(database).values()
    assert group.stored_values_sha256 == make_sha("same")
    assert (len(group.image_ids), group.num_patients, group.num_patient_unknown) == (3, 2, 1)
    assert group.disagreeing_tasks == ()


def test_only_current_instances_count(database: Database, make: Make, store: Store) -> None:
    """An instance that was updated shows its picture once."""
    store(make("2.25.1", picture="same", header="one"))
    store(make("2.25.1", picture="same", header="two"))
    assert groups_of(database) == {}


def test_labels_that_disagree_are_told_by_task(
    database: Database, make: Make, store: Store, make_sha: Sha
) -> None:
    """The newest word of each reader counts; unread instances contradict nobody, nor does order."""
    store(
        make("2.25.1", picture="p", labels=(reading("tumour", "yes"), reading("view", "AP"))),
        make("2.25.2", picture="p", labels=(reading("tumour", "no"), reading("view", "PA"))),
        make("2.25.3", picture="p"),
        make("2.25.4", picture="q", labels=(reading("finding", "a"), reading("finding", "b"))),
        make("2.25.5", picture="q", labels=(reading("finding", "b"), reading("finding", "a"))),
    )
    found = groups_of(database)
    assert found[make_sha("p")].disagreeing_tasks == ("tumour", "view")
    assert found[make_sha("q")].disagreeing_tasks == ()
    corrected = [
        NewReading("view", "PA", "0", "r", subject_key="2.25.2"),
        NewReading("view", "AP", "1", "r", subject_key="2.25.2"),
    ]
    transaction(database, lambda session: add_readings(session, corrected, run_id=None))
    assert groups_of(database)[make_sha("p")].disagreeing_tasks == ("tumour",)


def test_present_against_absent_is_a_disagreement(
    database: Database, make: Make, store: Store, make_sha: Sha
) -> None:
    """An instance that was read and shows nothing differs from one that shows something."""
    store(
        make("2.25.1", picture="p", labels=(reading("finding", "mass", "1"),)),
        make("2.25.2", picture="p", labels=(reading("finding", "mass", "0"),)),
    )
    assert groups_of(database)[make_sha("p")].disagreeing_tasks == ("finding",)
