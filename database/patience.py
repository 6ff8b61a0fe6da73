"""Waiting for a database that is gone: for a while, with a word, and then no longer."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from database.session import Database, transaction
from foundation.errors import DatabaseUnavailableError

Result = TypeVar("Result")

TRIES_THOUGH_IT_ANSWERS = 3
"""Of one piece of work: a server that drops one statement again and again is not down."""

_ASK_EVERY_SECONDS = 1.0


class Patience:
    """How long one run waits for its database, each time that it is gone.

    Args:
        database: the open database.
        seconds: at most, each time.
        tell: told in one line when waiting begins and ends.
        is_stopped: asked while waiting; when true there is no more waiting.
        sleep: waits some seconds.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        database: Database,
        *,
        seconds: float,
        tell: Callable[[str], None],
        is_stopped: Callable[[], bool] = lambda: False,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database, self._seconds = database, seconds
        self._tell, self._is_stopped, self._sleep, self._clock = tell, is_stopped, sleep, clock

    def may_retry(self, error: BaseException, retries: int) -> bool:
        """Wait for the database when an error says that it is gone; tell whether to try again.

        Args:
            error: of the work that failed.
            retries: how often that very work was tried again before.
        """
        if not isinstance(error, DatabaseUnavailableError) or self._is_stopped():
            return False
        if self._answers():
            return retries < TRIES_THOUGH_IT_ANSWERS
        if self._seconds <= 0:
            return False
        self._tell(f"The database does not answer. Waiting for it, up to {self._seconds:,.0f} seconds.")
        end = self._clock() + self._seconds
        while self._clock() < end and not self._is_stopped():
            self._sleep(min(_ASK_EVERY_SECONDS, self._seconds))
            if self._answers():
                self._tell("The database answers again; going on.")
                return True
        return False

    def transaction(self, work: Callable[[Session], Result]) -> Result:
        """Run a transaction, waiting where the database is gone.

        Raises:
            DatabaseUnavailableError: it did not come back.
            DatabaseError: see `database.session.transaction`.
        """
        for retries in itertools.count():
            try:
                return transaction(self._database, work)
            except DatabaseUnavailableError as error:
                if not self.may_retry(error, retries):
                    raise
        raise DatabaseUnavailableError("A transaction needs at least one try.")

    def _answers(self) -> bool:
        try:
            with self._database.session() as session:
                session.execute(text("SELECT 1")).scalar_one()
        except DatabaseUnavailableError:
            return False
        return True
