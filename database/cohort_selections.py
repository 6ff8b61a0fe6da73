"""What a cohort is asked to hold: the selection that is frozen with it and can be run again."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from database.label_policies import LabelPolicy, parse_policy
from database.labels import BODY_PART_TASK
from foundation.contracts import Config

Unit = Literal["image", "study", "patient"]
OnePer = Literal["patient", "study", "series"]
Pick = Literal["first", "last", "middle", "random"]
Kept = Literal["risk", "duplicates"]

_LONGEST_NAME = 64


class InclusionStep(Config):
    """One named condition on the view `image`.

    Example:
        >>> InclusionStep.model_validate("frontal: view_position IN ('PA', 'AP')").where
        "view_position IN ('PA', 'AP')"
    """

    name: str = Field(min_length=1, max_length=_LONGEST_NAME)
    where: str = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        name, colon, where = value.partition(":")
        if not colon or not name.strip() or not where.strip():
            raise ValueError("a step is NAME: CONDITION, such as \"frontal: view_position = 'PA'\"")
        return {"name": name.strip(), "where": where.strip()}

    def __str__(self) -> str:
        """Return the text that it is read from."""
        return f"{self.name}: {self.where}"


class CohortSelection(Config):
    """Which pictures a cohort takes, and which labels.

    A picture is a member when it fulfils every condition; which of several are taken then, and what they
    are labelled as, is decided for whole units.

    Attributes:
        name: at most 64 characters; under a known name the next version is made.
        task: whose labels are taken; for `body_part` the header answers where no reading does.
        body_parts: only pictures with one of these (readings first, then the header).
        modalities: only pictures of these; likewise `view_positions`, `sexes` and `years` (of the study).
        min_age: in years; a picture of unknown age is left out. Likewise `max_age`.
        where: a condition over the view `image`.
        sql: a SELECT over the research views whose column `id` (or only column) names pictures.
        steps: further conditions, each counted, in this order.
        label_policy: how readings are resolved, as `database.label_policies.parse_policy` takes it.
        multi_label: a picture may have several classes; with the policy `multiple` it always may.
        label_map: class that readings name to the class that members get (see `database.label_maps`).
        label_map_name: of a ready map.
        unit: what has one answer: a picture, or all pictures of a study or a patient together.
        one_per: one picture of each of these only.
        pick: which one: by shifted study date and instance number, or by a keyed hash.
        seed: of `random`.
        keep: what is left out otherwise: pictures at risk of burned-in text, repeats of identical pixels.
        seconds: how long each query may take.
    """

    name: str = Field(min_length=1, max_length=_LONGEST_NAME)
    task: str = Field(default=BODY_PART_TASK, min_length=1, max_length=_LONGEST_NAME)
    body_parts: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    view_positions: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    min_age: float | None = Field(default=None, ge=0)
    max_age: float | None = Field(default=None, ge=0)
    where: str | None = None
    sql: str | None = None
    steps: tuple[InclusionStep, ...] = ()
    label_policy: str = "single"
    multi_label: bool = False
    label_map: dict[str, str] | None = None
    label_map_name: str | None = None
    unit: Unit = "image"
    one_per: OnePer | None = None
    pick: Pick = "first"
    seed: int = 0
    keep: tuple[Kept, ...] = ()
    seconds: float = Field(default=30, gt=0)

    @field_validator("steps")
    @classmethod
    def _names_differ(cls, steps: tuple[InclusionStep, ...]) -> tuple[InclusionStep, ...]:
        if len({step.name for step in steps}) < len(steps):
            raise ValueError("two steps have one name; each is counted under its own")
        return steps

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.where is not None and self.sql is not None:
            raise ValueError("Give a condition (where) or a query (sql), not both.")
        if self.one_per is None and self.model_fields_set & {"pick", "seed"} and not self._is_plain_pick:
            raise ValueError("pick and seed say which picture of several is taken: say of what (one_per).")
        return self

    @property
    def _is_plain_pick(self) -> bool:
        return (self.pick, self.seed) == ("first", 0)

    @property
    def policy(self) -> LabelPolicy:
        """The label policy with its parameters."""
        return parse_policy(self.label_policy, multi_label=self.multi_label)
