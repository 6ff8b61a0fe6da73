"""Write docs/tables.md, the data dictionary, from the schema: `python docs/make_tables.py [--check]`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from sqlalchemy import Table

from database.schema import Base
from database.views import RESEARCH_VIEWS

TARGET = Path(__file__).with_name("tables.md")
_TITLE = """# Tables and views

Made by `make docs` from `database/schema.py` and the migrations; do not edit.

Your own SQL (`dicomill db query`, `--where`, `--sql`) sees the views. A column named by a DICOM keyword
in snake case holds what the keyword says, cleaned; UIDs, patient keys and accession keys are pseudonyms.
"""
VIEWS = {
    "image": "One row a picture: the current version of each instance, without its pixels.",
    "image_label": "One row a reading: the newest of each reader, for each picture that it is about.",
    "image_pixels": "One row a frame: its stored values as a PNG.",
}


def tables_page() -> str:
    """Return the page."""
    sections = [_TITLE, "## Views\n"]
    for name, columns in RESEARCH_VIEWS.items():
        sections.append(f"### {name}\n\n{VIEWS[name]}\n\n{', '.join(f'`{column}`' for column in columns)}\n")
    sections.append("## Tables\n")
    mappers = sorted(Base.registry.mappers, key=lambda mapper: str(mapper.local_table))
    for mapper in mappers:
        table = mapper.local_table
        if isinstance(table, Table):
            sections.append(_table_section(table, inspect.getdoc(mapper.class_) or ""))
    return "\n".join(sections)


def _table_section(table: Table, description: str) -> str:
    lines = [
        f"### {table.name}\n",
        description,
        "",
        "| column | type | may be empty | points to |",
        "|---|---|---|---|",
    ]
    for column in table.columns:
        target = ", ".join(str(key.column) for key in column.foreign_keys)
        kind = str(column.type).split(" COLLATE", maxsplit=1)[0]
        lines.append(f"| `{column.name}` | {kind} | {'yes' if column.nullable else ''} | {target} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the page, or with --check say whether it is current."""
    content = tables_page()
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == content else "docs/tables.md is old")
    TARGET.write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()
