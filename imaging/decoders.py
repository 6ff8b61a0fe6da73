"""Which decoder takes which transfer syntax, in which order, and what happens when one fails.

The order is fixed by syntax, so that one file gives the same pixels on every machine; who decoded
is recorded with the result. A new decoder is one function in `imaging.codecs` and one line here.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from foundation.errors import DecodeError
from imaging import codecs
from imaging.codecs import EncodedFrame, RawFrame
from imaging.codestreams import CodestreamKind

_CONSTANT_FRAME_BYTES = 4096
_CONSTANT_FRAME_RATIO = 32


@dataclass(frozen=True)
class Decoder:
    """One way to decode a frame.

    Args:
        decode: the function.
        distribution: which package to install for it.
        module: what is imported, to tell whether it is there.
        last_resort: whether it is tried only where no other of the order is installed. GDCM ends
            the whole process on some damaged JPEG (found by mutating real files), and damaged ones
            are what the others fail on.
    """

    decode: Callable[[EncodedFrame], RawFrame]
    distribution: str
    module: str
    last_resort: bool = False

    @property
    def is_installed(self) -> bool:
        """Whether its library can be imported."""
        return find_spec(self.module) is not None

    @property
    def label(self) -> str:
        """Package and version, as recorded with the pixels."""
        return _label(self.distribution)


DECODERS: dict[str, Decoder] = {
    "dicomsdl": Decoder(codecs.decode_by_dicomsdl, "dicomsdl", "dicomsdl"),
    "gdcm": Decoder(codecs.decode_by_gdcm, "python-gdcm", "gdcm", last_resort=True),
    "inflate": Decoder(codecs.decode_by_inflate, "dicomill", "zlib"),
    "jpeg_ls": Decoder(codecs.decode_by_jpeg_ls, "pyjpegls", "jpeg_ls"),
    "opencv": Decoder(codecs.decode_by_opencv, "opencv-python-headless", "cv2"),
    "openjpeg": Decoder(codecs.decode_by_openjpeg, "pylibjpeg-openjpeg", "openjpeg"),
    "own_rle": Decoder(codecs.decode_by_own_rle, "dicomill", "struct"),
    "rle": Decoder(codecs.decode_by_rle, "pylibjpeg-rle", "rle"),
}

DECODER_ORDER: dict[str, tuple[str, ...]] = {
    "1.2.840.10008.1.2.1.98": ("inflate",),  # Encapsulated Uncompressed
    "1.2.840.10008.1.2.4.50": ("opencv", "gdcm"),  # JPEG Baseline
    "1.2.840.10008.1.2.4.51": ("dicomsdl", "opencv", "gdcm"),  # JPEG Extended, 8 and 12 bit
    "1.2.840.10008.1.2.4.57": ("dicomsdl", "gdcm"),  # JPEG Lossless
    "1.2.840.10008.1.2.4.70": ("dicomsdl", "gdcm"),  # JPEG Lossless, first-order prediction
    "1.2.840.10008.1.2.4.80": ("jpeg_ls", "gdcm"),  # JPEG-LS
    "1.2.840.10008.1.2.4.81": ("jpeg_ls", "gdcm"),  # JPEG-LS near-lossless
    "1.2.840.10008.1.2.4.90": ("openjpeg", "gdcm"),  # JPEG 2000 lossless
    "1.2.840.10008.1.2.4.91": ("openjpeg", "gdcm"),  # JPEG 2000
    "1.2.840.10008.1.2.4.201": ("openjpeg",),  # HTJ2K lossless
    "1.2.840.10008.1.2.4.202": ("openjpeg",),  # HTJ2K lossless RPCL
    "1.2.840.10008.1.2.4.203": ("openjpeg",),  # HTJ2K
    "1.2.840.10008.1.2.5": ("rle", "own_rle"),
    "1.2.840.10008.1.2.8.1": ("inflate",),  # Deflated Image Frame
}

KIND_SYNTAX: dict[CodestreamKind, str] = {
    "htj2k": "1.2.840.10008.1.2.4.203",
    "jpeg": "1.2.840.10008.1.2.4.51",
    "jpeg_2000": "1.2.840.10008.1.2.4.91",
    "jpeg_lossless": "1.2.840.10008.1.2.4.57",
    "jpeg_ls": "1.2.840.10008.1.2.4.81",
}
_SYNTAX_KINDS: dict[str, CodestreamKind] = {
    "1.2.840.10008.1.2.4.50": "jpeg",
    "1.2.840.10008.1.2.4.51": "jpeg",
    "1.2.840.10008.1.2.4.57": "jpeg_lossless",
    "1.2.840.10008.1.2.4.70": "jpeg_lossless",
    "1.2.840.10008.1.2.4.80": "jpeg_ls",
    "1.2.840.10008.1.2.4.81": "jpeg_ls",
    "1.2.840.10008.1.2.4.90": "jpeg_2000",
    "1.2.840.10008.1.2.4.91": "jpeg_2000",
    "1.2.840.10008.1.2.4.201": "htj2k",
    "1.2.840.10008.1.2.4.202": "htj2k",
    "1.2.840.10008.1.2.4.203": "htj2k",
}


def syntax_to_decode(declared: str, kind: CodestreamKind | None) -> str:
    """Return the transfer syntax a frame is decoded as: the declared one unless its bytes prove another.

    Example:
        >>> syntax_to_decode("1.2.840.10008.1.2.4.50", "jpeg_2000")
        '1.2.840.10008.1.2.4.91'
    """
    if kind is None or _SYNTAX_KINDS.get(declared) == kind:
        return declared
    return KIND_SYNTAX[kind]


def decode_encoded_frame(frame: EncodedFrame) -> tuple[RawFrame, str]:
    """Return one decoded frame and who decoded it, trying the syntax's decoders in their order.

    Raises:
        DecodeError: no decoder for the syntax, none installed, or all of them failed.
    """
    order = DECODER_ORDER.get(frame.transfer_syntax_uid)
    if order is None:
        raise DecodeError(
            "unsupported_transfer_syntax",
            "The transfer syntax is one that is not decoded; expected a native, RLE, JPEG, JPEG-LS,"
            " JPEG 2000, HTJ2K or deflated one. Convert the file first.",
        )
    failures: list[DecodeError] = []
    installed = [DECODERS[name] for name in order if DECODERS[name].is_installed]
    for decoder in [one for one in installed if not one.last_resort] or installed:
        try:
            return _decode_checked(decoder, frame), decoder.label
        except DecodeError as error:
            failures.append(error)
    if failures:
        raise next((error for error in failures if error.reason_code != "decoder_failed"), failures[0])
    missing = ", ".join(DECODERS[name].distribution for name in order)
    raise DecodeError(
        "missing_decoder", f"No decoder for the transfer syntax is installed; install {missing}."
    )


def _decode_checked(decoder: Decoder, frame: EncodedFrame) -> RawFrame:
    try:
        raw = decoder.decode(frame)
    except (DecodeError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # Codecs fail in any way: GDCM with an AttributeError, a panic of pylibjpeg-rle (which is
        # written in Rust) with a class that is no Exception.
        raise DecodeError(
            "decoder_failed", f"{decoder.distribution} could not decode the frame; it is broken or unusual."
        ) from error
    _refuse_suspicious_constant(raw, frame)
    return raw


def _refuse_suspicious_constant(raw: RawFrame, frame: EncodedFrame) -> None:
    """Refuse a frame of one value that took far more bytes than one value needs."""
    values = raw.values
    allowed = _CONSTANT_FRAME_BYTES + values.nbytes // _CONSTANT_FRAME_RATIO
    if len(frame.content) <= allowed or int(values.min()) != int(values.max()):
        return
    # One value coded with a long word repeats itself; bytes that do not repeat held a picture.
    if len(zlib.compress(frame.content, 1)) > allowed:
        raise DecodeError(
            "constant_frame",
            "The decoder returned one value for every pixel although the frame holds many bytes;"
            " the frame is broken.",
        )


@cache
def _label(distribution: str) -> str:
    try:
        return f"{distribution} {version(distribution)}"
    except PackageNotFoundError:
        return distribution
