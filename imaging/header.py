"""The header of one file: typed, cleaned, pseudonymous, and nothing that is not on the allow-list."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pydicom.dataset import Dataset

from foundation.fingerprints import fingerprint, sha256_of_bytes
from imaging.ages import age_at, clean_age_years
from imaging.attributes import (
    find_allowed,
    is_kept,
    keep_further,
    keep_integer,
    keep_well_known_uid,
    keep_word,
    keep_words,
)
from imaging.burned_in import assess_burned_in_risk
from imaging.cleaned_columns import COLUMNS, clean_columns
from imaging.cleaning import read_date, read_text
from imaging.geometry import read_pixel_spacing
from imaging.identifiers import Identifiers, read_identifiers
from imaging.manufacturers import OTHER, clean_manufacturer, clean_model
from imaging.named_persons import names_a_person
from imaging.profile_options import KeepRules
from imaging.pseudonyms import Pseudonymiser
from imaging.reading import ParsedFile
from imaging.settings import ReadSettings
from imaging.sexes import clean_sex

_UID = re.compile(r"(?=.*\d)[0-9.]{3,64}")

# Of the file, of this software or of its tables rather than of the picture: they make no other version.
_NOT_IDENTITY = frozenset(
    {"transfer_syntax_uid", "decoder", "burned_in_risk", "cleaning_sources"}
    | {f"{column}{suffix}" for column in COLUMNS for suffix in ("", "_raw", "_rule", "_confidence")}
)


@dataclass(frozen=True)
class Header:
    """What is kept of a file besides its pixels. Names are DICOM keywords in snake case.

    Args:
        sop_instance_uid: pseudonym, as are the other instance UIDs.
        kind: "dicom" or "picture".
        body_part: canonical term; `body_part_raw`, `body_part_rule` and `body_part_confidence` say
            where it came from (see `imaging.body_parts`); `modality`, `view_position` and
            `image_laterality` alike.
        cleaning_sources: what each of their texts led to (see `imaging.cleaned_columns`).
        patient_age_years: 90 for all over 89.
        photometric_interpretation: as declared; after decoding: MONOCHROME1, MONOCHROME2 or RGB.
        pixel_spacing_mm: distance of rows and of columns, split by a backslash.
        burned_in_risk: "none", "possible" or "declared"; "unknown" of a plain picture.
        decoder: what decoded the pixels.
        attributes: further kept attributes by name.
        rendering: what rendering needs, the same for all frames.
        identifiers: of the profile `identified` alone; for the table `instance_identity` and no other
            place.
    """

    sop_instance_uid: str
    kind: str
    sop_class_uid: str | None = None
    transfer_syntax_uid: str | None = None
    study_instance_uid: str | None = None
    series_instance_uid: str | None = None
    patient_key: str | None = None
    accession_key: str | None = None
    study_date_shifted: dt.date | None = None
    study_year: int | None = None
    modality: str | None = None
    modality_raw: str | None = None
    modality_rule: str | None = None
    modality_confidence: float | None = None
    body_part: str | None = None
    body_part_raw: str | None = None
    body_part_rule: str | None = None
    body_part_confidence: float | None = None
    view_position: str | None = None
    view_position_raw: str | None = None
    view_position_rule: str | None = None
    view_position_confidence: float | None = None
    image_laterality: str | None = None
    image_laterality_raw: str | None = None
    image_laterality_rule: str | None = None
    image_laterality_confidence: float | None = None
    cleaning_sources: Mapping[str, Any] | None = None
    patient_sex: str | None = None
    patient_age_years: float | None = None
    manufacturer: str | None = None
    manufacturer_model_name: str | None = None
    site_code: str | None = None
    height: int | None = None
    width: int | None = None
    number_of_frames: int | None = None
    samples_per_pixel: int | None = None
    bits_stored: int | None = None
    pixel_representation: int | None = None
    photometric_interpretation: str | None = None
    pixel_spacing_mm: str | None = None
    burned_in_risk: str = "possible"
    decoder: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rendering: Mapping[str, Any] = field(default_factory=dict)
    identifiers: Identifiers | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields as plain JSON values.

        Example:
            >>> Header(sop_instance_uid="2.25.1", kind="picture").to_json()["kind"]
            'picture'
        """
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        date = self.study_date_shifted
        return plain | {"study_date_shifted": date.isoformat() if date else None}


def attributes_sha256(header: Header, frame_renderings: tuple[Mapping[str, Any] | None, ...] = ()) -> str:
    """Return the fingerprint of what is kept, without what only the encoding of the file decides.

    The same picture sent again in another transfer syntax has the same fingerprint, and so it has when
    our vocabularies or a site's tables have grown meanwhile.
    """
    kept = {name: value for name, value in header.to_json().items() if name not in _NOT_IDENTITY}
    # What the texts came to is ours and may change; the texts themselves are the file's.
    kept["texts"] = dict((header.cleaning_sources or {}).get("texts", {}))
    kept["is_burned_in"] = header.burned_in_risk == "declared"
    overrides = list(frame_renderings) if any(frame_renderings) else []
    return fingerprint({"header": kept, "frame_renderings": overrides})


