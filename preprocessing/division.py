"""How the pictures of one record set get their splits: drawn now, by a plan, or by a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from database.near_duplicates import confirmed_pairs
from database.patients import patient_aliases
from database.session import Database
from foundation.errors import SplitError
from preprocessing.class_caps import choose_capped
from preprocessing.given_splits import NOT_IN_PLAN, order_splits, splits_of_plan, table_of_splits
from preprocessing.groups import GroupMember, follow_aliases
from preprocessing.left_out import LeftOut
from preprocessing.split_files import read_splits_file
from preprocessing.split_scheme import fold_roles
from preprocessing.split_tables import SplitTable, split_pictures
from preprocessing.splits import NO_SPLIT

NOT_IN_TABLE = "not_in_splits_file"
OVER_CLASS_CAP = "over_class_cap"

Origin = Literal["drawn", "plan", "table"]

__all__ = ["NOT_IN_PLAN", "NOT_IN_TABLE", "OVER_CLASS_CAP", "Division", "DivisionSettings", "divide"]


@dataclass(frozen=True, slots=True)
class DivisionSettings:
    """What decides the splits.

    Attributes:
        ratios: share of each split; empty for one set. They hold where no plan or table is named.
        seed: of drawn splits and of the choice under a cap.
        plan: a plan of the database.
        splits_file: a table of names.
        fold: which fold is the test set.
        repeat_number: which repeat of the folds.
        class_cap: pictures of one class at most in training.
    """

    ratios: Mapping[str, float]
    seed: int
    plan: str | None = None
    splits_file: Path | None = None
    fold: int | None = None
    repeat_number: int = 1
    class_cap: int | None = None


@dataclass(frozen=True, slots=True)
class Division:
    """The splits of a record set.

    Attributes:
        table: group and split of each picture that stays.
        splits: the splits, in order.
        left_out: pictures without a split, and those above a cap.
        origin: where the splits come from.
        ratios: the shares asked for; empty where the splits were given.
    """

    table: SplitTable
    splits: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    origin: Origin
    ratios: dict[str, float]


def divide(members: Sequence[GroupMember], settings: DivisionSettings, database: Database | None) -> Division:
    """Return the splits of pictures; none that share a patient, a study or pixels are ever divided.

    Args:
        members: the pictures.
        settings: what decides.
        database: open; needed for a plan, for studies and near-duplicates, and to follow merge lists younger
            than the pictures' folder.

    Raises:
        SplitError: they cannot be made as asked, or what was given would leak.
        QueryError: there is no such plan.
    """
    pairs: list[tuple[str, str]] = []
    if database is not None:
        with database.session() as session:
            pairs = confirmed_pairs(session)
            if settings.plan is None:  # a plan knows its patients by their keys of then
                members = follow_aliases(members, patient_aliases(session))
    division = _divide(members, settings, database, pairs)
    return division if settings.class_cap is None else _cap(division, members, settings)


def _divide(
    members: Sequence[GroupMember],
    settings: DivisionSettings,
    database: Database | None,
    pairs: Sequence[tuple[str, str]],
) -> Division:
    if settings.plan is not None:
        if database is None:
            raise SplitError("A plan lives in a database. Name it: --database URL.")
        splits, left_out = splits_of_plan(
            members,
            database,
            settings.plan,
            fold=settings.fold,
            repeat_number=settings.repeat_number,
            near_duplicates=pairs,
        )
        return _given(members, splits, left_out, "plan", pairs)
    if settings.splits_file is not None:
        splits = _with_folds(
            read_splits_file(settings.splits_file, repeat_number=settings.repeat_number), settings
        )
        left_out = [LeftOut(member.name, NOT_IN_TABLE) for member in members if member.name not in splits]
        return _given(members, splits, left_out, "table", pairs)
    if settings.fold is not None:
        raise SplitError("A fold is one of a plan or of a table of splits. Name the plan or the table, too.")
    ratios = dict(settings.ratios)
    table = split_pictures(members, ratios=ratios, seed=settings.seed, near_duplicates=pairs)
    return Division(table, tuple(ratios) or (NO_SPLIT,), (), "drawn", ratios)


def _with_folds(splits: dict[str, str], settings: DivisionSettings) -> dict[str, str]:
    """Return the splits that the folds of a table play."""
    folds = sorted({split for split in splits.values() if split.startswith("fold-")})
    if not folds:
        if settings.fold is not None:
            raise SplitError("The table of splits has no folds. Leave the fold out.")
        return splits
    if settings.fold is None:
        raise SplitError(
            f"The table of splits has {len(folds)} folds. Say which one is the test set: --set fold=1, "
            "and so on."
        )
    roles = fold_roles(len(folds), settings.fold)
    return {name: roles.get(split, split) for name, split in splits.items()}


def _given(
    members: Sequence[GroupMember],
    splits: Mapping[str, str],
    left_out: Sequence[LeftOut],
    origin: Origin,
    pairs: Sequence[tuple[str, str]],
) -> Division:
    table = table_of_splits(members, splits, pairs)
    if left_out:
        warning = f"{len(left_out)} of {len(members)} pictures have no split there and are left out."
        table = replace(table, warnings=(*table.warnings, warning))
    return Division(table, order_splits(set(table.splits.values())), tuple(left_out), origin, {})


def _cap(division: Division, members: Sequence[GroupMember], settings: DivisionSettings) -> Division:
    """Leave out training pictures of classes that have more than the cap."""
    splits = division.table.splits
    training = order_splits(set(division.splits))[0]
    labels = {member.name: member.labels for member in members if splits.get(member.name) == training}
    kept = choose_capped(labels, cap=settings.class_cap or 1, seed=settings.seed)
    dropped = labels.keys() - kept
    table = replace(
        division.table,
        groups={name: group for name, group in division.table.groups.items() if name not in dropped},
        splits={name: split for name, split in splits.items() if name not in dropped},
    )
    over = [LeftOut(name, OVER_CLASS_CAP) for name in sorted(dropped)]
    return replace(division, table=table, left_out=(*division.left_out, *over))
