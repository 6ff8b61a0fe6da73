"""Texts that hold a word of a person whom the file names."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from imaging.header import read_header
from imaging.named_persons import names_a_person
from imaging.reading import ParsedFile
from imaging.settings import ReadSettings


def named_file() -> Dataset:
    """Return a data set that names a patient and those who work with one."""
    ds = Dataset()
    ds.file_meta = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName, ds.PatientID = "Müller^Hans=王^小东", "P 48213"
    ds.OperatorsName, ds.ReferringPhysicianName = ["Kim^Eun", "Abeleda"], "von Stein^Ute"
    return ds


@pytest.mark.parametrize(
    "text",
    ["CT of MULLER", "Mueller", "SN48213", "hans 2", "ABELEDA'S", "Room Kim", "王", "CT小东", "Xmüllerx"],
)
def test_a_word_of_a_person_is_found_however_it_is_written(text: str) -> None:
    """Case, accents, a short name in other letters, a long one inside another word."""
    assert names_a_person(named_file(), text)


@pytest.mark.parametrize("text", ["LightSpeed VCT", "CT P 7", "Hansa", "Kimono", "SOMATOM", ""])
def test_other_words_name_nobody(text: str) -> None:
    """One or two characters of a name, and short names inside longer words, are chance."""
    assert not names_a_person(named_file(), text)


@pytest.mark.parametrize(
    ("model", "kept"),
    [("LightSpeed VCT", "LightSpeed VCT"), ("Optima", "Optima"), ("Mueller CT", None), ("Stein", None)],
)
def test_a_product_name_that_names_a_person_is_dropped(model: str, kept: str | None) -> None:
    """A surname looks like a product; one that the file gives to a person is none."""
    ds = named_file()
    ds.Manufacturer, ds.ManufacturerModelName = "GE MEDICAL SYSTEMS", model
    parsed = ParsedFile(ds, None, "1.2.840.10008.1.2", transfer_syntax_guessed=False)
    header = read_header(parsed, settings=ReadSettings(key=bytes(32)), content=b"")
    assert header.manufacturer_model_name == kept
