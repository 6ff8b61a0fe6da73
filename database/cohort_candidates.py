"""The working set of one selection: temporary tables of its connection, narrowed by statements over sets.

However many pictures there are, none of them becomes an object: a step is one DELETE. MySQL reads a
temporary table only once in a statement, so no statement here names one twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Double,
    Integer,
    MetaData,
    Select,
    Table,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from database.cohort_selections import Unit
from database.columns import BIG_INTEGER, exact_text
from database.engines import driver_code
from database.risk import SHOWN_RISK
from database.schema import CohortMember, Instance, Patient, Series
from foundation.contracts import Report
from foundation.errors import DatabaseError
from foundation.execution import batched

_AT_ONCE = 20_000
_NOT_GRANTED = {1044, 1045, 1142, 1227}
_METADATA = MetaData()


def _key(name: str) -> Column[int]:
    return Column(name, BIG_INTEGER, primary_key=True, autoincrement=False)


CANDIDATE = Table(
    "cohort_candidate",
    _METADATA,
    _key("instance_id"),
    Column("unit_id", BIG_INTEGER, nullable=False),
    Column("patient_id", BIG_INTEGER),
    Column("study_id", BIG_INTEGER),
    Column("series_id", BIG_INTEGER),
    Column("sop_instance_uid", exact_text(64), nullable=False),
    Column("pixels_sha256", exact_text(64), nullable=False),
    Column("body_part", exact_text(16)),
    Column("modality", exact_text(16)),
    Column("view_position", exact_text(16)),
    Column("sex", exact_text(16)),
    Column("age_years", Double),
    Column("study_year", Integer),
    Column("manufacturer", exact_text(64)),
    Column("site_code", exact_text(16)),
    Column("burned_in_risk", exact_text(16), nullable=False),
    prefixes=["TEMPORARY"],
)
"""The pictures that are left. `patient_id` follows merge lists; `unit_id` is what has one answer."""

NAMED = Table("cohort_named", _METADATA, _key("instance_id"), prefixes=["TEMPORARY"])
"""Row ids that a query or a step named."""

READING = Table(
    "cohort_reading",
    _METADATA,
    _key("unit_id"),
    Column("answer", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
"""What the readings of a unit come to, by number."""

ANSWER_OF = Table(
    "cohort_answer_of",
    _METADATA,
    _key("unit_id"),
    Column("answer", Integer, nullable=False),
    prefixes=["TEMPORARY"],
)
"""What a unit's labels are, by number; the header's included."""

ANSWER = Table(
    "cohort_answer",
    _METADATA,
    Column("answer", Integer, primary_key=True, autoincrement=False),
    Column("labels", JSON(none_as_null=True), nullable=False),
    prefixes=["TEMPORARY"],
)
"""Every number's classes with their values."""

ANSWER_CLASS = Table(
    "cohort_answer_class",
    _METADATA,
    Column("answer", Integer, primary_key=True, autoincrement=False),
    Column("class_name", exact_text(64), primary_key=True),
    prefixes=["TEMPORARY"],
)
"""The classes that are present in each answer."""

SHARED_PIXELS = Table(
    "cohort_shared_pixels",
    _METADATA,
    Column("pixels_sha256", exact_text(64), primary_key=True),
    prefixes=["TEMPORARY"],
)
"""The pixels that several candidates show."""


class CandidateCount(Report):
    """How much is left.

    Attributes:
        num_images: pictures.
        num_patients: known ones, merged ones once; None where they were not counted. So `num_studies`.
        num_patient_unknown: pictures whose patient nobody knows.
    """

    num_images: int
    num_patients: int | None = None
    num_studies: int | None = None
    num_patient_unknown: int | None = None


@contextmanager
def working_tables(session: Session) -> Iterator[None]:
    """Give the session empty working tables, and take them away again."""
    _drop_tables(session)
    _create_tables(session)
    is_broken = False
    try:
        yield
    except DBAPIError:
        is_broken = True  # whoever gets the connection next drops them first
        raise
    finally:
        if not is_broken:
            _drop_tables(session)


def load_candidates(
    session: Session,
    *,
    unit: Unit,
    instance_ids: Collection[int] | None,
    conditions: Sequence[ColumnElement[bool]] = (),
) -> None:
    """Take up the current pictures, or those of some row ids that fulfil some conditions.

    Args:
        session: within `working_tables`.
        unit: what has one answer.
        instance_ids: None for all; ids of no current picture are passed over.
        conditions: on columns of `Instance`.
    """
    # In a function where an index by status is of no use: some rows are looked up by their ids, and all of
    # them are read fastest in the order in which they lie.
    is_filtered = instance_ids is None and bool(conditions)
    is_current = (Instance.status if is_filtered else func.coalesce(Instance.status, "")) == "current"
    query = _candidate_query(unit).where(is_current, *conditions)
    if instance_ids is not None:
        name_instances(session, instance_ids)
        query = query.where(Instance.id.in_(select(NAMED.c.instance_id)))
    session.execute(insert(CANDIDATE).from_select(list(CANDIDATE.c), query))


