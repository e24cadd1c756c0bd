"""What people's files and requests are really like: other spellings, other types, and what must be refused."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from analysis.files import command_line
from tests.analysis.files.test_command_line import refused, run

DESIGN: dict[str, Any] = {"strata": "huyện", "psu": "xã", "weight": "weight"}
ASKED: dict[str, Any] = {
    "design": DESIGN,
    "items": ["q1"],
    "overall": "overall",
    "domains": [[], ["lĩnh vực"]],
    "measures": ["overall_rate", "item_rate"],
}
HEAD = "huyện,xã,lĩnh vực,weight,q1,overall"
ROWS = [
    f"{h},{p},{('Đất đai', 'Hộ tịch')[k % 2]},{1 + k / 7:.3f},{1 + (h == 'A') + (k + p) % 4},{(5, 4, 3, 97, '')[k % 5]}"
    for h in "ABC"
    for p in range(3)
    for k in range(6)
]
GOOD = "\n".join([HEAD, *ROWS]) + "\n"


def data(folder: Path, text: str | bytes, name: str = "data.csv") -> str:
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), id="byte order mark"),
        pytest.param(GOOD.replace("\n", "\r\n"), id="lines of Windows"),
        pytest.param(GOOD.rstrip("\n"), id="no last line end"),
        pytest.param(GOOD.replace("\n", "\n\n"), id="empty lines"),
        pytest.param(unicodedata.normalize("NFD", GOOD), id="letters and marks apart"),
        pytest.param(GOOD.replace(",97", ",NA").replace(",\n", ",99\n"), id="other codes without substance"),
        pytest.param("\n".join([HEAD, *reversed(ROWS)]), id="rows in another order"),
        pytest.param("\n".join(f'"{line}"'.replace(",", '","') for line in GOOD.splitlines()), id="everything quoted"),
    ],
)
def test_the_same_survey_written_otherwise_gives_the_same_result(tmp_path: Path, other: str | bytes) -> None:
    expected = run(tmp_path, ASKED, data(tmp_path, GOOD))
    found = run(tmp_path, ASKED, data(tmp_path, other))
    for one, two in zip(found["estimates"], expected["estimates"], strict=True):
        assert (one["domain"], one["n"], one["df"]) == (two["domain"], two["n"], two["df"])
        assert one["estimate"] == pytest.approx(two["estimate"], rel=1e-13)
        assert one["se"] == pytest.approx(two["se"], rel=1e-11)


def test_a_unit_spelled_in_both_unicode_forms_is_one_unit(tmp_path: Path) -> None:
    """Some keyboards write ấ as one character, some as three: the eye sees no difference."""
    mixed = "\n".join([HEAD, *(unicodedata.normalize("NFD" if k % 2 else "NFC", r) for k, r in enumerate(ROWS))])
    asked = {**ASKED, "domains": [[unicodedata.normalize("NFD", "lĩnh vực")]]}
    found = run(tmp_path, asked, data(tmp_path, mixed))["estimates"]
    assert [list(e["domain"].values()) for e in found if e["measure"] == "overall_rate"] == [["Hộ tịch"], ["Đất đai"]]
    assert sum(e["n"] for e in found if e["measure"] == "item_rate") == len(ROWS)


def tables() -> Any:
    import pandas

    return pandas.read_csv(io.StringIO(GOOD))


@pytest.mark.parametrize("kind", ["categories", "decimals", "bytes", "texts", "floats"])
def test_parquet_columns_of_any_kind_are_read(tmp_path: Path, kind: str) -> None:
    import decimal

    import pyarrow
    from pyarrow import parquet

    expected = run(tmp_path, ASKED, data(tmp_path, GOOD))
    table = pyarrow.Table.from_pandas(tables())
    if kind == "categories":
        table = pyarrow.Table.from_pandas(tables().astype({"huyện": "category", "lĩnh vực": "category"}))
    if kind == "decimals":
        table = table.set_column(3, "weight", pyarrow.array([decimal.Decimal(row.split(",")[3]) for row in ROWS]))
    if kind == "bytes":
        table = table.set_column(2, "lĩnh vực", table.column(2).cast(pyarrow.binary()))
    if kind == "texts":
        table = pyarrow.Table.from_pandas(tables().astype(str).replace("nan", ""))
    if kind == "floats":
        table = pyarrow.Table.from_pandas(tables().astype({"q1": float, "overall": float}))
    parquet.write_table(table, tmp_path / "data.parquet", row_group_size=17)
    assert run(tmp_path, ASKED, str(tmp_path / "data.parquet")) == expected


def test_spss_files_with_labels_and_declared_missing_codes_are_read(tmp_path: Path) -> None:
    import pyreadstat

    expected = run(tmp_path, ASKED, data(tmp_path, GOOD))
    frame = tables().assign(**{"lĩnh vực": tables()["lĩnh vực"] + "  "})
    names = {"huyện": "huyen", "xã": "xa", "lĩnh vực": "linh_vuc"}
    pyreadstat.write_sav(
        frame.rename(columns=names),
        str(tmp_path / "data.sav"),
        missing_ranges={"overall": [97, 98]},
        variable_value_labels={"overall": {1.0: "Rất không hài lòng", 5.0: "Rất hài lòng", 97.0: "Không áp dụng"}},
    )
    asked = {**ASKED, "design": {"strata": "huyen", "psu": "xa", "weight": "weight"}, "domains": [[], ["linh_vuc"]]}
    found = run(tmp_path, asked, str(tmp_path / "data.sav"))
    renamed = json.loads(json.dumps(found["estimates"], ensure_ascii=False).replace('"linh_vuc"', '"lĩnh vực"'))
    assert renamed == expected["estimates"]


def test_columns_may_be_separated_by_semicolons_and_decimals_by_commas(tmp_path: Path) -> None:
    expected = run(tmp_path, ASKED, data(tmp_path, GOOD))
    written = GOOD.replace(",", ";").replace(".", ",")
    assert ";1,000;" in written
    assert run(tmp_path, ASKED, data(tmp_path, written)) == expected


def test_stata_files_are_read_with_their_missing_codes(tmp_path: Path) -> None:
    import numpy as np
    import pyreadstat

    expected = run(tmp_path, ASKED, data(tmp_path, GOOD))
    frame = tables().rename(columns={"huyện": "huyen", "xã": "xa", "lĩnh vực": "linh_vuc"})
    frame["overall"] = [
        "a" if np.isnan(value) else int(value) for value in frame["overall"].where(frame["overall"] < 97)
    ]
    pyreadstat.write_dta(frame, str(tmp_path / "data.dta"), missing_user_values={"overall": ["a"]})
    asked = {**ASKED, "design": {"strata": "huyen", "psu": "xa", "weight": "weight"}, "domains": [[], ["linh_vuc"]]}
    found = run(tmp_path, asked, str(tmp_path / "data.dta"))
    renamed = json.loads(json.dumps(found["estimates"], ensure_ascii=False).replace('"linh_vuc"', '"lĩnh vực"'))
    assert renamed == expected["estimates"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            GOOD.replace(",", ";").replace(";1.000;", ";1,0,0;", 1),
            "row 1, column 'weight': a number is expected, it is",
        ),
        (GOOD.replace(",1.000,", ',"1,000",', 1), "it is '1,000' (decimals have a point, not a comma)"),
        (GOOD.replace(",1.000,", ",1_000,", 1), "row 1, column 'weight': a number is expected, it is '1_000'"),
        (GOOD.replace(",1.000,", ",１,", 1), "row 1, column 'weight': a number is expected, it is '１'"),
        (GOOD.replace(",1.000,", ",inf,", 1), "row 1, column 'weight': a number is expected, it is 'inf'"),
        (GOOD.replace("A,0", "A\0,0", 1), "line 2: a byte of value 0 is not text"),
        (GOOD + "A,1\n", "row 55 has 2 values; the header has 6 columns"),
        (GOOD.replace("lĩnh vực", "weight", 1), "has column 'weight' twice"),
        (HEAD.replace("q1", unicodedata.normalize("NFD", "xã")) + "\nA,1,x,1,4,5\n", "has column 'xã' twice"),
        (GOOD.encode("utf-16"), "not UTF-8"),
    ],
)
def test_data_that_could_be_misread_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes, sentence: str
) -> None:
    assert sentence in refused(tmp_path, capsys, ASKED, data(tmp_path, text))


def quoted(*places: tuple[int, int, str]) -> str:
    """The good file with a comment in front of the last column and quotation marks: row, column, cell with %s."""
    lines = [line.split(",") for line in GOOD.splitlines()]
    lines = [[*cells[:-1], "ghi chú" if not k else f"ý {k}", cells[-1]] for k, cells in enumerate(lines)]
    for row, column, mark in places:
        lines[row][column] = mark % lines[row][column]
    return "\n".join(",".join(cells) for cells in lines) + "\n"


@pytest.mark.parametrize("column", range(7))
@pytest.mark.parametrize("row", [1, 8, 54])
def test_a_quotation_mark_that_stays_open_is_refused_with_its_row(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: int, column: int
) -> None:
    """Of 54 rows, 8 were kept, with exit 0."""
    sentence = refused(tmp_path, capsys, ASKED, data(tmp_path, quoted((row, column, '"%s'))))
    assert f"data.csv, row {row} (line {row + 1}): a quotation mark opens in this row and does not end" in sentence


@pytest.mark.parametrize("column", range(7))
@pytest.mark.parametrize("apart", [1, 2, 17])
def test_two_quotation_marks_do_not_swallow_the_rows_between(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], column: int, apart: int
) -> None:
    """Of 54 rows, 37 were kept, one of them in a group whose name had 18 lines; also in a column that nobody reads."""
    text = quoted((20, column, '"%s'), (20 + apart, column, '%s"'))
    sentence = refused(tmp_path, capsys, ASKED, data(tmp_path, text))
    name = quoted().split("\n")[0].split(",")[column]
    assert f"data.csv, row 20 (line 21), column '{name}': a text of one line is expected" in sentence
    assert f"it runs over {apart + 1} lines; a quotation mark may be missing" in sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (quoted((3, 2, '"%s" x')), "row 3 (line 4): a quotation mark opens in this row and does not end with its cell"),
        (quoted((0, 5, '"%s')), "data.csv, the header: a quotation mark opens"),
        (quoted((0, 5, '"%s'), (4, 5, '%s"')), "data.csv, the header, column 'ghi chú,overall A,0"),
        (quoted((3, 5, '"một\n%s"'), (9, 2, '"%s')), "row 9 (line 11): a quotation mark opens"),
        (quoted((9, 2, '"Đất\n%s"')), "row 9 (line 10), column 'lĩnh vực': a text of one line is expected, it runs"),
    ],
)  # fmt: skip
def test_other_files_that_would_be_read_in_part_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    assert sentence in refused(tmp_path, capsys, ASKED, data(tmp_path, text))


@pytest.mark.parametrize(
    "marks",
    [
        pytest.param([(20, 5, '"%s,\nhai dòng, có dấu phẩy"')], id="a remark of two lines in a column nobody reads"),
        pytest.param([(20, 5, '5" %s')], id="a mark inside a cell"),
        pytest.param([(20, 5, '"nói ""%s"""')], id="doubled marks"),
        pytest.param([(0, 2, '"%s"'), (7, 2, '"%s"')], id="cells in quotation marks"),
    ],
)
def test_quotation_marks_as_they_should_be_change_nothing(tmp_path: Path, marks: list[tuple[int, int, str]]) -> None:
    assert run(tmp_path, ASKED, data(tmp_path, quoted(*marks))) == run(tmp_path, ASKED, data(tmp_path, GOOD))


