"""The revisions as files."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import command
from alembic.script import ScriptDirectory

from database.migrating import alembic_config
from database.schema import IngestRun
from database.views import RESEARCH_VIEWS
from migrations.views_0001 import VIEWS


def test_revisions_are_numbered_without_a_gap() -> None:
    """0001, 0002, ...; the file's name begins with the number and says what happens."""
    script = ScriptDirectory.from_config(alembic_config())
    revisions = list(script.walk_revisions())[::-1]
    assert [revision.revision for revision in revisions] == [
        f"{number:04d}" for number in range(1, len(revisions) + 1)
    ]
    for revision in revisions:
        assert re.fullmatch(rf"{revision.revision}_[a-z0-9_]+", Path(revision.path).stem)


def test_a_revision_is_made_from_the_template(tmp_path: Path) -> None:
    """The template holds the rules and gives a module that compiles."""
    config = alembic_config()
    config.set_main_option("version_locations", str(tmp_path))
    command.revision(config, "Add a column", rev_id="9999")
    text = next(tmp_path.glob("9999_*.py")).read_text()
    compile(text, "revision", "exec")
    assert "Rules of a revision" in text


def test_the_first_revision_makes_the_views_for_people() -> None:
    """Each of them, without a subquery, and no name that a table has."""
    assert VIEWS.keys() == RESEARCH_VIEWS.keys()
    assert not VIEWS.keys() & IngestRun.metadata.tables.keys()
    assert all("(SELECT" not in select.replace("\n", "") for select in VIEWS.values())
