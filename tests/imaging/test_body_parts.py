"""Body parts as headers write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.body_part_terms import read_vocabulary
from imaging.body_parts import (
    ORIGINAL_CLASSES,
    SOURCES,
    clean_body_part,
    clean_class_folder,
    contradict,
    find_region,
    find_region_code,
    settle_body_part,
)
from imaging.findings import Finding


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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("Handgelenk li", "WRIST"), ("Halswirbelsäule 2 Ebenen", "CSPINE"), ("MRT Kniegelenk re", "KNEE")),
        *(("Poignet gauche", "WRIST"), ("Rachis lombaire face", "LSPINE"), ("Bassin de face", "PELVIS")),
        *(
            ("Ginocchio dx", "KNEE"),
            ("RX torace 2P", "CHEST"),
            ("Caviglia", "ANKLE"),
            ("ADDOME COMPLETO", "ABDOMENPELVIS"),
        ),
        *(
            ("Rodilla izquierda", "KNEE"),
            ("Tórax PA", "CHEST"),
            ("Columna lumbar", "LSPINE"),
            ("Muñeca", "WRIST"),
        ),
        *(("Joelho direito", "KNEE"), ("Tornozelo", "ANKLE"), ("Abdome total", "ABDOMENPELVIS")),
        *(("Enkel rechts", "ANKLE"), ("Borst links", "BREAST"), ("Schouder", "SHOULDER")),
        *(("胸部CT", "CHEST"), ("腹部", "ABDOMEN"), ("L3-S1^L1-L4", "LSSPINE"), ("L4/L5", "LSPINE")),
        *(
            ("CT T12 scan", None),
            ("T1 T2 FLAIR", None),
            ("PE CHEST 1", "CHEST"),
            ("with oral contrast", None),
        ),
    ],
)
def test_descriptions_in_several_languages_lead_to_terms(text: str, value: str | None) -> None:
    """English, German, French, Italian, Spanish, Portuguese, Dutch, Chinese and Japanese."""
    found = find_region(text)
    assert (None if found is None else found.term) == value


@pytest.mark.parametrize(
    ("text", "value", "rule"),
    [
        ("SHOULDRE", "SHOULDER", "misspelt"),
        ("ABDOMNE", "ABDOMEN", "misspelt"),
        ("CLAVICEL", "CLAVICLE", "misspelt"),
        ("THYROIDD", "THYROID", "misspelt"),
        ("LOWER EXTREMIT", "LEG", "synonym"),
        ("CERVICAL  SPIN", "CSPINE", "phrase"),
        ("PARANASAL SINUSE", "SINUS", "truncated"),
        ("MUELLER", None, "unknown"),
        ("KNEX", None, "unknown"),
    ],
)
def test_cut_off_and_misspelt_words_of_the_attribute_are_found(
    text: str, value: str | None, rule: str
) -> None:
    """Long words only: of short ones, one letter makes another word."""
    part = clean_body_part(text)
    assert (part.value, part.rule, part.raw is not None) == (value, rule, rule == "synonym")


def test_misspelt_words_count_in_the_attribute_alone() -> None:
    """In a description they may be names."""
    assert find_region("SHOULDRE") is None


def test_a_doubtful_attribute_lets_a_clear_text_speak() -> None:
    """Two far regions in the attribute, one in the protocol."""
    part = clean_body_part("HAND HEAD", texts={"protocol": "Hand"})
    assert (part.value, part.rule) == ("HAND", "protocol")


@pytest.mark.parametrize(
    ("first", "second", "is_contradiction"),
    [
        ("CHEST", "KNEE", True),
        ("CHEST", "LUNG", False),
        ("CHESTABDOMEN", "LIVER", False),
        ("CHESTABDPELVIS", "KNEE", True),
        ("LSSPINE", "SPINE", False),
        ("HAND", "EXTREMITY", False),
        ("WHOLEBODY", "KNEE", False),
        ("HEAD", "NECK", True),
    ],
)
def test_terms_contradict_unless_one_lies_within_the_other(
    first: str, second: str, is_contradiction: bool
) -> None:
    """Whichever comes first."""
    assert contradict(first, second) is contradict(second, first) is is_contradiction


def test_codes_lead_to_findings() -> None:
    """The first that is registered."""
    assert find_region_code(["x", "T-D3000"]) == Finding("CHEST", "code")
    assert find_region_code([]) is None


def test_a_sites_finding_goes_before_the_attribute() -> None:
    """At whatever source it stands."""
    found = {"body_part_examined": Finding("CHEST", "exact"), "protocol": Finding("KNEE", "site")}
    part = settle_body_part(found, raw="CHEST")
    assert (part.value, part.rule, part.raw) == ("KNEE", "site", "CHEST")
