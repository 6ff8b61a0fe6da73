"""Vendors and product names out of two attributes that are free text and may hold anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

OTHER = "other"

# Word (or words) at a word boundary, as vendors have written themselves over the years.
MANUFACTURERS: Mapping[str, str] = MappingProxyType(
    {
        "ACUSON": "Siemens",
        "AGFA": "Agfa",
        "ALOKA": "Hitachi",
        "BRUKER": "Bruker",
        "CANON": "Canon",
        "CARESTREAM": "Carestream",
        "DICOMILL": "dicomill phantom (synthetic)",
        "EASTMAN KODAK": "Carestream",
        "ELEKTA": "Elekta",
        "ELSCINT": "Elscint",
        "ESAOTE": "Esaote",
        "FUJI": "Fujifilm",
        "FUJIFILM": "Fujifilm",
        "G E MEDICAL": "GE",
        "GE": "GE",
        "GENERAL ELECTRIC": "GE",
        "HITACHI": "Hitachi",
        "HOLOGIC": "Hologic",
        "IMAGING DYNAMICS": "Imaging Dynamics",
        "KODAK": "Carestream",
        "KONICA": "Konica Minolta",
        "LODOX": "Lodox",
        "LORAD": "Hologic",
        "MARCONI": "Philips",
        "MINDRAY": "Mindray",
        "NEUSOFT": "Neusoft",
        "PHILIPS": "Philips",
        "PICKER": "Philips",
        "PLANMED": "Planmed",
        "SAMSUNG": "Samsung",
        "MEDISON": "Samsung",
        "SHIMADZU": "Shimadzu",
        "SIEMENS": "Siemens",
        "SONOSITE": "Fujifilm",
        "STERLING": "Sterling",
        "SWISSRAY": "Swissray",
        "TOSHIBA": "Canon",
        "UNITED IMAGING": "United Imaging",
        "UIH": "United Imaging",
        "VARIAN": "Varian",
        "VIDAR": "Vidar",
    }
)

_NOT_A_WORD = re.compile(r"[^A-Z0-9]+")
_PRODUCT = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._+/-]{0,39}")
_ID_LIKE = re.compile(r"\d{6}|\d[\d.\-/]{7}")
_PERSON_LIKE = re.compile(r"\b(MR|MRS|MS|DR|HERR|FRAU|MME|PATIENT|NAME|NURSE|DOCTOR|PROF)\b", re.IGNORECASE)


@lru_cache(maxsize=1024)
def clean_manufacturer(text: str | None) -> str | None:
    """Return the vendor that a text names, "other" for any other text, None for none.

    Example:
        >>> clean_manufacturer("GE MEDICAL SYSTEMS"), clean_manufacturer("TOSHIBA_MEC")
        ('GE', 'Canon')
        >>> clean_manufacturer("Dr. Smith's own"), clean_manufacturer(" ")
        ('other', None)
    """
    words = f" {_NOT_A_WORD.sub(' ', (text or '').upper()).strip()} "
    if not words.strip():
        return None
    # The place decides when two are named ("Philips, a Marconi company"): the first one counts.
    found = [(words.find(f" {name} "), vendor) for name, vendor in MANUFACTURERS.items()]
    return min((each for each in found if each[0] >= 0), default=(0, OTHER))[1]


@lru_cache(maxsize=1024)
def clean_model(text: str | None) -> str | None:
    """Return a product name, or None when the text could be anything else.

    Letters, digits, blanks and - _ . + / up to 40 characters; no run like a date or an id; no title
    of a person. A bare surname still looks like a product: the strict profile keeps no model at all.

    Example:
        >>> clean_model("LightSpeed VCT "), clean_model("MILLER^HANS"), clean_model("SN 19570312")
        ('LightSpeed VCT', None, None)
    """
    model = " ".join((text or "").split())
    if not _PRODUCT.fullmatch(model) or _ID_LIKE.search(model) or _PERSON_LIKE.search(model):
        return None
    return model
