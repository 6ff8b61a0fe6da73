"""Whether a text that would be kept holds a word of a person's name, or of the patient's ids."""

from __future__ import annotations

from pydicom.dataset import Dataset

from imaging.cleaning import read_texts
from imaging.source_texts import split_words

_KEYWORDS = (
    *("PatientName", "PatientBirthName", "PatientMotherBirthName", "OtherPatientNames", "PatientBirthDate"),
    *("PatientID", "OtherPatientIDs", "AccessionNumber", "ReferringPhysicianName", "RequestingPhysician"),
    *("PerformingPhysicianName", "OperatorsName", "NameOfPhysiciansReadingStudy"),
)
_UMLAUTS = str.maketrans({"Ä": "AE", "Ö": "OE", "Ü": "UE"})
_SHORTEST = 3
_SHORTEST_WITHIN = 5
"""From here on a word also counts inside another one: MILLER in SNMILLER2."""


def names_a_person(ds: Dataset, text: str) -> bool:
    """Return whether a text holds a word that also names a person of the file, whatever its case and accents.

    Words of one or two ASCII characters do not count; of other letters they do, since many names have no
    more.

    Example:
        >>> ds = Dataset()
        >>> ds.PatientName = "Müller^Hans"
        >>> names_a_person(ds, "CT MULLER1"), names_a_person(ds, "Hans' CT"), names_a_person(ds, "CT 1")
        (True, True, False)
    """
    words = split_words(text)
    joined = "".join(words)
    return any(word in words or (_counts_within(word) and word in joined) for word in _words_of_persons(ds))


def _words_of_persons(ds: Dataset) -> set[str]:
    texts = (text for keyword in _KEYWORDS for text in read_texts(ds, keyword))
    spelled = (form for text in texts for form in {text, text.upper().translate(_UMLAUTS)})
    words = {word for text in spelled for word in split_words(text)}
    return {word for word in words if len(word) >= _SHORTEST or not word.isascii()}


def _counts_within(word: str) -> bool:
    return len(word) >= (_SHORTEST_WITHIN if word.isascii() else 2)
