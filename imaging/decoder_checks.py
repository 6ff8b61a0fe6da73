"""Which transfer syntaxes this installation decodes, each tried on a real file."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.errors import ImagingError
from imaging.decoders import DECODER_ORDER, DECODERS
from imaging.pictures import read_picture_or_instance
from imaging.samples import bundled_dicom_folder
from imaging.settings import ReadSettings

SAMPLES = {
    "Deflated": "image_dfl.dcm",
    "JPEG 2000": "JPEG2000.dcm",
    "JPEG 2000 lossless": "MR_small_jp2klossless.dcm",
    "JPEG Baseline": "SC_rgb_jpeg_dcmtk.dcm",
    "JPEG Extended, 12 bit": "JPGExtended.dcm",
    "JPEG Lossless": "SC_rgb_jpeg_gdcm.dcm",
    "JPEG-LS": "MR_small_jpeg_ls_lossless.dcm",
    "RLE": "MR_small_RLE.dcm",
    "native": "CT_small.dcm",
}
"""Transfer syntax, as people call it, to one of pydicom's bundled files."""


@dataclass(frozen=True)
class DecoderCheck:
    """How one transfer syntax fared.

    Attributes:
        syntax: as people call it.
        works: a sample was decoded.
        decoder: package and version that decoded it; blank when none did.
        remedy: what to install; blank when it works.
    """

    syntax: str
    works: bool
    decoder: str
    remedy: str


def check_decoders() -> list[DecoderCheck]:
    """Decode one bundled file of each transfer syntax and tell how it went."""
    return [_check(syntax, file) for syntax, file in SAMPLES.items()]


def _check(syntax: str, file: str) -> DecoderCheck:
    try:
        content = (bundled_dicom_folder() / file).read_bytes()
        instance = read_picture_or_instance(content, settings=ReadSettings(key=bytes(32)))
    except (ImagingError, OSError):
        packages = {DECODERS[name].distribution for order in DECODER_ORDER.values() for name in order}
        install = " ".join(sorted(packages - {"dicomill"}))
        return DecoderCheck(syntax, works=False, decoder="", remedy=f"pip install {install}")
    return DecoderCheck(syntax, works=True, decoder=instance.header.decoder, remedy="")
