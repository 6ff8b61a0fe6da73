"""The reference table: pydicom's bundled images give what they gave."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest


def _load() -> ModuleType:
    path = Path(__file__).with_name("reference_table.py")
    spec = importlib.util.spec_from_file_location("reference_table", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


REFERENCE = _load()
TABLE = REFERENCE.read_table()


def test_every_image_has_its_line() -> None:
    """Nothing that decodes is left out, and nothing in the table has stopped to."""
    images = {path.name for path in REFERENCE.bundled_files() if path.suffix == ".dcm"}
    assert len(TABLE) >= 90
    assert {Path(name).name for name in TABLE if name.endswith(".dcm")} <= images


@pytest.mark.parametrize("path", REFERENCE.bundled_files(), ids=lambda path: path.name)
def test_each_file_gives_what_it_gave(path: Path) -> None:
    """Frames, shape, dtype, three pixels, decoder, stored values and picture; or no image, as before."""
    row = REFERENCE.describe(path)
    assert row == TABLE.get(path.relative_to(REFERENCE.bundled_dicom_folder()).as_posix())


def test_one_picture_in_many_encodings_has_one_hash() -> None:
    """Lossless encodings of the same values cannot be told apart by their pixels."""
    for names in (
        ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_jp2klossless.dcm"),
        ("rtdose.dcm", "rtdose_expb.dcm", "rtdose_rle.dcm"),
        ("SC_rgb.dcm", "SC_rgb_rle.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_16bit.dcm"),
    ):
        rows = [TABLE[name] for name in names if name in TABLE]
        hashes = {(row["dtype"], row["stored_values_sha256"]) for row in rows}
        assert len(hashes) == len({row["dtype"] for row in rows})
