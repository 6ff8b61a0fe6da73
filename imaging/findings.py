"""What one text says of one cleaned column, and what a column comes to."""

from __future__ import annotations

from dataclasses import dataclass

WHOLE_RULES = frozenset({"exact", "synonym", "retired", "generic"})
"""Rules by which the whole text is in a vocabulary: only then may the text itself be kept."""

SITE_RULE = "site"
SITE_CONFIDENCE = 0.97


@dataclass(frozen=True, slots=True)
class Finding:
    """The term that one text led to.

    Args:
        term: canonical.
        rule: how the text led to it (see `imaging.cleaned_columns`).
    """

    term: str
    rule: str


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is known of one column.

    Args:
        value: canonical term, or None.
        raw: what the column's own attribute says, as its words in upper case, only when all of it is in
            a vocabulary: it is free text otherwise.
        rule: how the value was found; None where nothing was written.
        confidence: 0 to 1; the order matters, not the figure.
    """

    value: str | None
    raw: str | None
    rule: str | None
    confidence: float | None


NOTHING = Cleaned(None, None, None, None)
