"""Body parts as headers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.body_part_terms import read_vocabulary
from imaging.body_parts import ORIGINAL_CLASSES, SOURCES, clean_body_part, clean_class_folder


@pytest.mark.parametrize("term", sorted(read_vocabulary().terms))
def test_a_canonical_term_stays_itself(term: str) -> None:
    """Case, blanks and NULs do not matter."""
    for text in (term, f"{term.lower()} ", f" {term}\x00"):
        part = clean_body_part(text)
        assert (part.value, part.rule, part.confidence) == (term, "exact", 1.0)


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("C SPINE", "CSPINE", "synonym"),
        ("L-Spine", "LSPINE", "synonym"),
        ("LWS", "LSPINE", "synonym"),
        ("TOTAL B", "WHOLEBODY", "synonym"),
        ("BACINO", "PELVIS", "synonym"),
        ("TORACE", "CHEST", "synonym"),
        ("Thorax", "CHEST", "synonym"),
        ("TÓRAX", "CHEST", "synonym"),
        ("SCHÄDEL", "SKULL", "synonym"),
        ("Schaedel", "SKULL", "synonym"),
        ("Poumon", "LUNG", "synonym"),
        ("JOELHO", "KNEE", "synonym"),
        ("ENKEL", "ANKLE", "synonym"),
        ("MUÑECA", "WRIST", "synonym"),
        ("WHOLE BODY", "WHOLEBODY", "synonym"),
        ("THORAX AP", "CHEST", "phrase"),
        ("[LOWER LEG         ]", "LOWERLEG", "synonym"),
        ("HEAD OF PANCREAS", "PANCREAS", "synonym"),
        ("HEAD OF THE FEMUR", "FEMUR", "phrase"),
        ("TETE DU FEMUR", "FEMUR", "phrase"),
        ("CHEST/ABDOMEN", "CHESTABDOMEN", "synonym"),
        ("ABDOMEN,PELVIS,CHEST", "CHESTABDPELVIS", "combined"),
        ("ABDOMEN^LIVER", "LIVER", "phrase"),
        ("TIBIA, FOOT", "LEG", "common_region"),
        ("KNEE OR HAND", "EXTREMITY", "common_region"),
        ("HAND HEAD", "HAND", "ambiguous"),
        ("X-RAY OF ELBO", None, "unknown"),
        ("X-RAY OF SHOULDE", "SHOULDER", "truncated"),
        ("HEAD FIRST SUPINE", None, "unknown"),
        ("ARMY", None, "unknown"),
        ("JPEG 2000 Compressed Image", None, "unknown"),
        ("MUELLER^HANS", None, "unknown"),
        ("", None, "unknown"),
        (" \x00", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_what_headers_write_leads_to_a_term(text: str | None, value: str | None, rule: str) -> None:
    """Words count whole; several regions combine, or the rule says that they do not."""
    part = clean_body_part(text)
    assert (part.value, part.rule) == (value, rule)


@given(st.text(max_size=40))
def test_a_raw_text_is_kept_only_when_it_is_vocabulary(text: str) -> None:
    """Body Part Examined is free text: a name in it must not be kept."""
    raw = clean_body_part(text).raw
    vocabulary = read_vocabulary()
    if raw is not None:
        words = tuple(raw.split())
        assert (
            words in vocabulary.phrases
            or words in vocabulary.whole_phrases
            or "".join(words) in vocabulary.terms
        )


def test_a_blank_attribute_asks_the_code_first() -> None:
    """The code of the anatomic region is the most exact source."""
    part = clean_body_part("", anatomic_region_codes=["1", "T-04000"], texts={"protocol": "Knee"})
    assert (part.value, part.rule, part.raw) == ("BREAST", "anatomic_region_code", None)


def test_texts_are_asked_in_order() -> None:
    """A protocol says more of a series than the description of the study."""
    texts = {"study_description": "CT Abdomen", "protocol": "Knee routine"}
    assert clean_body_part(None, texts=texts).rule == "protocol"
    assert clean_body_part(None, texts=texts | {"protocol": "routine"}).value == "ABDOMEN"


def test_an_ambiguous_text_says_so_and_counts_less() -> None:
    """Two regions that are far apart."""
    part = clean_body_part("", texts={"study_description": "Knee and Brain"})
    assert part.rule == "study_description_ambiguous"
    assert part.confidence < min(SOURCES.values())


def test_mammography_shows_the_breast() -> None:
    """MG headers often leave the attribute out."""
    assert clean_body_part(None, is_mammography=True).value == "BREAST"


@pytest.mark.parametrize(
    ("folder", "value"),
    [
        ("AbdomenCT", "ABDOMEN"),
        ("BreastMRI", "BREAST"),
        ("CXR", "CHEST"),
        ("ChestCT", "CHEST"),
        ("Hand", "HAND"),
        ("HeadCT", "HEAD"),
        ("c_spine", "CSPINE"),
        ("yes", None),
        ("no", None),
    ],
)
def test_class_folders_of_picture_sets_lead_to_terms(folder: str, value: str | None) -> None:
    """Words are run together in them."""
    assert clean_class_folder(folder).value == value


@pytest.mark.parametrize(
    ("term", "name"),
    [
        ("SKULL", "Skull"),
        ("LSPINE", "Spine"),
        ("LUNG", "Chest"),
        ("BREAST", "Breast"),
        ("LIVER", "Abdomen"),
        ("HIP", "Musculoskeletal"),
    ],
)
def test_terms_count_as_classes_of_the_original(term: str, name: str) -> None:
    """MedicalCV's six real classes."""
    assert ORIGINAL_CLASSES[term] == name
