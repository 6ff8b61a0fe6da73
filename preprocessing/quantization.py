"""k-means over a picture's colours: seeded, the same on every machine and thread count."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Colours = NDArray[np.float64]
Labels = NDArray[np.intp]

# The original's stopping rule: no centre moves further than 1.0, or 10 rounds; best of 10 attempts.
MAXIMUM_SHIFT = 1.0
MAXIMUM_ROUNDS = 10
ATTEMPTS = 10

_GREY_DIMENSIONS = 2
_SEED = 4


def quantize_colours(image: NDArray[np.uint8], num_colours: int) -> NDArray[np.uint8]:
    """Replace each pixel by the centre of its k-means cluster, centres truncated to uint8.

    The clusters are those of all pixels, but each distinct colour is handled once and weighted by its
    count: a grey radiograph of four million pixels has at most 256 of them.

    Args:
        image: uint8, height x width (taken as three equal channels) or height x width x 3.
        num_colours: K, at least 1.

    Returns:
        An array of the same shape with at most `num_colours` distinct colours. A grey picture stays
        grey, since the mean of greys is grey.

    Example:
        >>> image = np.array([[[0, 0, 0], [9, 9, 9], [200, 0, 0]]], np.uint8)
        >>> quantize_colours(image, 2).tolist()
        [[[4, 4, 4], [4, 4, 4], [200, 0, 0]]]
    """
    if image.ndim == _GREY_DIMENSIONS:
        counts = np.bincount(image.ravel(), minlength=256)
        present = np.flatnonzero(counts)
        levels = np.zeros(256, np.uint8)
        levels[present] = _quantize(np.stack([present] * 3, axis=1), counts[present], num_colours)[:, 0]
        return levels[image]
    packed = image.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    values, index, counts = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([values >> 16, (values >> 8) & 255, values & 255], axis=1)
    return _quantize(colours, counts, num_colours)[index].reshape(image.shape)


def _quantize(colours: NDArray[Any], counts: NDArray[Any], num_colours: int) -> NDArray[np.uint8]:
    """Return the truncated centre that each distinct colour goes to."""
    centres, labels = _best_clusters(
        np.asfortranarray(colours, np.float64), counts.astype(np.float64), num_colours
    )
    return centres.astype(np.uint8)[labels]


def _best_clusters(colours: Colours, weights: Colours, num_colours: int) -> tuple[Colours, Labels]:
    """Return the centres and labels of the attempt with the smallest squared distances."""
    generator = np.random.default_rng(_SEED)
    attempts = (
        _attempt(colours, weights, _random_centres(colours, num_colours, generator)) for _ in range(ATTEMPTS)
    )
    return min(attempts, key=lambda attempt: _compactness(colours, weights, *attempt))


def _compactness(colours: Colours, weights: Colours, centres: Colours, labels: Labels) -> float:
    """Return the sum over all pixels of the squared distance to the own centre."""
    return float((weights * ((colours - centres[labels]) ** 2).sum(axis=1)).sum())


def _random_centres(colours: Colours, num_colours: int, generator: np.random.Generator) -> Colours:
    """Return centres drawn evenly from the box around all colours."""
    low, high = colours.min(axis=0), colours.max(axis=0)
    drawn: Colours = low + generator.random((num_colours, 3)) * (high - low)
    return drawn


def _attempt(colours: Colours, weights: Colours, centres: Colours) -> tuple[Colours, Labels]:
    """Move the centres to the means of their nearest colours until they rest."""
    labels = _nearest(colours, centres)
    for _ in range(MAXIMUM_ROUNDS - 1):
        moved = _means(colours, weights, labels, centres)
        shift = np.sqrt(((moved - centres) ** 2).sum(axis=1).max())
        centres = moved
        if shift <= MAXIMUM_SHIFT:
            break
        labels = _nearest(colours, centres)
    _fill_empty(colours, weights, centres, labels)
    return _means(colours, weights, labels, centres), labels


def _nearest(colours: Colours, centres: Colours) -> Labels:
    """Return the index of each colour's nearest centre, the lowest index among equals."""
    labels = np.zeros(len(colours), np.intp)
    smallest = _squares(colours, centres[0])
    for index, centre in enumerate(centres[1:], start=1):
        squares = _squares(colours, centre)
        labels[squares < smallest] = index
        np.minimum(smallest, squares, out=smallest)
    return labels


def _squares(colours: Colours, centre: Colours) -> Colours:
    """Return each colour's squared distance from one centre."""
    # Channel by channel: a sum over a short axis costs several times as much.
    red, green, blue = (colours[:, channel] - centre[channel] for channel in range(3))
    squares: Colours = red * red + green * green + blue * blue
    return squares


def _fill_empty(colours: Colours, weights: Colours, centres: Colours, labels: Labels) -> None:
    """Give each empty cluster the colour of the largest cluster that lies furthest from its centre."""
    for cluster in range(len(centres)):
        num_distinct = np.bincount(labels, minlength=len(centres))
        if num_distinct[cluster]:
            continue
        sizes = np.where(num_distinct > 1, np.bincount(labels, weights, len(centres)), 0.0)
        largest = int(sizes.argmax())
        if not sizes[largest]:
            return
        members = np.flatnonzero(labels == largest)
        labels[members[_squares(colours[members], centres[largest]).argmax()]] = cluster


def _means(colours: Colours, weights: Colours, labels: Labels, centres: Colours) -> Colours:
    """Return each cluster's weighted mean.

    An empty cluster takes one pixel of the largest, the one furthest from its mean: not all pixels of
    that colour, or several empty clusters would share the outermost levels between them. One for which
    there is no pixel keeps its centre.
    """
    totals = np.bincount(labels, weights, minlength=len(centres))
    sums = np.stack(
        [np.bincount(labels, weights * channel, minlength=len(centres)) for channel in colours.T], axis=1
    )
    left = weights.copy()
    for cluster in np.flatnonzero(totals == 0):
        largest = int(totals.argmax())
        if totals[largest] <= 1:
            break
        members = np.flatnonzero((labels == largest) & (left > 0))
        pixel = members[_squares(colours[members], sums[largest] / totals[largest]).argmax()]
        left[pixel] -= 1
        totals[largest] -= 1
        totals[cluster] = 1
        sums[largest] -= colours[pixel]
        sums[cluster] = colours[pixel]
    return np.where(totals[:, None] > 0, sums / np.maximum(totals, 1.0)[:, None], centres)