def test_the_margins_file_is_read_whole_or_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {**ASKED, "calibration": {"method": "rake", "margins": "m.csv", "variables": ["huyện"]}}
    for text, sentence in {
        'margin,level,count\nhuyện,A,10\nhuyện,"B,10\nhuyện,C,10\n': "m.csv, row 2 (line 3): a quotation mark opens",
        'margin,level,count\nhuyện,"A,10\nhuyện,B",10\nhuyện,C,10\n': "m.csv, row 1 (line 2), column 'level'",
        "margin,level,count,count\nhuyện,A,10,0\nhuyện,B,10,0\nhuyện,C,10,0\n": "m.csv has column 'count' twice",
    }.items():
        (tmp_path / "m.csv").write_text(text, encoding="utf-8")
        assert sentence in refused(tmp_path, capsys, asked, data(tmp_path, GOOD))


def test_an_spss_file_that_was_cut_off_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyreadstat

    names = {"huyện": "huyen", "xã": "xa", "lĩnh vực": "linh_vuc"}
    file = tmp_path / "data.sav"
    pyreadstat.write_sav(tables().rename(columns=names), str(file))
    asked = {**ASKED, "design": {"strata": "huyen", "psu": "xa", "weight": "weight"}, "domains": [[], ["linh_vuc"]]}
    run(tmp_path, asked, str(file))
    file.write_bytes(file.read_bytes()[:-400])
    assert "data.sav" in refused(tmp_path, capsys, asked, str(file))


