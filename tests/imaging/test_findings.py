"""What one text says of a column."""

from __future__ import annotations

from imaging.findings import NOTHING, WHOLE_RULES, Cleaned, Finding


def test_nothing_has_no_rule() -> None:
    """Where nothing is written nothing was judged."""
    assert Cleaned(None, None, None, None) == NOTHING


def test_a_text_may_be_kept_only_under_rules_of_whole_texts() -> None:
    """A phrase stands among words that nobody knows."""
    assert {"phrase", "truncated", "misspelt", "ambiguous"}.isdisjoint(WHOLE_RULES)
    assert Finding("CHEST", "exact").rule in WHOLE_RULES
