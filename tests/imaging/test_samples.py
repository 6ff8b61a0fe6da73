"""The DICOM files that every installation has."""

from __future__ import annotations

import importlib.util

import pytest

from foundation.errors import RejectedFileError
from imaging import samples
from imaging.decoder_checks import SAMPLES
from imaging.samples import bundled_dicom_folder


def test_the_files_are_there() -> None:
    """Every one that the decoders are tried on, and enough for a demo."""
    folder = bundled_dicom_folder()
    assert [name for name in SAMPLES.values() if not (folder / name).is_file()] == []
    assert len(list(folder.glob("*.dcm"))) > 50


def test_finding_them_imports_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is looked up, pydicom itself is not loaded for it."""
    seen = []
    monkeypatch.setattr(
        samples, "find_spec", lambda name: seen.append(name) or importlib.util.find_spec(name)
    )
    assert bundled_dicom_folder().is_dir()
    assert seen == ["pydicom"]


def test_an_installation_without_pydicom_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    monkeypatch.setattr(samples, "find_spec", lambda name: None)
    with pytest.raises(RejectedFileError, match="install dicomill again"):
        bundled_dicom_folder()
