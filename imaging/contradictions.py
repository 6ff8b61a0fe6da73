"""Where the sources of a cleaned column contradict the value that it came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imaging import body_parts, lateralities, modalities, view_positions
from imaging.cleaned_columns import COLUMNS, lay_over
from imaging.findings import Finding
from imaging.site_tables import COLUMN_SOURCES


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One source that says something else than the value.

    Args:
        column: cleaned column.
        value: what the column came to.
        value_source: the source that says so, or the rule where no source does (`class_folder`).
        other: the term of the source that disagrees.
        other_source: that source.
    """

    column: str
    value: str
    value_source: str
    other: str
    other_source: str


def find_contradictions(
    values: Mapping[str, str | None],
    rules: Mapping[str, str | None],
    *,
    sources: Mapping[str, Any],
    sop_class_uid: str | None,
) -> Iterator[Contradiction]:
    """Yield what contradicts the columns of one row.

    Texts of longer reach say more than one picture shows (a study of chest and knee), so a contradiction
    asks for a look; it is no error by itself.

    Args:
        values: column to its value.
        rules: column to its rule.
        sources: `instance.cleaning_sources`.
        sop_class_uid: of the row.

    Example:
        >>> found = {"body_part_examined": ["CHEST", "exact"], "protocol": ["KNEE", "phrase"]}
        >>> sources = {"found": {"body_part": found}}
        >>> said = find_contradictions({"body_part": "CHEST"}, {}, sources=sources, sop_class_uid=None)
        >>> [(one.value_source, one.other_source, one.other) for one in said]
        [('body_part_examined', 'protocol', 'KNEE')]
    """
    for column in COLUMNS:
        value = values.get(column)
        if value is None:
            continue
        found = _effective(column, sources)
        order = (*COLUMN_SOURCES[column], modalities.SOP_CLASS)
        told = [source for source in order if source in found]
        giver = next((source for source in told if found[source].term == value), rules.get(column) or "")
        for source in told:
            if source != giver and _contradicts(column, source, found[source], values, sop_class_uid):
                yield Contradiction(column, value, giver, found[source].term, source)


def _effective(column: str, sources: Mapping[str, Any]) -> dict[str, Finding]:
    found = {
        source: Finding(term, rule)
        for source, (term, rule) in sources.get("found", {}).get(column, {}).items()
    }
    return lay_over(found, sources.get("site", {}).get(column, {}))


def _contradicts(
    column: str,
    source: str,
    finding: Finding,
    values: Mapping[str, str | None],
    sop_class_uid: str | None,
) -> bool:
    value = values[column] or ""
    if column == "modality":
        return source == modalities.SOP_CLASS and modalities.contradict(value, sop_class_uid)
    if column == "body_part":
        return finding.rule != "ambiguous" and body_parts.contradict(value, finding.term)
    if column == "view_position":
        is_text = source in view_positions.SOURCES
        counts = not is_text or view_positions.counts(finding, values.get("modality"))
        return counts and view_positions.contradict(value, finding.term)
    is_text = source in lateralities.TEXTS
    counts = not is_text or lateralities.is_paired(values.get("body_part"))
    if source == lateralities.ORIENTATION:
        counts = values.get("modality") == "MG"
    return counts and lateralities.contradict(value, finding.term)
