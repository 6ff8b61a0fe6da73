"""Files in each transfer syntax, read back by pydicom."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from pydicom import dcmread

from imaging.phantoms.compression import TRANSFER_SYNTAXES, write_object
from imaging.phantoms.encodings import Encoding, encode
from imaging.phantoms.headers import build_header
from imaging.phantoms.planning import Syntax, plan_phantoms

PLAN = plan_phantoms(patients=1, images_per_patient=1, seed=0, size=64, dirty=False)


@pytest.mark.parametrize("bits_stored", [8, 10, 12, 16])
@pytest.mark.parametrize("syntax", sorted(TRANSFER_SYNTAXES))
def test_every_syntax_gives_the_stored_values_back(syntax: Syntax, bits_stored: int) -> None:
    """Lossless through writing and pydicom's own reading, odd sizes included."""
    encoding = Encoding(monochrome1=True, bits_stored=bits_stored, display="window")
    file = replace(PLAN.files[0], syntax=syntax, encoding=encoding)
    picture = np.random.default_rng(0).random((65, 67), dtype=np.float32)
    encoded = encode(picture, encoding)
    ds = build_header(PLAN, file, encoded)
    read = dcmread(io.BytesIO(write_object(ds, syntax, encoded.stored_values)))
    assert read.file_meta.TransferSyntaxUID == TRANSFER_SYNTAXES[syntax]
    assert read.file_meta.ImplementationVersionName == "DICOMILL PHANTOM"
    assert np.array_equal(read.pixel_array, encoded.stored_values)
    assert read.PhotometricInterpretation == "MONOCHROME1"


@pytest.mark.parametrize("syntax", ["implicit_little", "explicit_little", "explicit_big", "deflated"])
def test_signed_values_come_back_signed(syntax: Syntax) -> None:
    """Uncompressed syntaxes hold them."""
    encoding = Encoding(monochrome1=False, bits_stored=12, display="plain", signed=True)
    encoded = encode(np.linspace(0, 1, 4096, dtype=np.float32).reshape(64, 64), encoding)
    ds = build_header(PLAN, replace(PLAN.files[0], sop_class="CR", encoding=encoding), encoded)
    read = dcmread(io.BytesIO(write_object(ds, syntax, encoded.stored_values)))
    assert read.pixel_array.min() == -2048
    assert np.array_equal(read.pixel_array, encoded.stored_values)


@pytest.mark.parametrize("syntax", ["implicit_little", "explicit_big", "jpeg_ls"])
def test_a_lookup_table_survives_every_byte_order(syntax: Syntax) -> None:
    """Its entries are numbers, swapped where the syntax says so."""
    encoding = Encoding(monochrome1=False, bits_stored=10, display="voi_lut")
    encoded = encode(np.zeros((64, 64), np.float32), encoding)
    ds = build_header(PLAN, replace(PLAN.files[0], encoding=encoding), encoded)
    table = dcmread(io.BytesIO(write_object(ds, syntax, encoded.stored_values))).VOILUTSequence[0]
    entries = table.LUTData
    if isinstance(entries, bytes):
        entries = np.frombuffer(entries, "<u2").tolist()
    assert list(entries) == list(encoded.lookup_table.values)