def test_a_parquet_column_of_lists_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pyarrow
    from pyarrow import parquet

    table = pyarrow.Table.from_pandas(tables()).set_column(3, "weight", pyarrow.array([[1.0]] * len(ROWS)))
    parquet.write_table(table, tmp_path / "data.parquet")
    sentence = refused(tmp_path, capsys, ASKED, str(tmp_path / "data.parquet"))
    assert "column 'weight': numbers or texts are expected, it is list" in sentence


RANKING = {"domain": ["lĩnh vực"], "draws": 100}
TARGET = {"domain": [], "threshold": 0.8}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"domains": [["lĩnh vực", "lĩnh vực"]]}, "'domains[0]' names 'lĩnh vực' twice"),
        ({"satisfied": [True]}, "'satisfied' must be a list of whole numbers"),
        ({"factors": {"q1": ["q1"]}}, "Factor 'q1' needs a name of its own"),
        ({"factors": {"ALL": ["q1"]}}, "Factor 'ALL' needs a name of its own"),
        ({"factors": {"F": []}}, "Factor 'F' has no items"),
        ({"ranking": [{**RANKING, "draws": -5}]}, "'ranking[0].draws' must be a whole number from 1"),
        ({"ranking": [{**RANKING, "draws": 1e13}]}, "'ranking[0].draws' must be a whole number from 1 to 1000000"),
        ({"ranking": [{**RANKING, "draws": 1.5}]}, "'ranking[0].draws' must be a whole number"),
        ({"ranking": [{**RANKING, "seed": -1}]}, "'ranking[0].seed' must be a whole number from 0"),
        ({"gates": {"n": -1}}, "'gates.n' must be a number of at least 0, or null for no gate"),
        ({"targets": [{**TARGET, "threshold": True}]}, "'targets[0].threshold' must be a number"),
        ({"targets": [{**TARGET, "measure": "item_mean"}]}, "'targets[0].measure' must be one of item_rate"),
        ({"calibration": {"method": "logit", "bounds": [2, 0.5]}}, "must lie on both sides of 1"),
        ({"calibration": {"method": "rake", "trim": 0}}, "'calibration.trim' must be a weight above 0"),
    ],
)
def test_requests_that_cannot_be_meant_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], sentence: str
) -> None:
    assert sentence in refused(tmp_path, capsys, {**ASKED, **changes}, data(tmp_path, GOOD))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('{"overall": "overall", "overall": "q1"}', "has key 'overall' twice"),
        ('{"level": NaN}', "has NaN, which is not a number of JSON"),
        ("[" * 100_000, "nested too deeply"),
        ('{"level": ' + "9" * 5000 + "}", "a number of thousands of digits"),
        ("[]", "'request' must be an object"),
        ("", "not JSON: line 1, column 1"),
    ],
)
def test_a_request_that_is_not_plain_json_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    assert sentence in refused(tmp_path, capsys, text, data(tmp_path, GOOD))


