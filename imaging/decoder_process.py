"""The sacrificial process itself: it answers requests to decode frames until its parent is gone.

Started by `imaging.isolation`, never imported for its own sake. A request is two parts: which codec,
how long, and the frame without its content; then the content. An answer is a JSON header and the
pixels. Each part has its length before it.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import numpy as np

from foundation.errors import DecodeError
from foundation.stopping import leave_interrupts
from imaging.encoded_frames import EncodedFrame, RawFrame

LENGTH = struct.Struct("<Q")
READY = b"ready"
WORDS_BYTES = 1 << 16
_PIPE_BYTES = 1 << 20
_FILE_BYTES = 1 << 24


def wall_seconds(seconds: float) -> float:
    """Return how long a frame of so many processor seconds may take by the clock on a busy machine.

    Example:
        >>> wall_seconds(2.0)
        40.0
    """
    return 20.0 + 10.0 * seconds


def serve() -> None:
    """Answer requests until the parent is gone: the sacrificial process itself."""
    from imaging.codecs import CODECS  # noqa: PLC0415 - its parent imports this module as well

    leave_interrupts()
    for number in (signal.SIGPROF, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    _limit_files()
    requests, responses = os.dup(0), os.dup(1)
    _widen_pipes(requests, responses)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # a library that prints must not print into the answers
    try:
        os.write(responses, READY)
        while request := _read_part(requests):
            header, content = _answer(request, _read_part(requests), CODECS)
            write_all(responses, memoryview(LENGTH.pack(len(header)) + header))
            write_all(responses, content)
    except OSError:
        os._exit(1)  # the parent is gone
    os._exit(0)


def _answer(
    request: bytes, content: bytes, codecs: Mapping[str, Callable[[EncodedFrame], RawFrame]]
) -> tuple[bytes, memoryview]:
    name, seconds, frame = pickle.loads(request)  # noqa: S301 - from our own parent
    frame = replace(frame, content=content)
    # The kernel ends the process when the time is over, also while a library holds the interpreter.
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, wall_seconds(seconds))
    try:
        raw = codecs[name](frame)
    except DecodeError as error:
        return _refusal(error.reason_code, error.detail), memoryview(b"")
    except BaseException:  # noqa: BLE001 - a codec fails in any way; it is that frame's reason
        detail = f"{name} could not decode the frame; it is broken or unusual."
        return _refusal("decoder_failed", detail), memoryview(b"")
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
    values = np.ascontiguousarray(raw.values)
    header = {"shape": values.shape, "dtype": values.dtype.str, "is_rgb": raw.is_rgb}
    return json.dumps(header).encode(), values.data.cast("B")


def _refusal(reason_code: str, detail: str) -> bytes:
    return json.dumps({"reason_code": reason_code, "detail": detail}).encode()


def _read_part(file: int) -> bytes:
    """Return the next part of a request, or nothing when the parent has closed the pipe."""
    length = _read_exactly(file, LENGTH.size)
    return _read_exactly(file, LENGTH.unpack(length)[0]) if length else b""


def _read_exactly(file: int, count: int) -> bytes:
    content = bytearray(count)
    view, position = memoryview(content), 0
    while position < count:
        read = os.readv(file, [view[position:]])
        if read == 0:
            return b""
        position += read
    return bytes(content)


def write_all(file: int, view: memoryview) -> None:
    """Write all of a view to a file descriptor."""
    while view:
        view = view[os.write(file, view) :]


def _limit_files() -> None:
    """Keep a crash from writing its memory to disk, and a babbling library from filling a file."""
    import resource  # noqa: PLC0415 - only the sacrificial process needs it

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))


def _widen_pipes(*files: int) -> None:
    """Let more bytes lie in the pipes, where the system can: fewer changes between processes."""
    import fcntl  # noqa: PLC0415 - only the sacrificial process needs it

    if hasattr(fcntl, "F_SETPIPE_SZ"):
        for file in files:
            with suppress(OSError):  # a user's pipes may be limited
                fcntl.fcntl(file, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
