"""Of which classes it is known whether a picture has them: nobody's word is never a no."""

from __future__ import annotations

from collections.abc import Mapping

_ANSWERS = frozenset({"0", "1"})


class KnownClasses:
    """Which classes are answered, by what all members of a cohort say.

    A class that is denied, uncertain or not mentioned anywhere in the cohort is known only where a member
    says 1 or 0. A class of which nothing but 1 is ever said, as of body parts or tags, is a list: what does
    not stand there is not there.

    Example:
        >>> known = KnownClasses()
        >>> members = [{"Mass": "1", "Nodule": "0"}, {"Mass": "1", "Nodule": "uncertain"}, {"Mass": "0"}]
        >>> for member in members:
        ...     known.look(member)
        >>> [known.of(member) for member in members]
        [None, ('Mass',), ('Mass',)]
    """

    def __init__(self) -> None:
        self._classes: set[str] = set()
        self._judged: set[str] = set()
        self._made: dict[tuple[str, ...], tuple[str, ...]] = {}

    def look(self, values: Mapping[str, str]) -> None:
        """Take note of what one member says."""
        self._classes.update(values)
        self._judged.update(name for name, value in values.items() if value != "1")

    def of(self, values: Mapping[str, str]) -> tuple[str, ...] | None:
        """Return the classes that are known of a member, sorted.

        None where all are and it has one, and where nothing is known: its labels alone say so then.
        """
        said = set(values.values())
        unknown = {name for name in self._judged if values.get(name) not in _ANSWERS}
        if not unknown and "1" in said:
            return None
        if not _ANSWERS & said:
            return None
        known = tuple(sorted(self._classes - unknown))
        return self._made.setdefault(known, known)


def mask_of(classes: tuple[str, ...], labels: tuple[str, ...], known: tuple[str, ...] | None) -> list[float]:
    """Return 1 for each class that is known to be there or not, else 0.

    Args:
        classes: in index order.
        labels: of the picture; each is known, whatever was known before.
        known: as `KnownClasses` tells; None for all.

    Example:
        >>> mask_of(("A", "B", "C"), ("C",), ("A",))
        [1.0, 0.0, 1.0]
    """
    return [1.0 if known is None or name in known or name in labels else 0.0 for name in classes]
