"""`python -m analysis estimate`: the numbers of R from a file, and one sentence for every kind of bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.files import command_line
from analysis.files.request import MEASURES
from tests.analysis import reference
from tests.analysis.reference import ITEMS, ORACLE, Agreement

EXPECTED = reference.expected()
DATA = str(ORACLE / "inputs.csv")
DESIGN: dict[str, Any] = {"strata": "district", "psu": "psu", "weight": "weight"}
FINITE = {**DESIGN, "population_psus": "N_h", "population_units": "M_hi", "variance": "finite_population"}


def request(**changes: Any) -> dict[str, Any]:
    return {"design": DESIGN, "items": list(ITEMS), "overall": "overall", **changes}


def run(folder: Path, asked: Any, data: str = DATA) -> dict[str, Any]:
    """The result of a request; fails if the command does."""
    (folder / "request.json").write_text(json.dumps(asked), encoding="utf-8")
    out = folder / "result.json"
    code = command_line.main(["estimate", "--data", data, "--request", str(folder / "request.json"), "--out", str(out)])
    assert code == 0
    found: dict[str, Any] = json.loads(out.read_text(encoding="utf-8"))
    return found


def refused(folder: Path, capsys: pytest.CaptureFixture[str], asked: Any, data: str = DATA) -> str:
    """The one sentence of a request that is refused."""
    text = asked if isinstance(asked, str) else json.dumps(asked)
    (folder / "request.json").write_text(text, encoding="utf-8")
    out = folder / "result.json"
    out.write_text("an older result", encoding="utf-8")
    code = command_line.main(["estimate", "--data", data, "--request", str(folder / "request.json"), "--out", str(out)])
    captured = capsys.readouterr()
    assert code == 2
    assert not out.exists(), "an old result must not be taken for the new one"
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert list(folder.glob("*.part")) == list(folder.glob(".*.part")) == []
    return captured.err.strip()


def find(entries: list[dict[str, Any]], measure: str, variable: str, **domain: str) -> dict[str, Any]:
    return next(e for e in entries if (e["measure"], e["variable"], e["domain"]) == (measure, variable, domain))


@pytest.mark.parametrize(("name", "design"), [("wr", DESIGN), ("fpc2", FINITE)])
def test_rates_of_items_and_domains_equal_r(tmp_path: Path, name: str, design: dict[str, Any]) -> None:
    names = ["logit", "beta", "kg", "wilson", "likelihood", "mean"]
    crossings = [[], ["service"], ["district"], ["service", "district"]]
    found = run(
        tmp_path, request(design=design, domains=crossings, intervals=names, measures=["item_rate", "overall_rate"])
    )
    agreement = Agreement()
    rows = [r for r in EXPECTED["item_satisfied_rate"]["rows"] if r["design"] == name]
    rows += [
        r
        for r in EXPECTED["domain_overall_rate"]["rows"]
        if r["design"] == name and r["domain"].split(":") in crossings
    ]
    index = {(e["measure"], e["variable"], tuple(e["domain"].values())): e for e in found["estimates"]}
    for row in rows:
        variable = row.get("variable", "overall")
        measure = "overall_rate" if variable == "overall" else "item_rate"
        entry = index[measure, variable, tuple(row["level"].split(":")) if "level" in row else ()]
        where = f"{name} {variable} {row.get('level')}"
        assert (entry["n"], entry["df"]) == (row["n"], row["df"]), where
        for key, wanted in (("estimate", "est"), ("se", "se"), ("deff_wor", "deff_wor"), ("deff_wr", "deff_wr")):
            agreement.add(key, entry[key], row[wanted], where, tolerance=1e-7)
        for interval, wanted in (("logit", "xlogit"), ("beta", "beta"), ("kg", "kg"), ("wilson", "wilson")):
            for place, end in enumerate(("lo", "hi")):
                pair = entry["interval"][interval]
                value = None if pair is None else pair[place]
                agreement.add(interval, value, row[f"{wanted}_{end}"], where, tolerance=1e-7)
        for place, end in enumerate(("lo", "hi") if "likelihood_lo" in row else ()):
            agreement.add(
                "likelihood", entry["interval"]["likelihood"][place], row[f"likelihood_{end}"], where, tolerance=1e-6
            )
    assert found["meta"]["rows"] == 11959
    assert found["meta"]["df"] == 42
    print(name, {kind: f"{worst:.0e}" for kind, (worst, _) in agreement.worst.items()})


def test_factors_and_indices_carry_their_names(tmp_path: Path) -> None:
    factors = {code: list(items) for code, items in reference.FACTORS.items()}
    found = run(tmp_path, request(factors=factors))["estimates"]
    agreement = Agreement()
    for row in EXPECTED["factor_pooled_rate"]["rows"]:
        if row["design"] == "wr":
            name = "index_pooled_rate" if row["factor"] == "ALL" else "factor_pooled_rate"
            entry = find(found, name, row["factor"])
            agreement.add(name, entry["estimate"], row["est"], tolerance=1e-8)
            agreement.add(name, entry["se"], row["se"], tolerance=1e-8)
    for row in EXPECTED["factor_scores"]["rows"]:
        if row["design"] == "wr":
            name = "factor_mean_score" if row["measure"] == "mean_score" else "share_mean_ge_4"
            entry = find(found, name, row["factor"])
            agreement.add(name, entry["estimate"], row["est"], tolerance=1e-8)
            agreement.add(name, entry["se"], row["se"], tolerance=1e-8)
    row = EXPECTED["index_mean_of_item_rates"]["rows"][0]
    entry = find(found, "index_mean_of_item_rates", "ALL")
    agreement.add("mean of rates", entry["se"], row["se"], tolerance=1e-8)
    rates = {code: [find(found, "item_rate", item)["estimate"] for item in items] for code, items in factors.items()}
    wanted = np.mean([np.mean(values) for values in rates.values()])
    assert find(found, "index_mean_of_factors", "ALL")["estimate"] == pytest.approx(wanted, rel=1e-12)
    everybody = find(found, "all_answers_satisfied", "ALL")
    assert everybody["estimate"] == pytest.approx(EXPECTED["all_answers_satisfied"]["rows"][0]["est"], rel=1e-10)
    assert {e["measure"] for e in found} == set(MEASURES)


CALIBRATIONS = {
    "rake5": {"method": "rake"},
    "greg_linear5": {"method": "linear"},
    "cal_raking5": {"method": "raking"},
    "cal_logit5_bounds_0.5_2.5": {"method": "logit", "bounds": [0.5, 2.5]},
    "poststrat_service_district": {"method": "poststratify", "variables": ["service", "district"]},
}


@pytest.mark.parametrize("name", CALIBRATIONS)
@pytest.mark.parametrize(("label", "design"), [("wr", DESIGN), ("fpc2", FINITE)])
def test_calibrated_estimates_equal_r(tmp_path: Path, name: str, label: str, design: dict[str, Any]) -> None:
    variables = ["service", "gender", "age", "ethnicity", "urban"]
    asked = {"margins": "margins.csv", "variables": variables, **CALIBRATIONS[name]}
    crossed = asked["method"] == "poststratify"
    reference.margins_file(tmp_path, ORACLE / "margins.csv", ["service:district"] if crossed else variables)
    measures = ["overall_rate", "index_pooled_rate"]
    found = run(tmp_path, request(design=design, calibration=asked, domains=[[], ["service"]], measures=measures))
    agreement = Agreement()
    for row in EXPECTED["weighted_estimates"]["rows"]:
        if (row["design"], row["adjustment"]) != (label, name):
            continue
        domain = {} if row["service"] == "ALL" else {"service": row["service"]}
        rate = find(found["estimates"], "overall_rate", "overall", **domain)
        index = find(found["estimates"], "index_pooled_rate", "ALL", **domain)
        agreement.add("rate", rate["estimate"], row["rate"], tolerance=1e-6)
        agreement.add("rate se", rate["se"], row["rate_se"], tolerance=1e-6)
        agreement.add("index", index["estimate"], row["index"], tolerance=1e-6)
        agreement.add("index se", index["se"], row["index_se"], tolerance=1e-6)
        assert rate["df"] == row["df"]
    assert agreement.compared == 16
    assert found["meta"]["calibration"]["converged"] is True
    assert found["meta"]["calibration"]["max_relative_error"] < 1e-8


def test_verdicts_carry_tests_bounds_and_the_decided_verdict(tmp_path: Path) -> None:
    target = {"domain": ["district"], "threshold": 0.85, "measure": "overall_rate", "adjust": ["none", "holm", "bh"]}
    found = run(tmp_path, request(targets=[target], measures=["overall_rate"]))["verdicts"]
    by_level = {e["domain"]["district"]: e for e in found}
    agreement = Agreement()
    for row in EXPECTED["verdicts"]["rows"]:
        if (row["design"], row["family"], row["target"]) != ("wr", "district", 0.85):
            continue
        entry = by_level[row["level"]]
        for key in ("p_reached", "p_not_reached", "p_reached_holm", "p_reached_bh"):
            agreement.add(key, entry[key], row[key], row["level"], tolerance=1e-7)
        agreement.add("lower", entry["lower_bound"], row["kg_lo1"], row["level"], tolerance=1e-7)
        agreement.add("upper", entry["upper_bound"], row["kg_hi1"], row["level"], tolerance=1e-7)
        assert entry["test"] == row["verdict_unadjusted"]
        assert (entry["test_holm"], entry["test_bh"]) == (row["verdict_holm"], row["verdict_bh"])
    assert by_level["D06"]["verdict"] == "not_estimable", "a district of one PSU is never certified"
    assert by_level["D01"]["verdict"] == "too_few"
    assert by_level["D01"]["reasons"] == ["df"]
    assert by_level["D01"]["responses_needed"] is None
    assert by_level["D01"]["responses_needed_reason"] == "too_few_clusters"
    assert {e["rule"] for e in found} == {"floored-binomial-t"}
    assert by_level["D01"]["bound_holm"] is None, "what is not judged has no bound"


def test_switched_off_gates_let_every_estimable_district_be_judged(tmp_path: Path) -> None:
    target = {"domain": ["district"], "threshold": 0.85}
    gates = dict.fromkeys(("n", "kish_n", "effective_n", "df", "pooled"))
    found = run(tmp_path, request(targets=[target], gates=gates, measures=["overall_rate"]))["verdicts"]
    assert {e["domain"]["district"]: e["verdict"] for e in found}["D01"] == "reached_not_proven"
    assert {e["verdict"] for e in found} <= {
        "reached",
        "reached_not_proven",
        "missed_not_proven",
        "missed",
        "not_estimable",
    }


def test_what_cannot_be_estimated_is_null_with_a_flag(tmp_path: Path) -> None:
    found = run(tmp_path, request(domains=[["service", "district"]], measures=["item_rate", "overall_rate"]))
    empty = find(found["estimates"], "item_rate", "q21", service="S3", district="D14")
    assert (empty["n"], empty["estimate"], empty["se"], empty["df"]) == (0, None, None, None)
    assert "empty_domain" in empty["flags"]
    lonely = find(found["estimates"], "overall_rate", "overall", service="S1", district="D06")
    assert "no_degrees_of_freedom" in lonely["flags"]
    assert lonely["interval"]["logit"] is None
    everybody = find(found["estimates"], "overall_rate", "overall", service="S1", district="D09")
    assert (everybody["estimate"], everybody["se"]) == (1.0, 0.0)
    assert "all_satisfied" in everybody["flags"]


def test_parquet_and_spss_files_give_the_same_result_as_csv(tmp_path: Path) -> None:
    import pyarrow
    import pyreadstat
    from pyarrow import parquet

    data = reference.survey()
    columns: dict[str, Any] = {name: data[name] for name in ("district", "psu", "service")}
    columns["weight"] = data.weight
    for name in ("q01", "q02", "overall"):
        columns[name] = [None if value != value else int(value) for value in data.answers(name)]
    asked = request(items=["q01", "q02"], domains=[["service"]])
    expected = run(tmp_path, asked)
    parquet.write_table(pyarrow.table(columns), tmp_path / "data.parquet")
    import pandas

    pyreadstat.write_sav(pandas.DataFrame(columns), str(tmp_path / "data.sav"))
    assert run(tmp_path, asked, str(tmp_path / "data.parquet")) == expected
    assert run(tmp_path, asked, str(tmp_path / "data.sav")) == expected


def test_command_reads_standard_input_and_writes_standard_output(tmp_path: Path) -> None:
    (tmp_path / "request.json").write_text(json.dumps(request(measures=["overall_rate"])), encoding="utf-8")
    command = [sys.executable, "-m", "analysis", "estimate", "--data", "-", "--out", "-"]
    done = subprocess.run(
        [*command, "--request", str(tmp_path / "request.json")],
        input=Path(DATA).read_bytes(),
        capture_output=True,
        check=False,
        cwd=reference.HERE.parent.parent,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["meta"]["rows"] == 11959


SMALL = "district,psu,weight,q01,overall\nA,1,1.5,4,5\nA,2,2,3,4\nB,3,1,,5\nB,4,1,5,1\n"


@pytest.mark.parametrize(
    ("changes", "data", "sentence"),
    [
        ({"levels": 0.9}, SMALL, "Unknown key 'levels' in the request"),
        ({"design": {**DESIGN, "clusters": "psu"}}, SMALL, "Unknown key 'design.clusters'"),
        (
            {"targets": [{"domain": [], "threshold": 85}]},
            SMALL,
            "'targets[0].threshold' must be a rate between 0 and 1",
        ),
        ({"items": [], "overall": None}, SMALL, "neither 'items' nor 'overall'"),
        ({"design": {"strata": "district"}}, SMALL, "no 'design.weight'"),
        ({"items": ["q99"]}, SMALL, "has no column 'q99'; it has district, psu, weight, q01, overall"),
        ({"measures": ["item_rat"]}, SMALL, "'measures' must be some of item_rate"),
        ({"factors": {"F": ["q02"]}}, SMALL, "Factor 'F' has item 'q02', which is not in 'items'"),
        ({"measures": ["factor_pooled_rate"]}, SMALL, "the request names no 'factors'"),
        ({}, SMALL.replace("1.5", "heavy"), "row 1, column 'weight': a number is expected, it is 'heavy'"),
        ({}, SMALL.replace("B,4,1,", "B,4,,"), "row 4, column 'weight': a number is expected, it is empty"),
        ({}, SMALL.replace("B,4,1,", "B,4,-1,"), "Row 4 has weight -1.0; a weight is a finite number"),
        ({}, SMALL.replace("B,4,1,", "B,4,nan,"), "row 4, column 'weight': a number is expected, it is 'nan'"),
        ({}, SMALL.replace("A,2,2,3", "A,2,2,4.5"), "row 2, column 'q01': a whole number from 0 to 254"),
        ({}, SMALL.replace("A,2,2,3", "A,2,2,good"), "row 2, column 'q01': a whole number from 0 to 254"),
        ({}, SMALL.replace("A,2,", ",2,"), "row 2, column 'district': a value is expected, it is empty"),
        ({}, SMALL.replace("B,3,1,,5", "B,3,1,,5,6"), "row 3 has 6 values; the header has 5 columns"),
        ({}, "", "is empty; a CSV file with a header line is expected"),
        ({}, "district,psu,weight,q01,overall\n", "has no rows of data"),
        ({}, SMALL.replace("psu,weight", "weight,weight"), "has column 'weight' twice"),
        ({"design": {**DESIGN, "nest_psu": False}}, SMALL.replace("B,3", "B,1"), "PSU 1 is in strata A, B"),
        ({"design": {**DESIGN, "lonely_psu": "fail"}}, SMALL.replace("A,2", "A,1"), "Stratum A has only one PSU"),
        (
            {"design": {**DESIGN, "population_psus": "weight", "variance": "finite_population"}},
            SMALL,
            "has population_psus 1.5, other rows of stratum A have 2",
        ),
        ({"calibration": {"method": "rake"}}, SMALL, "'calibration' by rake needs 'margins'"),
        (
            {"calibration": {"method": "rake", "margins": "none.csv", "variables": ["district"]}},
            SMALL,
            "There is no file",
        ),
    ],
)
def test_bad_input_is_one_sentence_and_no_result(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, Any], data: str, sentence: str
) -> None:
    (tmp_path / "data.csv").write_text(data, encoding="utf-8")
    asked = {"design": DESIGN, "items": ["q01"], "overall": "overall", **changes}
    assert sentence in refused(tmp_path, capsys, asked, str(tmp_path / "data.csv"))


@pytest.mark.parametrize(
    ("margins", "sentence"),
    [
        ("margin,level,count\ndistrict,A,10\n", "Row 3 has district 'B', for which the margins give no count"),
        ("margin,level,count\ndistrict,A,10\ndistrict,B,x\n", "row 2, column 'count': a number is expected"),
        ("margin,level,count\ndistrict,A,1\ndistrict,A,2\n", "margin 'district' has level 'A' twice"),
        ("margin,level,count\narea,A,1\n", "has no margin 'district'; it has area"),
        ("margin,level\ndistrict,A\n", "has no column 'count'"),
        ("margin,level,count\ndistrict,A,1\ndistrict,B,1\ndistrict,C,4\n", "level 'C', but no respondent there"),
    ],
)
def test_bad_margins_are_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], margins: str, sentence: str
) -> None:
    (tmp_path / "data.csv").write_text(SMALL, encoding="utf-8")
    (tmp_path / "m.csv").write_text(margins, encoding="utf-8")
    asked = {
        "design": DESIGN,
        "overall": "overall",
        "calibration": {"method": "rake", "margins": "m.csv", "variables": ["district"]},
    }
    assert sentence in refused(tmp_path, capsys, asked, str(tmp_path / "data.csv"))


def test_files_that_are_not_what_their_names_say_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = {"design": DESIGN, "overall": "overall"}
    for name in ("data.parquet", "data.sav"):
        (tmp_path / name).write_text("not that", encoding="utf-8")
        assert "cannot be read as" in refused(tmp_path, capsys, asked, str(tmp_path / name))
    (tmp_path / "data.csv").write_bytes("district,psu,weight,overall\nĐà,1,1,4\n".encode("utf-16"))
    assert "not UTF-8" in refused(tmp_path, capsys, asked, str(tmp_path / "data.csv"))
    assert "ends in '.xls'" in refused(tmp_path, capsys, asked, _touch(tmp_path / "data.xls"))
    assert "There is no file" in refused(tmp_path, capsys, asked, str(tmp_path / "missing.csv"))
    assert "not JSON: line 1" in refused(tmp_path, capsys, "{design", str(tmp_path / "data.csv"))


def _touch(path: Path) -> str:
    path.write_text("x", encoding="utf-8")
    return str(path)


def test_wrong_arguments_are_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["estimate"], ["guess"], [], ["estimate", "--data", "x", "--colour", "red"]):
        assert command_line.main(arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1


def clusters(*satisfied: tuple[str, int, int, int]) -> str:
    """CSV of clusters: stratum, cluster, how many of its 4 people are satisfied, PSUs in the stratum's population."""
    lines = [
        f"{stratum},{psu},1,{5 if person < good else 2},{size}"
        for stratum, psu, good, size in satisfied
        for person in range(4)
    ]
    return "\n".join(["stratum,psu,weight,overall,size", *lines]) + "\n"


