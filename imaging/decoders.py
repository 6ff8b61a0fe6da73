"""Which decoder takes which transfer syntax, in which order, and what happens when one fails.

The order is fixed by syntax, so that one file gives the same pixels on every machine; who decoded
is recorded with the result. A new decoder is one function in `imaging.codecs` (compiled, run in a
process of its own) or `imaging.own_codecs`, and one line here. docs/pixels.md says why the order is so.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from foundation.errors import DecodeError
from imaging import own_codecs
from imaging.codestreams import CodestreamKind
from imaging.encoded_frames import EncodedFrame, RawFrame
from imaging.isolation import decode_in_isolation
from imaging.limits import Limits
from imaging.lossless_lengths import is_whole_lossless_jpeg

_CONSTANT_FRAME_BYTES = 4096
_CONSTANT_FRAME_RATIO = 32
# After any other reason the next decoder would only make a picture of what another called broken.
_GOES_ON = frozenset({"decoder_failed", "decoder_crashed"})


@dataclass(frozen=True)
class Decoder:
    """One way to decode a frame.

    Args:
        decode: the function, of the frame and the processor seconds it may take.
        distribution: which package to install for it.
        module: what is imported, to tell whether it is there.
        is_whole: for a decoder that does not notice damage: whether its pixels are all that was coded.
    """

    decode: Callable[[EncodedFrame, float], RawFrame]
    distribution: str
    module: str
    is_whole: Callable[[RawFrame, EncodedFrame], bool] | None = None

    @property
    def is_installed(self) -> bool:
        """Whether its library can be imported."""
        return find_spec(self.module) is not None

    @property
    def label(self) -> str:
        """Package and version, as recorded with the pixels."""
        return _label(self.distribution)


def _isolated(name: str) -> Callable[[EncodedFrame, float], RawFrame]:
    return lambda frame, seconds: decode_in_isolation(name, frame, seconds=seconds)


def _here(codec: Callable[[EncodedFrame], RawFrame]) -> Callable[[EncodedFrame, float], RawFrame]:
    return lambda frame, _seconds: codec(frame)


DECODERS: dict[str, Decoder] = {
    "dicomsdl": Decoder(_isolated("dicomsdl"), "dicomsdl", "dicomsdl", is_whole=is_whole_lossless_jpeg),
    "gdcm": Decoder(_isolated("gdcm"), "python-gdcm", "gdcm"),
    "inflate": Decoder(_here(own_codecs.decode_by_inflate), "dicomill", "zlib"),
    "jpeg_ls": Decoder(_isolated("jpeg_ls"), "pyjpegls", "jpeg_ls"),
    "opencv": Decoder(_isolated("opencv"), "opencv-python-headless", "cv2"),
    "openjpeg": Decoder(_isolated("openjpeg"), "pylibjpeg-openjpeg", "openjpeg"),
    "own_rle": Decoder(_here(own_codecs.decode_by_own_rle), "dicomill", "struct"),
    "rle": Decoder(_isolated("rle"), "pylibjpeg-rle", "rle"),
}

DECODER_ORDER: dict[str, tuple[str, ...]] = {
    "1.2.840.10008.1.2.1.98": ("inflate",),  # Encapsulated Uncompressed
    "1.2.840.10008.1.2.4.50": ("opencv", "gdcm"),  # JPEG Baseline
    "1.2.840.10008.1.2.4.51": ("opencv", "gdcm"),  # JPEG Extended, 8 and 12 bit
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


def is_coded(syntax: str) -> bool:
    """Return whether frames of a transfer syntax are codestreams of the JPEG families.

    Example:
        >>> is_coded("1.2.840.10008.1.2.4.90"), is_coded("1.2.840.10008.1.2.5")
        (True, False)
    """
    return syntax in _SYNTAX_KINDS


def decode_encoded_frame(frame: EncodedFrame, *, limits: Limits) -> tuple[RawFrame, str]:
    """Return one decoded frame and who decoded it, trying the syntax's decoders in their order.

    A decoder that could not decode, or crashed, leaves the frame to the next one. One that found the
    frame damaged has the last word.

    Raises:
        DecodeError: no decoder for the syntax, none installed, or none gave pixels.
    """
    order = DECODER_ORDER.get(frame.transfer_syntax_uid)
    if order is None:
        raise DecodeError(
            "unsupported_transfer_syntax",
            "The transfer syntax is one that is not decoded; expected a native, RLE, JPEG, JPEG-LS,"
            " JPEG 2000, HTJ2K or deflated one. Convert the file first.",
        )
    seconds = limits.decoder_seconds_for(frame.layout.num_samples)
    failures: list[DecodeError] = []
    for decoder in (DECODERS[name] for name in order if DECODERS[name].is_installed):
        try:
            return _decode_checked(decoder, frame, seconds), decoder.label
        except DecodeError as error:
            if error.reason_code not in _GOES_ON:
                raise
            failures.append(error)
    if failures:
        raise failures[-1]
    missing = ", ".join(DECODERS[name].distribution for name in order)
    raise DecodeError(
        "missing_decoder", f"No decoder for the transfer syntax is installed; install {missing}."
    )


def _decode_checked(decoder: Decoder, frame: EncodedFrame, seconds: float) -> RawFrame:
    try:
        raw = decoder.decode(frame, seconds)
    except (DecodeError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        # What runs here rather than in isolation is our own, but a codec may be given from outside.
        raise DecodeError(
            "decoder_failed", f"{decoder.distribution} could not decode the frame; it is broken or unusual."
        ) from error
    if decoder.is_whole is not None and not decoder.is_whole(raw, frame):
        raise DecodeError("decoder_failed", "The decoded pixels do not add up to the compressed frame.")
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
