"""What the database kept of an instance's header, as plain values by name, dates on one calendar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from database.bulk import chunks
from database.instance_rows import read_instance, select_instances
from database.schema import Instance

_SHIFTED = "_shifted"

# Beside those that every `InstanceRow` has.
_FURTHER = (
    Instance.sop_class_uid,
    Instance.modality_rule,
    Instance.view_position_rule,
    Instance.image_laterality_rule,
    Instance.patient_sex,
    Instance.patient_age_years,
    Instance.study_year,
    Instance.manufacturer,
    Instance.manufacturer_model_name,
    Instance.site_code,
    Instance.pixel_spacing_mm,
)
# Of the file's way here, of the rows, or of rendering rather than of the picture.
_LEFT_OUT = frozenset(
    {"instance_id", "status", "merged_shift_days", "decoder", "rendering", "stored_values_sha256"}
)


def kept_attributes(session: Session, instance_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the kept attributes of instances by row id: columns first, then the further ones.

    What is blank is left out. Shifted dates lie on the calendar of the patient that merge lists lead to.
    The identifiers of the profile `identified` are no attributes: they stay in their own table.

    Args:
        session: for reading.
        instance_ids: row ids, of any version.
    """
    found = {}
    for some in chunks(set(instance_ids)):
        query = select_instances().add_columns(*_FURTHER, Instance.attributes).where(Instance.id.in_(some))
        for row in session.execute(query).mappings():
            values = read_instance(row)
            further, days = values.pop("attributes"), values["merged_shift_days"]
            columns = _plain({name: value for name, value in values.items() if name not in _LEFT_OUT})
            # A column keeps its place and its value, whatever the further ones are called.
            named = {**columns, **_moved(further, days), **columns}
            found[values["instance_id"]] = {name: value for name, value in named.items() if value is not None}
    return found


def _moved(attributes: Mapping[str, Any], days: int) -> dict[str, Any]:
    """Return attributes with their shifted dates moved to the merged patient's calendar.

    Example:
        >>> _moved({"series_date_shifted": "2024-02-28", "kvp": 120}, 2)
        {'series_date_shifted': '2024-03-01', 'kvp': 120}
    """
    return {
        name: _move(value, days) if name.endswith(_SHIFTED) else value for name, value in attributes.items()
    }


def _move(value: Any, days: int) -> Any:
    if not days or not isinstance(value, str):
        return value
    try:
        return (dt.date.fromisoformat(value) + dt.timedelta(days=days)).isoformat()
    except (OverflowError, ValueError):
        return None


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()
    }
