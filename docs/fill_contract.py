"""Put what `make contract` wrote, one line a network, into the table of `networks.md`."""

from __future__ import annotations

import sys
from importlib import metadata
from pathlib import Path

from training.networks.registry import MODELS

PAGE = Path(__file__).with_name("networks.md")
BEGIN, END = "<!-- contract: begin -->", "<!-- contract: end -->"
HEAD = (
    "| network | side | weights, 3 classes | loss before | after | CPU seconds | day |",
    "|---|--:|--:|--:|--:|--:|---|",
)
_NUM_CELLS = 7


def read_lines(text: str) -> dict[str, list[str]]:
    """Return the cells of each network's last line, by its name.

    Args:
        text: of the file that DICOMILL_CONTRACT_TABLE named: cells with tabs between them.
    """
    rows = (line.split("\t") for line in text.splitlines())
    return {row[0]: row for row in rows if len(row) == _NUM_CELLS and row[0] in MODELS}


def table_of(found: dict[str, list[str]]) -> str:
    """Return how many networks kept the contract, which did not, and a row for each that did."""
    missing = [name for name in MODELS if name not in found]
    # The CPU's package has another name than the GPU's.
    tensorflow = metadata.packages_distributions()["tensorflow"][0]
    versions = f"TensorFlow {metadata.version(tensorflow)}, Keras {metadata.version('keras')}"
    told = f"{len(found)} of {len(MODELS)} networks kept it ({versions})."
    if missing:
        told += f" Without a result: {', '.join(missing)}."
    rows = [
        f"| `{name}` | {side} | {int(weights):,} | {before} | {after} | {seconds} | {day} |"
        for name, side, weights, before, after, seconds, day in (found[name] for name in sorted(found))
    ]
    return "\n".join([told, "", *HEAD, *rows])


def fill(page: str, table: str) -> str:
    """Return the page with a table between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(path: str) -> None:
    """Fill the page from the file at `path`."""
    found = read_lines(Path(path).read_text(encoding="utf-8"))
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8"), table_of(found)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
