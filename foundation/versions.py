"""Which versions of what made a product."""

from __future__ import annotations

import platform
from functools import cache
from importlib import metadata

_RECORDED = (
    "dicomill",
    "keras",
    "numpy",
    "opencv-python-headless",
    "pydicom",
    "SQLAlchemy",
    "tensorflow",
    "tensorflow-cpu",
)


@cache
def installed_versions() -> dict[str, str]:
    """Return the version of Python and of each recorded distribution that is installed.

    Reads package metadata only: nothing is imported.

    Example:
        >>> "numpy" in installed_versions()
        True
    """
    versions = {"python": platform.python_version()}
    for name in _RECORDED:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions
