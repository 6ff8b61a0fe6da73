"""What is kept of a file and what is not, as tables for a privacy officer, made from the lists themselves."""

from __future__ import annotations

from collections.abc import Iterable

from imaging.allow_list import AllowedAttribute, read_allow_list
from imaging.body_part_terms import read_vocabulary
from imaging.profile_options import OPTIONS, REFUSED_OPTIONS, KeepRules, Profile

_PROFILES: tuple[Profile, ...] = ("strict", "research", "identified")

PROFILE_WORDS = ("all profiles", *_PROFILES)
KEPT_HEADINGS = ("attribute", "tag", "how it is kept", "where", "by")
REMOVED_HEADINGS = ("what", "what becomes of it")

_HOW = {
    "accession_key": "keyed hash",
    "age": "years, to 90",
    "coded": "listed words only",
    "date": "true date",
    "date_shifted": "shifted date",
    "mapped": "term of a vocabulary",
    "model": "product names only",
    "number": "within a range only",
    "patient_key": "keyed hash",
    "site_code": "keyed hash",
    "text": "as it is *",
    "time": "true time",
    "true_uid": "true UID",
    "uid": "keyed hash",
    "well_known_uid": "registered UIDs only",
    "words": "listed words only",
    "year": "true year",
}

REMOVED: tuple[tuple[str, str], ...] = (
    ("names, addresses, telephone numbers, all of VR PN", "removed (identified: see below)"),
    ("patient ids, accession numbers, study ids", "keyed hash, or removed"),
    ("other UIDs, also inside sequences", "removed"),
    ("dates and times not listed above", "removed"),
    ("free text: descriptions, comments, histories (LO, SH, ST, LT, UC, UT)", "removed once read in memory"),
    ("nested sequences, original attributes, content of structured reports", "removed"),
    ("private elements and their creators", "removed (but retain-safe-private: numbers of a list)"),
    ("elements of unknown value representation (UN)", "removed"),
    ("overlays, curves, graphics, waveforms, audio, icon images", "removed"),
    ("file meta information, preamble, AE titles", "removed"),
    ("palettes, LUTs, windows, rescaling", "kept as numbers: rendering needs them"),
    ("pixels", "kept as they are; text and faces in them stay (see below)"),
    ("paths and file names", "keyed hash; readable only in the operator's file (mode 0600)"),
    ("folders that name classes, label tables", "classes kept as they are; ids hashed"),
)
"""Classes of elements and what becomes of them, whatever the profile."""


def kept_rows(site_table: str = "") -> list[tuple[str, ...]]:
    """Return one row for each line of the allow-list: those of profiles, then of options, by tag.

    Args:
        site_table: the text of a site's own table over ours; blank for none.
    """
    lines = sorted(read_allow_list(site_table), key=lambda line: (line.tag, line.field, line.kept))
    return sorted((_kept_row(line) for line in lines), key=lambda row: row[-1] not in PROFILE_WORDS)


def option_rows() -> list[tuple[str, str]]:
    """Return the options of PS3.15 Annex E: what each adds, or why it is refused."""
    added = [(name, f"adds {what}") for name, what in OPTIONS.items()]
    return sorted([*added, *((name, f"refused: {why}") for name, why in REFUSED_OPTIONS.items())])


def head_parts() -> frozenset[str]:
    """Return the canonical terms that show a head, or lie within one.

    Example:
        >>> {"HEAD", "BRAIN", "ORBIT", "HEADNECK"} <= head_parts(), "HAND" in head_parts()
        (True, False)
    """
    vocabulary = read_vocabulary()
    within = {term for term in vocabulary.terms if "HEAD" in vocabulary.regions_above(term)}
    return frozenset(within | {"HEAD", "HEADNECK"})


def _kept_row(line: AllowedAttribute) -> tuple[str, ...]:
    return (line.keyword, line.tag, _HOW[line.kept], line.field, _kept_by(line))


def _kept_by(line: AllowedAttribute) -> str:
    """Return the least profile that keeps it, else the options."""
    profile = next((one for one in _PROFILES if KeepRules(one).hold(line.profiles)), None)
    if profile is None:
        return shown(sorted(line.profiles & OPTIONS.keys()))
    return "all profiles" if profile == _PROFILES[0] else profile


def shown(values: Iterable[str]) -> str:
    """Return words as a list for people, or a dash.

    Example:
        >>> shown(["a", "b"]), shown([])
        ('a, b', '-')
    """
    return ", ".join(values) or "-"
