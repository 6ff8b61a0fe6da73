"""From a record set to batches, and the one place where pictures become a model's input tensors."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from foundation.errors import DicomillError
from foundation.progress import Progress, SilentProgress
from training.record_index import RecordIndex, epoch_order

# Decoded pictures of all splits together are kept in memory up to here; larger sets are decoded
# again in every epoch.
PICTURE_MEMORY_BYTES = 1 << 30

Batches = Any
Tensor = Any

# Weights of red, green and blue in the luma of a colour picture.
# Source: ITU-R BT.601-7, section 2.5.1.
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_LEVELS_16_BIT_PER_8_BIT = np.float32(257.0)  # 65535 / 255
_PREFETCHED_BATCHES = 2


def prepare_picture(picture: NDArray[Any], *, height: int, width: int, channels: int) -> Tensor:
    """Return a decoded picture as a model takes it: channels, then size, as float32 of 0..255.

    Training and prediction both go through this; the model's own input treatment follows inside it.

    Args:
        picture: H x W or H x W x C (C is 1 or 3, RGB); uint8, uint16 (scaled to 0..255), or floats
            of 0..255.
        height: wanted, in pixels.
        width: wanted, in pixels.
        channels: wanted, 1 or 3: colour becomes its luma, grey is repeated.

    Example:
        >>> prepare_picture(np.zeros((4, 4), np.uint8), height=2, width=2, channels=3).shape
        TensorShape([2, 2, 3])
    """
    return resize(with_channels(np.asarray(picture), channels), height=height, width=width)


def with_channels(picture: NDArray[Any], channels: int) -> NDArray[np.float32]:
    """Return a picture as float32 of 0..255, [height, width, channels].

    Example:
        >>> with_channels(np.array([[[100, 0, 0]]], np.uint8), 1).round().tolist()
        [[[30.0]]]
    """
    values = picture.astype(np.float32)
    if picture.dtype == np.uint16:
        values /= _LEVELS_16_BIT_PER_8_BIT
    if values.ndim == 2:
        values = values[..., np.newaxis]
    if values.shape[-1] == channels:
        return values
    if channels == 1:
        return (values @ _LUMA)[..., np.newaxis]
    return np.repeat(values, channels, axis=-1)


def resize(picture: Tensor, *, height: int, width: int) -> Tensor:
    """Resize bilinearly, with antialiasing when it shrinks; an equal size changes nothing."""
    return tf.image.resize(picture, (height, width), method="bilinear", antialias=True)


class Pictures(Protocol):
    """Where the loop gets the pictures of records from.

    Attributes:
        num_bytes: of memory that it holds.
    """

    num_bytes: int

    def batches(self, records: NDArray[np.int64], batch_size: int) -> Batches:
        """Yield the prepared pictures of the records, in that order, in whole batches."""

    def check(self) -> None:
        """Raise what went wrong in reading, if anything did."""


class DecodedPictures:
    """Pictures that are read and decoded anew each time.

    Args:
        index: of the split.
        height: of the model's input.
        width: of the model's input.
        channels: of the model's input.
    """

    num_bytes = 0

    def __init__(self, index: RecordIndex, *, height: int, width: int, channels: int) -> None:
        self._index = index
        self._shape = (height, width, channels)
        self._failures: dict[int, DicomillError] = {}

    def batches(self, records: NDArray[np.int64], batch_size: int) -> Batches:
        """Yield the prepared pictures of the records, in that order, in whole batches."""
        height, width, channels = self._shape

        def prepare(record: Tensor) -> Tensor:
            picture = tf.numpy_function(self._decode, [record], tf.float32, stateful=False)
            picture.set_shape((None, None, channels))
            return resize(picture, height=height, width=width)

        numbers = tf.data.Dataset.from_tensor_slices(records)
        return numbers.map(prepare, num_parallel_calls=tf.data.AUTOTUNE).batch(
            batch_size, drop_remainder=True
        )

    def check(self) -> None:
        """Raise what went wrong in reading; of several records the first one's.

        Raises:
            RecordError: a record could not be read or decoded.
        """
        if self._failures:
            raise self._failures[min(self._failures)]

    def _decode(self, record: np.int64) -> NDArray[np.float32]:
        """Return one picture with the wanted channels, in its own size.

        A failure is kept for `check` and a black pixel given in its place: an exception would reach
        standard error as TensorFlow's traceback before it reached anybody else.
        """
        number = int(record)
        try:
            return with_channels(self._index.read_picture(number), self._shape[-1])
        except DicomillError as error:
            self._failures[number] = error
        return np.zeros((1, 1, self._shape[-1]), np.float32)


class KeptPictures:
    """Pictures that were decoded once and stay in memory.

    Args:
        pictures: [records, height, width, channels], float32.
    """

    def __init__(self, pictures: NDArray[np.float32]) -> None:
        self._pictures = pictures
        self.num_bytes = pictures.nbytes

    def batches(self, records: NDArray[np.int64], batch_size: int) -> Batches:
        """Yield the pictures of the records, in that order, in whole batches."""
        whole = records[: len(records) - len(records) % batch_size].reshape(-1, batch_size)
        shape = (batch_size, *self._pictures.shape[1:])

        def gather(numbers: Tensor) -> Tensor:
            batch = tf.numpy_function(self._pictures.__getitem__, [numbers], tf.float32, stateful=False)
            batch.set_shape(shape)
            return batch

        return tf.data.Dataset.from_tensor_slices(whole).map(gather, num_parallel_calls=tf.data.AUTOTUNE)

    def check(self) -> None:
        """Do nothing: what could fail has been done."""


def open_pictures(
    index: RecordIndex,
    *,
    height: int,
    width: int,
    channels: int,
    memory_bytes: int = PICTURE_MEMORY_BYTES,
    progress: Progress | None = None,
) -> Pictures:
    """Decode a split into memory where it fits, else give what decodes it again in each epoch.

    Raises:
        RecordError: a record holds no picture that can be decoded.
    """
    decoded = DecodedPictures(index, height=height, width=width, channels=channels)
    num_bytes = len(index) * height * width * channels * np.dtype(np.float32).itemsize
    if num_bytes > memory_bytes:
        return decoded
    progress = progress or SilentProgress()
    pictures = np.empty((len(index), height, width, channels), np.float32)
    progress.begin("decode", len(index))
    for number, batch in enumerate(decoded.batches(np.arange(len(index)), 1)):
        decoded.check()
        pictures[number] = batch[0]
        progress.advance()
    progress.end()
    return KeptPictures(pictures)


def split_batches(
    index: RecordIndex,
    pictures: Pictures,
    *,
    batch_size: int,
    order: NDArray[np.int64] | None = None,
) -> Batches:
    """Return one pass over a split as a tf.data dataset of equal batches.

    Each batch is a dict: `pictures` [batch, height, width, channels], `targets` and `mask` [batch,
    classes], `weights` [batch]. The last one is filled up with records of weight 0 from the
    beginning of the order, so that each record counts exactly once, all batches have one shape, and
    batch norm never sees a batch of one.

    Args:
        index: of the split.
        pictures: of the same split.
        batch_size: over all replicas.
        order: of the records; None for the order in which they are stored.
    """
    order = np.arange(len(index)) if order is None else order
    num_batches = -(-len(order) // batch_size)
    filled = np.resize(order, num_batches * batch_size)
    weights = (np.arange(len(filled)) < len(order)).astype(np.float32)
    labels = tf.data.Dataset.from_tensor_slices(
        {"targets": index.targets[filled], "mask": index.mask[filled], "weights": weights}
    ).batch(batch_size, drop_remainder=True)
    dataset = tf.data.Dataset.zip(labels, pictures.batches(filled, batch_size)).map(
        lambda batch, batch_pictures: {**batch, "pictures": batch_pictures}
    )
    options = tf.data.Options()
    options.deterministic = True
    options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.DATA
    return dataset.with_options(options).prefetch(_PREFETCHED_BATCHES)


def shuffled_batches(
    index: RecordIndex, pictures: Pictures, *, batch_size: int, seed: int, epoch: int
) -> Batches:
    """Return one epoch of training: `split_batches` in the order that seed and epoch give."""
    return split_batches(
        index, pictures, batch_size=batch_size, order=epoch_order(len(index), seed=seed, epoch=epoch)
    )
