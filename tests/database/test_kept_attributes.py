"""What was kept of instances, as plain values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable

from sqlalchemy import select, update

from database.kept_attributes import kept_attributes
from database.schema import Instance, Patient
from database.session import Database, transaction


def only_row(database: Database) -> dict[str, object]:
    """Return the attributes of the only instance."""
    with database.session() as session:
        (found,) = kept_attributes(session, session.scalars(select(Instance.id)).all()).values()
    return found


def test_columns_and_further_attributes_stand_side_by_side(database: Database, store: Callable, make) -> None:
    """Blank ones are left out; nothing of rows and rendering is told; it can be written as JSON."""
    store(make("2.25.1", attributes={"kvp": 120.5, "series_date_shifted": "2024-03-01"}, patient_sex="F"))
    found = only_row(database)
    assert (found["sop_instance_uid"], found["kvp"], found["patient_sex"]) == ("2.25.1", 120.5, "F")
    assert found["patient_key"] == "patient-a"
    assert None not in found.values()
    assert not {"instance_id", "rendering", "attributes", "decoder", "view_position"} & found.keys()
    assert json.loads(json.dumps(found)) == found


def test_dates_lie_on_the_calendar_of_the_merged_patient(database: Database, store: Callable, make) -> None:
    """Shifted ones move with the merge, the study's too; true dates and numbers do not."""
    attributes = {"series_date_shifted": "2024-02-28", "series_date": "2020-01-01", "kvp": 5}
    store(make("2.25.1", attributes=attributes, study_date_shifted=dt.date(2024, 2, 28)))
    store(
        make(
            "2.25.2",
            picture="q",
            patient_key="patient-b",
            study_instance_uid="2.25.200",
            series_instance_uid="2.25.201",
        )
    )

    def merge(session) -> None:
        other = session.scalar(select(Patient.id).where(Patient.patient_key == "patient-b"))
        values = {"merged_into_id": other, "merged_shift_days": 2}
        session.execute(update(Patient).where(Patient.patient_key == "patient-a").values(**values))

    transaction(database, merge)
    with database.session() as session:
        first = session.scalar(select(Instance.id).where(Instance.sop_instance_uid == "2.25.1"))
        found = kept_attributes(session, [first])[first]
    assert found["series_date_shifted"] == found["study_date_shifted"] == "2024-03-01"
    assert (found["series_date"], found["kvp"]) == ("2020-01-01", 5)
    assert found["patient_key"] == "patient-b"


def test_a_column_goes_before_an_attribute_of_its_name(database: Database, store: Callable, make) -> None:
    """A site's own table cannot rename what a row says."""
    store(make("2.25.1", attributes={"modality": "XX"}))
    assert only_row(database)["modality"] == "CR"
