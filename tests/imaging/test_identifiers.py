"""What the profile `identified` keeps."""

from __future__ import annotations

from dataclasses import replace

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import Dataset, FileMetaDataset

from imaging.header import attributes_sha256, read_header
from imaging.identifiers import IDENTIFYING_KEYWORDS, read_identifiers
from imaging.reading import ParsedFile
from imaging.settings import ReadSettings


def dataset() -> Dataset:
    """Return a data set with identifiers."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.PatientName, ds.PatientID, ds.OtherPatientIDs = "Doe^Jane", "4711", ["A", "B"]
    ds.SOPInstanceUID, ds.PatientComments = "1.2.3", "x" * 3000
    return ds


def test_every_keyword_is_one() -> None:
    """Of the DICOM dictionary, each once."""
    assert [keyword for keyword in IDENTIFYING_KEYWORDS if tag_for_keyword(keyword) is None] == []
    assert len(set(IDENTIFYING_KEYWORDS)) == len(IDENTIFYING_KEYWORDS)


def test_texts_are_kept_as_they_are_and_not_too_long() -> None:
    """One value as a text, several as a list."""
    found = read_identifiers(dataset())
    assert (found["patient_name"], found["patient_id"]) == ("Doe^Jane", "4711")
    assert found["other_patient_ids"] == ["A", "B"]
    assert len(found["patient_comments"]) == 1024
    assert "accession_number" not in found


def test_only_identified_reads_them() -> None:
    """And a corrected name is another version of the instance."""
    parsed = ParsedFile(dataset(), None, None, False)
    header = read_header(parsed, settings=ReadSettings(key=bytes(32), profile="identified"), content=b"")
    assert header.identifiers is not None
    assert header.identifiers["patient_id"] == "4711"
    corrected = replace(header, identifiers={**header.identifiers, "patient_name": "Doe^Joan"})
    assert attributes_sha256(header) != attributes_sha256(corrected)
    for profile in ("strict", "research"):
        settings = ReadSettings(key=bytes(32), profile=profile)  # type: ignore[arg-type]
        assert read_header(parsed, settings=settings, content=b"").identifiers is None
