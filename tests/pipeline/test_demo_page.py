"""The demo's page."""

from __future__ import annotations

import re

import pytest

pytestmark = [pytest.mark.tensorflow, pytest.mark.slow]


@pytest.fixture
def content(tiny_demo) -> str:
    """The page's HTML."""
    assert tiny_demo.first.page.name == "report.html"
    return (tiny_demo.folder / "report.html").read_text(encoding="utf-8")


def test_what_is_synthetic_is_said_first(content: str) -> None:
    """In a banner, before any figure."""
    assert content.index('class="banner"') < content.index("<h2>")
    assert "synthetic: drawn by a program" in content


def test_every_part_is_there(content: str) -> None:
    """From files to lineage, in the order of the way."""
    assert re.findall("<h2>(.*?)</h2>", content) == [
        "Files to rows",
        "SQL",
        "Rows to pictures",
        "Records, training, evaluation",
        "Predictions straight from new DICOM files",
        "Every command",
        "Lineage",
    ]


def test_pictures_lie_inside_the_page(content: str) -> None:
    """Two of each class, the curves, the confusion matrix, and some that were predicted."""
    captions = re.findall("<figcaption[^>]*>(.*?)</figcaption>", content)
    enhanced = [caption for caption in captions if caption.endswith(", enhanced")]
    assert len(enhanced) == 8
    assert {caption.removesuffix(", enhanced") for caption in enhanced} <= set(captions)
    assert {"Training curves", "Confusion matrix"} <= set(captions)
    predicted = [caption for caption in captions if re.fullmatch(r"[A-Z]+ [01]\.\d\d", caption)]
    assert 0 < len(predicted) <= 16
    assert content.count("data:image/png;base64,") == len(captions)
    assert 'src="http' not in content


def test_the_query_stands_with_its_answer(content: str) -> None:
    """As it ran, and as it was answered."""
    assert "GROUP BY body_part" in content
    assert ">patients</th>" in content


def test_every_command_can_be_copied(content: str) -> None:
    """One line each."""
    for command in (
        "phantoms",
        "ingest",
        "cohort create",
        "export",
        "transform",
        "pack",
        "train",
        "evaluate",
        "predict",
    ):
        assert f"dicomill {command} " in content


def test_the_lineage_names_every_product(content: str) -> None:
    """With what it was made from."""
    lineage = content[content.index("<h2>Lineage</h2>") :]
    for name in ("export", "enhanced", "records", "model", "evaluation"):
        assert f"<td>{name}</td>" in lineage
