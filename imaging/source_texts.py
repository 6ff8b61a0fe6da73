"""The texts of a header that cleaned columns come from: how they are read apart, and their keyed hashes.

A text itself is never kept. What is kept is its hash under the database's key, so that a site's table
or a larger vocabulary can be applied to it later without the file: equal texts have equal hashes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from imaging.pseudonyms import Pseudonymiser

LONGEST_TEXT = 256
_LIGATURES = str.maketrans({"Œ": "OE", "Æ": "AE"})
_HAN = "\u2e80-\u9fff\uf900-\ufaff"
# Chinese and Japanese put no blank between words: at least what is written in other letters is apart.
_WORD = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")


def split_words(text: str) -> tuple[str, ...]:
    r"""Return the words of a text: upper case, without accents and punctuation.

    Example:
        >>> split_words("Schädel/HWS\x00 ")
        ('SCHADEL', 'HWS')
        >>> split_words("胸部CT")
        ('胸部', 'CT')
    """
    decomposed = unicodedata.normalize("NFKD", text.upper().translate(_LIGATURES))
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(_WORD.findall(plain))


@lru_cache(maxsize=8192)
def normalise_text(text: str) -> str:
    """Return a text as it is hashed and held against tables: its words, one blank between them.

    Example:
        >>> normalise_text("C-Spine  (ap)") == normalise_text("c spine AP")
        True
    """
    return " ".join(split_words(text[:LONGEST_TEXT]))


def hash_texts(texts: Mapping[str, str], pseudonymiser: Pseudonymiser) -> dict[str, str]:
    """Return the keyed hash of each text that has words, under the same names."""
    normalised = {name: normalise_text(text) for name, text in texts.items()}
    return {name: pseudonymiser.text_key(text) for name, text in normalised.items() if text}
