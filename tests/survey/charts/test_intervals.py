"""Drawings of estimates: valid, readable by a machine and by an ear, and safe whatever a name contains."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from survey.charts import intervals
from survey.charts.intervals import Axis, Mark

SVG = "{http://www.w3.org/2000/svg}"
NASTY = '</title><script>alert(1)</script><g onload="x">&'
rates = st.floats(0, 1)


@st.composite
def marks(draw: st.DrawFn) -> Mark:
    low, rate, high = sorted(draw(st.tuples(rates, rates, rates)))
    target = draw(st.none() | rates)
    verdict = draw(st.sampled_from([None, *intervals.TONES]))
    return Mark(rate, low, high, target, verdict) if draw(st.booleans()) else Mark(rate, None, None, target, verdict)


def parsed(drawing: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(drawing))


def words(root: ElementTree.Element) -> list[str]:
    return [e.text or "" for e in root.iter(f"{SVG}text")]


@given(marks())
def test_everything_drawn_lies_inside_the_drawing(mark: Mark) -> None:
    scale = intervals.axis([mark])
    for drawing in (
        intervals.headline(mark, target_words="chỉ tiêu", label="x", notes=("một", "hai")),
        intervals.row(mark, scale, label="x"),
        intervals.row(mark, scale, label="x", compact=True),
        intervals.row_axis(scale),
    ):
        root = parsed(drawing)
        _, _, width, height = map(float, root.attrib["viewBox"].split())
        for element in root.iter():
            for name, most in (
                ("x", width),
                ("x1", width),
                ("x2", width),
                ("cx", width),
                ("y", height),
                ("cy", height),
            ):
                if name in element.attrib:
                    assert 0 <= float(element.attrib[name]) <= most


@given(st.lists(marks(), max_size=8))
def test_axis_holds_every_value_on_tidy_ticks(found: list[Mark]) -> None:
    scale = intervals.axis(found)
    values = [v for m in found for v in (m.rate, m.low, m.high, m.target) if v is not None]
    assert all(scale.low - 1e-9 <= v <= scale.high + 1e-9 for v in values)
    assert 0 <= scale.low < scale.high <= 1
    assert len(scale.ticks) <= 8
    assert scale.high - scale.low >= 0.1 - 1e-9


def test_drawing_has_a_title_and_no_script_or_style_whatever_the_names() -> None:
    mark = Mark(0.8, 0.7, 0.9, 0.85, "missed_not_proven")
    for drawing in (
        intervals.headline(mark, target_words=NASTY, label=NASTY, notes=(NASTY,)),
        intervals.row(mark, intervals.axis([mark]), label=NASTY),
    ):
        root = parsed(drawing)
        assert root.attrib["role"] == "img"
        assert root[0].tag == f"{SVG}title"
        assert root[0].text == NASTY
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {"svg", "title", "line", "rect", "circle", "text"}
        assert not any(a.startswith("on") or a in ("style", "href") for e in root.iter() for a in e.attrib)


def test_numbers_have_a_decimal_comma_in_vietnamese_and_a_point_in_english() -> None:
    scale = Axis(0.8, 0.9, (0.8, 0.825, 0.85, 0.875, 0.9))
    assert words(parsed(intervals.row_axis(scale))) == ["80", "82,5", "85", "87,5", "90"]
    assert "82.5" in words(parsed(intervals.row_axis(scale, language="en")))


def test_shape_says_on_which_side_of_the_target_the_rate_lies() -> None:
    def fill(rate: float) -> str:
        mark = Mark(rate, rate - 0.02, rate + 0.02, 0.85, "reached_not_proven")
        drawing = str(intervals.headline(mark, target_words="", label="x"))
        found = re.search(r'<circle[^>]*fill="([^"]+)"', drawing)
        assert found is not None
        return found[1]

    assert fill(0.84) == "#fff"
    assert fill(0.85) != "#fff"


def test_notes_are_written_under_the_drawing() -> None:
    notes = ["THỬ NGHIỆM · số liệu giả lập", "đối chiếu: kế hoạch A, đã hết kỳ"]
    drawing = intervals.headline(Mark(0.8, 0.7, 0.9), target_words="", label="x", notes=notes)
    assert words(parsed(drawing))[-2:] == notes


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_rate_at_the_edge_is_drawn(rate: float) -> None:
    assert parsed(intervals.headline(Mark(rate, None, None), target_words="", label="x")).tag == f"{SVG}svg"
