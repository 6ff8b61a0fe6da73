"""The four cleaned columns of a header, with where each came from.

`modality`, `view_position`, `body_part` and `image_laterality` are each found in several texts. Their
modules say which, and by what rules; here the texts are read, led to terms and settled together, since one
column decides what counts for the next. The texts are not kept: `CleanedColumns.sources` holds

    texts    source to the keyed hash of its text
    found    column to source to [term, rule], as our vocabulary has it
    site     column to source to the term that a site's table has instead, blank where it silences one

so that `imaging.recleaning` can settle the columns again without the file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from pydicom.dataset import Dataset

from imaging import body_parts, lateralities, modalities, view_positions
from imaging.cleaning import read_items, read_text, read_texts
from imaging.findings import SITE_RULE, Cleaned, Finding
from imaging.pseudonyms import Pseudonymiser
from imaging.site_tables import COLUMN_SOURCES, SiteTable
from imaging.source_texts import hash_texts, normalise_text

COLUMNS = ("modality", "view_position", "body_part", "image_laterality")
"""In the order in which they are settled."""

_TEXT_ATTRIBUTES: Mapping[str, str] = MappingProxyType(
    {
        "modality": "Modality",
        "body_part_examined": "BodyPartExamined",
        "view_position": "ViewPosition",
        "image_laterality": "ImageLaterality",
        "laterality": "Laterality",
        "acquisition_device_processing": "AcquisitionDeviceProcessingDescription",
        "protocol": "ProtocolName",
        "series_description": "SeriesDescription",
        "performed_procedure": "PerformedProcedureStepDescription",
        "requested_procedure": "RequestedProcedureDescription",
        "study_description": "StudyDescription",
    }
)
_PROCEDURE_SEQUENCES = (
    "ProcedureCodeSequence",
    "RequestedProcedureCodeSequence",
    "PerformedProtocolCodeSequence",
)
_MOST_ITEMS = 4
_LONGEST_CODE = 32

FoundTerms = Mapping[str, Mapping[str, Finding]]
"""Column to source to what its text led to."""


@dataclass(frozen=True)
class CleanedColumns:
    """What the four columns came to.

    Args:
        columns: name to value, raw text, rule and confidence.
        sources: see the module; plain values for JSON.
    """

    columns: Mapping[str, Cleaned]
    sources: Mapping[str, Any]

    def fields(self) -> dict[str, Any]:
        """Return the header's fields."""
        return column_fields(self.columns) | {"cleaning_sources": dict(self.sources)}


def column_fields(columns: Mapping[str, Cleaned]) -> dict[str, Any]:
    """Return the columns as rows name them (`body_part`, `body_part_raw`, ...)."""
    return {
        f"{name}{suffix}": value
        for name, cleaned in columns.items()
        for suffix, value in (
            ("", cleaned.value),
            ("_raw", cleaned.raw),
            ("_rule", cleaned.rule),
            ("_confidence", cleaned.confidence),
        )
    }


def clean_columns(
    ds: Dataset, *, sop_class_uid: str | None, pseudonymiser: Pseudonymiser, site_table: SiteTable
) -> CleanedColumns:
    """Return the four columns of a data set.

    Args:
        ds: the data set.
        sop_class_uid: of the file.
        pseudonymiser: hashes the texts.
        site_table: laid over our vocabularies.
    """
    texts = read_source_texts(ds)
    found = find_terms(texts, sop_class_uid)
    site = {
        column: {
            source: term
            for source in sources
            if source in texts and (term := site_table.find(column, source, texts[source])) is not None
        }
        for column, sources in COLUMN_SOURCES.items()
        if site_table.lines
    }
    primary = {column: texts.get(COLUMN_SOURCES[column][0]) for column in COLUMNS}
    raws = {column: None if text is None else normalise_text(text) for column, text in primary.items()}
    columns = settle_columns(found, site=site, raws=raws, sop_class_uid=sop_class_uid)
    return CleanedColumns(columns, to_sources(hash_texts(texts, pseudonymiser), found, site))


