"""Decoding in a sacrificial process: a decoder that crashes or hangs costs one frame, not the run.

One such process stands beside each process that needs it: started when the first frame comes,
used again and again, replaced after a crash or a time-out. It is a plain subprocess rather than one
of multiprocessing's, so that nobody's main module is run again and every kind of worker may have
it. It ends when its parent does, however that ends: its requests come through a pipe, a frame that
takes too long is ended by the kernel, and it leaves by `os._exit`, past any library's teardown.
What comes back is numbers and words of ours, never pickled objects.
"""

from __future__ import annotations

import atexit
import json
import math
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from foundation.errors import DecodeError
from foundation.stopping import interrupts_held
from imaging.decoder_process import LENGTH, READY, WORDS_BYTES, wall_seconds, write_all
from imaging.encoded_frames import EncodedFrame, RawFrame
from imaging.native_words import open_words_file, read_words, tells_damage

_START_SECONDS = 60.0
_DTYPES = frozenset({"|u1", "<u2", "<u4"})
_HEARD_STRICTLY = frozenset({"gdcm"})  # the last one asked, and content with much
_ROOM_PARENT = str(Path(__file__).resolve().parent.parent)
_PROGRAM = "import sys; sys.path[:] = {path!r}; from imaging.decoder_process import serve; serve()"


def decode_in_isolation(name: str, frame: EncodedFrame, *, seconds: float) -> RawFrame:
    """Decode a frame by one of `imaging.codecs.CODECS` in a process of its own.

    Args:
        name: of the codec.
        frame: what to decode.
        seconds: processor time it may take, which does not depend on what else the machine does.

    Raises:
        DecodeError: `decoder_crashed`, `decoder_timed_out`, `broken_codestream` where the decoder
            said so, `decoder_failed`, or the codec's own reason.
    """
    with _own.lock:
        process = _own.get()
        try:
            return process.decode(name, frame, seconds)
        except DecodeError:
            raise
        except BaseException:
            _own.drop()  # a conversation that was broken off, by Ctrl-C say, cannot be taken up again
            raise
        finally:
            if process.has_ended:
                _own.drop()


class _SacrificialProcess:
    """A running decoder process, seen from its parent."""

    def __init__(self) -> None:
        self._words = open_words_file()
        path = [_ROOM_PARENT, *(entry for entry in sys.path if entry)]
        try:
            with interrupts_held():
                self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
                    [sys.executable, "-P", "-W", "ignore", "-c", _PROGRAM.format(path=path)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=self._words,
                    bufsize=0,
                )
        except (OSError, ValueError) as error:
            os.close(self._words)
            raise DecodeError(
                "decoder_not_started", "No process for the decoder could be started."
            ) from error
        if self._process.stdin is None or self._process.stdout is None:
            raise DecodeError("decoder_not_started", "The decoder's process has no pipes.")
        self._requests, self._responses = self._process.stdin.fileno(), self._process.stdout.fileno()
        try:
            self._read(memoryview(bytearray(len(READY))), time.monotonic() + _START_SECONDS)
        except (OSError, EOFError, TimeoutError) as error:
            self.end()
            raise DecodeError("decoder_not_started", "The decoder's process did not start.") from error
        read_words(self._words)

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone."""
        return self._process.poll() is not None

    def decode(self, name: str, frame: EncodedFrame, seconds: float) -> RawFrame:
        """Send one frame and wait for its pixels."""
        deadline = time.monotonic() + wall_seconds(seconds)
        request = pickle.dumps((name, seconds, replace(frame, content=b"")))
        try:
            for part in (request, frame.content):
                write_all(self._requests, memoryview(LENGTH.pack(len(part))))
                write_all(self._requests, memoryview(part))
            raw = self._receive(frame, deadline)
        except TimeoutError as error:
            self._process.kill()
            self.end()
            raise _timed_out() from error
        except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
            raise self._explain_end() from error
        except DecodeError:
            if self._words >= 0:
                self._check_words(strict=False)
            raise
        self._check_words(strict=name in _HEARD_STRICTLY)
        return raw

    def end(self) -> None:
        """End the process: let it go by itself, within a second, else kill it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._words >= 0:
            os.close(self._words)
            self._words = -1

    def abandon(self) -> None:
        """Close a forked copy of the pipes, so that the process still ends with its true parent."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def _receive(self, frame: EncodedFrame, deadline: float) -> RawFrame:
        length = bytearray(LENGTH.size)
        self._read(memoryview(length), deadline)
        header = bytearray(min(LENGTH.unpack(length)[0], WORDS_BYTES))
        self._read(memoryview(header), deadline)
        answer: dict[str, Any] = json.loads(header)
        if "reason_code" in answer:
            raise DecodeError(str(answer["reason_code"]), str(answer["detail"]))
        if tuple(answer["shape"]) != frame.layout.shape or answer["dtype"] not in _DTYPES:
            self.end()  # its pixels are still in the pipe
            raise DecodeError("size_mismatch", "The decoder returned another size than the header declares.")
        values = np.empty(frame.layout.shape, answer["dtype"])
        self._read(values.data.cast("B"), deadline)
        return RawFrame(values, is_rgb=bool(answer["is_rgb"]))

    def _check_words(self, *, strict: bool) -> None:
        """Raise when the decoder wrote that the data are damaged, whatever it returned."""
        if tells_damage(read_words(self._words), strict=strict):
            raise _damaged()

    def _explain_end(self) -> DecodeError:
        """Return why the process ended in the middle of a frame."""
        try:
            status = self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            status = 0
        words = read_words(self._words)
        self.end()
        if -status in (signal.SIGPROF, signal.SIGALRM):
            return _timed_out()
        if tells_damage(words):
            return _damaged()
        return DecodeError("decoder_crashed", "The decoder crashed on the frame; it is broken or unusual.")

    def _read(self, view: memoryview, deadline: float) -> None:
        """Fill the view from the process, or raise TimeoutError or EOFError."""
        poll = select.poll()
        poll.register(self._responses, select.POLLIN)
        position = 0
        while position < len(view):
            left = deadline - time.monotonic()
            if left <= 0 or not poll.poll(math.ceil(1000 * left)):
                raise TimeoutError
            count = os.readv(self._responses, [view[position:]])
            if count == 0:
                raise EOFError
            position += count


class _Own:
    """The one sacrificial process of this process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._process: _SacrificialProcess | None = None
        self._abandoned: list[_SacrificialProcess] = []

    def get(self) -> _SacrificialProcess:
        if self._process is not None and self._process.has_ended:  # killed while it had nothing to do
            self.drop()
        if self._process is None:
            self._process = _SacrificialProcess()
        return self._process

    def drop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.end()

    def forget(self) -> None:
        """Begin anew after a fork: the pipes are the parent's."""
        self.lock = threading.RLock()
        if self._process is not None:
            self._process.abandon()
            self._abandoned.append(self._process)
        self._process = None


_own = _Own()
os.register_at_fork(after_in_child=_own.forget)
atexit.register(_own.drop)


def _damaged() -> DecodeError:
    return DecodeError(
        "broken_codestream", "The compressed frame is damaged: not all of it could be decoded."
    )


def _timed_out() -> DecodeError:
    return DecodeError(
        "decoder_timed_out", "The decoder did not come to an end in the time allowed for a frame."
    )
