"""`tf.train.Example` messages, written and read without TensorFlow.

The message is three levels of protocol buffers: Example{features=1}, Features{map feature=1} and
Feature{one of bytes_list=1, float_list=2, int64_list=3}, each list with its values in field 1,
numbers packed. Source: `tensorflow/core/example/{example,feature}.proto` and the protocol buffers
encoding guide; held against TensorFlow both ways in the tests.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from foundation.errors import RecordError

Values: TypeAlias = Sequence[bytes] | Sequence[int] | Sequence[float]
Example: TypeAlias = dict[str, list[bytes] | list[int] | list[float]]

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_BYTES_LIST, _FLOAT_LIST, _INT64_LIST = 1, 2, 3
_UINT64 = (1 << 64) - 1
_ONE_BYTE = tuple(bytes([value]) for value in range(0x80))
_NOT_AN_EXAMPLE = (
    "A record does not hold a tf.train.Example: {}. Expected records as `dicomill pack` writes them."
)


def encode_example(features: Mapping[str, Values]) -> bytes:
    """Return the message, its keys sorted, so that equal features give equal bytes.

    Args:
        features: name to values; all values of a name are bytes, or int (64 bits), or float
            (kept as float32). An empty list is kept as a feature without a kind.

    Raises:
        TypeError: the values of a name are of several types, or of another one.

    Example:
        >>> decode_example(encode_example({"image/height": [3], "image/format": [b"PNG"]}))
        {'image/format': [b'PNG'], 'image/height': [3]}
    """
    parts: list[bytes] = []
    for name in sorted(features):
        parts += _entry_parts(name, features[name])
    # A picture is copied once, here: that is what most of the time would go to.
    return b"".join([_header(1, sum(map(len, parts))), *parts])


def decode_example(message: bytes) -> Example:
    """Return the features of a message, by name in sorted order.

    Raises:
        RecordError: the bytes are no such message.
    """
    features: Example = {}
    try:
        for container in _fields_of(memoryview(message), 1):
            for entry in _fields_of(container, 1):
                name = b"".join(bytes(part) for part in _fields_of(entry, 1)).decode()
                values: list[bytes] | list[int] | list[float] = []
                for feature in _fields_of(entry, 2):
                    values = _decode_feature(feature)
                features[name] = values
    except (IndexError, ValueError, struct.error, UnicodeDecodeError) as error:
        raise RecordError(_NOT_AN_EXAMPLE.format("its fields cannot be read")) from error
    return dict(sorted(features.items()))


def _entry_parts(name: str, values: Values) -> list[bytes]:
    """Return one entry of the map in pieces: its headers, and what they stand before."""
    named = _name_field(name)
    if len(values) == 1 and isinstance(values[0], bytes):
        sizes = [len(values[0])]
        headers = []
        for number in (1, _BYTES_LIST, 2):
            headers.append(_header(number, sizes[-1]))
            sizes.append(sizes[-1] + len(headers[-1]))
        return [_header(1, len(named) + sizes[-1]), named, *reversed(headers), values[0]]
    if values and all(type(value) is int for value in values):
        return [_whole_entry(name, tuple(values))]
    if values and all(type(value) is float for value in values):
        return [_float_entry(name, struct.pack(f"<{len(values)}f", *values))]
    return [_entry(name, _encode_feature(name, values))]


@lru_cache(maxsize=2048)
def _whole_entry(name: str, values: tuple[int, ...]) -> bytes:
    """Return an entry of whole numbers; sizes and classes are the same in many records."""
    return _entry(name, _encode_feature(name, values))


@lru_cache(maxsize=2048)
def _float_entry(name: str, packed: bytes) -> bytes:
    """Return an entry of floats; by their bytes, since 0 and -0 are equal numbers."""
    return _entry(name, _field(_FLOAT_LIST, _field(1, packed)))


def _entry(name: str, encoded: bytes) -> bytes:
    """Return an entry of a name and its encoded feature."""
    named, feature = _name_field(name), _field(2, encoded)
    return b"".join((_header(1, len(named) + len(feature)), named, feature))


@lru_cache(maxsize=256)
def _name_field(name: str) -> bytes:
    """Return the key of an entry."""
    return _field(1, name.encode())


def _encode_feature(name: str, values: Values) -> bytes:
    """Return one Feature: the list of the kind that the values have."""
    kinds = {bytes if isinstance(value, bytes) else type(value) for value in values}
    if not kinds:
        return b""
    if kinds == {bytes}:
        return _field(_BYTES_LIST, b"".join(_field(1, value) for value in values if isinstance(value, bytes)))
    if kinds == {float}:
        return _field(_FLOAT_LIST, _field(1, struct.pack(f"<{len(values)}f", *values)))
    if kinds == {int}:
        packed = b"".join(_varint(value & _UINT64) for value in values if isinstance(value, int))
        return _field(_INT64_LIST, _field(1, packed))
    found = ", ".join(sorted(kind.__name__ for kind in kinds))
    raise TypeError(f"The values of {name} must be all bytes, all int or all float. Received: {found}.")


def _decode_feature(feature: memoryview) -> list[bytes] | list[int] | list[float]:
    """Return the values of one Feature; the last kind wins, as in any protocol buffer."""
    values: list[bytes] | list[int] | list[float] = []
    for number, content in _fields(feature):
        if not isinstance(content, memoryview):
            continue
        if number == _BYTES_LIST:
            values = [bytes(value) for value in _fields_of(content, 1)]
        elif number == _FLOAT_LIST:
            values = _decode_floats(content)
        elif number == _INT64_LIST:
            values = _decode_integers(content)
    return values


def _decode_floats(content: memoryview) -> list[float]:
    """Return the values of a FloatList, packed or one a field."""
    return [
        value
        for number, part in _fields(content)
        if number == 1 and isinstance(part, memoryview)
        for (value,) in struct.iter_unpack("<f", part)
    ]


def _decode_integers(content: memoryview) -> list[int]:
    """Return the values of an Int64List, packed or one a field."""
    unsigned: list[int] = []
    for number, part in _fields(content):
        if number != 1:
            continue
        if isinstance(part, int):
            unsigned.append(part)
            continue
        position = 0
        while position < len(part):
            value, position = _read_varint(part, position)
            unsigned.append(value)
    return [value - (1 << 64) if value >> 63 else value for value in unsigned]


def _varint(value: int) -> bytes:
    """Return an unsigned number as 7 bits a byte, lowest first.

    Example:
        >>> _varint(300).hex()
        'ac02'
    """
    if value < len(_ONE_BYTE):
        return _ONE_BYTE[value]
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)


def _field(number: int, content: bytes) -> bytes:
    """Return one length-delimited field."""
    return _header(number, len(content)) + content


def _header(number: int, length: int) -> bytes:
    """Return what stands before the content of a length-delimited field."""
    return _varint(number << 3 | _LENGTH) + _varint(length)


def _read_varint(message: memoryview, position: int) -> tuple[int, int]:
    """Return the number at a position and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _UINT64, position
    raise ValueError("a number runs over ten bytes")


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Yield number and content of each field; fixed-width ones as their bytes."""
    position = 0
    while position < len(message):
        key, position = _read_varint(message, position)
        kind = key & 7
        if kind == _VARINT:
            value, position = _read_varint(message, position)
            yield key >> 3, value
            continue
        if kind == _LENGTH:
            length, position = _read_varint(message, position)
        elif kind in {_FIXED32, _FIXED64}:
            length = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("a field of an unknown wire type")
        if position + length > len(message):
            raise ValueError("a field runs over the end of its message")
        yield key >> 3, message[position : position + length]
        position += length


def _fields_of(message: memoryview, wanted: int) -> Iterator[memoryview]:
    """Yield the contents of the length-delimited fields of one number."""
    for number, content in _fields(message):
        if number == wanted:
            if isinstance(content, int):
                raise ValueError("a number where a message is expected")
            yield content
