"""When two files hold the same instance: a rule whose counts do not depend on the order of files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from database.batches import Disposition


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a SOP instance that is known, stored or about to be."""

    number: int
    status: str
    stored_values_sha256: str
    attributes_sha256: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a file is, held against the known versions of its UID.

    Attributes:
        disposition: `stored`, `resent`, `updated` or `conflict`.
        version: the version it is, known or new.
        supersedes: the number of the version that it takes the place of.
    """

    disposition: Disposition
    version: Version
    supersedes: int | None = None


def judge(known: Sequence[Version], stored_values_sha256: str, attributes_sha256: str) -> Verdict:
    """Tell what a file is.

    The same picture and attributes as any version: resent. The same picture, other attributes: a new
    version, current when that picture is the current one, else in conflict like it. Another
    picture: a version in conflict. So the counts follow from the set of files alone.

    Args:
        known: all versions of the UID, those of this batch included.
        stored_values_sha256: of the picture.
        attributes_sha256: of what was kept of the header.

    Example:
        >>> first = judge([], "picture", "header").version
        >>> judge([first], "picture", "better header").disposition
        'updated'
        >>> judge([first], "another picture", "header").disposition
        'conflict'
    """
    number = 1 + max((version.number for version in known), default=0)
    same_picture = [version for version in known if version.stored_values_sha256 == stored_values_sha256]
    if not known:
        return Verdict("stored", Version(number, "current", stored_values_sha256, attributes_sha256))
    for version in same_picture:
        if version.attributes_sha256 == attributes_sha256:
            return Verdict("resent", version)
    if not same_picture:
        return Verdict("conflict", Version(number, "conflict", stored_values_sha256, attributes_sha256))
    current = [version.number for version in same_picture if version.status == "current"]
    status = "current" if current else "conflict"
    version = Version(number, status, stored_values_sha256, attributes_sha256)
    return Verdict("updated", version, supersedes=current[0] if current else None)
