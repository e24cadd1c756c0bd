"""Drawings of estimates: valid, readable by a machine and by an ear, and safe whatever a name contains."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from survey.charts import intervals
from survey.charts.intervals import Axis, Mark
from survey.words.results import VERDICTS

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
        assert {e.tag.removeprefix(SVG) for e in root.iter()} <= {
            "svg",
            "title",
            "line",
            "rect",
            "circle",
            "path",
            "text",
        }
        assert not any(a.startswith("on") or a in ("style", "href") for e in root.iter() for a in e.attrib)


def test_numbers_have_a_decimal_comma_in_vietnamese_and_a_point_in_english() -> None:
    scale = Axis(0.8, 0.9, (0.8, 0.825, 0.85, 0.875, 0.9))
    assert words(parsed(intervals.row_axis(scale))) == ["80", "82,5", "85", "87,5", "90"]
    assert "82.5" in words(parsed(intervals.row_axis(scale, language="en")))


def test_each_verdict_has_its_shape_and_an_unjudged_figure_is_a_dot() -> None:
    def shape(verdict: str | None) -> tuple[bool, bool, str]:
        drawing = parsed(intervals.row(Mark(0.85, 0.8, 0.9, 0.85, verdict), Axis(0.7, 1.0, (0.7, 1.0)), label="x"))
        circle = next(drawing.iter(f"{SVG}circle"))
        half = next((path.attrib["d"] for path in drawing.iter(f"{SVG}path")), "")
        side = {"": "", "0": "left", "1": "right"}[half.split(" ")[5] if half else ""]
        return circle.attrib["fill"] != "#fff", "stroke-dasharray" in circle.attrib, side

    assert {verdict: shape(verdict) for verdict in (None, *VERDICTS)} == {
        None: (True, False, ""),
        "reached": (True, False, ""),
        "reached_not_proven": (False, False, "left"),
        "missed_not_proven": (False, False, "right"),
        "missed": (False, False, ""),
        "too_few": (False, True, ""),
        "not_estimable": (False, True, ""),
    }


def test_bounds_of_a_family_are_a_thin_line_over_the_bar() -> None:
    scale = Axis(0.7, 1.0, (0.7, 1.0))
    mark = Mark(0.93, 0.89, 0.96, 0.9, "reached", (0.9, 0.98))
    drawing = parsed(intervals.row(mark, scale, label="x"))
    (line,) = [e for e in drawing.iter(f"{SVG}line") if e.attrib.get("class") == "bounds"]
    aim = next(e for e in drawing.iter(f"{SVG}line") if "stroke-dasharray" in e.attrib)
    assert line.attrib["x1"] == aim.attrib["x1"]  # reached: above the target, not by how much
    assert float(line.attrib["x2"]) == pytest.approx(scale.x(0.98, 360, 8), abs=0.06)
    assert not [
        e for e in parsed(intervals.row(Mark(0.93, 0.89, 0.96, 0.9), scale, label="x")).iter() if "class" in e.attrib
    ][1:]


def test_notes_are_written_under_the_drawing() -> None:
    notes = ["THỬ NGHIỆM · số liệu giả lập", "đối chiếu: kế hoạch A, đã hết kỳ"]
    drawing = intervals.headline(Mark(0.8, 0.7, 0.9), target_words="", label="x", notes=notes)
    assert words(parsed(drawing))[-2:] == notes


@pytest.mark.parametrize("rate", [0.0, 1.0])
def test_rate_at_the_edge_is_drawn(rate: float) -> None:
    assert parsed(intervals.headline(Mark(rate, None, None), target_words="", label="x")).tag == f"{SVG}svg"
