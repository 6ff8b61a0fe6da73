"""The names of transfer syntaxes, as PS3.6 Annex A gives them."""

from __future__ import annotations

from pydicom.uid import UID


def transfer_syntax_name(uid: str | None) -> str | None:
    """Return a transfer syntax's name; the UID itself where the standard has none, None for none.

    Example:
        >>> transfer_syntax_name("1.2.840.10008.1.2.5")
        'RLE Lossless'
    """
    return UID(uid).name if uid else None
