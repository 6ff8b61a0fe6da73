"""Keeping freed memory in the process for what comes next, where the C library can."""

from __future__ import annotations

import ctypes
from functools import cache

# glibc's malloc.h. Pictures are megabytes each: by default their memory is given back to the kernel when it
# is freed and zeroed page by page when it is taken again, which cost a fifth of the time of reading a file.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
_KEPT_BYTES = 64 << 20
_STEP_BYTES = 16 << 20
_LARGEST_KEPT_BYTES = 32 << 20  # glibc takes no more


@cache
def keep_freed_memory() -> bool:
    """Have up to 64 MiB of freed memory kept, for the rest of this process; tell whether that was possible.

    Example:
        >>> keep_freed_memory() in {True, False}
        True
    """
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):  # another system, or another C library
        return False
    chosen = (
        (_M_TRIM_THRESHOLD, _KEPT_BYTES),
        (_M_TOP_PAD, _STEP_BYTES),
        (_M_MMAP_THRESHOLD, _LARGEST_KEPT_BYTES),
    )
    return all(mallopt(parameter, value) == 1 for parameter, value in chosen)
