"""Instances with what a person or a rendering wants to know of them, found by row id or by UID."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from database.bulk import chunks
from database.schema import Instance, Patient


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """One version of an instance; the names are those of the columns.

    Attributes:
        instance_id: the view `image` calls it id.
        version: from 1; `status` says which is current.
        rendering: what rendering needs, as imaging wrote it.
    """

    instance_id: int
    sop_instance_uid: str
    version: int
    status: str
    kind: str
    patient_key: str | None
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
    rendering: Mapping[str, Any]


_COLUMNS = (
    Instance.id.label("instance_id"),
    Instance.sop_instance_uid,
    Instance.version,
    Instance.status,
    Instance.kind,
    Patient.patient_key,
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
    Instance.rendering,
)
_SELECTED = select(*_COLUMNS).outerjoin(Patient, Patient.id == Instance.patient_id)


def instance_row(session: Session, instance_id: int) -> InstanceRow | None:
    """Return a current instance by the id that the view `image` gives it; None when there is none."""
    query = _SELECTED.where(Instance.id == instance_id, Instance.status == "current")
    row = session.execute(query).mappings().first()
    return None if row is None else InstanceRow(**row)


def instance_versions(session: Session, uids: Iterable[str]) -> dict[str, list[InstanceRow]]:
    """Return all versions of instances, the newest first, by SOP Instance UID."""
    found: dict[str, list[InstanceRow]] = {}
    for some in chunks(set(uids)):
        query = _SELECTED.where(Instance.sop_instance_uid.in_(some)).order_by(Instance.version.desc())
        for row in session.execute(query).mappings():
            found.setdefault(row["sop_instance_uid"], []).append(InstanceRow(**row))
    return found
