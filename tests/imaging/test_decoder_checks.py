"""Which transfer syntaxes work here."""

from __future__ import annotations

from pathlib import Path

import pytest

from foundation.errors import DecodeError
from imaging import decoder_checks
from imaging.decoder_checks import SAMPLES, check_decoders
from imaging.decoders import DECODERS


def test_every_syntax_works_with_what_setup_installs() -> None:
    """Each is told with the package that decoded it."""
    checks = check_decoders()
    assert [check.syntax for check in checks] == list(SAMPLES)
    assert [check for check in checks if not check.works or not check.decoder or check.remedy] == []
    used = {check.decoder.split()[0] for check in checks}
    assert used - {"native"} <= {decoder.distribution for decoder in DECODERS.values()}
    assert len(used) > 3


def test_a_missing_decoder_is_told_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are still tried."""
    real = decoder_checks.read_picture_or_instance
    broken = (decoder_checks.bundled_dicom_folder() / SAMPLES["RLE"]).read_bytes()

    def read(content: bytes, **settings: object) -> object:
        if content == broken:
            raise DecodeError("no_decoder", "nothing decodes it")
        return real(content, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(decoder_checks, "read_picture_or_instance", read)
    failed = [check for check in check_decoders() if not check.works]
    assert [check.syntax for check in failed] == ["RLE"]
    assert failed[0].decoder == ""
    assert failed[0].remedy.startswith("pip install ")
    assert "pylibjpeg-rle" in failed[0].remedy
    assert "dicomill" not in failed[0].remedy


def test_missing_samples_are_no_traceback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A packager may leave pydicom's test files out."""
    monkeypatch.setattr(decoder_checks, "bundled_dicom_folder", lambda: tmp_path)
    assert {check.works for check in check_decoders()} == {False}
