"""The pictures that a plan divides: those of a cohort, or those of an image/label folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from database.cohort_members import CohortMemberRow, cohort_members
from database.cohorts import CohortRecord
from database.pictures import frame_hashes
from database.research import run_research_query, where_query
from database.session import Database
from foundation.errors import FolderError, SplitError
from foundation.execution import batched
from foundation.fingerprints import sha256_of_bytes
from preprocessing.components import Node
from preprocessing.folders import IMAGES, FolderEntry, ImageFolder
from preprocessing.plan_assignment import PICTURE, PlanPicture
from preprocessing.split_scheme import WHOLE_COLUMNS, PlanScheme

_MEMBERS_AT_ONCE = 1000
_YEAR = WHOLE_COLUMNS.index("study_year")

Columns = Mapping[int, tuple[Any, ...]]


def pictures_of_cohort(
    database: Database, record: CohortRecord, scheme: PlanScheme, *, seconds: float
) -> list[PlanPicture]:
    """Return the members of a cohort, each with the splits that the scheme's conditions leave it.

    Args:
        database: open.
        record: the cohort.
        scheme: its conditions run on the view `image`.
        seconds: each condition is stopped after them.

    Raises:
        QueryError: a condition is refused or fails.
        SplitError: a picture fulfils the conditions of two splits.
    """
    allowed = _allowed_by_condition(database, scheme, seconds)
    columns = _columns_of_images(database, seconds)
    free = _free_splits(scheme)
    pictures = []
    with database.session() as session:
        for some in batched(cohort_members(session, record.id), _MEMBERS_AT_ONCE):
            hashes = frame_hashes(session, [member.instance_id for member in some])
            pictures += [
                _picture_of_member(
                    member,
                    hashes.get(member.instance_id, []),
                    columns.get(member.instance_id, (None,) * len(WHOLE_COLUMNS)),
                    scheme,
                    allowed.get(member.instance_id, free),
                )
                for member in some
            ]
    return pictures


def pictures_of_folder(
    folder: ImageFolder, scheme: PlanScheme, listed: Mapping[str, Iterable[str | None]]
) -> list[PlanPicture]:
    """Return the pictures of a folder, each with the splits that the scheme's lists leave it.

    Args:
        folder: opened.
        scheme: how it is divided.
        listed: from `names_of_lists`.

    Raises:
        FolderError: a picture cannot be read.
        SplitError: a picture stands in the lists of two splits, or the scheme asks for SQL.
    """
    if scheme.assign or scheme.together:
        raise SplitError(
            "A folder has no view to run conditions on. Give lists of names instead, or divide the cohort."
        )
    allowed: dict[str, frozenset[str]] = {}
    for split, names in listed.items():
        _give(allowed, set(names) - {None}, split)
    free = _free_splits(scheme)
    return [
        PlanPicture(
            name=entry.name,
            patient_key=entry.patient_key,
            study_key=None,
            pixels=(_hash_of(entry),),
            labels=entry.labels,
            together=((PICTURE, entry.name),),
            allowed=allowed.get(entry.name, free),
            # A picture that repeats a listed one is left out, not the listed one.
            place=(entry.name not in allowed,),
        )
        for entry in folder.entries
    ]


def names_of_lists(folder: ImageFolder, scheme: PlanScheme) -> dict[str, list[str | None]]:
    """Return what each line of a scheme's lists calls in a folder; None for nothing, or for several.

    A line may be a picture's name, its path in the folder, or its file name, with or without ending.

    Raises:
        SplitError: nothing of a list is in the folder.
    """
    known: dict[str, str | None] = {}
    if scheme.lists:
        for entry in folder.entries:
            file = PurePosixPath(entry.image)
            for form in {file.name, file.stem} - {entry.name}:
                known[form] = None if known.get(form, entry.name) != entry.name else entry.name
        for entry in folder.entries:
            names = (entry.name, entry.image, entry.image.removeprefix(f"{IMAGES}/"))
            known.update(dict.fromkeys(names, entry.name))
    found = {split: [known.get(name) for name in names] for split, names in scheme.lists.items()}
    for split, named in found.items():
        if not any(named):
            raise SplitError(
                f"Nothing of the list of {split} is in {folder.path}: expected names of its pictures, one a "
                f"line, such as {folder.entries[0].name}. Received: {len(named)} name(s)."
            )
    return found


def _picture_of_member(
    member: CohortMemberRow,
    hashes: Iterable[str],
    columns: tuple[Any, ...],
    scheme: PlanScheme,
    allowed: frozenset[str] | None,
) -> PlanPicture:
    values = dict(zip(WHOLE_COLUMNS, columns, strict=True))
    together: list[Node] = [
        (name, str(values[name])[:64]) for name in scheme.together if values[name] is not None
    ]
    return PlanPicture(
        name=member.sop_instance_uid,
        patient_key=member.patient_key,
        study_key=member.study_instance_uid,
        pixels=tuple(dict.fromkeys(hashes)),
        labels=member.labels,
        together=tuple(together),
        allowed=allowed,
        # A patient who was seen before and after a year of change stays where the first picture is.
        place=(columns[_YEAR] or 0,),
    )


def _free_splits(scheme: PlanScheme) -> frozenset[str] | None:
    """Return where pictures without a condition may go; None for everywhere."""
    named = {*scheme.assign, *scheme.lists}
    return frozenset(scheme.ratios_for(1).keys() - named) if named else None


def _allowed_by_condition(
    database: Database, scheme: PlanScheme, seconds: float
) -> dict[int, frozenset[str]]:
    allowed: dict[int, frozenset[str]] = {}
    for split, condition in sorted(scheme.assign.items()):
        query = where_query(condition, database.dialect_name)
        result = run_research_query(database, query, seconds=seconds)
        _give(allowed, (row[0] for row in result.rows), split)
    return allowed


def _give(allowed: dict[Any, frozenset[str]], keys: Iterable[Any], split: str) -> None:
    twice = 0
    for key in keys:
        twice += allowed.setdefault(key, frozenset({split})) != {split}
    if twice:
        raise SplitError(
            f"{twice} picture(s) are given to {split} and to another split at once. Make the conditions or "
            "lists exclude each other."
        )


def _columns_of_images(database: Database, seconds: float) -> Columns:
    query = f"SELECT id, {', '.join(WHOLE_COLUMNS)} FROM image"  # noqa: S608 - names of ours
    result = run_research_query(database, query, seconds=seconds)
    return {row[0]: tuple(row[1:]) for row in result.rows}


def _hash_of(entry: FolderEntry) -> str:
    """Return the hash of what a picture was made from; of its file where nothing is known."""
    if entry.sha256 is not None:
        return entry.sha256
    try:
        return sha256_of_bytes(entry.image_path.read_bytes())
    except OSError as error:
        raise FolderError(f"The picture {entry.image} of the folder cannot be read.") from error
