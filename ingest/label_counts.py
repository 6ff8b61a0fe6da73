"""What readings there are, and what they come to: for people who look before they train."""

from __future__ import annotations

from database.label_counts import count_labels, current_instance_ids, label_tasks
from database.label_policies import parse_policy
from database.labels import BODY_PART_TASK, resolve_labels
from database.schema import LABEL_VALUES
from database.session import Database
from foundation.contracts import Report
from foundation.errors import QueryError
from foundation.registries import unknown_name_message


class ListedClass(Report):
    """The current readings of one class at one level."""

    task: str
    class_name: str
    level: str
    values: dict[str, int]
    readers: list[str]


class LabelListReport(Report):
    """Every class that has a reading.

    Attributes:
        value_names: the values that are counted.
    """

    value_names: list[str]
    classes: list[ListedClass]


class ResolvedReport(Report):
    """What the readings of one task come to over all current pictures.

    Attributes:
        policy: by which they were resolved.
        num_labelled: pictures that have an answer.
        num_disagree: pictures whose readers disagree under the policy.
        num_several: pictures of which one reader names several classes, where one was asked for.
        num_unlabelled: pictures that no reading answers.
        classes: pictures of each class by value.
    """

    task: str
    policy: str
    num_labelled: int
    num_disagree: int
    num_several: int
    num_unlabelled: int
    value_names: list[str]
    classes: dict[str, dict[str, int]]


def list_labels(database: Database, *, task: str | None = None) -> LabelListReport:
    """Return the counts of every class that has a reading.

    Raises:
        QueryError: there is no such task.
    """
    with database.session() as session:
        if task is not None:
            _check_task(label_tasks(session), task)
        counted = count_labels(session, task)
    return LabelListReport(
        value_names=list(LABEL_VALUES),
        classes=[
            ListedClass(
                task=one.task,
                class_name=one.class_name,
                level=one.level,
                values=dict(one.values),
                readers=list(one.readers),
            )
            for one in counted
        ],
    )


def show_labels(
    database: Database, task: str, policy: str = "single", *, multi_label: bool = False
) -> ResolvedReport:
    """Return what the readings of a task come to over all current pictures.

    Args:
        database: open.
        task: whose readings.
        policy: as `database.label_policies.parse_policy` takes it.
        multi_label: a picture may have several classes.

    Raises:
        QueryError: there is no such task.
        ConfigError: no such policy, or its parameters are wrong.
    """
    chosen = parse_policy(policy, multi_label=multi_label)
    with database.session() as session:
        if task != BODY_PART_TASK:
            _check_task(label_tasks(session), task)
        resolved = resolve_labels(session, current_instance_ids(session), task, chosen)
    classes: dict[str, dict[str, int]] = {}
    for values in resolved.values.values():
        for name, value in values.items():
            classes.setdefault(name, dict.fromkeys(LABEL_VALUES, 0))[value] += 1
    return ResolvedReport(
        task=task,
        policy=policy,
        num_labelled=len(resolved.values),
        num_disagree=len(resolved.conflicts),
        num_several=len(resolved.several),
        num_unlabelled=len(resolved.unlabelled),
        value_names=list(LABEL_VALUES),
        classes=dict(sorted(classes.items())),
    )


def _check_task(known: list[str], task: str) -> None:
    if task not in known:
        raise QueryError(unknown_name_message(known, task, kind="task with labels"))
