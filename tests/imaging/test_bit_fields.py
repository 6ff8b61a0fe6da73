"""Bit fields: the worked layouts of PS3.5 8.1.1."""

from __future__ import annotations

import numpy as np
import pytest

from imaging.bit_fields import cut_stored_values, unpack_bits, unpack_twelve_bits


@pytest.mark.parametrize(
    ("container", "bits_stored", "high_bit", "signed", "expected"),
    [
        (0x0FFF, 12, 11, False, 4095),
        (0xFFFF, 12, 11, False, 4095),  # overlay bits on top
        (0x0FFF, 12, 11, True, -1),
        (0x07FF, 12, 11, True, 2047),
        (0xF800, 12, 11, True, -2048),
        (0xFFF0, 12, 15, False, 4095),  # stored in the upper bits
        (0xFFFF, 12, 15, True, -1),
        (0x8000, 12, 15, True, -2048),
        (0x3FFC, 12, 13, False, 4095),  # bits on both sides
        (0xFFFF, 16, 15, True, -1),
        (0xFFFF, 16, 15, False, 65535),
        (0x0001, 1, 0, False, 1),
    ],
)
def test_values_are_cut_from_their_containers(
    container: int, bits_stored: int, high_bit: int, signed: bool, expected: int
) -> None:
    """Each layout gives the value that its bits spell."""
    containers = np.array([[container]], np.uint16)
    values = cut_stored_values(containers, bits_stored=bits_stored, high_bit=high_bit, signed=signed)
    assert values.tolist() == [[expected]]
    assert containers.tolist() == [[container]]


def test_read_only_bytes_are_not_copied_where_nothing_moves() -> None:
    """Values that fill their containers are the same memory."""
    containers = np.frombuffer(bytes(8), np.uint16)
    assert np.shares_memory(
        cut_stored_values(containers, bits_stored=12, high_bit=11, signed=False), containers
    )


def test_bits_are_unpacked_lowest_first_from_any_start() -> None:
    """Bit 9 is the second of the second byte."""
    packed = np.array([0xFF, 0b10], np.uint8)
    assert unpack_bits(packed, start=7, count=4).tolist() == [1, 0, 1, 0]


def test_twelve_bits_may_end_in_half_a_group() -> None:
    """An odd count uses the first half of the last three bytes."""
    packed = np.array([0x23, 0x61, 0x45, 0x89, 0x07], np.uint8)
    assert unpack_twelve_bits(packed, count=3).tolist() == [0x123, 0x456, 0x789]
