"""Instances with what a person, a rendering or a split wants to know of them, one selection for all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from database.bulk import chunks
from database.columns import Base
from database.schema import Instance, Patient, Series, Study


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One version of an instance; the names are those of the columns.

    Attributes:
        instance_id: the view `image` calls it id.
        version: from 1; `status` says which is current.
        patient_key: of the patient that merge lists lead to; None when nobody knows.
        merged_shift_days: what shifted dates of this file lack to be on that patient's calendar.
        study_date_shifted: on that calendar; None, too, where the study's date is of somebody else's.
        rendering: what rendering needs, as imaging wrote it.
    """

    instance_id: int
    sop_instance_uid: str
    version: int
    status: str
    kind: str
    patient_key: str | None
    merged_shift_days: int
    study_instance_uid: str | None
    series_instance_uid: str | None
    study_date_shifted: date | None
    transfer_syntax_uid: str | None
    decoder: str
    modality: str | None
    body_part: str | None
    body_part_rule: str | None
    body_part_confidence: float | None
    view_position: str | None
    image_laterality: str | None
    height: int
    width: int
    number_of_frames: int
    samples_per_pixel: int
    bits_stored: int
    pixel_representation: int
    photometric_interpretation: str
    burned_in_risk: str
    stored_values_sha256: str
    rendering: Mapping[str, Any]


_Canonical = aliased(Patient, name="canonical")
_StudyPatient = aliased(Patient, name="study_patient")

_OWN_COLUMNS = (
    Instance.sop_instance_uid,
    Instance.version,
    Instance.status,
    Instance.kind,
    Instance.transfer_syntax_uid,
    Instance.decoder,
    Instance.modality,
    Instance.body_part,
    Instance.body_part_rule,
    Instance.body_part_confidence,
    Instance.view_position,
    Instance.image_laterality,
    Instance.height,
    Instance.width,
    Instance.number_of_frames,
    Instance.samples_per_pixel,
    Instance.bits_stored,
    Instance.pixel_representation,
    Instance.photometric_interpretation,
    Instance.burned_in_risk,
    Instance.stored_values_sha256,
    Instance.rendering,
)

# As in the view `image`: a study's date was shifted by the days of the patient that its first file named.
_IS_OF_ONE_CALENDAR = or_(
    Patient.id.is_(None),
    func.coalesce(Patient.merged_into_id, Patient.id)
    == func.coalesce(_StudyPatient.merged_into_id, _StudyPatient.id),
)


def select_instances(*members: tuple[type[Base], ColumnElement[bool]]) -> Select[Any]:
    """Return the query for all that `read_instance` wants; the caller adds conditions and order.

    Args:
        members: tables to join before all others, each with its condition: what they leave is looked
            up, where the whole table of instances would else be walked.
    """
    query = select(Instance.id.label("instance_id")).select_from(Instance)
    for table, condition in members:
        query = query.join(table, condition)
    return (
        query.add_columns(
            *_OWN_COLUMNS,
            func.coalesce(_Canonical.patient_key, Patient.patient_key).label("patient_key"),
            func.coalesce(Patient.merged_shift_days, 0).label("merged_shift_days"),
            Study.study_instance_uid,
            Series.series_instance_uid,
            Study.study_date_shifted,
            func.coalesce(_StudyPatient.merged_shift_days, 0).label("study_shift_days"),
            _IS_OF_ONE_CALENDAR.label("is_of_one_calendar"),
        )
        .outerjoin(Series, Series.id == Instance.series_id)
        .outerjoin(Study, Study.id == Series.study_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .outerjoin(_Canonical, _Canonical.id == Patient.merged_into_id)
        .outerjoin(_StudyPatient, _StudyPatient.id == Study.patient_id)
    )


def read_instance(row: RowMapping) -> dict[str, Any]:
    """Return the fields of an `InstanceRow`, and what else was selected, from a row of the query."""
    values: dict[str, Any] = {str(name): value for name, value in row.items()}
    shift_days, is_of_one_calendar = values.pop("study_shift_days"), values.pop("is_of_one_calendar")
    study_date = values["study_date_shifted"] if is_of_one_calendar else None
    values["study_date_shifted"] = _shift(study_date, shift_days)
    return values


def instance_row(session: Session, instance_id: int) -> InstanceRow | None:
    """Return a current instance by the id that the view `image` gives it; None when there is none."""
    query = select_instances().where(Instance.id == instance_id, Instance.status == "current")
    row = session.execute(query).mappings().first()
    return None if row is None else InstanceRow(**read_instance(row))


def instance_versions(session: Session, uids: Iterable[str]) -> dict[str, list[InstanceRow]]:
    """Return all versions of instances, the newest first, by SOP Instance UID."""
    found: dict[str, list[InstanceRow]] = {}
    for some in chunks(set(uids)):
        query = select_instances().where(Instance.sop_instance_uid.in_(some))
        for row in session.execute(query.order_by(Instance.version.desc())).mappings():
            found.setdefault(row["sop_instance_uid"], []).append(InstanceRow(**read_instance(row)))
    return found


def _shift(study_date: date | None, days: int) -> date | None:
    try:
        return None if study_date is None else study_date + timedelta(days=days)
    except OverflowError:
        return None
