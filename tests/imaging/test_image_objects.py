"""What holds a picture, and what the rest is called."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from foundation.errors import NotAnImageError
from imaging.image_objects import check_is_image, has_pixels


@pytest.mark.parametrize(
    ("sop_class_uid", "reason_code"),
    [
        ("1.2.840.10008.5.1.4.1.1.88.11", "structured_report"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "key_object_selection"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "presentation_state"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "waveform"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "encapsulated_document"),
        ("1.2.840.10008.5.1.4.1.1.66", "raw_data"),
        ("1.2.840.10008.5.1.4.1.1.66.1", "registration"),
        ("1.2.840.10008.5.1.4.1.1.4.2", "spectroscopy"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "radiotherapy_structure_set"),
        ("1.2.840.10008.5.1.4.1.1.481.5", "radiotherapy_plan"),
        ("1.2.840.10008.1.3.10", "dicomdir"),
        ("1.2.840.10008.5.1.4.1.1.2", "no_pixel_data"),
        (None, "no_pixel_data"),
    ],
)
def test_an_object_without_pixels_is_named(sop_class_uid: str | None, reason_code: str) -> None:
    """A run's report says what was left out."""
    with pytest.raises(NotAnImageError) as caught:
        check_is_image(Dataset(), sop_class_uid)
    assert caught.value.reason_code == reason_code


def test_the_icon_is_not_the_picture() -> None:
    """Pixel data inside a sequence belong to something else."""
    icon, ds = Dataset(), Dataset()
    icon.PixelData = b"\x00\x00"
    ds.IconImageSequence = [icon]
    assert not has_pixels(ds)


def test_pixels_make_an_image_of_any_class() -> None:
    """Private classes hold sound pictures."""
    ds = Dataset()
    ds.PixelData = b"\x00\x00"
    check_is_image(ds, "1.2.3.4")


def test_pixels_on_a_server_are_said_to_be_there() -> None:
    """JPIP referenced objects hold only an address."""
    ds = Dataset()
    ds.PixelDataProviderURL = "https://example.org/x"
    with pytest.raises(NotAnImageError) as caught:
        check_is_image(ds, None)
    assert caught.value.reason_code == "pixels_elsewhere"
