"""Plans as they stand: how each divides, and what it has settled."""

from __future__ import annotations

from collections import Counter
from typing import Any

from database.session import Database
from database.split_plans import get_plan, held_nodes, list_plans
from foundation.contracts import Report
from preprocessing.split_scheme import PlanScheme


class ShownPlan(Report):
    """One plan.

    Attributes:
        scheme: how it divides.
        num_nodes: patients, studies and pictures with a split, in the first repeat.
        settled: by split, how many of each kind.
    """

    name: str
    plan_uuid: str
    scheme: dict[str, Any]
    num_nodes: int
    settled: dict[str, dict[str, int]]


class PlansReport(Report):
    """The plans that were asked for."""

    plans: tuple[ShownPlan, ...]


def show_plans(database: Database, name: str | None = None) -> PlansReport:
    """Return one plan, or all of them by name.

    Raises:
        QueryError: there is no plan of that name.
    """
    with database.session() as session:
        records = list_plans(session) if name is None else [get_plan(session, name)]
        shown = []
        for record in records:
            counts = Counter((split, kind) for (kind, _), split in held_nodes(session, record.id).items())
            kinds = sorted({kind for _, kind in counts})
            splits = PlanScheme.model_validate(record.scheme).ratios_for(1)
            shown.append(
                ShownPlan(
                    name=record.name,
                    plan_uuid=record.plan_uuid,
                    scheme=dict(record.scheme),
                    num_nodes=record.num_nodes,
                    settled={split: {kind: counts[split, kind] for kind in kinds} for split in splits},
                )
            )
    return PlansReport(plans=tuple(shown))
