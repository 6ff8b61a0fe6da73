"""Sex as headers and tables write it, in several languages, to the letters of (0010,0040)."""

from __future__ import annotations

from types import MappingProxyType

_SEXES = MappingProxyType(
    {
        **dict.fromkeys(("M", "MALE", "MAN", "MÄNNLICH", "MASCULIN", "MASCHIO"), "M"),
        **dict.fromkeys(("F", "FEMALE", "W", "WOMAN", "WEIBLICH", "FEMININ", "FÉMININ", "FEMMINA"), "F"),
        **dict.fromkeys(("O", "OTHER", "D", "DIVERS"), "O"),
    }
)


def clean_sex(text: str | None) -> str | None:
    """Return `M`, `F` or `O`, or None for a blank and for every other text.

    Example:
        >>> clean_sex("female"), clean_sex("M "), clean_sex("unknown")
        ('F', 'M', None)
    """
    return _SEXES.get((text or "").strip().upper())
