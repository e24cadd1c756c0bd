"""Files of SPSS and Stata read back: what their limits make of names, words and missing values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyreadstat
import pytest

from survey.exports.statistics_files import StatisticsColumn, spss_missing, write_dta, write_sav
from survey.exports.statistics_names import spss_names, stata_names
from tests import statistics_programs

WORDS_OF_SPSS = ("all", "and", "by", "eq", "ge", "gt", "le", "lt", "ne", "not", "or", "to", "with")
WORDS_OF_STATA = ("_all", "_b", "byte", "_coef", "_cons", "double", "float", "if", "in", "int", "long", "_n", "_N",
                  "_pi", "_pred", "_rc", "_skip", "str5", "str2045", "strL", "using", "with")  # fmt: skip
AWAY = {97: "không áp dụng", 98: "không biết", 99: "từ chối"}
SCALE = {1: "một", 2: "hai", 3: "ba"}


def rated(name: str, *values: float, missing: dict[int, str] | None = None) -> StatisticsColumn:
    away = AWAY if missing is None else missing
    held = np.array(values, np.float64)
    return StatisticsColumn(name, name, held, measure="ordinal", codes=SCALE | away, missing=frozenset(away))


def spss(folder: Path, *columns: StatisticsColumn, **more: Any) -> tuple[Any, Any]:
    write_sav(folder / "a.sav", columns, title="Đợt", **more)
    return pyreadstat.read_sav(str(folder / "a.sav"), user_missing=True)  # type: ignore[no-any-return]


def stata(folder: Path, *columns: StatisticsColumn, title: str = "Đợt") -> tuple[Any, Any]:
    write_dta(folder / "a.dta", columns, title=title)
    return pyreadstat.read_dta(str(folder / "a.dta"), user_missing=True)  # type: ignore[no-any-return]


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", sorted({*WORDS_OF_SPSS, *WORDS_OF_STATA}))
@pytest.mark.parametrize("names", [spss_names, stata_names])
def test_a_word_of_either_program_is_no_name(names: Any, word: str) -> None:
    assert names([word, word.upper(), "q1"]) == [f"q_{word}", f"q_{word.upper()}_2", "q1"]


@pytest.mark.parametrize("names", [spss_names, stata_names])
def test_a_name_that_may_stay_is_taken_from_nobody(names: Any) -> None:
    assert names(["by", "q_by", "weight_", "weight", "Weight", "strong", "tone", "orphan"]) == [
        "q_by_2", "q_by", "q_weight", "weight", "Weight_2", "strong", "tone", "orphan",
    ]  # fmt: skip


def test_long_names_stay_apart_and_leave_room_for_the_number_that_names_their_words(tmp_path: Path) -> None:
    first, second = "a" * 31 + "_1", "a" * 31 + "_2"
    assert spss_names([first, second]) == [first, second]
    assert stata_names([first, second]) == ["a" * 31, "a" * 29 + "_2"]
    _, meta = stata(tmp_path, rated(first, 1), rated(second, 2))
    sets = list(meta.variable_to_label.values())
    assert len(set(sets)) == 2
    assert max(map(len, sets)) <= 32


def test_pspp_runs_syntax_over_names_that_were_words_of_spss(tmp_path: Path) -> None:
    write_sav(tmp_path / "a.sav", [rated(word, 1, 3, 97) for word in WORDS_OF_SPSS], title="Đợt")
    syntax = tmp_path / "a.sps"
    syntax.write_text(f"GET FILE='{tmp_path / 'a.sav'}'.\nDESCRIPTIVES ALL /STATISTICS=MEAN.\n", encoding="utf-8")
    said = statistics_programs.pspp(syntax).splitlines()
    assert [line for line in said if line.endswith(",2,2.00")] == [f"{word},2,2.00" for word in WORDS_OF_SPSS]


# --- what is missing ----------------------------------------------------------------------------------------------


def test_a_code_has_one_letter_in_the_whole_file_and_the_commonest_code_the_first(tmp_path: Path) -> None:
    frame, meta = stata(
        tmp_path, rated("q1", 1, 97, 99), rated("q2", 99, 99, 99, missing={99: "từ chối"}),
        rated("q3", 0, np.nan, 3, missing={0: "không sử dụng"}),
    )  # fmt: skip
    assert frame["q1"].tolist() == [1, "c", "a"]
    assert frame["q2"].tolist() == ["a", "a", "a"]
    assert frame["q3"].tolist()[0] == "b"
    assert frame["q3"].isna().tolist() == [False, True, False]
    assert meta.variable_value_labels["q1"] == SCALE | {
        "c": "không áp dụng (97)", "d": "không biết (98)", "a": "từ chối (99)",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "kept"),
    [
        ((), []),
        ((0,), [(0, 0)]),
        ((97, 98, 99), [(97, 97), (98, 98), (99, 99)]),
        ((0, 97, 98, 99), [(97, 99), (0, 0)]),
        ((96, 97, 98, 99), [(96, 99)]),
    ],
)
def test_missing_codes_are_three_values_or_a_range_and_one_value(
    tmp_path: Path, missing: tuple[int, ...], kept: list[tuple[int, int]]
) -> None:
    column = rated("q1", 1, 3, *missing, missing=dict.fromkeys(missing, "không"))
    assert spss_missing(column) == kept
    frame, meta = spss(tmp_path, column)
    assert meta.missing_ranges.get("q1", []) == [{"lo": low, "hi": high} for low, high in kept]
    assert frame["q1"].tolist() == [1, 3, *missing]
    assert pyreadstat.read_sav(str(tmp_path / "a.sav"))[0]["q1"].mean() == 2


def test_what_spss_cannot_mark_is_blank_and_in_no_mean(tmp_path: Path) -> None:
    codes = dict.fromkeys((0, 4, 97, 98, 99), "không")
    column = StatisticsColumn("q1", "q1", np.array([5, 0, 4, 97, 98, 99]), codes=SCALE | {5: "năm"} | codes,
                              missing=frozenset(codes))  # fmt: skip
    assert spss_missing(column) == [(97, 99), (0, 0)]
    frame, _ = spss(tmp_path, column)
    assert frame["q1"].fillna(-1).tolist() == [5, 0, -1, 97, 98, 99]
    assert pyreadstat.read_sav(str(tmp_path / "a.sav"))[0]["q1"].mean() == 5


def test_columns_that_are_blank_or_missing_throughout_are_numbers(tmp_path: Path) -> None:
    blank, away = rated("q1", np.nan, np.nan), rated("q2", 98, 98)
    for write in (spss, stata):
        _, meta = write(tmp_path, blank, away)
        assert set(meta.readstat_variable_types.values()) == {"double"}


# --- words and days -----------------------------------------------------------------------------------------------


def test_long_words_end_with_a_whole_letter(tmp_path: Path) -> None:
    long = "; ".join(["Rất hài lòng với cách phục vụ"] * 20)
    column = StatisticsColumn("q1", long, np.array([1.0]), codes={1: long})
    _, meta = spss(tmp_path, column, notes=["Một dòng.", long])
    assert long.startswith(meta.column_names_to_labels["q1"])
    assert 254 <= len(meta.column_names_to_labels["q1"].encode()) <= 256
    assert 118 <= len(meta.variable_value_labels["q1"][1].encode()) <= 120
    assert meta.notes[0] == "Một dòng."
    assert " ".join(meta.notes[1:]).split() == long.split()
    _, meta = stata(tmp_path, column, title=long)
    assert meta.column_names_to_labels["q1"] == long[:80]
    assert meta.variable_value_labels["q1"][1] == long, "Stata keeps the words of codes whole"
    assert meta.file_label == long[:80]


def test_stata_14_reads_the_file(tmp_path: Path) -> None:
    stata(tmp_path, rated("q1", 1))
    assert b"<release>118</release>" in (tmp_path / "a.dta").read_bytes()[:80]


def test_days_are_days_for_every_program(tmp_path: Path) -> None:
    days = np.array(["2026-03-01", "NaT", "1970-01-01"], "datetime64[D]")
    column = StatisticsColumn("day", "Ngày", days, "date", "scale")
    for write in (spss, stata):
        frame, _ = write(tmp_path, column)
        assert [str(day) for day in frame["day"].tolist() if day == day and day is not None] == [
            "2026-03-01", "1970-01-01",
        ]  # fmt: skip
    script = tmp_path / "days.R"
    script.write_text(
        "library(haven)\nfolder <- commandArgs(TRUE)\n"
        "for (data in list(read_sav(file.path(folder, 'a.sav')), read_dta(file.path(folder, 'a.dta'))))\n"
        "  cat(class(data$day), as.character(data$day), '\\n')\n",
        encoding="utf-8",
    )
    assert statistics_programs.r(script, tmp_path) == "Date 2026-03-01 NA 1970-01-01 \n" * 2