def to_sources(
    hashes: Mapping[str, str], found: FoundTerms, site: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    """Return what is kept of where the columns came from, as plain values; blank parts are left out."""
    parts: dict[str, Any] = {
        "texts": dict(hashes),
        "found": {
            column: {source: [finding.term, finding.rule] for source, finding in by_source.items()}
            for column, by_source in found.items()
            if by_source
        },
        "site": {column: dict(by_source) for column, by_source in site.items() if by_source},
    }
    return {name: part for name, part in parts.items() if part}


def read_source_texts(ds: Dataset) -> dict[str, str]:
    """Return each text that a column may come from, by its source; those without words are left out.

    Several codes stand as one text, split by blanks.
    """
    texts = {source: read_text(ds, keyword) for source, keyword in _TEXT_ATTRIBUTES.items()}
    # One value is allowed; who writes several (CHEST\\ABDOMEN) means them all.
    texts["body_part_examined"] = " ".join(filter(None, read_texts(ds, "BodyPartExamined"))) or None
    request = next(iter(read_items(ds, "RequestAttributesSequence")[:1]), None)
    if not texts["requested_procedure"] and request is not None:
        texts["requested_procedure"] = read_text(request, "RequestedProcedureDescription")
    anatomy = _read_frame_anatomy(ds)
    procedures = [item for keyword in _PROCEDURE_SEQUENCES for item in read_items(ds, keyword)[:_MOST_ITEMS]]
    texts["frame_laterality"] = read_text(anatomy, "FrameLaterality") if anatomy is not None else None
    texts["anatomic_region_code"] = " ".join(_read_region_codes(ds, anatomy))
    texts["region_modifier_code"] = " ".join(_read_modifier_codes(ds, anatomy))
    texts["view_code"] = " ".join(_codes_of(read_items(ds, "ViewCodeSequence")))
    texts["procedure_code"] = " ".join(dict.fromkeys(_codes_of(procedures)))
    texts["procedure_meaning"] = next(_texts_of(procedures, "CodeMeaning"), None)
    texts["patient_orientation"] = "\\".join(read_texts(ds, "PatientOrientation")[:2])
    return {source: text for source, text in texts.items() if text and normalise_text(text)}


def find_terms(texts: Mapping[str, str], sop_class_uid: str | None) -> dict[str, dict[str, Finding]]:
    """Return what each text leads to, for each column that it may be a source of.

    Whether it counts is told by `settle_columns`: that depends on the other columns.
    """
    found: dict[str, dict[str, Finding]] = {column: {} for column in COLUMNS}
    for column in COLUMNS:
        for source in COLUMN_SOURCES[column]:
            text = texts.get(source)
            finding = finder(column, source)(text) if text else None
            if finding is not None:
                found[column][source] = finding
    of_class = modalities.find_modality_of_class(sop_class_uid)
    if of_class is not None:
        found["modality"][modalities.SOP_CLASS] = of_class
    return found


def finder(column: str, source: str) -> Callable[[str], Finding | None]:
    """Return what leads a source's text to a term of a column."""
    named = _FINDERS.get((column, source))
    return named if named is not None else _TEXT_FINDERS[column]


def settle_columns(
    found: FoundTerms,
    *,
    site: Mapping[str, Mapping[str, str]],
    raws: Mapping[str, str | None],
    sop_class_uid: str | None,
) -> dict[str, Cleaned]:
    """Return what the findings of all columns come to.

    Args:
        found: by our vocabularies.
        site: column to source to the term of the site's tables, blank where they silence the source.
        raws: column to the words of its own attribute; None where nothing is written.
        sop_class_uid: of the file.
    """
    effective = {column: lay_over(found.get(column, {}), site.get(column, {})) for column in COLUMNS}
    modality = modalities.settle_modality(
        effective["modality"], raw=raws.get("modality"), sop_class_uid=sop_class_uid
    )
    view = view_positions.settle_view(
        effective["view_position"], raw=raws.get("view_position"), modality=modality.value
    )
    part = body_parts.settle_body_part(
        effective["body_part"],
        raw=raws.get("body_part"),
        is_mammography=modality.value == "MG"
        or (modality.value in {"CR", "DX"} and view.value in view_positions.MAMMOGRAPHY_VIEWS),
    )
    side = lateralities.settle_laterality(
        effective["image_laterality"],
        raw=raws.get("image_laterality"),
        body_part=part.value,
        modality=modality.value,
    )
    return {"modality": modality, "view_position": view, "body_part": part, "image_laterality": side}


def lay_over(found: Mapping[str, Finding], site: Mapping[str, str]) -> dict[str, Finding]:
    """Return findings with those of a site's tables in their place; a blank term takes one away."""
    kept = {source: finding for source, finding in found.items() if source not in site}
    return kept | {source: Finding(term, SITE_RULE) for source, term in site.items() if term}


def _read_frame_anatomy(ds: Dataset) -> Dataset | None:
    for group in read_items(ds, "SharedFunctionalGroupsSequence")[:1]:
        for anatomy in read_items(group, "FrameAnatomySequence")[:1]:
            return anatomy
    return None


def _read_region_codes(ds: Dataset, anatomy: Dataset | None) -> Iterator[str]:
    for owner in (ds, anatomy):
        if owner is not None:
            yield from _codes_of(read_items(owner, "AnatomicRegionSequence"))
    yield from _codes_of(read_items(ds, "PrimaryAnatomicStructureSequence"))


def _read_modifier_codes(ds: Dataset, anatomy: Dataset | None) -> Iterator[str]:
    for owner in (ds, anatomy):
        if owner is not None:
            for region in read_items(owner, "AnatomicRegionSequence")[:_MOST_ITEMS]:
                yield from _codes_of(read_items(region, "AnatomicRegionModifierSequence"))


def _codes_of(items: Iterable[Dataset]) -> Iterator[str]:
    for text in _texts_of(items, "CodeValue"):
        code = text.split()[0]
        if len(code) <= _LONGEST_CODE:
            yield code


def _texts_of(items: Iterable[Dataset], keyword: str) -> Iterator[str]:
    for item in list(items)[: _MOST_ITEMS * len(_PROCEDURE_SEQUENCES)]:
        text = read_text(item, keyword)
        if text:
            yield text


def _by_codes(find: Callable[[Iterable[str]], Finding | None]) -> Callable[[str], Finding | None]:
    return lambda text: find(text.split())


_TEXT_FINDERS: Mapping[str, Callable[[str], Finding | None]] = MappingProxyType(
    {
        "modality": modalities.find_modality,
        "view_position": view_positions.find_named_view,
        "body_part": body_parts.find_region,
        "image_laterality": lateralities.find_named_side,
    }
)
_FINDERS: Mapping[tuple[str, str], Callable[[str], Finding | None]] = MappingProxyType(
    {
        ("view_position", view_positions.PRIMARY): view_positions.find_view,
        ("view_position", view_positions.CODE): _by_codes(view_positions.find_view_code),
        ("body_part", body_parts.PRIMARY): partial(body_parts.find_region, is_attribute=True),
        ("body_part", body_parts.CODE): _by_codes(body_parts.find_region_code),
        ("body_part", "procedure_code"): _by_codes(body_parts.find_region_code),
        ("image_laterality", lateralities.PRIMARY): lateralities.find_laterality,
        **{("image_laterality", name): lateralities.find_laterality for name in lateralities.ATTRIBUTES},
        ("image_laterality", lateralities.CODE): _by_codes(lateralities.find_side_code),
        ("image_laterality", lateralities.VIEW): lateralities.find_side_of_view,
        ("image_laterality", lateralities.ORIENTATION): lateralities.find_side_of_orientation,
    }
)
