"""What a label table says of one picture, as it travels with the file to the process that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from database.batches import NewInstance, NewReading
from foundation.fingerprints import fingerprint
from imaging.body_parts import clean_class_folder
from imaging.pseudonyms import Pseudonymiser

BODY_PART_TASK = "body_part"

TABLE_RULE = "label_table"
"""The rule that led to a value which a table told."""

_PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of one picture besides its bytes; free of identifiers.

    Attributes:
        patient_key: made of the table's patient by the process that reads the table.
        patient_sex: `M`, `F` or `O`.
        patient_age_years: 90 for all over 89.
        view_position: a term of DICOM.
        body_part: a term of DICOM, where the table is of one region.
        attributes: further kept attributes by name.
        readings: of the picture; their subject is the instance.
    """

    patient_key: str | None = None
    patient_sex: str | None = None
    patient_age_years: float | None = None
    view_position: str | None = None
    body_part: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    readings: tuple[NewReading, ...] = ()


def with_facts(
    instance: NewInstance, facts: PictureFacts | None, pseudonymiser: Pseudonymiser
) -> NewInstance:
    """Return an instance with what a table says of it.

    A DICOM file has a header of its own: only the readings are added. A plain picture takes all. Its
    UID is made of its bytes and its patient, so that one picture under two patients stays two.

    Args:
        instance: as read from the file.
        facts: None where no table knows the file.
        pseudonymiser: makes the UID.
    """
    if facts is None:
        return instance
    labelled = replace(instance, labels=(*instance.labels, *facts.readings))
    if instance.kind != _PICTURE:
        return labelled
    told: dict[str, Any] = {
        "patient_key": facts.patient_key,
        "patient_sex": facts.patient_sex,
        "patient_age_years": facts.patient_age_years,
        "view_position": facts.view_position,
        "body_part": facts.body_part,
        **facts.attributes,
    }
    known = {name: value for name, value in told.items() if value is not None}
    person = {name: known[name] for name in known.keys() - facts.attributes.keys() - {"body_part"}}
    if facts.view_position is not None:
        person |= {"view_position_rule": TABLE_RULE, "view_position_confidence": 1.0}
    uid = instance.sop_instance_uid
    if facts.patient_key is not None:
        uid = pseudonymiser.content_uid(instance.file_sha256, facts.patient_key)
    described = replace(
        labelled,
        sop_instance_uid=uid,
        attributes={**instance.attributes, **facts.attributes},
        # Of what a table says, too: a table that was mended makes another version.
        attributes_sha256=fingerprint([instance.attributes_sha256, known])
        if known
        else instance.attributes_sha256,
        **person,
    )
    return _of_region(described, facts)


def _of_region(instance: NewInstance, facts: PictureFacts) -> NewInstance:
    """Fill in the body part that the table or its labels tell."""
    if instance.body_part is not None:
        return instance
    if facts.body_part is not None:
        return replace(
            instance, body_part=facts.body_part, body_part_rule=TABLE_RULE, body_part_confidence=1.0
        )
    return with_named_body_part(instance, facts.readings)


def with_named_body_part(instance: NewInstance, readings: tuple[NewReading, ...]) -> NewInstance:
    """Return a picture with the body part that its class names, where it has none yet."""
    named = [reading for reading in readings if reading.task == BODY_PART_TASK and reading.value == "1"]
    if instance.body_part is not None or len(named) != 1:
        return instance
    part = clean_class_folder(named[0].class_name)
    if part.value is None:
        return instance
    return replace(
        instance,
        body_part=part.value,
        body_part_raw=part.raw,
        body_part_rule=part.rule,
        body_part_confidence=part.confidence,
    )
