"""Keeping pydicom's own words, which may hold header values, out of warnings and logs."""

from __future__ import annotations

import contextvars
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_is_quiet = contextvars.ContextVar("imaging_is_quiet", default=False)


def _passes(record: logging.LogRecord) -> bool:
    return not _is_quiet.get()


@contextmanager
def quiet_pydicom() -> Iterator[None]:
    """Drop what pydicom warns and logs inside the block; nothing is changed outside of it.

    Example:
        >>> with quiet_pydicom():
        ...     logging.getLogger("pydicom").error("a value of the patient's")
    """
    if _is_quiet.get():
        yield
        return
    # One filter for all threads, idempotent; the context variable says for whom it holds.
    logging.getLogger("pydicom").addFilter(_passes)
    token = _is_quiet.set(True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _is_quiet.reset(token)
