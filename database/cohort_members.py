"""The members of a cohort, in an order that no row id decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.schema import CohortMember, Instance, Patient, Series, Study

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CohortMemberRow:
    """One picture of a cohort, with what export and splits need to know of it.

    Attributes:
        labels: classes that are present, sorted.
        label_values: every class with its value (1, 0, uncertain, ...).
        rendering: what rendering needs, as imaging wrote it.
    """

    instance_id: int
    sop_instance_uid: str
    patient_key: str | None
    study_instance_uid: str | None
    series_instance_uid: str | None
    study_date_shifted: date | None
    kind: str
    body_part: str | None
    modality: str | None
    view_position: str | None
    image_laterality: str | None
    height: int
    width: int
    number_of_frames: int
    samples_per_pixel: int
    bits_stored: int
    pixel_representation: int
    photometric_interpretation: str
    stored_values_sha256: str
    transfer_syntax_uid: str | None
    decoder: str
    rendering: Mapping[str, Any]
    labels: tuple[str, ...]
    label_values: Mapping[str, str]


_COLUMNS = (
    Instance.id.label("instance_id"),
    Instance.sop_instance_uid,
    Patient.patient_key,
    Study.study_instance_uid,
    Series.series_instance_uid,
    Study.study_date_shifted,
    Instance.kind,
    Instance.body_part,
    Instance.modality,
    Instance.view_position,
    Instance.image_laterality,
    Instance.height,
    Instance.width,
    Instance.number_of_frames,
    Instance.samples_per_pixel,
    Instance.bits_stored,
    Instance.pixel_representation,
    Instance.photometric_interpretation,
    Instance.stored_values_sha256,
    Instance.transfer_syntax_uid,
    Instance.decoder,
    Instance.rendering,
)


def cohort_members(session: Session, cohort_id: int) -> Iterator[CohortMemberRow]:
    """Yield the members by SOP Instance UID, a few hundred in memory at a time."""
    base = (
        select(*_COLUMNS, CohortMember.labels.label("label_values"))
        .join(CohortMember, CohortMember.instance_id == Instance.id)
        .outerjoin(Series, Series.id == Instance.series_id)
        .outerjoin(Study, Study.id == Series.study_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
        .where(CohortMember.cohort_id == cohort_id)
        .order_by(Instance.sop_instance_uid)
        .limit(_AT_ONCE)
    )
    last = ""
    while rows := session.execute(base.where(Instance.sop_instance_uid > last)).mappings().all():
        for row in rows:
            present = tuple(sorted(name for name, value in row["label_values"].items() if value == "1"))
            yield CohortMemberRow(**row, labels=present)
        last = rows[-1]["sop_instance_uid"]
