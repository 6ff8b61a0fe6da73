"""Isolation: a decoder that crashes or hangs costs one frame."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import openjpeg.utils
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_frames

from foundation.errors import DecodeError
from imaging import isolation
from imaging.codestreams import read_codestream
from imaging.encoded_frames import EncodedFrame
from imaging.frame_layout import FrameLayout, read_frame_layout
from imaging.isolation import decode_in_isolation
from imaging.limits import Limits
from imaging.samples import bundled_dicom_folder

GREY = FrameLayout(40, 36, 1, 1, 8, 8, 7, False, False, "MONOCHROME2", False, "PixelData")
NOISE = np.random.default_rng(0).integers(0, 256, (40, 36)).astype(np.uint8)
J2K = "1.2.840.10008.1.2.4.90"
CONTENT = openjpeg.utils.encode_array(NOISE, photometric_interpretation=2)
FRAME = EncodedFrame(CONTENT, GREY, read_codestream(CONTENT), J2K)


def bundled(name: str) -> EncodedFrame:
    """Return the first frame of one of pydicom's files."""
    ds = dcmread(bundled_dicom_folder() / name)
    layout = read_frame_layout(ds, limits=Limits())
    content = next(generate_frames(ds.PixelData, number_of_frames=layout.num_frames))
    return EncodedFrame(content, layout, read_codestream(content), str(ds.file_meta.TransferSyntaxUID))


def aborting() -> EncodedFrame:
    """Return a JPEG on which GDCM ends its process: the precision in its frame header is impossible."""
    frame = bundled("SC_rgb_jpeg_dcmtk.dcm")
    precision = frame.content.index(b"\xff\xc0") + 4
    return replace(frame, content=frame.content[:precision] + b"\xff" + frame.content[precision + 1 :])


def reason(name: str, frame: EncodedFrame, *, seconds: float = 5.0) -> str:
    """Return the reason code that decoding ends with."""
    with pytest.raises(DecodeError) as caught:
        decode_in_isolation(name, frame, seconds=seconds)
    return caught.value.reason_code


def process_id() -> int:
    """Return the process id of this process's decoder process."""
    process = isolation._own.get()
    return process._process.pid


def test_pixels_come_back_as_they_were() -> None:
    """Grey and colour, by several codecs, in one and the same process."""
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)
    first = process_id()
    raw = decode_in_isolation("opencv", bundled("SC_rgb_jpeg_dcmtk.dcm"), seconds=5)
    assert raw.is_rgb
    assert raw.values.shape == (100, 100, 3)
    values = decode_in_isolation("dicomsdl", bundled("SC_rgb_jpeg_gdcm.dcm"), seconds=5).values
    assert values[5, 50].tolist() == [255, 0, 0]
    assert process_id() == first


def test_a_crash_is_a_reason_and_the_next_frame_decodes() -> None:
    """GDCM aborts on damaged JPEG: its process is replaced, ours goes on."""
    first = process_id()
    assert reason("gdcm", aborting()) in {"decoder_crashed", "broken_codestream"}
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)
    assert process_id() != first


def test_a_frame_that_takes_too_long_is_ended() -> None:
    """By processor time, so that a busy machine does not decide what decodes."""
    noise = np.random.default_rng(1).integers(0, 65536, (1500, 1500)).astype(np.uint16)
    content = openjpeg.utils.encode_array(noise, photometric_interpretation=2)
    layout = replace(GREY, height=1500, width=1500, bits_allocated=16, bits_stored=16, high_bit=15)
    frame = EncodedFrame(content, layout, read_codestream(content), J2K)
    assert reason("openjpeg", frame, seconds=0.02) == "decoder_timed_out"
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)


