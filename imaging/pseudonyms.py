"""Keyed pseudonyms: the same input and key give the same pseudonym, and nothing leads back.

Every pseudonym is made from

    digest = HMAC-SHA256(key, purpose + 0x00 + UTF-8(input))

with a purpose of its own ("uid", "content", "patient", "accession", "site",
"tombstone", "path", "name", "text", "date shift"), so that equal texts in different places give unrelated
pseudonyms:

    UID             2.25.<n>; n = first 16 bytes of the digest, big-endian, with the version and
                    variant bits of a UUID of version 8 (PS3.5 B.2, RFC 9562 5.8)
    patient key     first 32 hexadecimal digits over issuer + 0x00 + id, both normalised
    accession key   first 32 hexadecimal digits over the normalised number
    tombstone key   first 32 hexadecimal digits over the patient key
    site code       "site-" and the first 10 hexadecimal digits over the normalised institution name
    path key        first 32 hexadecimal digits over source name + 0x00 + relative path
    name key        first 32 hexadecimal digits over the file's bare name in Unicode NFC
    text key        first 16 hexadecimal digits over the words of a text (imaging/source_texts.py)
    date shift      whole days: n mod 364 of the digest over the patient key, mapped to
                    -182 .. -1, 1 .. 182

The normalisation of ids is named by `PATIENT_ID_RULE` and must be recorded with what it made.
"""

from __future__ import annotations

import datetime as dt
import functools
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import PurePath

PATIENT_ID_RULE = "nfkc-nul-blanks-upper-placeholders-1"
"""Unicode NFKC, NULs to blanks, inner blanks collapsed, ends stripped, upper case, placeholders unknown."""

LARGEST_DATE_SHIFT_DAYS = 182

_KEY_DIGITS = 32
_PLACEHOLDERS = frozenset(
    {
        *("?", "-", "--", ".", "/", "N/A", "NA", "N.A.", "NIL", "NONE", "NULL", "NO ID", "NOID"),
        *("UNKNOWN", "UNDEFINED", "UNBEKANNT", "NOT AVAILABLE", "REMOVED", "PATIENT ID", "PATIENTID"),
        *("ANON", "ANONYM", "ANONYMOUS", "ANONYMIZED", "ANONYMISED", "DEIDENTIFIED", "DE-IDENTIFIED"),
    }
)
_FILLER = re.compile(r"0+|X+|\*+|#+")


def normalise_identifier(text: str | None) -> str:
    r"""Return an identifier as it is hashed; blank when it is unknown, or says so.

    Example:
        >>> normalise_identifier(" ab  12\x00")
        'AB 12'
        >>> normalise_identifier("Anonymous")
        ''
    """
    upper = _collapse(text)
    return "" if upper in _PLACEHOLDERS or _FILLER.fullmatch(upper) else upper


def _collapse(text: str | None) -> str:
    folded = unicodedata.normalize("NFKC", text or "").replace("\x00", " ")
    return " ".join(folded.split()).upper()


@dataclass(frozen=True)
class Pseudonymiser:
    """Makes pseudonyms with one secret key; picklable, and silent about the key.

    Example:
        >>> Pseudonymiser(bytes(32)).uid("1.2.3").startswith("2.25.")
        True
        >>> Pseudonymiser(bytes(32))
        Pseudonymiser()
    """

    key: bytes = field(repr=False)

    def uid(self, uid: str) -> str:
        """Return the pseudonym of a UID, at most 44 characters long."""
        return self._uid("uid", uid)

    def content_uid(self, sha256_hex: str, patient_key: str | None = None) -> str:
        """Return a UID for a file that has none, from its SHA-256 and, where it is known, its patient.

        Equal pictures of two patients stay two.
        """
        return self._uid("content", sha256_hex if patient_key is None else f"{sha256_hex}\x00{patient_key}")

    def patient_key(self, patient_id: str | None, issuer: str | None = "") -> str | None:
        """Return the key of a patient, or None when the id is blank: unknown stays unknown."""
        normalised = normalise_identifier(patient_id)
        if not normalised:
            return None
        return self._digits("patient", f"{_collapse(issuer)}\x00{normalised}")

    def accession_key(self, text: str | None) -> str | None:
        """Return the key of an accession number, or None when it is blank."""
        normalised = normalise_identifier(text)
        return self._digits("accession", normalised) if normalised else None

    def site_code(self, institution_name: str | None) -> str | None:
        """Return the code of a site, or None when its name is blank.

        Example:
            >>> code = Pseudonymiser(bytes(32)).site_code("General Hospital")
            >>> code == Pseudonymiser(bytes(32)).site_code(" GENERAL  hospital"), len(code)
            (True, 15)
        """
        normalised = normalise_identifier(institution_name)
        return f"site-{self._digest('site', normalised).hex()[:10]}" if normalised else None

    def tombstone_key(self, patient_key: str) -> str:
        """Return what stays of a withdrawn patient: it knows the patient again, and leads to no manifest."""
        return self._digits("tombstone", patient_key)

    def text_key(self, normalised_text: str) -> str:
        """Return the key of a text that a cleaned column came from: half as long, since rows hold many."""
        return self._digits("text", normalised_text)[: _KEY_DIGITS // 2]

    def path_key(self, source_name: str, relative_path: str | PurePath) -> str:
        """Return the key of a file's place in a source; the path itself stays out of rows."""
        return self._digits("path", f"{source_name}\x00{PurePath(relative_path).as_posix()}")

    def name_key(self, name: str) -> str:
        """Return the key of a file's bare name, by which a label table may name it."""
        return self._digits("name", unicodedata.normalize("NFC", name))

    def date_shift_days(self, patient_key: str) -> int:
        """Return the whole days by which all dates of a patient are moved: +-182, never 0."""
        days = int.from_bytes(self._digest("date shift", patient_key)) % (2 * LARGEST_DATE_SHIFT_DAYS)
        shift = days - LARGEST_DATE_SHIFT_DAYS
        return shift if shift < 0 else shift + 1

    def shift_date(self, date: dt.date, patient_key: str) -> dt.date | None:
        """Return the date moved by the patient's days, or None at the ends of the calendar."""
        try:
            return date + dt.timedelta(days=self.date_shift_days(patient_key))
        except OverflowError:
            return None

    def _digest(self, purpose: str, text: str) -> bytes:
        return _keyed_hash(self.key, purpose.encode() + b"\x00" + text.encode("utf-8", "surrogatepass"))

    def _digits(self, purpose: str, text: str) -> str:
        return self._digest(purpose, text).hex()[:_KEY_DIGITS]

    def _uid(self, purpose: str, text: str) -> str:
        number = int.from_bytes(self._digest(purpose, text)[:16])
        number = number & ~(0xF << 76) | (0x8 << 76)  # RFC 9562 4.2: version 8
        number = number & ~(0x3 << 62) | (0x2 << 62)  # RFC 9562 4.1: variant 10
        return f"2.25.{number}"


@functools.lru_cache(maxsize=1024)
def _keyed_hash(key: bytes, message: bytes) -> bytes:
    """Return the HMAC; files of one series ask for the same ones again and again."""
    return hmac.digest(key, message, "sha256")  # one call, several times as fast as an object
