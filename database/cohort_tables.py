"""The table of a cohort ("Table 1"): what its members are, counted once when they are frozen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from database.cohort_candidates import ANSWER_CLASS, ANSWER_OF, CANDIDATE
from foundation.contracts import Report

_COLUMNS = (
    "body_part",
    "modality",
    "view_position",
    "sex",
    "age_band",
    "manufacturer",
    "study_year",
    "site_code",
    "burned_in_risk",
)
_OLDEST_BAND = 90
_BAND_YEARS = 10
MOST_VALUES = 200
"""Values of one characteristic that are told; the rest is counted together."""


class ValueCount(Report):
    """The pictures with one value, and their known patients."""

    value: str
    num_images: int
    num_patients: int


class Characteristic(Report):
    """What the members are in one respect.

    Attributes:
        name: of the column of the view `image`, or `age_band`.
        values: the most frequent first; ages and years in their own order.
        num_missing: pictures of which it is not known.
        num_other_values, num_other_images: of a long list, what is not told one by one.
    """

    name: str
    values: tuple[ValueCount, ...]
    num_missing: int
    num_other_values: int = 0
    num_other_images: int = 0


class AgeSummary(Report):
    """Ages in years, a picture each; ages over 89 are kept as 90."""

    num_known: int
    mean: float
    median: float
    lower_quartile: float
    upper_quartile: float
    youngest: float
    oldest: float


class LabelCount(Report):
    """One class of the cohort's task.

    Attributes:
        class_name: the class.
        num_images: pictures by value (1, 0, uncertain, ...).
        num_patients: known patients with a picture where it is present.
    """

    class_name: str
    num_images: dict[str, int]
    num_patients: int


class CohortTable(Report):
    """The members of a cohort.

    Attributes:
        num_units: what has one answer: pictures, studies or patients.
        num_patient_unknown: pictures whose patient nobody knows.
        ages: None where no age is known.
        labels: the most frequent class first.
    """

    num_images: int
    num_patients: int
    num_studies: int
    num_series: int
    num_units: int
    num_patient_unknown: int
    characteristics: tuple[Characteristic, ...]
    ages: AgeSummary | None
    labels: tuple[LabelCount, ...]


def count_table(session: Session, labels: Mapping[int, Mapping[str, str]]) -> CohortTable:
    """Count the candidates that are left, with their labels.

    Args:
        session: within `database.cohort_candidates.working_tables`.
        labels: of each number in the table of answers.
    """
    columns = CANDIDATE.c
    counts = select(
        func.count().label("num_images"),
        func.count(columns.patient_id).label("num_known"),
        *(
            func.count(columns[f"{name}_id"].distinct()).label(name)
            for name in ("patient", "study", "series", "unit")
        ),
    ).select_from(CANDIDATE)
    whole = session.execute(counts).one()
    return CohortTable(
        num_images=whole.num_images,
        num_patients=whole.patient,
        num_studies=whole.study,
        num_series=whole.series,
        num_units=whole.unit,
        num_patient_unknown=whole.num_images - whole.num_known,
        characteristics=tuple(_characteristic(session, name) for name in _COLUMNS),
        ages=_ages(session),
        labels=_label_counts(session, labels),
    )


def _characteristic(session: Session, name: str) -> Characteristic:
    value = _age_band() if name == "age_band" else CANDIDATE.c[name]
    query = (
        select(value.label("value"), func.count(), func.count(CANDIDATE.c.patient_id.distinct()))
        .select_from(CANDIDATE)
        .group_by(value)
    )
    rows = session.execute(query).all()
    known = [
        ValueCount(value=str(value), num_images=images, num_patients=patients)
        for value, images, patients in rows
        if value is not None
    ]
    in_order = name in {"age_band", "study_year"}
    known.sort(key=lambda one: (0 if in_order else -one.num_images, one.value))
    others = [] if in_order else known[MOST_VALUES:]
    return Characteristic(
        name=name,
        values=tuple(known[: len(known) - len(others)]),
        num_missing=sum(images for value, images, _ in rows if value is None),
        num_other_values=len(others),
        num_other_images=sum(one.num_images for one in others),
    )


def _age_band() -> ColumnElement[Any]:
    age = CANDIDATE.c.age_years
    bands = [
        (age < start + _BAND_YEARS, f"{start}-{start + _BAND_YEARS - 1}")
        for start in range(0, _OLDEST_BAND, _BAND_YEARS)
    ]
    return case((age.is_(None), None), *bands, else_=f"{_OLDEST_BAND}+")


def _ages(session: Session) -> AgeSummary | None:
    query = (
        select(CANDIDATE.c.age_years, func.count())
        .where(CANDIDATE.c.age_years.is_not(None))
        .group_by(CANDIDATE.c.age_years)
        .order_by(CANDIDATE.c.age_years)
    )
    counted = [(float(age), count) for age, count in session.execute(query)]
    if not counted:
        return None
    number = sum(count for _, count in counted)
    return AgeSummary(
        num_known=number,
        mean=sum(age * count for age, count in counted) / number,
        median=_quantile(counted, number, 0.5),
        lower_quartile=_quantile(counted, number, 0.25),
        upper_quartile=_quantile(counted, number, 0.75),
        youngest=counted[0][0],
        oldest=counted[-1][0],
    )


def _quantile(counted: Sequence[tuple[float, int]], number: int, share: float) -> float:
    """Return a quantile of counted values, between neighbours where it falls between them.

    Source: Hyndman and Fan, The American Statistician 50 (1996) 361, definition 7.
    """
    place = share * (number - 1)
    low = _at(counted, int(place))
    high = _at(counted, min(int(place) + 1, number - 1))
    return low + (place - int(place)) * (high - low)


def _at(counted: Sequence[tuple[float, int]], place: int) -> float:
    seen = 0
    for value, count in counted:
        seen += count
        if place < seen:
            return value
    return counted[-1][0]


def _label_counts(session: Session, labels: Mapping[int, Mapping[str, str]]) -> tuple[LabelCount, ...]:
    by_answer = session.execute(
        select(ANSWER_OF.c.answer, func.count())
        .join_from(CANDIDATE, ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id)
        .group_by(ANSWER_OF.c.answer)
    )
    images: defaultdict[str, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for number, count in by_answer:
        for name, value in labels[number].items():
            images[name][value] += count
    of_class = session.execute(
        select(ANSWER_CLASS.c.class_name, func.count(CANDIDATE.c.patient_id.distinct()))
        .join_from(CANDIDATE, ANSWER_OF, ANSWER_OF.c.unit_id == CANDIDATE.c.unit_id)
        .join(ANSWER_CLASS, ANSWER_CLASS.c.answer == ANSWER_OF.c.answer)
        .group_by(ANSWER_CLASS.c.class_name)
    )
    patients: dict[str, int] = dict(of_class.all())
    ordered = sorted(images, key=lambda name: (-images[name].get("1", 0), name))
    return tuple(
        LabelCount(
            class_name=name,
            num_images=dict(sorted(images[name].items(), reverse=True)),
            num_patients=patients.get(name, 0),
        )
        for name in ordered
    )