def read_header(parsed: ParsedFile, *, settings: ReadSettings, content: bytes) -> Header:
    """Return the header of a parsed DICOM file, as far as it can be told without decoding.

    Args:
        parsed: from `imaging.reading.parse_dicom`.
        settings: key, profile and limits.
        content: the file's bytes; their SHA-256 gives a file without UID one of its own.
    """
    ds, pseudonymiser = parsed.ds, Pseudonymiser(settings.key)
    identity = _read_identity(parsed, pseudonymiser, settings, content)
    shift_group = (
        identity["patient_key"] or identity["study_instance_uid"] or str(identity["sop_instance_uid"])
    )
    sop_class_uid = keep_well_known_uid(parsed.sop_class_uid)
    cleaned = clean_columns(
        ds, sop_class_uid=sop_class_uid, pseudonymiser=pseudonymiser, site_table=settings.site_table
    )
    image_type = keep_words(ds, find_allowed("ImageType", "attributes"))
    return Header(
        kind="dicom",
        sop_class_uid=sop_class_uid,
        transfer_syntax_uid=keep_well_known_uid(parsed.transfer_syntax_uid),
        burned_in_risk=assess_burned_in_risk(
            keep_word(ds, "BurnedInAnnotation", "burned_in_risk"),
            modality=cleaned.columns["modality"].value,
            image_type=image_type,
            sop_class_uid=parsed.sop_class_uid,
        ),
        pixel_spacing_mm=read_pixel_spacing(ds),
        attributes=keep_further(
            ds, rules=settings.rules, pseudonymiser=pseudonymiser, shift_group=shift_group
        ),
        identifiers=read_identifiers(ds) if settings.profile == "identified" else None,
        **identity,
        **_read_person(ds, settings.rules, pseudonymiser, shift_group),
        **_read_device(ds, settings.rules, pseudonymiser),
        **cleaned.fields(),
        **_read_pixel_description(ds),
    )


def _read_identity(
    parsed: ParsedFile, pseudonymiser: Pseudonymiser, settings: ReadSettings, content: bytes
) -> dict[str, Any]:
    ds = parsed.ds
    instance_uid = _read_uid(ds, "SOPInstanceUID") or _read_uid(ds.file_meta, "MediaStorageSOPInstanceUID")
    study_uid, series_uid = _read_uid(ds, "StudyInstanceUID"), _read_uid(ds, "SeriesInstanceUID")
    return {
        "sop_instance_uid": pseudonymiser.uid(instance_uid)
        if instance_uid
        else pseudonymiser.content_uid(sha256_of_bytes(content)),
        "study_instance_uid": pseudonymiser.uid(study_uid) if study_uid else None,
        "series_instance_uid": pseudonymiser.uid(series_uid) if series_uid else None,
        "patient_key": pseudonymiser.patient_key(
            read_text(ds, "PatientID"), read_text(ds, "IssuerOfPatientID") or settings.default_issuer
        ),
        "accession_key": pseudonymiser.accession_key(read_text(ds, "AccessionNumber"))
        if is_kept("AccessionNumber", "accession_key", settings.rules)
        else None,
    }


def _read_uid(ds: Dataset, keyword: str) -> str | None:
    uid = read_text(ds, keyword)
    return uid if uid is not None and _UID.fullmatch(uid) else None


def _read_person(
    ds: Dataset, rules: KeepRules, pseudonymiser: Pseudonymiser, shift_group: str
) -> dict[str, Any]:
    """Read sex, age and dates, each only where the rules keep it."""
    study_date = read_date(ds, "StudyDate")
    kept: dict[str, Any] = {}
    if is_kept("PatientSex", "patient_sex", rules):
        kept["patient_sex"] = clean_sex(read_text(ds, "PatientSex"))
    if is_kept("PatientAge", "patient_age_years", rules):
        age = read_text(ds, "PatientAge")
        is_computed = not age and is_kept("PatientBirthDate", "patient_age_years", rules)
        birth_date = read_date(ds, "PatientBirthDate") if is_computed else None
        kept["patient_age_years"] = clean_age_years(age) if age else age_at(birth_date, study_date)
    if study_date and is_kept("StudyDate", "study_date_shifted", rules):
        kept["study_date_shifted"] = pseudonymiser.shift_date(study_date, shift_group)
    if study_date and is_kept("StudyDate", "study_year", rules):
        allowed = find_allowed("StudyDate", "study_year")
        is_plausible = allowed.smallest <= study_date.year <= allowed.largest
        kept["study_year"] = study_date.year if is_plausible else None
    return kept


def _read_device(ds: Dataset, rules: KeepRules, pseudonymiser: Pseudonymiser) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    if is_kept("InstitutionName", "site_code", rules):
        kept["site_code"] = pseudonymiser.site_code(read_text(ds, "InstitutionName"))
    if is_kept("Manufacturer", "manufacturer", rules):
        kept["manufacturer"] = clean_manufacturer(read_text(ds, "Manufacturer"))
    if is_kept("ManufacturerModelName", "manufacturer_model_name", rules):
        vendor = clean_manufacturer(read_text(ds, "Manufacturer"))
        # Where the vendor is no known one, the text beside it is not trusted either.
        is_known = vendor not in {None, OTHER}
        model = clean_model(read_text(ds, "ManufacturerModelName")) if is_known else None
        kept["manufacturer_model_name"] = None if model and names_a_person(ds, model) else model
    return kept


def _read_pixel_description(ds: Dataset) -> dict[str, Any]:
    return {
        "height": keep_integer(ds, "Rows", "height"),
        "width": keep_integer(ds, "Columns", "width"),
        "number_of_frames": keep_integer(ds, "NumberOfFrames", "number_of_frames"),
        "samples_per_pixel": keep_integer(ds, "SamplesPerPixel", "samples_per_pixel"),
        "bits_stored": keep_integer(ds, "BitsStored", "bits_stored"),
        "pixel_representation": keep_integer(ds, "PixelRepresentation", "pixel_representation"),
        "photometric_interpretation": keep_word(
            ds, "PhotometricInterpretation", "photometric_interpretation"
        ),
    }
