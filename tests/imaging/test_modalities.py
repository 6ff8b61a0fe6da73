"""Modalities."""

from __future__ import annotations

import re

import pytest
from pydicom.uid import UID_dictionary

from imaging.modalities import (
    contradict,
    find_modality,
    find_modality_of_class,
    modality_terms,
    modality_words,
    settle_modality,
)
from imaging.source_texts import normalise_text
from imaging.tables import read_table

CT, MR, CR, SC = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "4", "1", "7"))


@pytest.mark.parametrize("term", sorted(modality_terms()))
def test_a_defined_term_stays_itself(term: str) -> None:
    """Case, blanks and NULs do not matter; each fits a Code String."""
    assert re.fullmatch(r"[A-Z0-9]{2,16}", term)
    found = find_modality(f" {term.lower()}\x00")
    assert found is not None
    assert (found.term, found.rule) == (term, "exact")


@pytest.mark.parametrize(
    ("text", "term", "rule"),
    [
        ("CT ", "CT", "exact"),
        ("NMR", "MR", "synonym"),
        ("DR", "DX", "synonym"),
        ("X-RAY", "DX", "generic"),
        ("PET/CT", "PT", "synonym"),
        ("Ultraschall", "US", "synonym"),
        ("FA", "OP", "retired"),
        ("ST", "NM", "retired"),
        ("DF", "RF", "retired"),
    ],
)
def test_retired_and_odd_codes_lead_to_terms(text: str, term: str, rule: str) -> None:
    """PS3.3 C.7.3.1.1.1 and what people write instead."""
    cleaned = settle_modality({"modality": find_modality(text)}, raw=normalise_text(text))
    assert (cleaned.value, cleaned.rule, cleaned.raw) == (term, rule, normalise_text(text))


def _settle(text: str, uid: str | None) -> tuple[str | None, str | None, str | None]:
    found = {"modality": find_modality(text), "sop_class": find_modality_of_class(uid)}
    known = {source: finding for source, finding in found.items() if finding is not None}
    raw = normalise_text(text) if text else None
    cleaned = settle_modality(known, raw=raw, sop_class_uid=uid)
    return cleaned.value, cleaned.rule, cleaned.raw


@pytest.mark.parametrize(
    ("text", "uid", "expected"),
    [
        ("", CT, ("CT", "sop_class", None)),
        ("Dr. Miller", CT, ("CT", "sop_class", None)),
        ("X-RAY", CR, ("CR", "sop_class", "X RAY")),
        ("MR", CT, ("MR", "contradicts_sop_class", "MR")),
        ("DX", CR, ("DX", "exact", "DX")),
        ("US", SC, ("US", "exact", "US")),
        ("", SC, (None, None, None)),
        ("Dr. Miller", None, (None, "unknown", None)),
    ],
)
def test_the_sop_class_stands_in_and_may_contradict(
    text: str, uid: str | None, expected: tuple[str | None, str | None, str | None]
) -> None:
    """A blank modality is told by the class; a secondary capture may be of any."""
    assert _settle(text, uid) == expected


def test_every_class_of_the_table_is_one_of_the_standard_for_images() -> None:
    """Held against pydicom's dictionary, and none stands for two modalities."""
    uids = [uid for line in read_table("modalities.tsv") for uid in line["sop_classes"].split()]
    assert len(uids) == len(set(uids))
    for uid in uids:
        name = UID_dictionary[f"1.2.840.10008.5.1.4.1.1.{uid}"][0]
        assert name.endswith(("Storage", "For Presentation", "For Processing")), name


def test_what_may_stand_beside_a_class_is_a_modality() -> None:
    """A typing error would make contradictions of sound files."""
    for line in read_table("modalities.tsv"):
        assert set(line["also"].split()) <= modality_terms()


def test_no_word_stands_for_two_modalities() -> None:
    """The later line would win silently."""
    owners: dict[str, str] = {}
    for line in read_table("modalities.tsv"):
        for name in ("synonym", "retired", "generic"):
            for word in filter(None, map(normalise_text, line[name].split(";"))):
                assert owners.setdefault(word, line["term"]) == line["term"], word
    assert set(owners) <= modality_words()


def test_an_unknown_class_contradicts_nothing() -> None:
    """Private classes hold anything."""
    assert not contradict("CT", "1.2.3")
    assert contradict("CT", MR)
