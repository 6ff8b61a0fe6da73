"""What a table says of a picture."""

from __future__ import annotations

import pickle
from dataclasses import replace

from database.batches import NewFrame, NewInstance, NewReading
from imaging.pseudonyms import Pseudonymiser
from ingest.facts import PictureFacts, with_facts, with_named_body_part

KEYED = Pseudonymiser(bytes(32))
READING = NewReading("finding", "Mass", "1", "table")
FACTS = PictureFacts(
    patient_key="f" * 32,
    patient_sex="F",
    patient_age_years=57.0,
    view_position="PA",
    body_part="CHEST",
    attributes={"follow_up_number": 3},
    readings=(READING,),
)
PICTURE = NewInstance(
    path_key="p",
    file_sha256="a" * 64,
    num_bytes=1,
    sop_instance_uid=KEYED.content_uid("a" * 64),
    kind="picture",
    stored_values_sha256="b" * 64,
    attributes_sha256="c" * 64,
    frames=(NewFrame(1, b"", "png", "uint8", 0, "b" * 64),),
    height=1,
    width=1,
)


def test_a_plain_picture_takes_all() -> None:
    """Person, view, region, readings; the rules say where they came from."""
    told = with_facts(PICTURE, FACTS, KEYED)
    assert (told.patient_key, told.patient_sex, told.patient_age_years) == ("f" * 32, "F", 57.0)
    assert (told.view_position, told.view_position_rule) == ("PA", "label_table")
    assert (told.body_part, told.body_part_rule) == ("CHEST", "label_table")
    assert told.attributes == {"follow_up_number": 3}
    assert told.labels == (READING,)


def test_a_dicom_file_keeps_its_header() -> None:
    """Only the readings are added."""
    header = replace(PICTURE, kind="dicom", patient_sex="M")
    assert with_facts(header, FACTS, KEYED) == replace(header, labels=(READING,))


def test_one_picture_under_two_patients_stays_two() -> None:
    """Its UID is of bytes and patient; without a patient, of the bytes alone."""
    first = with_facts(PICTURE, FACTS, KEYED)
    second = with_facts(PICTURE, replace(FACTS, patient_key="e" * 32), KEYED)
    nobody = with_facts(PICTURE, replace(FACTS, patient_key=None), KEYED)
    assert len({first.sop_instance_uid, second.sop_instance_uid, PICTURE.sop_instance_uid}) == 3
    assert nobody.sop_instance_uid == PICTURE.sop_instance_uid


def test_a_mended_table_makes_another_version() -> None:
    """The fingerprint of attributes is over what was told, labels left out."""
    first = with_facts(PICTURE, FACTS, KEYED).attributes_sha256
    assert with_facts(PICTURE, FACTS, KEYED).attributes_sha256 == first
    assert with_facts(PICTURE, replace(FACTS, patient_age_years=58.0), KEYED).attributes_sha256 != first
    assert with_facts(PICTURE, replace(FACTS, readings=()), KEYED).attributes_sha256 == first
    assert with_facts(PICTURE, PictureFacts(readings=(READING,)), KEYED).attributes_sha256 == "c" * 64
    assert with_facts(PICTURE, None, KEYED) is PICTURE


def test_a_class_that_names_a_region_is_the_body_part() -> None:
    """Of the task body_part, when one class alone is present, and nothing else told the region."""
    hand = NewReading("body_part", "Hand", "1", "table")
    assert with_named_body_part(PICTURE, (hand,)).body_part == "HAND"
    assert with_named_body_part(PICTURE, (hand, replace(hand, class_name="Foot"))).body_part is None
    assert with_named_body_part(PICTURE, (replace(hand, class_name="yes"),)).body_part is None
    assert with_named_body_part(replace(PICTURE, body_part="CHEST"), (hand,)).body_part == "CHEST"
    assert with_facts(PICTURE, PictureFacts(readings=(hand,)), KEYED).body_part == "HAND"


def test_facts_travel_to_other_processes() -> None:
    """And readings that pictures share stay one object within a batch."""
    first, second = pickle.loads(pickle.dumps((FACTS, replace(FACTS, patient_sex="M"))))
    assert first == FACTS
    assert first.readings is second.readings
