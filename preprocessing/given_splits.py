"""Splits that were settled before packing: by a plan of the database, or by a table of names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from database.session import Database
from database.split_plans import get_plan, held_nodes
from foundation.errors import SplitError
from preprocessing.components import Node
from preprocessing.groups import GroupMember, group_members
from preprocessing.left_out import LeftOut
from preprocessing.plan_assignment import JOINS_TWO_SPLITS, NEAR_DUPLICATE_ACROSS, PATIENT, PIXELS
from preprocessing.split_scheme import PlanScheme, fold_roles
from preprocessing.split_tables import SplitTable

NOT_IN_PLAN = "not_in_split_plan"
_SPLIT_ORDER = ("train", "validation", "test")


def splits_of_plan(
    members: Sequence[GroupMember],
    database: Database,
    name: str,
    *,
    fold: int | None,
    repeat_number: int,
    near_duplicates: Iterable[tuple[str, str]] = (),
) -> tuple[dict[str, str], list[LeftOut]]:
    """Return the split that a plan gives each picture, and the pictures that it gives none.

    Args:
        members: the pictures.
        database: open; holds the plan.
        name: of the plan.
        fold: which fold is the test set, for a plan of folds.
        repeat_number: which repeat of it.
        near_duplicates: pairs of hashes that were confirmed to show the same.

    Raises:
        QueryError: there is no such plan.
        SplitError: a fold is missing, unknown, or asked of a plan without folds.
    """
    with database.session() as session:
        plan = get_plan(session, name)
        scheme = PlanScheme.model_validate(plan.scheme)
        roles = check_fold(scheme, fold, repeat_number)
        held = held_nodes(session, plan.id, repeat_number=repeat_number)
    twins = _held_twins(held, near_duplicates)
    splits, left_out = {}, []
    for member in members:
        found = {held[node] for node in _nodes(member) if node in held}
        if len(found) == 1 and not twins.get(member.sha256, found) <= found:
            left_out.append(LeftOut(member.name, NEAR_DUPLICATE_ACROSS))
        elif len(found) == 1:
            split = found.pop()
            splits[member.name] = roles.get(split, split)
        else:
            left_out.append(LeftOut(member.name, JOINS_TWO_SPLITS if found else NOT_IN_PLAN))
    return splits, left_out


def _held_twins(held: Mapping[Node, str], pairs: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return, by hash, the splits where pictures lie that were confirmed to show the same and came before.

    Of two that were settled before somebody confirmed them, the second one of the pair comes after the first.
    """
    twins: dict[str, set[str]] = {}
    for first, second in pairs:
        splits = {key: held[PIXELS, key] for key in (first, second) if (PIXELS, key) in held}
        if first in splits:
            twins.setdefault(second, set()).add(splits[first])
        elif second in splits:
            twins.setdefault(first, set()).add(splits[second])
    return twins


def check_fold(scheme: PlanScheme, fold: int | None, repeat_number: int) -> dict[str, str]:
    """Return the split that each fold plays; nothing for a plan without folds.

    Raises:
        SplitError: a fold or a repeat is missing, unknown, or asked of a plan without folds.
    """
    if not 1 <= repeat_number <= scheme.repeats:
        raise SplitError(f"The plan has the repeats 1 to {scheme.repeats}. Received: {repeat_number}.")
    if scheme.folds is None:
        if fold is not None:
            raise SplitError("The plan has splits, no folds. Leave the fold out.")
        return {}
    if fold is None:
        raise SplitError(
            f"The plan has {scheme.folds} folds. Say which one is the test set: --set fold=1, and so on."
        )
    return fold_roles(scheme.folds, fold)


def table_of_splits(
    members: Sequence[GroupMember],
    splits: Mapping[str, str],
    near_duplicates: Iterable[tuple[str, str]] = (),
) -> SplitTable:
    """Return the table of pictures whose splits were given, held against what pictures share.

    Args:
        members: the pictures.
        splits: split by name.
        near_duplicates: pairs of hashes that were confirmed to show the same.

    Raises:
        SplitError: no picture has a split, or a patient, identical or near-identical pixels lie in two.
    """
    placed = [member for member in members if member.name in splits]
    if not placed:
        raise SplitError(
            "No picture of the folder has a split there. Divide its cohort with `dicomill split create`, or "
            "check that the names of the table are those of the folder."
        )
    groups = group_members(placed, near_duplicates)
    of_group: dict[str, set[str]] = {}
    for name, group in groups.items():
        of_group.setdefault(group, set()).add(splits[name])
    divided = sum(len(found) > 1 for found in of_group.values())
    if divided:
        raise SplitError(
            f"{divided} group(s) that share a patient, a study or their pixels lie in two splits: "
            "a model would be tested on what it was trained on. `dicomill split audit` lists them; correct "
            "the table."
        )
    unknown = sum(member.patient_key is None for member in placed)
    warnings = (f"The patient of {unknown} of {len(placed)} pictures is unknown.",) if unknown else ()
    return SplitTable(groups, {name: splits[name] for name in groups}, unknown, warnings)


def order_splits(names: set[str]) -> tuple[str, ...]:
    """Return split names in the order train, validation, test, then others by name.

    Example:
        >>> order_splits({"test", "train", "extra"})
        ('train', 'test', 'extra')
    """
    known = [name for name in _SPLIT_ORDER if name in names]
    return (*known, *sorted(names - set(known)))


def _nodes(member: GroupMember) -> list[Node]:
    nodes: list[Node] = [(PIXELS, member.sha256)]
    return nodes if member.patient_key is None else [(PATIENT, member.patient_key), *nodes]
