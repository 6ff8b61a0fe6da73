"""Words on a picture, in letters of our own: the fonts of drawing libraries change between versions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LETTER_HEIGHT, LETTER_WIDTH = 7, 5
LINE_HEIGHT, ADVANCE = 10, 6

# Seven rows of five pixels each, top to bottom; a row is five bits, the leftmost the highest.
_SHAPES = {
    " ": "00000000000000",
    "#": "0a0a1f0a1f0a0a",
    "(": "02040808080402",
    ")": "08040202020408",
    ",": "00000000040408",
    "-": "0000001f000000",
    ".": "00000000000c0c",
    "/": "01010204081010",
    "0": "0e11131519110e",
    "1": "040c040404040e",
    "2": "0e11010204081f",
    "3": "1f02040201110e",
    "4": "02060a121f0202",
    "5": "1f101e0101110e",
    "6": "0608101e11110e",
    "7": "1f010204080808",
    "8": "0e11110e11110e",
    "9": "0e11110f01020c",
    ":": "000c0c000c0c00",
    "?": "0e110102040004",
    "A": "0e11111f111111",
    "B": "1e11111e11111e",
    "C": "0e11101010110e",
    "D": "1c12111111121c",
    "E": "1f10101e10101f",
    "F": "1f10101e101010",
    "G": "0e11101711110f",
    "H": "1111111f111111",
    "I": "0e04040404040e",
    "J": "0702020202120c",
    "K": "11121418141211",
    "L": "1010101010101f",
    "M": "111b1515111111",
    "N": "11111915131111",
    "O": "0e11111111110e",
    "P": "1e11111e101010",
    "Q": "0e11111115120d",
    "R": "1e11111e141211",
    "S": "0f10100e01011e",
    "T": "1f040404040404",
    "U": "1111111111110e",
    "V": "11111111110a04",
    "W": "1111111515150a",
    "X": "11110a040a1111",
    "Y": "1111110a040404",
    "Z": "1f01020408101f",
    "_": "0000000000001f",
}


def write_line(text: str, *, width: int) -> NDArray[np.uint8]:
    """Return one line of text, white on black, cut to a width.

    Args:
        text: capitals are drawn for small letters, and a question mark for what has no shape.
        width: of the line in pixels.

    Returns:
        uint8, 10 pixels high.

    Example:
        >>> for row in write_line("hi", width=11)[1:8]:
        ...     print("".join(".#"[int(level > 0)] for level in row))
        #...#..###.
        #...#...#..
        #...#...#..
        #####...#..
        #...#...#..
        #...#...#..
        #...#..###.
    """
    line = np.zeros((LINE_HEIGHT, width), np.uint8)
    for place, letter in enumerate(text.upper()[: (width + 1) // ADVANCE]):
        rows = bytes.fromhex(_SHAPES.get(letter, _SHAPES["?"]))
        bits = np.unpackbits(np.frombuffer(rows, np.uint8)[:, np.newaxis], axis=1)[:, -LETTER_WIDTH:]
        left = place * ADVANCE
        line[1 : 1 + LETTER_HEIGHT, left : left + LETTER_WIDTH] = bits * 255
    return line
