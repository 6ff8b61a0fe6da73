"""Splits beside two peers, each on its own ground, and the 112,120 rows of the NIH table.

`iterative-stratification` divides several labels without groups, scikit-learn's StratifiedGroupKFold
one label with groups. The measure is the largest distance of any label's share in a fold from the
share asked for, in points, and its mean; smaller is better. Run it from the repository root:
`python benchmarks/bench_splits.py`. Labels and patients are drawn by seed; the table of the NIH is read
where the folder named by DICOMILL_CORPUS has it.
"""

from __future__ import annotations

import csv
import gzip
import os
import random
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold

from preprocessing.plan_assignment import PlanPicture, assign_pictures

FOLDS = 5
SEEDS = range(5)
NAMES = ["common", "usual", "some", "seldom", "rare", "rarest"]
WEIGHTS = [60, 25, 12, 5, 2, 0.5]


def imbalance(
    labels: Sequence[Sequence[str]], folds: Sequence[str], shares: Mapping[str, float]
) -> tuple[float, float]:
    """Return the largest and the mean distance of a share from the one asked for, in points."""
    total: Counter[str] = Counter(label for own in labels for label in own)
    held: dict[tuple[str, str], int] = defaultdict(int)
    for own, fold in zip(labels, folds, strict=True):
        for label in own:
            held[label, fold] += 1
    distances = [
        100 * abs(held[label, fold] / count - share)
        for label, count in total.items()
        for fold, share in shares.items()
    ]
    return max(distances), float(np.mean(distances))


def ours(labels: Sequence[Sequence[str]], patients: Sequence[str | None], seed: int) -> list[str]:
    """Return our fold of each picture."""
    pictures = [
        PlanPicture(str(n), patient, None, (str(n),), tuple(own))
        for n, (own, patient) in enumerate(zip(labels, patients, strict=True))
    ]
    outcome = assign_pictures(pictures, ratios=shares(), seed=seed)
    return [outcome.splits[str(n)] for n in range(len(pictures))]


def shares() -> dict[str, float]:
    """Return equal folds."""
    return {f"fold-{n}": 1 / FOLDS for n in range(FOLDS)}


def draw(
    seed: int, *, several: bool, groups: bool, count: int = 4000
) -> tuple[list[list[str]], list[str | None]]:
    """Return labels and patients."""
    generator = random.Random(seed)
    labels, patients, number = [], [], 0
    while len(labels) < count:
        number += 1
        own_class = generator.choices(NAMES, WEIGHTS)[0]
        for _ in range(generator.choice([1, 1, 2, 3, 8]) if groups else 1):
            extra = (
                set(generator.choices(NAMES, WEIGHTS, k=generator.choice([0, 1, 2]))) if several else set()
            )
            labels.append(sorted({own_class} | extra))
            patients.append(f"patient{number}" if groups else None)
    return labels, patients


def print_labels_without_groups() -> None:
    """Print our folds beside those of iterative-stratification."""
    try:
        from iterstrat.ml_stratifiers import MultilabelStratifiedKFold
    except ImportError:
        print("several labels, no groups: not compared, since iterative-stratification is not installed")
        return
    rows = []
    for seed in SEEDS:
        labels, patients = draw(seed, several=True, groups=False)
        table = np.array([[name in own for name in NAMES] for own in labels], int)
        start = time.perf_counter()
        theirs = [""] * len(labels)
        folds = MultilabelStratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(table, table)
        for number, (_, test) in enumerate(folds):
            for index in test:
                theirs[index] = f"fold-{number}"
        middle = time.perf_counter()
        mine = ours(labels, patients, seed)
        rows.append(
            (
                imbalance(labels, mine, shares()),
                imbalance(labels, theirs, shares()),
                time.perf_counter() - middle,
                middle - start,
            )
        )
    print_rows("several labels, no groups", "iterative-stratification", rows)


def print_groups_with_one_label() -> None:
    """Print our folds beside those of StratifiedGroupKFold."""
    rows = []
    for seed in SEEDS:
        labels, patients = draw(seed, several=False, groups=True)
        first = [own[0] for own in labels]
        start = time.perf_counter()
        theirs = [""] * len(labels)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed).split(first, first, patients)
            for number, (_, test) in enumerate(folds):
                for index in test:
                    theirs[index] = f"fold-{number}"
        middle = time.perf_counter()
        mine = ours(labels, patients, seed)
        rows.append(
            (
                imbalance(labels, mine, shares()),
                imbalance(labels, theirs, shares()),
                time.perf_counter() - middle,
                middle - start,
            )
        )
    print_rows("one label, groups", "StratifiedGroupKFold", rows)


def print_rows(
    title: str, peer: str, rows: Sequence[tuple[tuple[float, float], tuple[float, float], float, float]]
) -> None:
    """Print the means over the seeds."""
    (largest, mean), (their_largest, their_mean) = (
        np.mean([row[side] for row in rows], axis=0) for side in (0, 1)
    )
    seconds, their_seconds = (float(np.mean([row[side] for row in rows])) for side in (2, 3))
    print(f"{title} ({len(rows)} draws, {FOLDS} folds): points off the share, largest and mean")
    print(f"    ours {largest:.3f} {mean:.3f} in {seconds:.2f} s")
    print(f"    {peer} {their_largest:.3f} {their_mean:.3f} in {their_seconds:.2f} s")


def print_nih() -> None:
    """Print how the whole NIH table divides."""
    table = Path(os.environ.get("DICOMILL_CORPUS", "")) / "tables" / "Data_Entry_2017_v2020.csv.gz"
    if not table.is_file():
        print("NIH table: not divided, since DICOMILL_CORPUS does not hold it")
        return
    with gzip.open(table, "rt", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    labels = [row["Finding Labels"].split("|") for row in rows]
    pictures = [
        PlanPicture(row["Image Index"], row["Patient ID"], None, (row["Image Index"],), tuple(own))
        for row, own in zip(rows, labels, strict=True)
    ]
    ratios = {"train": 0.7, "validation": 0.1, "test": 0.2}
    start = time.perf_counter()
    outcome = assign_pictures(pictures, ratios=ratios, seed=0)
    seconds = time.perf_counter() - start
    largest, mean = imbalance(labels, [outcome.splits[picture.name] for picture in pictures], ratios)
    print(f"NIH table: {len(rows):,} rows in {seconds:.1f} s (target 20)")
    print(f"    points off the share: largest {largest:.2f} (target 1), mean {mean:.2f}")


def main() -> None:
    """Print what was measured."""
    print_labels_without_groups()
    print_groups_with_one_label()
    print_nih()


if __name__ == "__main__":
    main()