ALIKE = [("A", psu, 3, 50) for psu in range(10)]


@pytest.mark.parametrize(
    ("rows", "variance", "flags"),
    [
        pytest.param(ALIKE, "with_replacement", [], id="ten equal clusters"),
        pytest.param([("A", k, k % 4, 10) for k in range(10)], "finite_population", [], id="a census of clusters"),
        pytest.param(
            [("A", 1, 3, 50)], "with_replacement", ["no_degrees_of_freedom", "lonely_psu"], id="one cluster of many"
        ),
        pytest.param([("A", 1, 3, 1)], "finite_population", ["no_degrees_of_freedom"], id="the one cluster there is"),
        pytest.param([*ALIKE, ("B", 1, 3, 50)], "with_replacement", ["lonely_psu"], id="a lonely stratum beside"),
    ],
)
def test_lonely_psu_is_flagged_where_a_stratum_with_one_psu_is_the_cause(
    tmp_path: Path, rows: list[tuple[str, int, int, int]], variance: str, flags: list[str]
) -> None:
    (tmp_path / "data.csv").write_text(clusters(*rows), encoding="utf-8")
    design = {"strata": "stratum", "psu": "psu", "weight": "weight", "variance": variance}
    if variance == "finite_population":
        design["population_psus"] = "size"
    found = run(tmp_path, {"design": design, "overall": "overall"}, data=str(tmp_path / "data.csv"))
    entry = find(found["estimates"], "overall_rate", "overall")
    assert (entry["se"], entry["flags"]) == (0, flags)


def test_likelihood_interval_of_one_degree_of_freedom_is_null_with_a_flag(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_text(clusters(("A", 1, 3, 50), ("A", 2, 1, 50)), encoding="utf-8")
    design = {"strata": "stratum", "psu": "psu", "weight": "weight"}
    asked = {"design": design, "overall": "overall", "intervals": ["wilson", "likelihood"]}
    entry = find(run(tmp_path, asked, data=str(tmp_path / "data.csv"))["estimates"], "overall_rate", "overall")
    assert (entry["df"], entry["interval"]["likelihood"]) == (1, None)
    assert entry["interval"]["wilson"] is not None
    assert entry["flags"] == ["no_degrees_of_freedom"]
