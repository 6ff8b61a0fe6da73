"""Which split each picture of a plan goes to: what is settled stays, whole groups go together.

Every picture joins the things it shares with others (its patient, its study, its pixels) into one
group. A group that holds anything settled follows it. A picture that would bring two groups of
different splits together is left out and says so. What is free is shared out, stratified over labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from preprocessing.components import Components, Node
from preprocessing.splits import GroupLabels, assign_splits, explain_assignment

PATIENT, STUDY, PIXELS = "patient", "study", "pixels"
PICTURE = "picture"
"""A picture by its name, where nothing outside the folder remembers its pixels."""

JOINS_TWO_SPLITS = "joins_two_splits"
"""The picture shares something with two groups that lie in different splits."""

NEAR_DUPLICATE_ACROSS = "near_duplicate_across_splits"
"""The picture was confirmed to repeat one of another split."""


@dataclass(frozen=True, slots=True)
class PlanPicture:
    """One picture that wants a split.

    Attributes:
        name: unique among the pictures.
        patient_key: after merges; None when the patient is unknown: never one patient.
        study_key: None when it has no study.
        pixels: hashes of its frames' stored values.
        labels: class names.
        together: further things that must not be divided, such as a site.
        allowed: the splits that it may go to; None for all.
        place: pictures are taken in this order, then by name: the first one decides for its group.
    """

    name: str
    patient_key: str | None
    study_key: str | None
    pixels: tuple[str, ...]
    labels: tuple[str, ...]
    together: tuple[Node, ...] = ()
    allowed: frozenset[str] | None = None
    place: tuple[int, ...] = ()

    @property
    def nodes(self) -> list[Node]:
        """What it shares with others, or may come to share; the patient's first where known."""
        nodes: list[Node] = [] if self.patient_key is None else [(PATIENT, self.patient_key)]
        if self.study_key is not None:
            nodes.append((STUDY, self.study_key))
        nodes += [(PIXELS, sha256) for sha256 in self.pixels]
        return [*nodes, *self.together]


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What a plan came to.

    Attributes:
        splits: split by picture name.
        groups: group by picture name: its smallest patient key, or its smallest node's key.
        settled: split of every node of these pictures, to be held from now on.
        left_out: reason by picture name.
        patients_unknown: pictures with a split whose patient is not known.
        warnings: what a reader of the splits must know.
    """

    splits: dict[str, str]
    groups: dict[str, str]
    settled: dict[Node, str]
    left_out: dict[str, str]
    patients_unknown: int
    warnings: tuple[str, ...]


def assign_pictures(
    pictures: Iterable[PlanPicture],
    *,
    ratios: Mapping[str, float],
    seed: int,
    held: Mapping[Node, str] | None = None,
    near_duplicates: Iterable[tuple[str, str]] = (),
) -> PlanOutcome:
    """Give every picture a split, or the reason why it has none.

    The outcome does not depend on the order in which the pictures come, and nothing held moves.

    Args:
        pictures: each name once.
        ratios: split to its share.
        seed: which of the equally good assignments.
        held: what is settled.
        near_duplicates: pairs of pixel hashes that were confirmed to show the same.

    Raises:
        SplitError: there are fewer groups than splits.

    Example:
        >>> pictures = [PlanPicture(str(n), f"p{n}", None, (f"s{n}",), ("Hand",)) for n in range(10)]
        >>> outcome = assign_pictures(pictures, ratios={"train": 0.8, "test": 0.2}, seed=0)
        >>> grown = [*pictures, PlanPicture("new", "p3", None, ("x",), ("Hand",))]
        >>> later = assign_pictures(grown, ratios={"train": 0.8, "test": 0.2}, seed=0, held=outcome.settled)
        >>> later.splits["new"] == outcome.splits["3"] == later.splits["3"]
        True
    """
    held = held or {}
    components = Components(ratios, held=held)
    barred = _join_near_duplicates(components, near_duplicates)
    joined: list[PlanPicture] = []
    left_out: dict[str, str] = {}
    for picture in sorted(pictures, key=lambda picture: _order(picture, held)):
        if barred and not barred.isdisjoint(picture.pixels):
            left_out[picture.name] = NEAR_DUPLICATE_ACROSS
        elif components.join(picture.nodes, allowed=picture.allowed):
            joined.append(picture)
        else:
            left_out[picture.name] = JOINS_TWO_SPLITS
    return _share_out(components, joined, left_out, ratios=ratios, seed=seed)


def _order(picture: PlanPicture, held: Mapping[Node, str]) -> tuple[bool, tuple[int, ...], str]:
    """Settled pictures first: none of them is left out for the sake of one that came later."""
    is_settled = any(node in held for node in picture.nodes if node[0] in (PIXELS, PICTURE))
    return not is_settled, picture.place, picture.name


def _join_near_duplicates(components: Components, pairs: Iterable[tuple[str, str]]) -> set[str]:
    """Join confirmed pairs; return the hashes whose pictures must go, since both sides are settled."""
    barred = set()
    for first, second in sorted(pairs):
        if not components.join([(PIXELS, first), (PIXELS, second)]):
            barred.add(second)
    return barred


def _share_out(
    components: Components,
    pictures: Sequence[PlanPicture],
    left_out: dict[str, str],
    *,
    ratios: Mapping[str, float],
    seed: int,
) -> PlanOutcome:
    """Give every component a split."""
    roots = {picture.name: components.root(picture.nodes[0]) for picture in pictures}
    names = _name_groups(pictures, roots)
    groups = count_labels(pictures, {name: names[root] for name, root in roots.items()})
    everything = frozenset(ratios)
    allowed = {names[root]: components.allowed(root) for root in set(roots.values())}
    limited = {name: splits for name, splits in allowed.items() if splits != everything}
    assigned = assign_splits(groups, ratios=ratios, seed=seed, allowed=limited) if groups else {}
    of_picture = {name: names[root] for name, root in roots.items()}
    return PlanOutcome(
        splits={name: assigned[group] for name, group in of_picture.items()},
        groups=of_picture,
        settled={node: assigned[of_picture[picture.name]] for picture in pictures for node in picture.nodes},
        left_out=left_out,
        patients_unknown=sum(picture.patient_key is None for picture in pictures),
        warnings=tuple(explain_assignment(groups, assigned, ratios=ratios)) if groups else (),
    )


def _name_groups(pictures: Sequence[PlanPicture], roots: Mapping[str, Node]) -> dict[Node, str]:
    """Name each component by its smallest patient key, or its smallest key where no patient is known."""
    best: dict[Node, tuple[bool, str]] = {}
    for picture in pictures:
        root = roots[picture.name]
        for kind, key in picture.nodes:
            mine = (kind != PATIENT, key)
            if root not in best or mine < best[root]:
                best[root] = mine
    return {root: key for root, (_, key) in best.items()}


def count_labels(pictures: Iterable[PlanPicture], groups: Mapping[str, str]) -> list[GroupLabels]:
    """Return each group with its number of pictures and of pictures a label."""
    num_pictures: Counter[str] = Counter()
    labels: dict[str, Counter[str]] = {}
    for picture in pictures:
        group = groups[picture.name]
        num_pictures[group] += 1
        labels.setdefault(group, Counter()).update(picture.labels)
    return [GroupLabels(group, num_pictures[group], labels[group]) for group in sorted(num_pictures)]
