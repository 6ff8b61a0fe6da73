"""Write docs/tables.md, the data dictionary, from the schema: `python docs/make_tables.py [--check]`."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from sqlalchemy import Table

from database.product_tables import Product
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

_WALKS = """## From a prediction back to files

Every step is a join. The file that was predicted (`:prediction` is the row's id):

```sql
SELECT source.source_name, source.path_key, source.file_sha256
FROM prediction
JOIN source ON source.instance_id = prediction.instance_id
WHERE prediction.id = :prediction
ORDER BY source.source_name, source.path_key, source.file_sha256
```

The files that its model was made from: from the artifact over its parents (records, folders, export) to the
cohort and its members:

```sql
WITH RECURSIVE ancestor (product_uuid) AS (
  SELECT artifact_uuid FROM prediction WHERE id = :prediction
  UNION
  SELECT product_parent.parent_uuid
  FROM product_parent
  JOIN ancestor ON ancestor.product_uuid = product_parent.product_uuid
)
SELECT DISTINCT source.source_name, source.path_key, source.file_sha256
FROM ancestor
JOIN cohort ON cohort.cohort_uuid = ancestor.product_uuid
JOIN cohort_member ON cohort_member.cohort_id = cohort.id
JOIN source ON source.instance_id = cohort_member.instance_id
ORDER BY source.source_name, source.path_key, source.file_sha256
```

Each product must be known: `dicomill run` registers those that it makes, `dicomill db register` the others.
"""


def tables_page() -> str:
    """Return the page."""
    sections = [_TITLE, "## Views\n"]
    for name, columns in RESEARCH_VIEWS.items():
        sections.append(f"### {name}\n\n{VIEWS[name]}\n\n{', '.join(f'`{column}`' for column in columns)}\n")
    sections.append("## Tables\n")
    mappers = sorted(Product.registry.mappers, key=lambda mapper: str(mapper.local_table))
    for mapper in mappers:
        table = mapper.local_table
        if isinstance(table, Table):
            sections.append(_table_section(table, inspect.getdoc(mapper.class_) or ""))
    sections.append(_WALKS)
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
