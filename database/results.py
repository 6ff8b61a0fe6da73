"""Storing what a batch of files came to: instances and rejected files together."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from database.batches import NewInstance, NewRejectedFile
from database.instances import store_instances
from database.sources import store_rejected


def store_results(
    session: Session, *, run_id: int, source_name: str, results: Sequence[NewInstance | NewRejectedFile]
) -> list[tuple[str, str]]:
    """Store files, each as what it came to.

    Args:
        session: in a transaction of `database.session.transaction`.
        run_id: from `begin_run`.
        source_name: the source that the files lie in.
        results: one a file.

    Returns:
        Disposition and reason code of each, in order; the code is blank where there is a picture.

    Raises:
        DatabaseError: see `store_instances`.
    """
    rejected = [result for result in results if isinstance(result, NewRejectedFile)]
    instances = [result for result in results if isinstance(result, NewInstance)]
    store_rejected(session, run_id=run_id, source_name=source_name, files=rejected)
    stored = store_instances(session, run_id=run_id, source_name=source_name, batch=instances)
    dispositions = iter(stored)
    return [
        (result.disposition, result.reason_code)
        if isinstance(result, NewRejectedFile)
        else (next(dispositions), "")
        for result in results
    ]
