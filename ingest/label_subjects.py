"""From what a table calls a picture, a study or a patient to the pseudonym it has in the database.

Original identifiers are hashed with the database's key on the way in. A pseudonym of this database is
taken as what it is. Names of files are looked for by their places first; a name with folders by the bare
name only when no folder of the whole table fits. Where nothing is called so, the suffix may have capitals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Literal

from database.session import Database
from database.subjects import (
    Found,
    instances_by_name,
    instances_by_path,
    known_instances,
    known_patients,
    known_studies,
    source_names,
    studies_by_accession,
)
from imaging.pseudonyms import Pseudonymiser
from ingest.picture_tables import plain_name
from ingest.table_columns import PICTURE_SUFFIXES

By = Literal["sop_instance_uid", "file_name", "study_instance_uid", "accession_number", "patient_id"]

SUBJECT_LEVEL: Mapping[By, str] = {
    "sop_instance_uid": "instance",
    "file_name": "instance",
    "study_instance_uid": "study",
    "accession_number": "study",
    "patient_id": "patient",
}
"""What is labelled, by what names it."""

_OWN_KEY = re.compile("[0-9a-f]{32}")
_OWN_UID = "2.25."
_SUFFIXES = tuple(sorted(PICTURE_SUFFIXES))


@dataclass(frozen=True)
class SubjectFinder:
    """Finds what tables name.

    Args:
        database: looked into.
        pseudonymiser: with its key.
        by: what the names are.
        source_name: of the files, and the issuer of patients' numbers; None for every source.
        issuer: of patients' numbers, where it is not the source.
        path_prefix: stands before the names and not on disk.
    """

    database: Database
    pseudonymiser: Pseudonymiser
    by: By
    source_name: str | None = None
    issuer: str | None = None
    path_prefix: str = ""

    @property
    def level(self) -> str:
        """What is labelled: `instance`, `study` or `patient`."""
        return SUBJECT_LEVEL[self.by]

    @property
    def may_be_several(self) -> bool:
        """One name may stand for several subjects: an order for all its studies."""
        return self.by == "accession_number"

    def find(self, names: Iterable[str]) -> dict[str, set[str]]:
        """Return the subjects of each name that is there; several where a name is not enough."""
        asked = sorted(set(names))
        if self.by == "file_name":
            return self._find_files(asked)
        candidates = {name: self._candidates(name) for name in asked}
        return self._look_up(candidates, _LOOK_UPS[self.by])

    def _candidates(self, name: str) -> list[str]:
        """Return what a name may stand as in the database."""
        if self.by == "patient_id":
            issuers = [self.issuer] if self.issuer is not None else self._sources()
            keys = [self.pseudonymiser.patient_key(name, issuer) for issuer in issuers]
        elif self.by == "accession_number":
            keys = [self.pseudonymiser.accession_key(name)]
        else:
            return [self.pseudonymiser.uid(name), *([name] if name.startswith(_OWN_UID) else [])]
        return [*(key for key in keys if key), *([name] if _OWN_KEY.fullmatch(name) else [])]

    def _sources(self) -> list[str]:
        if self.source_name is not None:
            return [self.source_name]
        with self.database.session() as session:
            return source_names(session)

    def _find_files(self, names: list[str]) -> dict[str, set[str]]:
        sources = self._sources()
        plain = {name: plain_name(name, self.path_prefix) for name in names}
        paths = {
            name: [self.pseudonymiser.path_key(source, path) for source in sources for path in _tails(place)]
            for name, place in plain.items()
        }
        found = self._look_up(paths, partial(instances_by_path, source_name=self.source_name))
        fits_folders = any("/" in plain[name] for name in found)
        for spell in (_spellings, _other_spellings):
            bare = {
                name: [self.pseudonymiser.name_key(each) for each in spell(place)]
                for name, place in plain.items()
                if name not in found and not (fits_folders and "/" in place)
            }
            found |= self._look_up(bare, partial(instances_by_name, source_name=self.source_name))
        return found

    def _look_up(
        self, candidates: Mapping[str, Iterable[str]], look_up: Callable[..., Found]
    ) -> dict[str, set[str]]:
        with self.database.session() as session:
            found = look_up(session, {key for keys in candidates.values() for key in keys})
        subjects = {
            name: set().union(*(found.get(key, set()) for key in keys)) for name, keys in candidates.items()
        }
        return {name: several for name, several in subjects.items() if several}


_LOOK_UPS: Mapping[By, Callable[..., Found]] = {
    "sop_instance_uid": known_instances,
    "study_instance_uid": known_studies,
    "accession_number": studies_by_accession,
    "patient_id": known_patients,
}


def _tails(place: str) -> list[str]:
    """Return a bare name, or the ends of a path that hold a folder: a source may begin at any of them."""
    parts = place.split("/")
    return ["/".join(parts[start:]) for start in range(max(1, len(parts) - 1))]


def _spellings(place: str) -> list[str]:
    """Return the bare names that a file may have: as written, or with a suffix that was left out."""
    name = PurePosixPath(place).name
    if PurePosixPath(name).suffix.lower() in PICTURE_SUFFIXES:
        return [name]
    return [name, *(name + suffix for suffix in _SUFFIXES)]


def _other_spellings(place: str) -> list[str]:
    """Return the bare names that differ in the capitals of the suffix alone."""
    name = PurePosixPath(place).name
    stem, suffix = name[: -len(PurePosixPath(name).suffix) or None], PurePosixPath(name).suffix
    if suffix.lower() not in PICTURE_SUFFIXES:
        return [name + suffix.upper() for suffix in _SUFFIXES]
    return [stem + suffix.lower(), stem + suffix.upper()]