def load_members(session: Session, cohort_id: int, *, unit: Unit) -> None:
    """Take up the members of a frozen cohort, of whatever version and status.

    Args:
        session: within `working_tables`.
        cohort_id: row id.
        unit: what has one answer.
    """
    query = (
        _candidate_query(unit)
        .join(CohortMember, CohortMember.instance_id == Instance.id)
        .where(CohortMember.cohort_id == cohort_id)
    )
    session.execute(insert(CANDIDATE).from_select(list(CANDIDATE.c), query))


def name_instances(session: Session, instance_ids: Iterable[int]) -> None:
    """Fill the table of named row ids anew."""
    session.execute(delete(NAMED))
    fill_table(session, NAMED, ({"instance_id": row_id} for row_id in sorted(set(instance_ids))))


def keep_instances(session: Session, instance_ids: Iterable[int]) -> None:
    """Leave out every candidate but those of some row ids."""
    name_instances(session, instance_ids)
    session.execute(delete(CANDIDATE).where(CANDIDATE.c.instance_id.not_in(select(NAMED.c.instance_id))))


def drop_instances(session: Session, instance_ids: Iterable[int]) -> None:
    """Leave out the candidates of some row ids."""
    name_instances(session, instance_ids)
    session.execute(delete(CANDIDATE).where(CANDIDATE.c.instance_id.in_(select(NAMED.c.instance_id))))


def count_candidates(session: Session) -> CandidateCount:
    """Return how much is left."""
    num_images, num_known, num_patients, num_studies = session.execute(
        select(
            func.count(),
            func.count(CANDIDATE.c.patient_id),
            func.count(CANDIDATE.c.patient_id.distinct()),
            func.count(CANDIDATE.c.study_id.distinct()),
        ).select_from(CANDIDATE)
    ).one()
    return CandidateCount(
        num_images=num_images,
        num_patients=num_patients,
        num_studies=num_studies,
        num_patient_unknown=num_images - num_known,
    )


def fill_table(session: Session, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows into a working table, some thousands a statement."""
    statement = insert(table)
    for some in batched(rows, _AT_ONCE):
        session.execute(statement, list(some))


def _candidate_query(unit: Unit) -> Select[Any]:
    owner = func.coalesce(Patient.merged_into_id, Patient.id)
    columns = (
        Instance.id,
        _unit_id(unit, owner),
        owner,
        Series.study_id,
        Instance.series_id,
        Instance.sop_instance_uid,
        Instance.stored_values_sha256,
        Instance.body_part,
        Instance.modality,
        Instance.view_position,
        Instance.patient_sex,
        Instance.patient_age_years,
        Instance.study_year,
        Instance.manufacturer,
        Instance.site_code,
        SHOWN_RISK,
    )
    return (
        select(*columns)
        .select_from(Instance)
        .outerjoin(Series, Series.id == Instance.series_id)
        .outerjoin(Patient, Patient.id == Instance.patient_id)
    )


def _unit_id(unit: Unit, owner: ColumnElement[Any]) -> ColumnElement[int]:
    """Return a number that no two units share: unknown patients are their studies, or their pictures."""
    of_instance = Instance.id * literal(3)
    of_study = case((Series.study_id.is_not(None), Series.study_id * 3 + 1), else_=of_instance)
    if unit == "image":
        return of_instance
    return of_study if unit == "study" else case((owner.is_not(None), owner * 3 + 2), else_=of_study)


def _create_tables(session: Session) -> None:
    try:
        for table in _METADATA.sorted_tables:
            table.create(session.connection(), checkfirst=False)
    except DBAPIError as error:
        if driver_code(error) not in _NOT_GRANTED:
            raise
        raise DatabaseError(
            "Cohorts are made in temporary tables, and the server does not let this user make any. Grant it "
            "with: GRANT CREATE TEMPORARY TABLES ON the database TO the user."
        ) from error


def _drop_tables(session: Session) -> None:
    # A server commits at DROP TABLE, not at DROP TEMPORARY TABLE; SQLite knows only the one word.
    words = "DROP TABLE" if session.get_bind().dialect.name == "sqlite" else "DROP TEMPORARY TABLE"
    for table in _METADATA.sorted_tables:
        session.execute(text(f"{words} IF EXISTS {table.name}"))
