"""${message}.

Rules of a revision:
- The id is the next number in four digits; then raise `database.schema.SCHEMA_REVISION`.
- Literal operations only, every constraint named by `op.f(...)`: the revision must mean the same
  when the schema has long moved on.
- Each step can be run again: MySQL commits each statement at once, so a killed upgrade starts this
  file anew. Use `if_not_exists=True` and `migrations.steps`.
- No row leaves a column without a copy of it: downgrade brings the old schema back.
- Tested on SQLite and MariaDB: base to head, no difference, head to base, cut and run again.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """${message}."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Undo it."""
    ${downgrades if downgrades else "pass"}
