"""What compiled decoders write to standard error: kept off the terminal, and read for signs of damage.

libjpeg and its kin return a picture whatever the bytes were and only write that they met "premature
end of data segment". That sentence is the one difference between a picture and half a picture, so
it is listened to; none of it is shown or kept.
"""

from __future__ import annotations

import os
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# What begins a message of libjpeg, libpng or a Rust panic. Before it, others may have written.
_FIRST_WORDS = re.compile(
    rb"Corrupt JPEG data|Premature end of|Invalid SOS|Inconsistent progression|Unsupported (?:JPEG|marker)|"
    rb"Unknown Adobe|Warning: unknown JFIF|Application transferred|Not a JPEG|Bogus |libpng |\[ ?ERROR:|"
    rb"\n?thread '"
)
# libjpeg's warnings (jerror.h) after which the picture is not whole, and errors of libpng and OpenCV.
_DAMAGE = re.compile(
    rb"Corrupt JPEG data|Premature end of JPEG|Inconsistent progression|Application transferred|"
    rb"libpng error|\[ ?ERROR:"
)
# Its warnings that say nothing against the pixels. Of the last, few bytes behind the scan are padding.
_HARMLESS = re.compile(
    rb"|Unsupported JPEG data precision \d+|Invalid SOS parameters for sequential JPEG|"
    rb"Unknown Adobe color transform code \d+|Warning: unknown JFIF revision number.*|"
    rb"Corrupt JPEG data: [12] extraneous bytes before marker 0xd9"
)
_MOST_BYTES = 1 << 16


class NativeWords:
    """What was written while a decoder ran.

    Attributes:
        text: the bytes, filled when the block of `hear_native_words` ends.
    """

    def __init__(self) -> None:
        self.text = b""


def tells_damage(words: bytes, *, strict: bool = False) -> bool:
    """Return whether a decoder's words speak against the pixels it gave.

    Args:
        words: what it wrote.
        strict: whether all words do that are not known to be harmless.

    Example:
        >>> tells_damage(b"Corrupt JPEG data: premature end of data segment")
        True
        >>> tells_damage(b"Corrupt JPEG data: 1 extraneous bytes before marker 0xd9")
        False
    """
    doubtful = [line for line in words.splitlines() if not _HARMLESS.fullmatch(line.strip())]
    return any(strict or _DAMAGE.search(line) for line in doubtful)


@contextmanager
def hear_native_words() -> Iterator[NativeWords]:
    """Catch what compiled code writes to standard error inside the block.

    What other threads wrote there before the decoder's first word is passed on when the block
    ends. One block runs at a time. Where there is no standard error nothing is caught.

    Example:
        >>> with hear_native_words() as words:
        ...     _ = os.write(2, b"Corrupt JPEG data: bad Huffman code")
        >>> words.text
        b'Corrupt JPEG data: bad Huffman code'
    """
    words = NativeWords()
    with _ear.lock:
        try:
            real = os.dup(2)
        except OSError:  # a daemon may have closed it
            yield words
            return
        file = _ear.open()
        os.dup2(file, 2)
        try:
            yield words
        finally:
            os.dup2(real, 2)
            if os.lseek(file, 0, os.SEEK_CUR):
                words.text = _pass_on(read_words(file), real)
            os.close(real)


def open_words_file() -> int:
    """Return the descriptor of an empty file without a name, in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("native_words", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def read_words(file: int) -> bytes:
    """Return what the file holds, at most 64 KiB, and empty it."""
    text = os.pread(file, _MOST_BYTES, 0)
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    return text


def _pass_on(text: bytes, real: int) -> bytes:
    """Return the decoder's words; what stands before them goes to where it was meant for."""
    found = _FIRST_WORDS.search(text)
    start = found.start() if found else len(text)
    if start:
        with suppress(OSError):  # a terminal that is gone
            os.write(real, text[:start])
    return text[start:]


class _Ear:
    """The file that is listened to, one a process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._file: int | None = None

    def open(self) -> int:
        if self._file is None:
            self._file = open_words_file()
        return self._file

    def forget(self) -> None:
        """Begin anew after a fork: file offset and lock are the parent's."""
        self.lock = threading.RLock()
        self._file = None


_ear = _Ear()
os.register_at_fork(after_in_child=_ear.forget)
