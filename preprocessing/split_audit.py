"""The audit of splits: nothing that two pictures share may lie in two of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from database.cohorts import find_cohort
from database.near_duplicates import confirmed_pairs
from database.session import Database
from database.split_plans import get_plan, held_nodes
from foundation.contracts import Config, Report
from foundation.errors import SplitError
from preprocessing.components import Node
from preprocessing.examples import Example
from preprocessing.folders import open_image_folder
from preprocessing.plan_assignment import PIXELS, PlanPicture
from preprocessing.plan_sources import pictures_of_cohort, pictures_of_folder
from preprocessing.record_sets import RECORDS_FILE, iterate_examples, open_record_set
from preprocessing.split_files import SPLITS_FILE, read_splits_file
from preprocessing.split_scheme import PlanScheme

_MOST_LISTED = 100


class SplitAuditConfig(Config):
    """What to audit: a plan with a cohort, a record set, or a folder with its `splits.csv`.

    Attributes:
        plan: a plan of the database, with `cohort`.
        cohort: whose pictures are held against the plan.
        version: of the cohort; the newest when not given.
        folder: a record set, or an image/label folder.
        splits_file: the folder's table of splits, when it is not its own `splits.csv`.
        repeat: which repeat of folds.
        seconds: queries are stopped after them.

    Raises:
        SplitError: neither or both were named.
    """

    plan: str | None = None
    cohort: str | None = None
    version: int | None = Field(default=None, ge=1)
    folder: Path | None = None
    splits_file: Path | None = None
    repeat: int = Field(default=1, ge=1)
    seconds: float = Field(default=60, gt=0)

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.folder is None) == (self.plan is None or self.cohort is None):
            raise SplitError("Name a plan and a cohort, or one folder.")
        return self


class Leak(Report):
    """One thing that lies in several splits.

    Attributes:
        kind: what is shared: `patient`, `study`, `pixels`, `near_duplicate`, or a column kept whole.
        key: its key or hash.
        num_images: pictures of it by split.
    """

    kind: str
    key: str
    num_images: dict[str, int]


class SplitAuditReport(Report):
    """What the audit found.

    Attributes:
        num_images: by split.
        without_split: pictures that have none.
        patients_unknown: pictures whose patient nobody knows, so that no audit can clear them.
        num_leaks: by kind.
        leaks: the first hundred.
    """

    num_images: dict[str, int]
    without_split: int
    patients_unknown: int
    num_leaks: dict[str, int]
    leaks: tuple[Leak, ...]

    @property
    def is_clean(self) -> bool:
        """Nothing lies in two splits."""
        return not self.num_leaks


def audit_splits(config: SplitAuditConfig, *, database: Database | None = None) -> SplitAuditReport:
    """Look for anything shared by pictures of two splits.

    Args:
        config: what to audit.
        database: open; needed for a plan. With a folder, its confirmed near-duplicates count, too.

    Raises:
        SplitError: there is no table of splits, or no database.
        QueryError: no such plan or cohort.
        FolderError, RecordError: the folder cannot be read.
    """
    if config.folder is None:
        return _audit_plan(config, database)
    pairs = _pairs_of(database)
    if (config.folder / RECORDS_FILE).is_file():
        return _audit_records(config.folder, pairs)
    folder = open_image_folder(config.folder)
    table = config.splits_file or folder.path / SPLITS_FILE
    if not table.is_file():
        raise SplitError(
            f"{folder.path} has no {SPLITS_FILE}. Divide it with `dicomill split create --folder`, or name "
            "the table of its splits."
        )
    splits = read_splits_file(table, repeat_number=config.repeat)
    return find_leaks(pictures_of_folder(folder, PlanScheme(), {}), splits, pairs)


def find_leaks(
    pictures: Iterable[PlanPicture], splits: Mapping[str, str], pairs: Iterable[tuple[str, str]] = ()
) -> SplitAuditReport:
    """Hold the splits of pictures against what the pictures share.

    Args:
        pictures: each name once.
        splits: split by name.
        pairs: hashes that were confirmed to show the same.

    Example:
        >>> pictures = [PlanPicture(n, "p1", None, (n,), ()) for n in "ab"]
        >>> find_leaks(pictures, {"a": "train", "b": "test"}).num_leaks
        {'patient': 1}
    """
    shared: dict[Node, Counter[str]] = defaultdict(Counter)
    counts: Counter[str] = Counter()
    without, unknown = 0, 0
    for picture in pictures:
        split = splits.get(picture.name)
        if split is None:
            without += 1
            continue
        counts[split] += 1
        unknown += picture.patient_key is None
        for node in picture.nodes:
            shared[node][split] += 1
    for first, second in pairs:
        both = shared.get((PIXELS, first), Counter()) + shared.get((PIXELS, second), Counter())
        shared["near_duplicate", f"{first} {second}"] = both
    leaks = [
        Leak(kind=kind, key=key, num_images=dict(sorted(found.items())))
        for (kind, key), found in sorted(shared.items())
        if len(found) > 1
    ]
    return SplitAuditReport(
        num_images=dict(sorted(counts.items())),
        without_split=without,
        patients_unknown=unknown,
        num_leaks=dict(sorted(Counter(leak.kind for leak in leaks).items())),
        leaks=tuple(leaks[:_MOST_LISTED]),
    )


def _audit_plan(config: SplitAuditConfig, database: Database | None) -> SplitAuditReport:
    if database is None:
        raise SplitError("A plan lives in a database: give an open one.")
    with database.session() as session:
        plan = get_plan(session, config.plan or "")
        record = find_cohort(session, config.cohort or "", config.version)
        held = held_nodes(session, plan.id, repeat_number=config.repeat)
    scheme = PlanScheme.model_validate(plan.scheme).model_copy(update={"assign": {}})
    pictures = pictures_of_cohort(database, record, scheme, seconds=config.seconds)
    splits = {picture.name: found for picture in pictures if (found := _only_split(picture, held))}
    return find_leaks(pictures, splits, _pairs_of(database))


def _only_split(picture: PlanPicture, held: Mapping[Node, str]) -> str | None:
    """Return the split that a plan gives a picture; None where it gives none, or leaves it out."""
    found = {held[node] for node in picture.nodes if node in held}
    return found.pop() if len(found) == 1 else None


def _pairs_of(database: Database | None) -> Sequence[tuple[str, str]]:
    if database is None:
        return ()
    with database.session() as session:
        return list(confirmed_pairs(session))


def _audit_records(path: Path, pairs: Sequence[tuple[str, str]]) -> SplitAuditReport:
    pictures, splits = [], {}
    for split in open_record_set(path).splits:
        for number, example in enumerate(iterate_examples(path, split)):
            name = f"{split}/{number}"
            pictures.append(_picture_of_example(name, example))
            splits[name] = split
    return find_leaks(pictures, splits, pairs)


def _picture_of_example(name: str, example: Example) -> PlanPicture:
    patient, sha256 = (_text_of(example, key) for key in ("image/patient_key", "image/frame_sha256"))
    return PlanPicture(name, patient or None, None, (sha256,) if sha256 else (), ())


def _text_of(example: Example, key: str) -> str:
    values = example.get(key) or [b""]
    return values[0].decode("utf-8", "replace") if isinstance(values[0], bytes) else ""
