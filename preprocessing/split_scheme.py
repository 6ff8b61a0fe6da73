"""How a plan divides: the splits with their shares, given parts, folds, and what stays whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import Field, model_validator

from foundation.contracts import Config
from foundation.errors import SplitError
from preprocessing.splits import SplitScheme, resolve_ratios

WHOLE_COLUMNS = ("manufacturer", "manufacturer_model_name", "site_code", "study_year")
"""Columns of the view `image` whose values a plan can keep whole."""

_FEWEST_FOLDS = 2


class PlanScheme(Config):
    """How the pictures of a plan are divided; kept with the plan and equal for all its pictures.

    Attributes:
        split: "tt_split" (train, test) or "tvt_split" (train, validation, test); not with folds.
        ratios: one share a split in that order; None for .9/.1 and .8/.1/.1.
        counts: pictures wanted in each split but train, which takes the rest; instead of ratios.
        folds: divide into so many parts of equal size, each the test set once.
        repeats: so many divisions into folds, each with a seed of its own.
        assign: for a split, the condition on the view `image` that its pictures fulfil; pictures that
            fulfil none are shared out among the splits without a condition.
        lists: for a split, its pictures by name; the folder's way to say what `assign` says in SQL.
        together: columns whose values must not be divided, such as a site.
        seed: which of the equally good assignments.

    Raises:
        SplitError: what was asked for contradicts itself.
    """

    split: SplitScheme = "tvt_split"
    ratios: tuple[float, ...] | None = None
    counts: tuple[int, ...] | None = None
    folds: int | None = Field(default=None, ge=_FEWEST_FOLDS, le=100)
    repeats: int = Field(default=1, ge=1, le=100)
    assign: dict[str, str] = Field(default_factory=dict)
    lists: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    together: tuple[str, ...] = ()
    seed: int = 0

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        _check_folds(self)
        _check_shares(self)
        named = {*self.assign, *self.lists}
        known = self.ratios_for(1).keys()
        if not named <= known:
            unknown = ", ".join(sorted(named - known))
            raise SplitError(f"{self.split} has the splits {', '.join(known)}. Received: {unknown}.")
        if named == known:
            raise SplitError(
                "Every split has a condition, so nothing could go anywhere else. Leave one without: it takes "
                "the pictures that fulfil none."
            )
        strange = sorted(set(self.together) - set(WHOLE_COLUMNS))
        if strange:
            raise SplitError(
                f"A plan can keep {', '.join(WHOLE_COLUMNS)} whole. Received: {', '.join(strange)}."
            )
        return self

    @property
    def fold_names(self) -> tuple[str, ...]:
        """The folds by name, `fold-1` first; none without folds."""
        return tuple(f"fold-{number}" for number in range(1, (self.folds or 0) + 1))

    def ratios_for(self, num_pictures: int) -> dict[str, float]:
        """Return each split's share of so many pictures.

        Raises:
            SplitError: there are fewer pictures than counts ask for.

        Example:
            >>> PlanScheme(split="tt_split", counts=(25,)).ratios_for(100)
            {'train': 0.75, 'test': 0.25}
            >>> PlanScheme(folds=2).ratios_for(9)
            {'fold-1': 0.5, 'fold-2': 0.5}
        """
        if self.folds:
            return dict.fromkeys(self.fold_names, 1 / self.folds)
        ratios = resolve_ratios(self.split, self.ratios)
        if self.counts is None or num_pictures == 1:
            return ratios
        _, *others = ratios
        rest = num_pictures - sum(self.counts)
        if rest < 1:
            raise SplitError(
                f"{sum(self.counts)} pictures are wanted in {' and '.join(others)}, which leaves none for "
                f"train. Received: {num_pictures} pictures."
            )
        return {
            "train": rest / num_pictures,
            **{split: count / num_pictures for split, count in zip(others, self.counts, strict=True)},
        }

    def seed_of(self, repeat_number: int) -> int:
        """Return the seed of a repeat; the first one has the plan's own."""
        return self.seed + 7919 * (repeat_number - 1)

    def differences(self, other: Mapping[str, Any], *, asked: set[str]) -> list[str]:
        """Return the fields, of those asked for, in which a stored scheme differs."""
        mine = self.model_dump(mode="json")
        return sorted(name for name in asked & mine.keys() if mine[name] != other.get(name))


def _check_folds(scheme: PlanScheme) -> None:
    if scheme.repeats > 1 and not scheme.folds:
        raise SplitError("Only folds can be repeated. Name their number, too (folds).")
    if scheme.folds and (scheme.ratios or scheme.counts or scheme.assign or scheme.lists):
        raise SplitError("Folds are of equal size and take no ratios, counts, conditions or lists.")


def _check_shares(scheme: PlanScheme) -> None:
    if scheme.split == "None" and not scheme.folds:
        raise SplitError('A plan divides: "None" makes no splits. Choose tt_split, tvt_split or folds.')
    if scheme.ratios is not None and scheme.counts is not None:
        raise SplitError("Give shares (ratios) or numbers of pictures (counts), not both.")
    num_splits = len(resolve_ratios(scheme.split, scheme.ratios))
    if scheme.counts is None:
        return
    if len(scheme.counts) != num_splits - 1 or not all(count > 0 for count in scheme.counts):
        raise SplitError(
            f"{scheme.split} takes {num_splits - 1} count(s) above 0: of each split but train, which takes "
            f"the rest. Received: {', '.join(str(count) for count in scheme.counts)}."
        )


def fold_roles(folds: int, fold: int) -> dict[str, str]:
    """Return the split that each fold plays when one of them is the test set.

    The next one is the validation set, where there are three or more.

    Raises:
        SplitError: there is no such fold.

    Example:
        >>> fold_roles(3, 3)
        {'fold-1': 'validation', 'fold-2': 'train', 'fold-3': 'test'}
    """
    if not 1 <= fold <= folds:
        raise SplitError(f"The plan has the folds 1 to {folds}. Received: {fold}.")
    roles = {f"fold-{number}": "train" for number in range(1, folds + 1)}
    if folds > _FEWEST_FOLDS:
        roles[f"fold-{fold % folds + 1}"] = "validation"
    return {**roles, f"fold-{fold}": "test"}
