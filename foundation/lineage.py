"""Lineage: every product says what it is, what it was made from and how."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from foundation.errors import DicomillError
from foundation.files import write_file
from foundation.versions import installed_versions

LINEAGE_FILE = "lineage.json"

ProductKind = Literal["export", "transformed", "records", "artifact", "predictions", "report"]


class Lineage(BaseModel):
    """One product: its identity, its parents and the config that made it.

    Attributes:
        product_uuid: this product's own, new at each making.
        kind: what the folder holds.
        parents: `product_uuid` of each product it was made from; a cohort's uuid counts as one.
        config: the door's config as plain values, without paths of the machine it ran on.
        fingerprint: SHA-256 over the content, equal for equal products.
        versions: of Python and the libraries.
        created_at: UTC.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_uuid: str = Field(default_factory=lambda: str(uuid.uuid4()))
    kind: ProductKind
    parents: tuple[str, ...] = ()
    config: dict[str, Any] = Field(default_factory=dict)
    fingerprint: str
    versions: dict[str, str] = Field(default_factory=installed_versions)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


def lineage_path(product: Path) -> Path:
    """Return where the lineage of a product stands: in a folder, beside a file.

    Example:
        >>> lineage_path(Path("chest.tsv")).name
        'chest.tsv.lineage.json'
    """
    return product / LINEAGE_FILE if product.is_dir() else product.with_name(f"{product.name}.{LINEAGE_FILE}")


def write_lineage(product: Path, lineage: Lineage) -> None:
    """Write the lineage of a product folder or file."""
    write_file(lineage_path(product), lineage.model_dump_json(indent=2) + "\n")


def read_lineage(product: Path) -> Lineage | None:
    """Return the lineage of a product; None when it has none (a folder that a user made by hand).

    Args:
        product: a folder, or a file such as that of predictions.

    Raises:
        DicomillError: there is a file of that name, but it is not a lineage.
    """
    path = lineage_path(product)
    if not path.is_file():
        return None
    try:
        return Lineage.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, ValidationError) as error:
        raise DicomillError(
            f"{path} cannot be read as a lineage file: it is cut or was changed by hand. "
            "Make the product again."
        ) from error