@pytest.mark.parametrize("same", ["--data", "--request", "The margins"])
def test_what_is_read_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str], same: str) -> None:
    files = {
        "--data": data(tmp_path, GOOD),
        "--request": str(tmp_path / "q.json"),
        "The margins": str(tmp_path / "m.csv"),
    }
    calibration = {"method": "rake", "margins": "m.csv", "variables": ["huyện"]}
    Path(files["--request"]).write_text(json.dumps({**ASKED, "calibration": calibration}), encoding="utf-8")
    Path(files["The margins"]).write_text("margin,level,count\nhuyện,A,1\nhuyện,B,1\nhuyện,C,1\n", encoding="utf-8")
    before = {name: Path(file).read_bytes() for name, file in files.items()}
    arguments = ["--data", files["--data"], "--request", files["--request"], "--out", files[same]]
    assert command_line.main(["estimate", *arguments]) == 2
    assert f"{same} and --out are the same file" in capsys.readouterr().err
    assert {name: Path(file).read_bytes() for name, file in files.items()} == before


def test_a_report_of_half_a_result_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = run(tmp_path, ASKED, data(tmp_path, GOOD))
    for broken in ({**result, "meta": {}}, {**result, "estimates": [{}]}, {**result, "verdicts": 3}):
        (tmp_path / "broken.json").write_text(json.dumps(broken), encoding="utf-8")
        assert command_line.main(["report", "--result", str(tmp_path / "broken.json")]) == 2
        captured = capsys.readouterr()
        assert (captured.out, captured.err.count("\n")) == ("", 1)
        assert "is not a whole result" in captured.err


