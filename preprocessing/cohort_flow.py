"""The door `cohort_flow`: the files, pictures and patients at each step, and which splits they went to."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from pathlib import Path
from typing import Any

from pydantic import Field

from database.cohort_flows import count_received
from database.cohort_steps import IN_DATABASE, LABELLED, WITHOUT_REPEATS, WITHOUT_RISK
from database.cohorts import CohortRecord, find_cohort
from database.session import Database
from database.split_plans import get_plan, held_nodes
from foundation.contracts import Config, Report
from foundation.errors import ConfigError, PreprocessingError
from foundation.files import check_target, write_file
from preprocessing.cohort_flow_chart import draw_flow
from preprocessing.given_splits import NOT_IN_PLAN, order_splits
from preprocessing.plan_assignment import JOINS_TWO_SPLITS
from preprocessing.plan_sources import pictures_of_cohort
from preprocessing.split_scheme import PlanScheme

HEADINGS = ("kind", "name", "asked", "images", "patients", "studies")

_STORED = ("stored", "resent", "updated", "conflict")
_REASONS = {
    WITHOUT_RISK: ("burned-in risk",),
    LABELLED: ("unlabelled", "readers_disagree", "several classes", "without_mapped_class"),
    WITHOUT_REPEATS: ("identical pixels",),
}
"""Step to how the reasons begin that it leaves pictures out for."""


class CohortFlowConfig(Config):
    """Which cohort, and where its flow is written.

    Attributes:
        cohort: NAME for the newest version, or NAME@VERSION.
        plan: a split plan; the flow ends in its splits.
        output: a file; .svg is drawn, .csv is a table.
        seconds: a query is stopped after them.
        overwrite: replace what stands at `output`.
    """

    cohort: str = Field(min_length=1)
    plan: str | None = None
    output: Path | None = None
    seconds: float = Field(default=60, gt=0)
    overwrite: bool = False


class FlowBox(Report):
    """One box of the flow.

    Attributes:
        name: of the step.
        asked: its condition.
        num_images: pictures that are left; files in the first box.
        num_patients, num_studies: None where they were not counted.
        left_out: pictures (files) that go out below this box, by reason.
    """

    name: str
    asked: str = ""
    num_images: int
    num_patients: int | None = None
    num_studies: int | None = None
    left_out: dict[str, int] = Field(default_factory=dict)


class CohortFlowReport(Report):
    """The flow of a cohort.

    Attributes:
        boxes: files received, pictures in the database, each step, members.
        splits: the members by split of the plan.
        without_split: members that the plan gives none, by reason.
        num_withdrawn: members that left since, because their patient withdrew.
    """

    cohort: str
    plan: str | None
    boxes: tuple[FlowBox, ...]
    splits: tuple[FlowBox, ...]
    without_split: dict[str, int]
    num_withdrawn: int


def cohort_flow(
    config: CohortFlowConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Any = None,
) -> CohortFlowReport:
    """Return the flow from files received to the splits of a plan; write it where asked.

    Args:
        config: which cohort.
        database: open.
        executor: not used.
        progress: not used.

    Raises:
        QueryError: there is no such cohort, version or plan.
        TargetExistsError: the file is there already.
        ConfigError: the file's ending is neither .svg nor .csv.
    """
    del executor, progress
    if database is None:
        raise PreprocessingError("cohort flow reads rows: give it an open database.")
    if config.output is not None:
        check_target(config.output, overwrite=config.overwrite)
        if config.output.suffix.lower() not in {".svg", ".csv"}:
            raise ConfigError(f"The flow is written as .svg or .csv. Received: {config.output}.")
    with database.session() as session:
        record = find_cohort(session, config.cohort)
        received = count_received(session, record)
    boxes = _boxes(record, received)
    splits, without = _splits(database, record, config) if config.plan is not None else ((), {})
    report = CohortFlowReport(
        cohort=f"{record.name}@{record.version}",
        plan=config.plan,
        boxes=tuple(boxes),
        splits=splits,
        without_split=without,
        num_withdrawn=record.num_withdrawn,
    )
    if config.output is not None:
        is_drawn = config.output.suffix.lower() == ".svg"
        write_file(config.output, draw_flow(report) if is_drawn else _csv(report))
    return report


def _boxes(record: CohortRecord, received: dict[str, int]) -> list[FlowBox]:
    num_received = sum(received.values())
    boxes = [FlowBox(name="files received", num_images=num_received)]
    for place, step in enumerate(record.steps):
        count = step.count
        name = "images in the database" if step.name == IN_DATABASE else step.name
        gone = boxes[-1].num_images - count.num_images
        reasons = _received_reasons(received, gone) if not place else _reasons(record, step.name, gone)
        boxes[-1] = boxes[-1].model_copy(update={"left_out": reasons})
        boxes.append(
            FlowBox(
                name=name,
                asked=step.asked,
                num_images=count.num_images,
                num_patients=count.num_patients,
                num_studies=count.num_studies,
            )
        )
    return [*_telling(boxes), boxes[-1].model_copy(update={"name": _members(record), "asked": ""})]


def _members(record: CohortRecord) -> str:
    return f"members of {record.name}@{record.version}"


def _telling(boxes: list[FlowBox]) -> list[FlowBox]:
    """Return the boxes without our own steps that left nobody out; the user's own are always told."""
    own = {WITHOUT_RISK, LABELLED, WITHOUT_REPEATS}
    told: list[FlowBox] = []
    for box in boxes:
        if told and box.name in own and not told[-1].left_out:
            told[-1] = told[-1].model_copy(update={"left_out": box.left_out})
        else:
            told.append(box)
    return told


