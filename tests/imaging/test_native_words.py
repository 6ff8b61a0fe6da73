"""Native words: what compiled code writes to standard error is heard and not shown."""

from __future__ import annotations

import os
import threading
import time

import cv2
import numpy as np
import pytest

from imaging.native_words import hear_native_words, open_words_file, read_words, tells_damage

PREMATURE = b"Corrupt JPEG data: premature end of data segment\n"


def test_a_decoders_words_are_heard_and_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    """Libjpeg says that half a picture is missing; nobody sees it but we."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    content = cv2.imencode(".jpg", picture)[1].tobytes()
    half = np.frombuffer(content[: len(content) // 2] + b"\xff\xd9", np.uint8)
    with hear_native_words() as words:
        cv2.imdecode(half, cv2.IMREAD_UNCHANGED)
    assert tells_damage(words.text)
    assert capfd.readouterr().err == ""


def test_what_others_wrote_is_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    """A progress bar in another thread is late by one picture, not lost."""
    with hear_native_words() as words:
        os.write(2, b"12 of 99 files\n")
        os.write(2, PREMATURE)
    assert words.text == PREMATURE
    assert capfd.readouterr().err == "12 of 99 files\n"
    with hear_native_words() as words:
        os.write(2, b"13 of 99 files\n")
    assert words.text == b""
    assert capfd.readouterr().err == "13 of 99 files\n"


def test_standard_error_comes_back_after_a_failure(capfd: pytest.CaptureFixture[str]) -> None:
    """The block may end in any way."""
    with pytest.raises(ValueError, match="x"), hear_native_words():
        raise ValueError("x")
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def test_one_block_runs_at_a_time() -> None:
    """Two threads never hear each other's decoders."""
    heard: list[bytes] = []

    def decode(word: bytes) -> None:
        for _ in range(20):
            with hear_native_words() as words:
                os.write(2, b"Corrupt JPEG data: " + word)
                time.sleep(0)
                os.write(2, word)
            heard.append(words.text)

    threads = [threading.Thread(target=decode, args=(word,)) for word in (b"a", b"b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(set(heard)) == [b"Corrupt JPEG data: aa", b"Corrupt JPEG data: bb"]


def test_it_costs_less_than_fifty_microseconds() -> None:
    """Thousands of small pictures are read."""
    best = 1.0
    for _ in range(50):
        start = time.perf_counter()
        with hear_native_words():
            pass
        best = min(best, time.perf_counter() - start)
    assert best < 50e-6


@pytest.mark.parametrize(
    ("words", "is_damage"),
    [
        (b"", False),
        (PREMATURE, True),
        (b"Corrupt JPEG data: bad Huffman code", True),
        (b"Corrupt JPEG data: found marker 0xd3 instead of RST1", True),
        (b"Corrupt JPEG data: 2 extraneous bytes before marker 0xd9", False),
        (b"Corrupt JPEG data: 3 extraneous bytes before marker 0xd9", True),
        (b"Corrupt JPEG data: 1 extraneous bytes before marker 0xc0", True),
        (b"Premature end of JPEG file", True),
        (b"libpng error: IDAT: CRC error", True),
        (b"libpng warning: iCCP: known incorrect sRGB profile", False),
        (b"Unsupported JPEG data precision 12\nInvalid SOS parameters for sequential JPEG\n", False),
        (b"OpenBLAS warning: precompiled", False),
    ],
)
def test_damage_is_told_from_chatter(words: bytes, is_damage: bool) -> None:
    """Every sentence of libjpeg's list has its meaning; a stranger's has none."""
    assert tells_damage(words) is is_damage


def test_a_strict_ear_believes_no_stranger() -> None:
    """Of the decoder that is asked last, only harmless words are taken for harmless."""
    assert tells_damage(b"Stream too short, expected SOT", strict=True)
    assert not tells_damage(b"Unsupported JPEG data precision 12\n", strict=True)


def test_words_are_read_once() -> None:
    """Reading empties the file."""
    file = open_words_file()
    try:
        os.write(file, b"abc")
        assert (read_words(file), read_words(file)) == (b"abc", b"")
    finally:
        os.close(file)