@pytest.mark.parametrize(
    ("margins", "sentence"),
    [
        ("huyện,A,-1\nhuyện,B,1\nhuyện,C,1\n", "m.csv, row 1, column 'count': a number of at least 0 is expected"),
        ("huyện,A,0\nhuyện,B,0\nhuyện,C,0\n", "m.csv: the counts of margin 'huyện' are all 0"),
        ("huyện,A,1e308\nhuyện,B,1\nhuyện,C,1\n", "m.csv, row 1, column 'count': a number is expected"),
        ("huyện;A;1\n", "m.csv has no column 'level'"),
    ],
)
def test_margins_that_no_population_has_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], margins: str, sentence: str
) -> None:
    head = "margin,level,count\n" if "," in margins else "margin\n"
    (tmp_path / "m.csv").write_text(head + margins, encoding="utf-8")
    for method in ("rake", "linear", "raking", "poststratify"):
        calibration = {"method": method, "margins": "m.csv", "variables": ["huyện"]}
        assert sentence in refused(tmp_path, capsys, {**ASKED, "calibration": calibration}, data(tmp_path, GOOD))


def test_a_result_that_cannot_be_written_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "q.json").write_text(json.dumps(ASKED), encoding="utf-8")
    read = ["--data", data(tmp_path, GOOD), "--request", str(tmp_path / "q.json")]
    for out in (str(tmp_path), str(tmp_path / "nowhere" / "result.json"), ""):
        assert command_line.main(["estimate", *read, "--out", out]) == 2
        assert capsys.readouterr().err == f"--out '{out}' is not a file in a folder that exists.\n"


def test_drivers_of_answers_that_do_not_differ_are_null_with_a_reason(tmp_path: Path) -> None:
    """One part that cannot be had does not take the rest away."""
    same = "\n".join([HEAD, *(f"{h},{p},x,1,5,5" for h in "AB" for p in range(3))])
    asked = {**ASKED, "factors": {"F": ["q1"]}, "drivers": True, "reliability": True}
    found = run(tmp_path, asked, data(tmp_path, same))
    (entry,) = found["drivers"]
    assert (entry["driver"], entry["lmg"], entry["flags"]) == ("F", None, ["not_estimable"])
    assert "answers that differ" in entry["reason"]
    assert found["estimates"][0]["estimate"] == 1.0
