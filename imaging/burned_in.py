"""How likely it is that a picture has text burned into its pixels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

BurnedInRisk = Literal["none", "unknown", "possible", "declared"]
"""`unknown` is a plain picture, which has no header to tell."""

# Acquired by a detector and not drawn on unless told otherwise.
_CLEAN_MODALITIES = frozenset(
    {"CR", "CT", "DX", "IO", "MG", "MR", "NM", "PT", "PX", "RF", "RTDOSE", "RTIMAGE", "SEG", "SM"}
)
# Their processed images are DERIVED\\PRIMARY: straight from the detector nevertheless (PS3.3 C.8.11.3).
_PROJECTION_MODALITIES = frozenset({"CR", "DX", "IO", "MG", "PX"})
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"


def assess_burned_in_risk(
    declared: str | None, *, modality: str | None, image_type: Iterable[str], sop_class_uid: str | None
) -> BurnedInRisk:
    r"""Return "declared", "possible" or "none".

    The attribute decides where it is given. Without it, ultrasound, angiography, secondary capture,
    secondary and derived images and everything unknown are possible; images straight from a detector
    are not. A radiograph that is DERIVED\PRIMARY is one of those: that is how detectors write what is
    for presentation.

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
    words = set(image_type)
    is_made = bool(words & {"SECONDARY", "SCREEN SAVE", "SCREEN_SAVE"}) or _is_derived(words, modality)
    if is_capture or is_made or modality not in _CLEAN_MODALITIES:
        return "possible"
    return "none"


def _is_derived(words: set[str], modality: str | None) -> bool:
    """Tell whether a picture was made from others; every segmentation and dose is, and shows no text."""
    if "DERIVED" not in words or modality in {"RTDOSE", "SEG"}:
        return False
    return modality not in _PROJECTION_MODALITIES or "PRIMARY" not in words
