"""Which DICOM objects hold a picture, and what the others are."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from foundation.errors import NotAnImageError

_DIRECTORY_RECORD_SEQUENCE = BaseTag(0x00041220)
_PIXEL_DATA_PROVIDER_URL = BaseTag(0x00287FE0)
PIXEL_TAGS = (BaseTag(0x7FE00010), BaseTag(0x7FE00008), BaseTag(0x7FE00009))

_STORAGE = "1.2.840.10008.5.1.4.1.1"

# Prefix of the SOP Class UID (PS3.4 B.5), longest first where one starts with another.
_KINDS: tuple[tuple[str, str, str], ...] = (
    ("1.2.840.10008.1.3.10", "dicomdir", "a DICOMDIR, the index of a medium"),
    (f"{_STORAGE}.88.59", "key_object_selection", "a key object selection"),
    (f"{_STORAGE}.88", "structured_report", "a structured report"),
    (f"{_STORAGE}.11", "presentation_state", "a presentation state"),
    (f"{_STORAGE}.9", "waveform", "a waveform"),
    (f"{_STORAGE}.104", "encapsulated_document", "an encapsulated document"),
    (f"{_STORAGE}.4.2", "spectroscopy", "MR spectroscopy"),
    (f"{_STORAGE}.66.1", "registration", "a spatial registration"),
    (f"{_STORAGE}.66.2", "fiducials", "spatial fiducials"),
    (f"{_STORAGE}.66.3", "registration", "a deformable spatial registration"),
    (f"{_STORAGE}.66.5", "surface", "a surface segmentation"),
    (f"{_STORAGE}.66.6", "tractography", "tractography results"),
    (f"{_STORAGE}.66", "raw_data", "raw data"),
    (f"{_STORAGE}.67", "real_world_value_mapping", "a real world value mapping"),
    (f"{_STORAGE}.68", "surface", "a surface scan"),
    (f"{_STORAGE}.78", "ophthalmic_measurement", "ophthalmic measurements"),
    (f"{_STORAGE}.79", "ophthalmic_measurement", "ophthalmic measurements"),
    (f"{_STORAGE}.91", "annotation", "microscopy annotations"),
    (f"{_STORAGE}.200", "protocol", "an acquisition protocol"),
    (f"{_STORAGE}.481.3", "radiotherapy_structure_set", "an RT structure set"),
    (f"{_STORAGE}.481.5", "radiotherapy_plan", "an RT plan"),
    (f"{_STORAGE}.481.8", "radiotherapy_plan", "an RT ion plan"),
    (f"{_STORAGE}.481", "radiotherapy_record", "an RT object"),
    ("1.2.840.10008.5.1.4.39", "colour_palette", "a colour palette"),
    ("1.2.840.10008.5.1.4.38", "hanging_protocol", "a hanging protocol"),
)


def has_pixels(ds: Dataset) -> bool:
    """Return whether the data set itself, not an icon inside it, holds pixel data."""
    return any(tag in ds for tag in PIXEL_TAGS)


def check_is_image(ds: Dataset, sop_class_uid: str | None) -> None:
    """Raise unless the data set holds a picture.

    An object with pixel data is a picture whatever its class says; one without is named by it.

    Raises:
        NotAnImageError: with a reason code such as `structured_report` or `no_pixel_data`.
    """
    if _DIRECTORY_RECORD_SEQUENCE in ds:
        raise NotAnImageError("dicomdir", "This is a DICOMDIR, the index of a medium, not an image.")
    if has_pixels(ds):
        return
    for prefix, reason_code, description in _KINDS:
        if _is_below(sop_class_uid, prefix):
            raise NotAnImageError(reason_code, f"This is {description}, not an image.")
    if _PIXEL_DATA_PROVIDER_URL in ds:
        raise NotAnImageError(
            "pixels_elsewhere", "The pixel data lie on a JPIP server; only the header is in the file."
        )
    raise NotAnImageError(
        "no_pixel_data", "The data set has none of the elements (7FE0,0008), (7FE0,0009), (7FE0,0010)."
    )


def _is_below(uid: str | None, prefix: str) -> bool:
    return uid is not None and (uid == prefix or uid.startswith(f"{prefix}."))