def test_a_process_that_hangs_without_working_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is stopped uses no processor time; the clock ends it."""
    monkeypatch.setattr(isolation, "wall_seconds", lambda seconds: 0.2)
    os.kill(process_id(), signal.SIGSTOP)
    assert reason("openjpeg", FRAME) == "decoder_timed_out"
    monkeypatch.undo()
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)


def test_damage_that_only_the_decoders_words_tell_is_told() -> None:
    """Libjpeg fills up what is missing and says so; pixels with that sentence are no pixels."""
    frame = bundled("SC_rgb_jpeg_dcmtk.dcm")
    half = replace(frame, content=frame.content[: len(frame.content) // 2] + b"\xff\xd9")
    assert reason("opencv", half) == "broken_codestream"
    assert reason("gdcm", half) == "broken_codestream"


def test_nothing_is_written_for_others_to_see(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither words of libraries nor panics of Rust reach the terminal."""
    run_lengths = np.zeros(16, "<u4")
    run_lengths[:2] = 1, 64
    broken = replace(FRAME, content=run_lengths.tobytes() + b"\x7f", codestream=None)
    for name, frame in (("gdcm", aborting()), ("rle", broken), ("openjpeg", replace(FRAME, content=b"x"))):
        reason(name, frame)
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_a_codec_that_fails_says_nothing_of_the_file() -> None:
    """Its own words stay where they are."""
    with pytest.raises(DecodeError) as caught:
        decode_in_isolation("openjpeg", replace(FRAME, content=b"PATIENT"), seconds=5)
    assert caught.value.reason_code == "decoder_failed"
    assert "PATIENT" not in caught.value.detail


def test_another_size_than_asked_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is checked on this side; the pixels left in the pipe go with the process."""
    answer = {"shape": [1, 1], "dtype": "|u1", "is_rgb": False}
    monkeypatch.setattr(isolation.json, "loads", lambda _: answer)
    assert reason("openjpeg", FRAME) == "size_mismatch"
    monkeypatch.undo()
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)


def test_one_that_was_killed_while_idle_is_replaced() -> None:
    """No frame is blamed for it."""
    first = process_id()
    os.kill(first, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{first}").exists() and time.monotonic() < deadline:
        isolation._own._process.has_ended  # noqa: B018 - reaps it
        time.sleep(0.01)
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)


def test_it_works_in_the_workers_of_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a process of its own, and the pool ends."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))  # the worker imports this module by name
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        values, crash, again = pool.submit(_decode_thrice).result(timeout=60)
    assert np.array_equal(values, NOISE)
    assert crash in {"decoder_crashed", "broken_codestream"}
    assert np.array_equal(again, NOISE)


def _decode_thrice() -> tuple[np.ndarray, str, np.ndarray]:
    first = decode_in_isolation("openjpeg", FRAME, seconds=5).values
    try:
        decode_in_isolation("gdcm", aborting(), seconds=5)
        crash = ""
    except DecodeError as error:
        crash = error.reason_code
    return first, crash, decode_in_isolation("openjpeg", FRAME, seconds=5).values


PARENT = """
import os, sys, time
import numpy as np
from imaging import isolation
print(isolation._own.get()._process.pid, flush=True)
{ending}
"""


@pytest.mark.parametrize(
    "ending", ["time.sleep(60)", "os._exit(0)", "sys.exit(0)", "raise SystemError", "os.abort()"]
)
def test_it_ends_with_its_parent_however_that_ends(ending: str) -> None:
    """Killed, aborted, gone at once or in good order: nothing is left, and nothing hangs."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(ending=ending)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        if "sleep" in ending:
            parent.kill()
        parent.wait(timeout=10)
    deadline = time.monotonic() + 5
    while _is_running(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_running(child)


def _is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def test_a_forked_child_starts_its_own() -> None:
    """Two processes on one pipe would read each other's pixels."""
    first = process_id()
    gc.collect()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        ok = isolation._own._process is None
        os._exit(
            0 if ok and np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE) else 1
        )
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert process_id() == first
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)


def test_ctrl_c_leaves_no_half_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is given up, the interrupt goes on."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    first = process_id()
    monkeypatch.setattr(isolation._SacrificialProcess, "_receive", interrupt)
    with pytest.raises(KeyboardInterrupt):
        decode_in_isolation("openjpeg", FRAME, seconds=5)
    monkeypatch.undo()
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)
    assert process_id() != first


def test_one_that_cannot_start_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """No interpreter, or one that ends at once."""
    isolation._own.drop()
    for executable in ("/nowhere/python", "/bin/false"):
        monkeypatch.setattr(sys, "executable", executable)
        assert reason("openjpeg", FRAME) == "decoder_not_started"
    monkeypatch.undo()
    assert np.array_equal(decode_in_isolation("openjpeg", FRAME, seconds=5).values, NOISE)
