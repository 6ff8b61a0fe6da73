"""Stored values to Pixel Data, and an object to the bytes of a file, in each transfer syntax."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable

import jpeg_ls
import numpy as np
from openjpeg.utils import encode_array as encode_jpeg_2000
from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)
from rle.utils import encode_pixel_data as encode_rle

from imaging.phantoms.encodings import StoredValues
from imaging.phantoms.planning import Syntax

TRANSFER_SYNTAXES: dict[Syntax, UID] = {
    "deflated": DeflatedExplicitVRLittleEndian,
    "explicit_big": ExplicitVRBigEndian,
    "explicit_little": ExplicitVRLittleEndian,
    "implicit_little": ImplicitVRLittleEndian,
    "jpeg_2000": JPEG2000Lossless,
    "jpeg_ls": JPEGLSLossless,
    "rle": RLELossless,
}

# Of this generator; written in place of pydicom's own, which changes with its version.
_IMPLEMENTATION_UID = UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, 'dicomill phantoms').int}")
_IMPLEMENTATION_NAME = "DICOMILL PHANTOM"
_GREYSCALE = 2  # OpenJPEG's number


def write_object(ds: Dataset, syntax: Syntax, stored_values: StoredValues | None = None) -> bytes:
    """Return the bytes of a DICOM file.

    Args:
        ds: all attributes; pixels are added to it when given.
        syntax: how the file is encoded.
        stored_values: height x width, in the type that the attributes declare.
    """
    if stored_values is not None:
        _add_pixels(ds, syntax, stored_values)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = TRANSFER_SYNTAXES[syntax]
    meta.ImplementationClassUID = _IMPLEMENTATION_UID
    meta.ImplementationVersionName = _IMPLEMENTATION_NAME
    ds.file_meta = meta
    stream = io.BytesIO()
    dcmwrite(stream, ds, enforce_file_format=True)
    return stream.getvalue()


def _add_pixels(ds: Dataset, syntax: Syntax, stored_values: StoredValues) -> None:
    """Add Pixel Data as the syntax wants it."""
    if syntax in _FRAME_ENCODERS:
        frame = _FRAME_ENCODERS[syntax](stored_values, int(ds.BitsStored))
        ds.add_new("PixelData", "OB", encapsulate([frame]))
        ds["PixelData"].is_undefined_length = True
        return
    one_byte = stored_values.dtype.itemsize == 1
    little, big = stored_values.dtype.newbyteorder("<"), stored_values.dtype.newbyteorder(">")
    content = stored_values.astype(big if syntax == "explicit_big" else little).tobytes()
    # PS3.5 A.1 and A.2: OW in implicit VR and above 8 bits, OB otherwise.
    ds.add_new("PixelData", "OB" if one_byte and syntax != "implicit_little" else "OW", _even(content))


def _rle_frame(stored_values: StoredValues, _bits: int) -> bytes:
    """Compress by runs (PS3.5 Annex G)."""
    height, width = stored_values.shape
    content = np.ascontiguousarray(stored_values).astype(stored_values.dtype.newbyteorder("<")).tobytes()
    bits = 8 * stored_values.dtype.itemsize
    frame: bytes = encode_rle(
        content, byteorder="<", rows=height, columns=width, samples_per_pixel=1, bits_allocated=bits
    )
    return frame


def _jpeg_ls_frame(stored_values: StoredValues, bits: int) -> bytes:
    """Compress losslessly by JPEG-LS."""
    height, width = stored_values.shape
    return bytes(
        jpeg_ls.encode_pixel_data(
            np.ascontiguousarray(stored_values).tobytes(),
            rows=height,
            columns=width,
            samples_per_pixel=1,
            bits_stored=bits,
            bits_allocated=8 * stored_values.dtype.itemsize,
            photometric_interpretation="MONOCHROME2",
            pixel_representation=0,
        )
    )


def _jpeg_2000_frame(stored_values: StoredValues, bits: int) -> bytes:
    """Compress losslessly by JPEG 2000."""
    frame: bytes = encode_jpeg_2000(stored_values, bits_stored=bits, photometric_interpretation=_GREYSCALE)
    return frame


def _even(content: bytes) -> bytes:
    """Pad to an even length, as every value in DICOM has."""
    return content + b"\0" * (len(content) % 2)


_FRAME_ENCODERS: dict[Syntax, Callable[[StoredValues, int], bytes]] = {
    "jpeg_2000": _jpeg_2000_frame,
    "jpeg_ls": _jpeg_ls_frame,
    "rle": _rle_frame,
}
