"""The DICOM files that pydicom ships for its tests: real bytes that every installation has."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from foundation.errors import RejectedFileError


def bundled_dicom_folder() -> Path:
    """Return the folder of pydicom's own test files.

    Example:
        >>> (bundled_dicom_folder() / "CT_small.dcm").is_file()
        True
    """
    spec = find_spec("pydicom")
    if spec is None or spec.origin is None:
        raise RejectedFileError("missing_samples", "pydicom is not installed; install dicomill again.")
    return Path(spec.origin).parent / "data" / "test_files"
