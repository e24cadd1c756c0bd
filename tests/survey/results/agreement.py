"""Whether everything that is said of one judged figure says the same: word, shape, line, p, bound, sheet and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

from survey.exports.tables import Printed
from survey.results.pages import DrawnRow, DrawnTable, results_page
from survey.services.estimates.channel_verdicts import Verdict
from survey.services.estimates.visible_results import ResultsView
from survey.services.estimates.visible_rows import Row
from survey.services.files import result_json, result_tables
from survey.services.files.result_sentences import Words
from survey.words.results import VERDICTS

SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {  # is the circle full, is it broken, is there a half in it
    "reached": (True, False, False),
    "reached_not_proven": (False, False, True),
    "missed_not_proven": (False, False, True),
    "missed": (False, False, False),
    "too_few": (False, True, False),
    "not_estimable": (False, True, False),
}
PIXEL = 0.11  # places in a drawing have one decimal


def require_agreement(view: ResultsView) -> int:
    """Every row of units, fields and target groups, on every surface. Inside a request. Returns how many are judged."""
    page, words = results_page(view, files={}), Words.of("vi")
    found = [(tuple(v["domain"].items()), v) for v in result_json.result(view)["verdicts"]]
    data = {domain: v for domain, v in found if len(domain) < 2}  # fields within units stand on no sheet
    sheets = {table.name: [list(row) for row in table.rows] for table in result_tables.tables(view, words)}
    by_unit, by_field = sheets[words("By unit")], sheets.get(words("By field"), [])
    groups = len(view.by_group)
    judged = _agree(view, view.by_unit, page.units, by_unit, {k: ("unit", c) for k, c in view.unit_codes.items()}, data)
    judged += _agree(
        view,
        view.by_field,
        page.fields,
        by_field[groups:],
        {k: ("field", c) for k, c in view.field_codes.items()},
        data,
    )
    names = [",".join(goal.groups) for goal in view.wave.goals if goal.groups]
    keys = {number: ("group", name) for number, name in enumerate(names, start=1)}
    judged += _agree(view, view.by_group, page.groups, by_field[:groups], keys, data)
    assert view.overall is None or judged == len([key for key in data if key])
    return judged


def _agree(
    view: ResultsView,
    rows: Sequence[Row],
    drawn: DrawnTable,
    sheet: Sequence[Sequence[Any]],
    keys: dict[int, tuple[str, str]],
    data: dict[tuple[tuple[str, str], ...], dict[str, Any]],
) -> int:
    assert len(rows) == len(drawn.rows) == len(sheet)
    judged = 0
    for row, picture, line in zip(rows, drawn.rows, sheet, strict=True):
        entry = data.get((keys[row.key],))
        assert (row.verdict is None) == (picture.verdict is None) == (entry is None)
        assert line[10] == row.target
        if row.verdict is None or entry is None:
            continue
        judged += 1
        assert picture.verdict == row.verdict
        assert picture.target.removesuffix(" %").replace(",", ".") == f"{100 * row.verdict.target:g}"
        _one_rule(row.verdict)
        _picture(picture, row.verdict)
        assert (entry["verdict"], entry["threshold"]) == (row.verdict.verdict, row.verdict.target)
        assert (entry["lower_bound_adjusted"], entry["upper_bound_adjusted"]) == (row.verdict.lower, row.verdict.upper)
        assert (entry["p_reached_adjusted"], entry["p_missed_adjusted"]) == (
            row.verdict.p_reached,
            row.verdict.p_missed,
        )
        assert entry["family"] == {"name": row.verdict.family, "size": row.verdict.members}
        _sheet(line, row.verdict, Words.of("vi"))
    return judged


def _one_rule(v: Verdict) -> None:
    """Word, p-value and bounds come from one rule."""
    if not v.claims:
        assert (v.p, v.bound) == (None, None)
        return
    assert v.p_reached is not None
    assert v.p_missed is not None
    assert v.lower is not None
    assert v.upper is not None
    assert (v.verdict == "reached") == (v.p_reached <= 0.05) == (v.lower >= v.target)
    assert (v.verdict == "missed") == (v.p_missed <= 0.05) == (v.upper <= v.target)
    assert v.lower <= v.upper
    if v.members > 1 and v.verdict == "reached":
        assert v.lower == v.target or v.lower > v.target  # at the target, above it where all are reached


def _picture(row: DrawnRow, v: Verdict) -> None:
    """The shape is the verdict's, and the thin line begins and ends where the verdict says."""
    drawing = ElementTree.fromstring(str(row.chart))
    circle = next(drawing.iter(f"{SVG}circle"))
    shape = (circle.attrib["fill"] != "#fff", "stroke-dasharray" in circle.attrib, bool([*drawing.iter(f"{SVG}path")]))
    assert shape == SHAPES[v.verdict]
    lines = [e.attrib for e in drawing.iter(f"{SVG}line")]
    (aim,) = [float(e["x1"]) for e in lines if "stroke-dasharray" in e]
    thin = [(float(e["x1"]), float(e["x2"])) for e in lines if e.get("class") == "bounds"]
    if not v.claims:
        assert thin == []
        return
    ((start, end),) = thin
    if v.verdict == "reached":
        assert start >= aim
    elif v.verdict == "missed":
        assert end <= aim
    else:
        assert start - PIXEL <= aim <= end + PIXEL


def _sheet(line: Sequence[Any], v: Verdict, words: Words) -> None:
    _target, said, p, bound, members = line[10:15]
    assert said == words(VERDICTS[v.verdict])
    assert members == v.members
    value = bound.value if isinstance(bound, Printed) else bound
    assert value == v.bound
    assert (p is None) == (v.p is None)
    if v.p is not None:
        assert isinstance(p, Printed)
        assert p.below == (v.p < 0.001)
        assert (p.value <= 0.05) == (v.p <= 0.05)
