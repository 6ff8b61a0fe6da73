"""The door `withdraw`: a patient leaves with pictures, rows and readings; what still holds them is told."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from database.erasing import Erasure, erase_freed_bytes
from database.opening import require_key
from database.product_tree import Descendant, descendants_of, predictions_on, products_of
from database.pseudonym_keys import ensure_key
from database.session import Database, transaction
from database.withdrawals import (
    PatientFamily,
    cohorts_of_instances,
    count_held,
    instances_of_patients,
    lay_tombstones,
)
from database.withdrawing import delete_family
from foundation.contracts import Config, Report
from foundation.errors import IngestError
from foundation.progress import Progress, SilentProgress
from imaging.pseudonyms import Pseudonymiser
from ingest.named_patients import find_named_patients, read_names

_HOLDS: Mapping[str, str] = MappingProxyType(
    {
        "artifact": "a model that was trained on their pictures",
        "export": "their pictures",
        "predictions": "results on their pictures, or of a model that was trained on them",
        "records": "their pictures",
        "report": "figures that their pictures went into",
        "transformed": "their pictures",
    }
)
"""Kind of product to what of a patient it holds."""


class WithdrawConfig(Config):
    """Who withdraws.

    Attributes:
        patients: original patient ids, hashed in memory, or patient keys of the database.
        from_file: a text file with one more of them a line.
        issuer: (0010,0021) of the ids, where the files name one.
        source: the source whose name stands in for a blank issuer; every known one is tried when
            neither is given.
        dry_run: say what would be deleted, and change nothing.
        compact: write an SQLite file anew afterwards, so that the deleted bytes are gone from it.
    """

    patients: tuple[str, ...] = Field(default=(), repr=False)
    from_file: Path | None = None
    issuer: Annotated[str, Field(max_length=64)] | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    dry_run: bool = False
    compact: bool = True


class HoldingProduct(Report):
    """One product that withdrawal does not reach.

    Attributes:
        holds: what of the patients it holds.
    """

    product_uuid: str
    kind: str
    created_at: str
    holds: str


class WithdrawReport(Report):
    """What was deleted, or with `dry_run` what would be.

    Attributes:
        num_patients: known ones, merged ones counted once.
        num_unknown: ids that no row knows, blocked nevertheless.
        num_blocked: keys that were not blocked before.
        patient_keys: pseudonyms under which products still name them, to find their rows in a manifest.
        counts: rows by kind.
        cohorts: whose members they were.
        products: those that still hold them, in the order in which they were made.
        is_erased: whether nothing of them is left in the database's own files; None when not tried.
        erasure: what was done about that, or what cannot be promised.
        seconds: the run took.
    """

    dry_run: bool
    num_patients: int
    num_unknown: int
    num_blocked: int
    patient_keys: list[str]
    counts: dict[str, int]
    cohorts: list[str]
    products: list[HoldingProduct]
    is_erased: bool | None
    erasure: str
    seconds: float


def withdraw(
    config: WithdrawConfig,
    *,
    database: Database | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> WithdrawReport:
    """Delete patients with all that is theirs, block their files, and list what still holds them.

    A run that was cut short is done again by the same call: the block is laid first, the patient's own
    row goes last.

    Args:
        config: who.
        database: open, with its key.
        executor: not used: deleting is the database's work.
        progress: told of each piece of instances.

    Raises:
        ConfigError: nobody is named, an id is blank, or one is known in several sources.
        IngestError: no row knows a patient, and it was not said whose ids they are.
        KeyFileError: no key.
        DatabaseError: rows could not be deleted; the same call again goes on.
    """
    del executor
    if database is None:
        raise IngestError("withdraw deletes rows: give it an open database.")
    started = time.perf_counter()
    pseudonymiser = Pseudonymiser(require_key(database))
    named = find_named_patients(
        database,
        read_names(config.patients, config.from_file),
        pseudonymiser,
        issuer=config.issuer,
        source=config.source,
    )
    counts = _count(database, named.families)
    cohorts, products = _find_holders(database, named.families)
    keys = sorted({key for family in named.families for key in family.patient_keys})
    num_blocked, erasure = 0, None
    if not config.dry_run:
        num_blocked = _block(database, pseudonymiser, [*keys, *named.absent_keys])
        _delete(database, named.families, pseudonymiser, progress or SilentProgress())
        erasure = erase_freed_bytes(database) if config.compact else None
    return WithdrawReport(
        dry_run=config.dry_run,
        num_patients=len(named.families),
        num_unknown=len(named.absent_keys),
        num_blocked=num_blocked,
        patient_keys=keys,
        counts=counts,
        cohorts=cohorts,
        products=products,
        is_erased=None if erasure is None else erasure.is_complete,
        erasure=_told(erasure, config),
        seconds=time.perf_counter() - started,
    )


def _count(database: Database, families: Sequence[PatientFamily]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    with database.session() as session:
        for family in families:
            held = asdict(count_held(session, family))
            totals.update({name.removeprefix("num_"): number for name, number in held.items()})
    return dict(totals)


def _find_holders(
    database: Database, families: Sequence[PatientFamily]
) -> tuple[list[str], list[HoldingProduct]]:
    """Return the cohorts with members of the patients, and the products that lineage leads to."""
    with database.session() as session:
        ids = [one for family in families for one in instances_of_patients(session, family.patient_ids)]
        cohorts = cohorts_of_instances(session, ids)
        direct = predictions_on(session, ids)
        found = [*products_of(session, direct), *descendants_of(session, [*cohorts, *direct])]
    ordered = sorted(found, key=lambda one: (one.created_at, one.product_uuid))
    return sorted(cohorts.values()), [_holding(one) for one in dict.fromkeys(ordered)]


def _holding(product: Descendant) -> HoldingProduct:
    return HoldingProduct(
        product_uuid=product.product_uuid,
        kind=product.kind,
        created_at=product.created_at.isoformat(timespec="seconds"),
        holds=_HOLDS.get(product.kind, "what was made from them"),
    )


def _block(database: Database, pseudonymiser: Pseudonymiser, keys: Sequence[str]) -> int:
    """Lay the tombstones, in a transaction of their own: from its end on nothing new comes in."""
    key = require_key(database)
    transaction(database, lambda session: ensure_key(session, key))
    tombstones = [pseudonymiser.tombstone_key(each) for each in keys]
    return transaction(database, lambda session: lay_tombstones(session, tombstones))


def _delete(
    database: Database,
    families: Sequence[PatientFamily],
    pseudonymiser: Pseudonymiser,
    progress: Progress,
) -> None:
    progress.begin("withdraw")
    for family in families:
        tombstone = pseudonymiser.tombstone_key(family.patient_keys[0])
        delete_family(database, family, tombstone_key=tombstone, advance=progress.advance)
    progress.end()


def _told(erasure: Erasure | None, config: WithdrawConfig) -> str:
    if erasure is not None:
        return erasure.detail
    return "" if config.dry_run else "The database's file was not written anew, as was asked."
