"""Files of patients who withdrew."""

from __future__ import annotations

from collections.abc import Iterable

from database.batches import NewInstance, NewRejectedFile
from imaging.pseudonyms import Pseudonymiser
from ingest.withdrawn_files import WITHDRAWN, refuse_withdrawn

PSEUDONYMISER = Pseudonymiser(bytes(32))


def instance(patient_key: str | None) -> NewInstance:
    """Return an instance of a patient."""
    return NewInstance(
        path_key="path",
        file_sha256="sha",
        num_bytes=7,
        sop_instance_uid="2.25.1",
        kind="dicom",
        stored_values_sha256="s",
        attributes_sha256="a",
        frames=(),
        patient_key=patient_key,
        height=1,
        width=1,
    )


def test_only_the_withdrawn_patients_files_are_refused() -> None:
    """In their place stands a rejected file; the others and their order stay."""
    asked: list[str] = []

    def find_laid(keys: Iterable[str]) -> set[str]:
        asked.extend(keys)
        return {PSEUDONYMISER.tombstone_key("gone")}

    broken = NewRejectedFile("p", "s", 1, "rejected", "truncated_header", "Cut.")
    read = [instance("gone"), instance("here"), broken, instance(None)]
    refused, *others = refuse_withdrawn(read, PSEUDONYMISER, find_laid)
    assert others == read[1:]
    assert isinstance(refused, NewRejectedFile)
    assert (refused.disposition, refused.reason_code, refused.path_key) == ("rejected", WITHDRAWN, "path")
    assert sorted(asked) == sorted(PSEUDONYMISER.tombstone_key(key) for key in ("gone", "here"))


def test_a_tombstone_is_no_patient_key() -> None:
    """Who has a manifest cannot tell by the tombstones who withdrew."""
    assert PSEUDONYMISER.tombstone_key("k") != "k"
    assert PSEUDONYMISER.tombstone_key("k") != Pseudonymiser(b"x" * 32).tombstone_key("k")
