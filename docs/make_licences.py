"""Write `licences.md`: every package that is installed at run time, with its licence as it says itself."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

PAGE = Path(__file__).with_name("licences.md")
EXTRA = "cpu"

# Facts that the metadata do not tell, read in the wheels' own licence files.
NOTES = {
    "opencv-python-headless": (
        "The wheel brings FFmpeg (libavcodec, libavformat, libavutil, libswresample, libswscale) under the "
        "LGPL 2.1 as separate shared libraries; its LICENSE-3RD-PARTY.txt says so. dicomill reads no video."
    ),
    "numpy": "The wheel brings OpenBLAS (BSD) and GCC's libgfortran and libquadmath (GPL 3 with the GCC "
    "Runtime Library Exception; LGPL).",
    "scipy": "The wheel brings OpenBLAS (BSD) and GCC's libgfortran and libquadmath (GPL 3 with the GCC "
    "Runtime Library Exception; LGPL).",
    "scikit-learn": "The wheel brings GCC's libgomp (GPL 3 with the GCC Runtime Library Exception).",
}

_COPYLEFT = {
    "AGPL": r"\bAGPL|GNU Affero",
    "GPL": r"(?<![LA])\bGPL|GNU General Public",
    "LGPL": r"\bLGPL|GNU (?:Lesser|Library) General Public",
    "MPL": r"\bMPL\b|Mozilla Public",
    "GCC exception": r"GCC Runtime Library Exception",
}
_LICENCE_FILE = re.compile(r"licen[cs]e|copying|notice", re.IGNORECASE)


def normal_name(name: str) -> str:
    """Return a distribution's name as indexes compare it (PEP 503).

    Example:
        >>> normal_name("ml_dtypes")
        'ml-dtypes'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def run_time_packages(name: str = "dicomill", extras: frozenset[str] = frozenset({EXTRA})) -> set[str]:
    """Return all packages that a distribution needs on this machine, direct or not, by normal name."""
    found: set[str] = set()
    waiting = [(name, extras)]
    while waiting:
        current, wanted = waiting.pop()
        for line in metadata.requires(current) or []:
            requirement = Requirement(line)
            marker = requirement.marker
            if marker and not any(marker.evaluate({"extra": extra}) for extra in wanted | {""}):
                continue
            if normal_name(requirement.name) not in found:
                found.add(normal_name(requirement.name))
                waiting.append((requirement.name, frozenset(requirement.extras)))
    return found


def declared_licence(distribution: metadata.Distribution) -> str:
    """Return the licence that a package declares: expression, else classifier, else a first line."""
    declared = distribution.metadata
    if "License-Expression" in declared:
        return declared["License-Expression"]
    classifiers = [text for text in declared.get_all("Classifier") or [] if text.startswith("License ::")]
    if classifiers:
        return ", ".join(text.rsplit(" :: ", 1)[-1] for text in classifiers)
    if "License" in declared and (text := declared["License"].strip()):
        return text.splitlines()[0]
    texts = licence_texts(distribution)
    first = next((line.strip() for line in "\n".join(texts).splitlines() if line.strip()), "not declared")
    return f'licence file: "{first}"' if texts else first


def licence_texts(distribution: metadata.Distribution) -> list[str]:
    """Return the text of every licence file that came with a package."""
    return [
        Path(str(file.locate())).read_text(encoding="utf-8", errors="replace")
        for file in distribution.files or []
        if _LICENCE_FILE.search(file.name) and file.suffix not in {".py", ".pyc", ".h", ".pyi"}
    ]


def copyleft_words(texts: list[str]) -> list[str]:
    """Return which copyleft licences the texts speak of, be it for a bundled library or in passing.

    Example:
        >>> copyleft_words(["FFmpeg is under the GNU Lesser General Public License"])
        ['LGPL']
    """
    flat = re.sub(r"\s+", " ", " ".join(texts))
    return [word for word, pattern in _COPYLEFT.items() if re.search(pattern, flat, re.IGNORECASE)]


def page_text() -> str:
    """Return the page."""
    lines = [
        "# Licences of what is installed at run time",
        "",
        f"Made by `make docs` from the packages' own metadata, for the extra `{EXTRA}`. dicomill itself is",
        "under the Apache License 2.0. The last column says which copyleft licences a package's licence",
        "files speak of: often for a library that its wheel brings, sometimes only in passing.",
        "",
        "| package | version | declares | its licence files speak of |",
        "|---|---|---|---|",
    ]
    notes = []
    for name in sorted(run_time_packages()):
        distribution = metadata.distribution(name)
        words = ", ".join(copyleft_words(licence_texts(distribution)))
        lines.append(f"| {name} | {distribution.version} | {declared_licence(distribution)} | {words} |")
        notes += [f"- **{name}**: {NOTES[name]}"] if name in NOTES else []
    return "\n".join([*lines, "", "## Notes", "", *notes, ""])


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
