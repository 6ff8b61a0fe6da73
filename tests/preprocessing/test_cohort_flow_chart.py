"""The drawing of a flow."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from preprocessing.cohort_flow import CohortFlowReport, FlowBox
from preprocessing.cohort_flow_chart import draw_flow

SVG = "{http://www.w3.org/2000/svg}"


def drawn(num_splits: int) -> tuple[ET.Element, str]:
    """Draw a flow with long conditions and so many splits."""
    boxes = (
        FlowBox(name="files received", num_images=1234567, left_out={"no image": 5, "rejected": 7}),
        FlowBox(
            name="long & <odd>",
            asked="body_part IN ('CHEST', 'ABDOMEN') AND " * 5,
            num_images=1000,
            num_patients=10,
            num_studies=20,
        ),
        FlowBox(name="members", num_images=1000, num_patients=10, num_studies=20),
    )
    splits = tuple(FlowBox(name=f"split-{n}", num_images=n, num_patients=n) for n in range(num_splits))
    report = CohortFlowReport(
        cohort="x@1",
        plan="p",
        boxes=boxes,
        splits=splits,
        without_split={"not_in_split_plan": 3},
        num_withdrawn=2,
    )
    text = draw_flow(report)
    return ET.fromstring(text), text


def test_every_box_lies_within_the_drawing_and_none_on_another() -> None:
    """With no split, three, and ten folds."""
    for num_splits in (0, 3, 10):
        root, _ = drawn(num_splits)
        width, height = float(root.get("width", 0)), float(root.get("height", 0))
        boxes = [
            [float(rect.get(name, 0)) for name in ("x", "y", "width", "height")]
            for rect in root.iter(f"{SVG}rect")
            if rect.get("rx")
        ]
        assert len(boxes) == 4 + num_splits
        for x, y, w, h in boxes:
            assert x >= 0
            assert y >= 0
            assert x + w <= width
            assert y + h <= height
        for place, (x, y, w, h) in enumerate(boxes):
            for x2, y2, w2, h2 in boxes[place + 1 :]:
                assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y


def test_lines_lie_within_their_boxes_and_names_are_text() -> None:
    """Long conditions are wrapped; what a name holds is escaped."""
    root, text = drawn(3)
    lines = [line.text or "" for line in root.iter(f"{SVG}text")]
    assert "1,234,567 files" in lines
    assert "long & <odd>" in lines
    assert "<odd>" not in text
    assert max(map(len, lines)) <= 70
    told = " ".join(lines)
    assert "Without a split: not in split plan: 3" in told
    assert "2 members left since" in told
