"""Decoders: a fixed order for each syntax, and every failure in our own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import openjpeg.utils
import pytest
import rle.utils

from foundation.errors import DecodeError
from imaging import decoders as module
from imaging.codecs import CODECS
from imaging.codestreams import read_codestream
from imaging.decoders import DECODER_ORDER, DECODERS, syntax_to_decode
from imaging.encoded_frames import EncodedFrame, RawFrame
from imaging.frame_layout import FrameLayout
from imaging.limits import Limits

J2K = "1.2.840.10008.1.2.4.90"
LAYOUT = FrameLayout(40, 36, 1, 1, 8, 8, 7, False, False, "MONOCHROME2", False, "PixelData")
NOISE = np.random.default_rng(0).integers(0, 256, (40, 36)).astype(np.uint8)
CONTENT = openjpeg.utils.encode_array(NOISE, photometric_interpretation=2)
FRAME = EncodedFrame(CONTENT, LAYOUT, read_codestream(CONTENT), J2K)
RUN_LENGTHS = rle.utils.encode_pixel_data(
    NOISE.tobytes(),
    rows=40,
    columns=36,
    samples_per_pixel=1,
    bits_allocated=8,
    number_of_frames=1,
    byteorder="<",
)
RLE_FRAME = EncodedFrame(RUN_LENGTHS, LAYOUT, None, "1.2.840.10008.1.2.5")


class PanicError(BaseException):
    """Stands for what Rust's panics are in Python: no Exception."""


def decode_encoded_frame(frame: EncodedFrame) -> tuple[RawFrame, str]:
    """Decode within the default limits."""
    return module.decode_encoded_frame(frame, limits=Limits())


def _failing(error: BaseException) -> Any:
    def decode(frame: EncodedFrame, seconds: float) -> RawFrame:
        raise error

    return decode


def test_every_order_names_known_decoders() -> None:
    """Each syntax has decoders that the registry knows, and all of them are installed here."""
    assert list(DECODERS) == sorted(DECODERS)
    assert {name for order in DECODER_ORDER.values() for name in order} == set(DECODERS)
    assert all(decoder.is_installed for decoder in DECODERS.values())
    assert set(CODECS) <= set(DECODERS)


def test_the_second_decoder_takes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of the first decoder, of whatever class, leaves the frame to the second, which is recorded."""
    for error in (AttributeError("no attribute"), RuntimeError("x"), PanicError()):
        monkeypatch.setitem(DECODERS, "rle", replace(DECODERS["rle"], decode=_failing(error)))
        raw, label = decode_encoded_frame(RLE_FRAME)
        assert np.array_equal(raw.values, NOISE)
        assert label.startswith("dicomill")


def test_one_that_finds_the_frame_damaged_has_the_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other decoder is asked to make a picture of what is known to be broken."""
    damaged = _failing(DecodeError("broken_codestream", "It is damaged."))
    monkeypatch.setitem(DECODERS, "rle", replace(DECODERS["rle"], decode=damaged))
    with pytest.raises(DecodeError, match="It is damaged"):
        decode_encoded_frame(RLE_FRAME)


def test_a_missing_decoder_leaves_its_place_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without OpenJPEG, GDCM decodes JPEG 2000."""
    monkeypatch.setitem(DECODERS, "openjpeg", replace(DECODERS["openjpeg"], module="no_such_module"))
    raw, label = decode_encoded_frame(FRAME)
    assert np.array_equal(raw.values, NOISE)
    assert label.startswith("python-gdcm ")


def test_pixels_that_do_not_add_up_are_decoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A decoder that does not notice damage is believed only where its pixels are proved to be all."""
    doubted = replace(DECODERS["rle"], is_whole=lambda raw, frame: False)
    monkeypatch.setitem(DECODERS, "rle", doubted)
    raw, label = decode_encoded_frame(RLE_FRAME)
    assert np.array_equal(raw.values, NOISE)
    assert label.startswith("dicomill")


def test_failures_are_told_in_our_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """When all fail the last reason is told, without a decoder's words."""
    for name in ("rle", "own_rle"):
        broken = replace(DECODERS[name], decode=_failing(ValueError("PATIENT^NAME")))
        monkeypatch.setitem(DECODERS, name, broken)
    with pytest.raises(DecodeError) as caught:
        decode_encoded_frame(RLE_FRAME)
    assert caught.value.reason_code == "decoder_failed"
    assert "PATIENT" not in caught.value.detail
    precise = replace(DECODERS["own_rle"], decode=_failing(DecodeError("truncated_pixels", "It was cut.")))
    monkeypatch.setitem(DECODERS, "own_rle", precise)
    with pytest.raises(DecodeError, match="It was cut"):
        decode_encoded_frame(RLE_FRAME)


def test_a_missing_decoder_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any decoder of the syntax, the packages are named."""
    for name in ("openjpeg", "gdcm"):
        monkeypatch.setitem(DECODERS, name, replace(DECODERS[name], module="no_such_module"))
    with pytest.raises(DecodeError, match="install pylibjpeg-openjpeg, python-gdcm"):
        decode_encoded_frame(FRAME)


def test_an_unknown_syntax_is_told() -> None:
    """Video and the like have no decoder."""
    with pytest.raises(DecodeError) as caught:
        decode_encoded_frame(replace(FRAME, transfer_syntax_uid="1.2.840.10008.1.2.4.100"))
    assert caught.value.reason_code == "unsupported_transfer_syntax"


def test_a_constant_from_bytes_that_repeat_is_a_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """One value coded wastefully is believed; one value from noise is not."""

    def constant(frame: EncodedFrame, seconds: float) -> RawFrame:
        return RawFrame(np.zeros((40, 36), np.uint8))

    monkeypatch.setitem(DECODERS, "openjpeg", replace(DECODERS["openjpeg"], decode=constant))
    monkeypatch.setitem(DECODERS, "gdcm", replace(DECODERS["gdcm"], decode=constant))
    decode_encoded_frame(replace(FRAME, content=b"abcdefg" * 2000))
    noise = np.random.default_rng(1).bytes(14_000)
    with pytest.raises(DecodeError, match="one value for every pixel"):
        decode_encoded_frame(replace(FRAME, content=noise))


def test_the_bytes_decide_the_syntax() -> None:
    """A declared syntax holds unless the codestream is of another family."""
    assert syntax_to_decode(J2K, "jpeg_2000") == J2K
    assert syntax_to_decode(J2K, None) == J2K
    assert syntax_to_decode(J2K, "jpeg_lossless") == "1.2.840.10008.1.2.4.57"


def test_a_package_without_version_keeps_its_name() -> None:
    """The label of a package that is not installed is its name."""
    assert module.Decoder(DECODERS["gdcm"].decode, "no-such-package", "os").label == "no-such-package"


def test_a_user_who_stops_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C during decoding is no decoder's failure."""
    monkeypatch.setitem(
        DECODERS, "openjpeg", replace(DECODERS["openjpeg"], decode=_failing(KeyboardInterrupt()))
    )
    with pytest.raises(KeyboardInterrupt):
        decode_encoded_frame(FRAME)
