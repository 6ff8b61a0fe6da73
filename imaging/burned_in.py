"""How likely it is that a picture has text burned into its pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

BurnedInRisk = Literal["none", "possible", "declared"]

# Acquired by a detector and not drawn on unless told otherwise.
_CLEAN_MODALITIES = frozenset(
    {"CR", "CT", "DX", "IO", "MG", "MR", "NM", "PT", "PX", "RF", "RTDOSE", "RTIMAGE", "SEG", "SM"}
)
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def assess_burned_in_risk(
    declared: str | None, *, modality: str | None, image_type: Iterable[str], sop_class_uid: str | None
) -> BurnedInRisk:
    """Return "declared", "possible" or "none".

    The attribute decides where it is given. Without it, ultrasound, angiography, secondary capture,
    secondary images and everything unknown are possible; images straight from a detector are not.

    Args:
        declared: (0028,0301) Burned In Annotation.
        modality: (0008,0060) Modality.
        image_type: values of (0008,0008) Image Type.
        sop_class_uid: (0008,0016) SOP Class UID.

    Example:
        >>> assess_burned_in_risk(None, modality="CR", image_type=["ORIGINAL", "PRIMARY"], sop_class_uid=None)
        'none'
    """
    if declared in {"YES", "NO"}:
        return "declared" if declared == "YES" else "none"
    is_capture = sop_class_uid is not None and f"{sop_class_uid}.".startswith(f"{_SECONDARY_CAPTURE}.")
    is_secondary = "SECONDARY" in image_type or "SCREEN SAVE" in image_type
    if is_capture or is_secondary or modality not in _CLEAN_MODALITIES:
        return "possible"
    return "none"
