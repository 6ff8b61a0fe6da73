"""The door `split`: a named plan in the database, or `splits.csv` in an image/label folder."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from database.cohorts import find_cohort
from database.near_duplicates import confirmed_pairs
from database.session import Database, transaction
from database.split_plans import PlanRecord, ensure_plan, find_plan, held_nodes, settle_nodes
from foundation.contracts import Report
from foundation.errors import SplitError
from foundation.files import write_file
from preprocessing.folders import open_image_folder
from preprocessing.left_out import LeftOut, count_reasons
from preprocessing.plan_assignment import PlanOutcome, PlanPicture, assign_pictures
from preprocessing.plan_sources import names_of_lists, pictures_of_cohort, pictures_of_folder
from preprocessing.split_files import SPLITS_FILE, held_by_file, splits_text
from preprocessing.split_scheme import PlanScheme


class SplitConfig(PlanScheme):
    """What to divide and how; the fields of `PlanScheme` besides.

    Attributes:
        plan: the plan's name in the database; a known one goes on as it began.
        cohort: whose pictures get their splits.
        version: of the cohort; the newest when not given.
        folder: an image/label folder to divide instead; its plan is the `splits.csv` in it.
        seconds: each condition is stopped after them.
    """

    plan: str | None = Field(default=None, min_length=1, max_length=64)
    cohort: str | None = None
    version: int | None = Field(default=None, ge=1)
    folder: Path | None = None
    seconds: float = Field(default=60, gt=0)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.folder is None and (self.plan is None or self.cohort is None):
            raise SplitError("Name a plan and the cohort that it divides, or a folder.")
        if self.folder is not None and (self.plan is not None or self.cohort is not None):
            raise SplitError("Divide a cohort under a plan's name, or a folder, not both at once.")
        return self

    @property
    def scheme(self) -> PlanScheme:
        """How it divides, alone."""
        return PlanScheme.model_validate(self.model_dump(include=set(PlanScheme.model_fields)))


class SplitCounts(Report):
    """One division: what each split holds.

    Attributes:
        num_images: by split.
        num_groups: by split; patients, and pictures or studies of unknown patients.
        num_labels: by split and label.
        left_out: number by reason.
        warnings: what a reader of the splits must know.
    """

    num_images: dict[str, int]
    num_groups: dict[str, int]
    num_labels: dict[str, dict[str, int]]
    left_out: dict[str, int]
    warnings: tuple[str, ...]


class SplitReport(Report):
    """What was divided.

    Attributes:
        plan: its name; None for a folder.
        splits_file: the table that was written; None for a plan in the database.
        is_new: this call began the plan.
        scheme: how it divides.
        patients_unknown: pictures whose patient nobody knows; each stands for itself.
        repeats: one division, or one for each repeat of folds.
    """

    plan: str | None
    splits_file: Path | None
    is_new: bool
    scheme: dict[str, Any]
    patients_unknown: int
    repeats: tuple[SplitCounts, ...]


def split(
    config: SplitConfig,
    *,
    database: Database | None = None,
    executor: None = None,
    progress: Any = None,
) -> SplitReport:
    """Give every picture its split: whole groups, stratified, and never moved again.

    Called again after more pictures came in, new pictures of a known patient follow the patient.

    Args:
        config: what to divide.
        database: open; not needed for a folder.
        executor: not used.
        progress: not used.

    Raises:
        SplitError: the splits cannot be made as asked, or the plan was begun in another way.
        QueryError: no such cohort, or a condition is refused.
        FolderError: the folder is none.
    """
    del executor, progress
    if config.folder is not None:
        return _split_folder(config, config.folder)
    if database is None:
        raise SplitError("A plan lives in a database: give an open one.")
    return _split_cohort(config, database)


def _split_cohort(config: SplitConfig, database: Database) -> SplitReport:
    name = config.plan or ""
    with database.session() as session:
        record = find_cohort(session, config.cohort or "", config.version)
        known = find_plan(session, name)
        pairs = confirmed_pairs(session)
    scheme = config.scheme if known is None else _stored_scheme(config, known)
    pictures = pictures_of_cohort(database, record, scheme, seconds=config.seconds)
    ratios = scheme.ratios_for(len(pictures))

    def settle(session: Any) -> list[PlanOutcome]:
        plan = ensure_plan(session, name, scheme.model_dump(mode="json"))
        outcomes = []
        for repeat in range(1, scheme.repeats + 1):
            held = held_nodes(session, plan.id, repeat_number=repeat)
            outcome = assign_pictures(
                pictures, ratios=ratios, seed=scheme.seed_of(repeat), held=held, near_duplicates=pairs
            )
            fresh = {node: split for node, split in outcome.settled.items() if node not in held}
            settle_nodes(session, plan.id, fresh, repeat_number=repeat)
            outcomes.append(outcome)
        return outcomes

    outcomes = transaction(database, settle)
    return _report(config, scheme, pictures, outcomes, is_new=known is None, splits_file=None)


def _split_folder(config: SplitConfig, path: Path) -> SplitReport:
    folder = open_image_folder(path)
    scheme = config.scheme
    listed = names_of_lists(folder, scheme)
    pictures = pictures_of_folder(folder, scheme, listed)
    ratios = scheme.ratios_for(len(pictures))
    target = folder.path / SPLITS_FILE
    is_new = not target.exists()
    outcomes = []
    for repeat in range(1, scheme.repeats + 1):
        held = {} if is_new else held_by_file(target, pictures, repeat_number=repeat, splits=tuple(ratios))
        outcomes.append(assign_pictures(pictures, ratios=ratios, seed=scheme.seed_of(repeat), held=held))
    write_file(target, splits_text(outcomes))
    report = _report(config, scheme, pictures, outcomes, is_new=is_new, splits_file=target)
    absent = sum(names.count(None) for names in listed.values())
    if not absent:
        return report
    note = f"{absent} name(s) of the lists are of no picture of the folder, or of several."
    noted = (one.model_copy(update={"warnings": (note, *one.warnings)}) for one in report.repeats)
    return report.model_copy(update={"repeats": tuple(noted)})


def _stored_scheme(config: SplitConfig, known: PlanRecord) -> PlanScheme:
    """Return the scheme that the plan was begun with; what was asked for must not contradict it."""
    asked = config.model_fields_set & set(PlanScheme.model_fields)
    differing = config.scheme.differences(known.scheme, asked=asked)
    if differing:
        raise SplitError(
            f'The plan "{known.name}" was begun with another {", ".join(differing)}, and nobody moves. Leave '
            "that out to go on with it, or begin a plan under another name."
        )
    return PlanScheme.model_validate(known.scheme)


def _report(
    config: SplitConfig,
    scheme: PlanScheme,
    pictures: Sequence[PlanPicture],
    outcomes: Sequence[PlanOutcome],
    *,
    is_new: bool,
    splits_file: Path | None,
) -> SplitReport:
    names = tuple(scheme.ratios_for(1))
    return SplitReport(
        plan=config.plan,
        splits_file=splits_file,
        is_new=is_new,
        scheme=scheme.model_dump(mode="json", exclude={"lists"}),
        patients_unknown=sum(picture.patient_key is None for picture in pictures),
        repeats=tuple(_count(pictures, outcome, names) for outcome in outcomes),
    )


def _count(pictures: Sequence[PlanPicture], outcome: PlanOutcome, splits: Sequence[str]) -> SplitCounts:
    images = Counter(outcome.splits.values())
    groups: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, Counter[str]] = {split: Counter() for split in splits}
    for picture in pictures:
        split = outcome.splits.get(picture.name)
        if split is not None:
            groups[split].add(outcome.groups[picture.name])
            labels[split].update(picture.labels)
    return SplitCounts(
        num_images={split: images[split] for split in splits},
        num_groups={split: len(groups[split]) for split in splits},
        num_labels={split: dict(sorted(counted.items())) for split, counted in labels.items()},
        left_out=count_reasons(LeftOut(name, reason) for name, reason in outcome.left_out.items()),
        warnings=_warnings(outcome),
    )


def _warnings(outcome: PlanOutcome) -> tuple[str, ...]:
    if not outcome.patients_unknown:
        return outcome.warnings
    unknown = (
        f"The patient of {outcome.patients_unknown} of {len(outcome.splits)} pictures is unknown: only study "
        "and identical pixels keep them together, so pictures of one patient may lie in several splits."
    )
    return (unknown, *outcome.warnings)