def _received_reasons(received: dict[str, int], gone: int) -> dict[str, int]:
    """Return why files are no pictures of their own; superseded versions are what remains."""
    words = {
        "resent": "received again",
        "not_an_image": "no image",
        "rejected": "rejected",
        "quarantined": "quarantined",
    }
    reasons = {words[name]: count for name, count in received.items() if name in words and count}
    others = gone - sum(reasons.values())
    return reasons | ({"older versions or in conflict": others} if others > 0 else {})


def _reasons(record: CohortRecord, name: str, gone: int) -> dict[str, int]:
    """Return why a step left pictures out."""
    begins = _REASONS.get(name)
    if begins is None:
        return {f"not {name}": gone} if gone > 0 else {}
    return {
        reason.replace("_", " "): count
        for reason, count in record.left_out.items()
        if reason.startswith(begins)
    }


def _splits(
    database: Database, record: CohortRecord, config: CohortFlowConfig
) -> tuple[tuple[FlowBox, ...], dict[str, int]]:
    """Return the members by the split that the plan has settled for them."""
    with database.session() as session:
        plan = get_plan(session, config.plan or "")
        held = held_nodes(session, plan.id)
    images: defaultdict[str, int] = defaultdict(int)
    patients: defaultdict[str, set[str]] = defaultdict(set)
    studies: defaultdict[str, set[str]] = defaultdict(set)
    without: defaultdict[str, int] = defaultdict(int)
    scheme = PlanScheme.model_validate(plan.scheme)
    for picture in pictures_of_cohort(database, record, scheme, seconds=config.seconds):
        found = {held[node] for node in picture.nodes if node in held}
        if len(found) != 1:
            without[JOINS_TWO_SPLITS if found else NOT_IN_PLAN] += 1
            continue
        split = found.pop()
        images[split] += 1
        patients[split] |= {picture.patient_key} - {None} if picture.patient_key else set()
        studies[split] |= {picture.study_key} if picture.study_key else set()
    boxes = tuple(
        FlowBox(
            name=split,
            num_images=images[split],
            num_patients=len(patients[split]),
            num_studies=len(studies[split]),
        )
        for split in order_splits(set(images))
    )
    return boxes, dict(sorted(without.items()))


def _csv(report: CohortFlowReport) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(HEADINGS)
    for place, box in enumerate(report.boxes):
        kind = "files" if place == 0 else "step"
        writer.writerow([kind, box.name, box.asked, box.num_images, box.num_patients, box.num_studies])
        for reason, count in box.left_out.items():
            writer.writerow(["left out", reason, "", count, None, None])
    for box in report.splits:
        writer.writerow(["split", box.name, report.plan, box.num_images, box.num_patients, box.num_studies])
    for reason, count in report.without_split.items():
        writer.writerow(["without split", reason, report.plan, count, None, None])
    return stream.getvalue()
