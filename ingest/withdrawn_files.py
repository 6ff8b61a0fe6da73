"""Files of patients who withdrew: they are read, and refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from database.batches import NewInstance, NewRejectedFile
from imaging.pseudonyms import Pseudonymiser

WITHDRAWN = "withdrawn"
"""The reason code of such a file."""


def refuse_withdrawn(
    read: Sequence[NewInstance | NewRejectedFile],
    pseudonymiser: Pseudonymiser,
    find_laid: Callable[[Iterable[str]], set[str]],
) -> list[NewInstance | NewRejectedFile]:
    """Return what was read, with a rejected file in the place of each of a withdrawn patient.

    Args:
        read: files of one batch.
        pseudonymiser: with the key of the database.
        find_laid: `database.withdrawals.withdrawn_among` in the transaction that stores: until it ends,
            no other patient can withdraw.
    """
    keys = {one.patient_key for one in read if isinstance(one, NewInstance) and one.patient_key}
    tombstones = {key: pseudonymiser.tombstone_key(key) for key in keys}
    laid = find_laid(tombstones.values())
    withdrawn = {key for key, tombstone in tombstones.items() if tombstone in laid}
    return [
        _refused(one) if isinstance(one, NewInstance) and one.patient_key in withdrawn else one
        for one in read
    ]


def _refused(instance: NewInstance) -> NewRejectedFile:
    return NewRejectedFile(
        path_key=instance.path_key,
        file_sha256=instance.file_sha256,
        num_bytes=instance.num_bytes,
        disposition="rejected",
        reason_code=WITHDRAWN,
        detail="Its patient withdrew: nothing of this patient is stored again.",
    )
