"""Replicate weights of other people's files: R's errors, what must equal linearisation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.arrays import Bools, Floats
from analysis.design import replicates
from analysis.design.replicate_weights import replicate_weights
from analysis.design.replicates import Replicates
from analysis.design.sample_design import SampleDesign, sample_design
from analysis.estimation.domain_estimates import estimate
from analysis.estimation.replicate_errors import replicate_covariance
from analysis.estimation.row_scores import RowMeasures
from analysis.files import command_line
from analysis.files.request import MEASURES
from analysis.totals.chunk_sums import Chunk
from analysis.totals.measure_plan import BLANK, Measure, MeasurePlan, Node, RatedItem
from analysis.totals.streaming import Shape, Totals
from tests.analysis import reference
from tests.analysis.files.test_command_line import find, run
from tests.analysis.reference import Agreement

Columns = dict[str, Any]


def csv_of(columns: Columns) -> str:
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n"


def with_weights(columns: Columns, weights: Floats) -> Columns:
    """Columns with replicate weights (n × R) behind them, under the names rep1, rep2 and so on."""
    made = {f"rep{k + 1}": [repr(float(value)) for value in own] for k, own in enumerate(weights.T)}
    return {**columns, **made}


def write(folder: Path, columns: Columns) -> str:
    (folder / "data.csv").write_text(csv_of(columns), encoding="utf-8")
    return str(folder / "data.csv")


def replicated(kind: str, **more: Any) -> dict[str, Any]:
    return {"weight": "w", "replicates": {"columns": "rep*", "type": kind, **more}}


# --- R's own replicate weights ---------------------------------------------------------------------------------


def oracle() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((reference.ORACLE / "replicates" / "expected.json").read_text(encoding="utf-8"))
    return loaded


R_CONSTANTS: dict[str, dict[str, Any]] = {"BRR": {}, "Fay": {"rho": 0.3}, "JKn": {}, "subbootstrap": {}}


@pytest.mark.parametrize("combined", [True, False])
@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize("kind", R_CONSTANTS)
def test_errors_are_those_of_svrepdesign(tmp_path: Path, kind: str, mse: bool, combined: bool) -> None:
    data = oracle()["data"]
    row = next(row for row in oracle()["rows"] if (row["type"], row["mse"]) == (kind, mse))
    factors = np.array(row["factors"])
    columns: Columns = {"w": data["w"], "g": data["g"], "y": [5 if good else 1 for good in data["y"]], "a": data["a"]}
    weights = factors * np.array(data["w"])[:, None] if combined else factors
    path = write(tmp_path, with_weights(columns, weights))
    constants = {**R_CONSTANTS[kind], "mse": mse, "combined": combined}
    if kind == "JKn":
        constants["rscales"] = row["rscales"]
    design = replicated("bootstrap" if kind == "subbootstrap" else kind, **constants)
    found = run(tmp_path, {"design": design, "items": ["y", "a"], "domains": [[], ["g"]]}, path)
    agreement = Agreement()
    entries = found["estimates"]
    agreement.add("mean", find(entries, "item_rate", "y")["se"], row["mean"], tolerance=1e-8)
    agreement.add("domain", find(entries, "item_rate", "y", g="a")["se"], row["domain"], tolerance=1e-8)
    variance = row["covariance"][1][1]
    agreement.add("mean of a", find(entries, "item_mean", "a")["se"], np.sqrt(variance), tolerance=1e-8)
    made = found["meta"]["replicates"]
    assert made["scale"] == pytest.approx(row["scale"], rel=1e-9)
    assert (made["replicates"], made["mse"], made["combined"]) == (factors.shape[1], mse, combined)
    if kind != "subbootstrap":
        assert found["meta"]["df"] == 6, "12 PSUs in 6 strata"


# --- where every figure is linear: linearisation, JKn, BRR and Fay are one -------------------------------------


def paired_sample() -> tuple[Columns, SampleDesign]:
    """4 strata of 2 PSUs of 5 people, 3 for service A and 2 for B in each: no replicate changes a denominator."""
    random = np.random.default_rng(5)
    stratum, psu = np.repeat(np.arange(4), 10), np.repeat(np.arange(8), 5)
    good = np.array([3.1, 4.2, 3.6, 4.6, 2.9, 3.9, 4.4, 3.3])[psu]
    answers = {f"q{k}": np.clip(np.rint(good + random.normal(0, 1, 40)), 1, 5).astype(int) for k in range(1, 5)}
    weight = np.array([2.0, 3.5, 1.0, 4.0])[stratum]
    columns = {"w": weight, "stratum": stratum, "psu": psu, "service": np.tile(list("AAABB"), 8), **answers}
    return columns, sample_design(weight, strata=stratum, psu=psu)


ASKED: dict[str, Any] = {
    "items": ["q1", "q2", "q3"],
    "overall": "q4",
    "factors": {"F1": ["q1", "q2"], "F2": ["q3"]},
    "domains": [[], ["service"]],
    "intervals": ["logit", "beta", "kg", "wilson", "likelihood", "mean", "asin"],
    "gates": {"n": 5, "effective_n": 5, "df": 2},
    "targets": [{"domain": ["service"], "threshold": 0.4, "measure": "overall_rate", "adjust": ["none", "holm"]}],
    "ranking": [{"domain": ["service"], "measure": "index_pooled_rate", "draws": 500}],
}
MADE = {
    "JKn": (replicates.jackknife, {"rscales": [0.5] * 8}),
    "BRR": (replicates.balanced, {}),
    "Fay": (lambda design: replicates.balanced(design, rho=0.4), {"rho": 0.4}),
}


def alike(found: Any, wanted: Any, where: str) -> None:
    """Plain data that are the same but for the last digits."""
    if isinstance(wanted, dict):
        assert set(found) == set(wanted), where
        for key, value in wanted.items():
            alike(found[key], value, f"{where} {key}")
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for place, value in enumerate(wanted):
            alike(found[place], value, f"{where} [{place}]")
    elif isinstance(wanted, float):
        assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12), where
    else:
        assert found == wanted, where


OF_THE_RULE = ("df", "effective_n", "verdict", "reasons", "bound_holm", "upper_bound_holm")


def without_rule(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Verdicts without what the rule says of them; other entries as they are."""
    return [
        {
            key: value
            for key, value in entry.items()
            if "threshold" not in entry
            or not (key in OF_THE_RULE or "_rule" in key or key.startswith("responses_needed"))
        }
        for entry in entries
    ]


@pytest.mark.parametrize("mse", [False, True])
@pytest.mark.parametrize("kind", MADE)
def test_linear_figures_have_the_errors_of_linearisation(tmp_path: Path, kind: str, mse: bool) -> None:
    """Estimates, errors, df, design effects, all intervals, tests, rank sets: all but the verdict's rule.

    That asks who was drawn together, which replicate weights do not say.
    """
    columns, design = paired_sample()
    make, constants = MADE[kind]
    made: Replicates = make(design)
    path = write(tmp_path, with_weights(columns, made.factors[made.psu] * design.weights[:, None]))
    taylor = run(tmp_path, {**ASKED, "design": {"weight": "w", "strata": "stratum", "psu": "psu"}}, path)
    found = run(tmp_path, {**ASKED, "design": replicated(kind, mse=mse, **constants)}, path)
    for part in ("estimates", "verdicts", "ranking"):
        assert taylor[part]
        alike(without_rule(found[part]), without_rule(taylor[part]), part)
    assert {entry["df"] for entry in found["verdicts"]} == {4}
    assert {entry["df"] for entry in found["estimates"]} == {4}
    assert found["meta"]["df"] == taylor["meta"]["df"] == 4


# --- where it is not linear: each figure made again with each weight --------------------------------------------


def uneven() -> tuple[Columns, Floats, Floats]:
    """90 people in 6 units with blanks, their sampling weights and 14 replicate weights, some of them 0."""
    random = np.random.default_rng(12)
    n = 90
    answers = {f"q{k}": random.integers(1, 6, n).astype(object) for k in range(1, 6)}
    for own in answers.values():
        own[random.random(n) < 0.2] = ""
    weight = random.uniform(1, 9, n).round(3)
    weights = weight[:, None] * random.choice([0.0, 0.7, 1.3, 2.0], (n, 14))
    return {"w": weight, "unit": np.arange(n) % 6, **answers}, weight, weights


FACTORS = {"F1": ("q1", "q2"), "F2": ("q3", "q4")}
ITEMS = ("q1", "q2", "q3", "q4")


def by_hand(columns: Columns, keep: Bools, w: Floats) -> dict[tuple[str, str], float]:
    """Every measure of one domain under some weights, from its definition, one answer sheet at a time in columns."""
    code = {name: np.array([np.nan if v == "" else float(v) for v in columns[name]]) for name in (*ITEMS, "q5")}
    given = {name: ~np.isnan(own) for name, own in code.items()}
    good = {name: own >= 4 for name, own in code.items()}

    def mean(values: Floats, there: Bools) -> float:
        inside = there & keep
        return float((w * values)[inside].sum() / w[inside].sum())

    made = {("overall_rate", "q5"): mean(good["q5"], given["q5"])}
    for name in ITEMS:
        made["item_rate", name] = mean(good[name], given[name])
        made["item_mean", name] = mean(np.nan_to_num(code[name]), given[name])
    for factor, members in (*FACTORS.items(), ("ALL", ITEMS)):
        n = np.sum([given[name] for name in members], axis=0).astype(float)
        some = n > 0
        points = np.sum([np.nan_to_num(code[name]) for name in members], axis=0)
        top = np.sum([good[name] for name in members], axis=0)
        pooled = float((w * top)[keep].sum() / (w * n)[keep].sum())
        own = np.divide(points, n, out=np.zeros(len(n)), where=some)
        made["share_mean_ge_4", factor] = mean(own >= 4, some)
        if factor == "ALL":
            made["index_pooled_rate", "ALL"] = pooled
            made["all_answers_satisfied", "ALL"] = mean(top == n, some)
            made["index_mean_of_item_rates", "ALL"] = float(np.mean([made["item_rate", name] for name in members]))
        else:
            made["factor_pooled_rate", factor] = pooled
            made["factor_mean_pooled", factor] = float((w * points)[keep].sum() / (w * n)[keep].sum())
            made["factor_mean_score", factor] = mean(own, some)
    rates = [np.mean([made["item_rate", name] for name in members]) for members in FACTORS.values()]
    made["index_mean_of_factors", "ALL"] = float(np.mean(rates))
    return made


@pytest.mark.parametrize("mse", [False, True])
def test_every_measure_is_made_again_with_every_weight(tmp_path: Path, mse: bool) -> None:
    columns, weight, weights = uneven()
    path = write(tmp_path, with_weights(columns, weights))
    rscales = [0.0, *np.linspace(0.2, 1.4, 13)]
    design = replicated("other", scale=0.3, rscales=rscales, mse=mse)
    asked = {"items": list(ITEMS), "overall": "q5", "factors": {k: list(v) for k, v in FACTORS.items()}}
    found = run(tmp_path, {"design": design, **asked, "domains": [[], ["unit"]]}, path)["estimates"]
    assert {entry["measure"] for entry in found} == set(MEASURES)
    made = Replicates(weights / weight[:, None], 0.3 * np.array(rscales), np.arange(len(weight)), weight)
    domains = [({}, np.ones(len(weight), np.bool_)), *(({"unit": str(k)}, columns["unit"] == k) for k in range(6))]
    compared = 0
    for domain, keep in domains:
        names = list(by_hand(columns, keep, weight))

        def figures(w: Floats, keep: Bools = keep) -> Floats:
            return np.array(list(by_hand(columns, keep, w).values()))

        error = np.sqrt(np.diag(made.covariance(figures, around_estimate=mse)))
        for (measure, variable), value, se in zip(names, figures(weight), error, strict=True):
            entry = find(found, measure, variable, **domain)
            assert entry["estimate"] == pytest.approx(value, rel=1e-10), (measure, variable, domain)
            assert entry["se"] == pytest.approx(se, rel=1e-9), (measure, variable, domain)
            compared += 1
    assert compared == len(found)


@pytest.mark.parametrize("mse", [False, True])
def test_covariance_of_domains_is_that_of_their_replicates(mse: bool) -> None:
    """What rank sets are made from."""
    columns, weight, weights = uneven()
    codes = np.array([[BLANK if value == "" else value for value in columns[name]] for name in ITEMS], np.uint8).T
    node = Node("ALL", "index", ITEMS, "mean_of_item_rates")
    plan = MeasurePlan(tuple(RatedItem(name) for name in ITEMS), nodes=(node,))
    measure, unit = Measure("index_mean_of_item_rates", "ALL"), columns["unit"]
    keys = {"stratum": np.zeros(90, np.int64), "unit": unit}
    totals = Totals(plan, Shape(clustered=False), (("unit",),)).add(Chunk(np.asfortranarray(codes), keys, weight))
    estimates = estimate(totals.settle(), ("unit",), measures=(measure,))
    own = replicate_weights("bootstrap", weight, weights, mse=mse)
    found = replicate_covariance(estimates, own, RowMeasures(plan, codes), [unit])

    def rates(w: Floats) -> Floats:
        made = []
        for place in range(6):
            inside = [(unit == place) & (own_codes != BLANK) for own_codes in codes.T]
            made.append(np.mean([w[rows] @ (codes[rows, k] >= 4) / w[rows].sum() for k, rows in enumerate(inside)]))
        return np.array(made)

    made = Replicates(weights / weight[:, None], np.full(14, 1 / 13), np.arange(90), weight)
    np.testing.assert_allclose(found, made.covariance(rates, around_estimate=mse), rtol=1e-9, atol=1e-15)


def test_df_is_the_rank_of_who_answered_less_one(tmp_path: Path) -> None:
    """Domain A has people of 4 of the 8 PSUs, in 2 strata; of these one PSU did not answer q2.

    By PSU its replicates are (0, 2, 1, 1), (2, 0, 1, 1), (1, 1, 0, 2), (1, 1, 2, 0) and (1, 1, 1, 1): of rank 3.
    Without the first PSU they are still of rank 3, so that df is 2 where PSUs less strata would be 1.
    """
    columns, design = paired_sample()
    made = replicates.jackknife(design)
    columns["half"] = ["A" if stratum < 2 else "B" for stratum in columns["stratum"]]
    columns["q2"] = ["" if psu == 0 else code for psu, code in zip(columns["psu"], columns["q2"], strict=True)]
    path = write(tmp_path, with_weights(columns, made.factors[made.psu] * design.weights[:, None]))
    asked = {"items": ["q1", "q2"], "domains": [["half"]], "measures": ["item_rate", "index_pooled_rate"]}
    found = run(tmp_path, {**asked, "design": replicated("JKn", rscales=[0.5] * 8)}, path)["estimates"]
    given = np.array([code != "" for code in columns["q2"]])
    for variable, there in (("q1", np.ones(40, np.bool_)), ("q2", given)):
        for half in "AB":
            rows = there & (np.array(columns["half"]) == half)
            wanted = np.linalg.matrix_rank(made.factors[made.psu][rows] * design.weights[rows, None]) - 1
            assert find(found, "item_rate", variable, half=half)["df"] == wanted
    assert find(found, "item_rate", "q1", half="A")["df"] == 2
    assert find(found, "item_rate", "q2", half="A")["df"] == 2
    assert find(found, "index_pooled_rate", "ALL", half="A")["df"] == 2


def test_domain_whose_df_is_found_measure_by_measure(tmp_path: Path) -> None:
    """Bootstrap weights of a small file: who answered fewer questions spans fewer dimensions."""
    columns, _, weights = uneven()
    columns["q5"] = ["" if k % 18 else code for k, code in enumerate(columns["q5"])]
    path = write(tmp_path, with_weights(columns, weights))
    asked = {"design": replicated("bootstrap"), "items": ["q1", "q5"], "domains": [[], ["unit"]]}
    found = run(tmp_path, {**asked, "measures": ["item_rate", "index_pooled_rate"]}, path)["estimates"]
    given = {name: np.array([code != "" for code in columns[name]]) for name in ("q1", "q5")}
    given["ALL"] = given["q1"] | given["q5"]
    seen = set()
    for entry in found:
        keep = given[entry["variable"]].copy()
        for unit in entry["domain"].values():
            keep &= columns["unit"] == int(unit)
        rank = np.linalg.matrix_rank(weights[keep]) if keep.any() else 0
        assert entry["df"] in (max(0, rank - 1), None)
        assert (entry["df"] is None) == (entry["estimate"] is None)
        seen.add(entry["df"])
    assert len(seen) > 3


def test_replicate_without_the_domain_is_left_out_and_flagged(tmp_path: Path) -> None:
    columns, _, weights = uneven()
    weights[columns["unit"] == 2, 4] = 0
    path = write(tmp_path, with_weights(columns, weights))
    asked = {"design": replicated("bootstrap"), "items": ["q1"], "domains": [["unit"]], "measures": ["item_rate"]}
    found = run(tmp_path, asked, path)["estimates"]
    one = find(found, "item_rate", "q1", unit="2")
    assert one["flags"] == ["replicates_left_out"]
    assert [entry["flags"] for entry in found if entry is not one] == [[]] * 5
    there = (columns["unit"] == 2) & (columns["q1"] != "")
    good = np.array([value != "" and value >= 4 for value in columns["q1"]])
    rates = [w[there] @ good[there] / w[there].sum() for w in np.delete(weights, 4, axis=1).T]
    assert one["se"] == pytest.approx(np.sqrt(((rates - np.mean(rates)) ** 2).sum() / 13), rel=1e-9)


# --- types and their constants -----------------------------------------------------------------------------------

SCALES = [
    ("BRR", {}, 1 / 14, False),
    ("Fay", {"rho": 0.5}, 4 / 14, False),
    ("JK1", {}, 13 / 14, False),
    ("JK1", {"scale": 0.9}, 0.9, False),
    ("JKn", {"rscales": [0.5] * 14}, 1.0, False),
    ("bootstrap", {}, 1 / 13, False),
    ("bootstrap", {"scale": 0.02}, 0.02, False),
    ("ACS", {}, 4 / 14, True),
    ("ACS", {"mse": False}, 4 / 14, False),
    ("successive-difference", {}, 4 / 14, False),
    ("other", {"scale": 0.25}, 0.25, False),
    ("other", {"rscales": [0.25] * 14}, 1.0, False),
]


@pytest.mark.parametrize(("kind", "constants", "scale", "mse"), SCALES)
def test_scale_and_centre_of_a_type_are_those_of_svrepdesign(
    tmp_path: Path, kind: str, constants: dict[str, Any], scale: float, mse: bool
) -> None:
    columns, weight, weights = uneven()
    path = write(tmp_path, with_weights(columns, weights))
    asked: dict[str, Any] = {"items": ["q1"], "measures": ["item_mean"]}
    found = run(tmp_path, {**asked, "design": replicated(kind, **constants)}, path)
    meta = found["meta"]
    assert (meta["replicates"]["scale"], meta["replicates"]["mse"]) == (pytest.approx(scale), mse)
    assert (meta["variance"], meta["strata"], meta["psus"], meta["lonely_psu"]) == ("replicates", None, None, None)
    there = columns["q1"] != ""
    code = columns["q1"][there].astype(float)
    theta = np.array([w[there] @ code / w[there].sum() for w in weights.T])
    centre = weight[there] @ code / weight[there].sum() if mse else theta.mean()
    wanted = np.sqrt(scale * constants.get("rscales", [1.0])[0] * ((theta - centre) ** 2).sum())
    assert found["estimates"][0]["se"] == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("ending", ["parquet", "sav"])
def test_parquet_and_spss_files_give_the_same(tmp_path: Path, ending: str) -> None:
    import pandas
    import pyarrow
    import pyreadstat
    from pyarrow import parquet

    columns, _, weights = uneven()
    own = with_weights(columns, weights)
    asked = {"design": replicated("JK1"), "items": ["q1", "q2"], "domains": [[], ["unit"]]}
    wanted = run(tmp_path, asked, write(tmp_path, own))
    table = pandas.DataFrame({name: pandas.to_numeric(pandas.Series(list(values))) for name, values in own.items()})
    path = tmp_path / f"data.{ending}"
    if ending == "parquet":
        parquet.write_table(pyarrow.Table.from_pandas(table, preserve_index=False), path)
    else:
        pyreadstat.write_sav(table, str(path))
    alike(run(tmp_path, asked, str(path)), wanted, ending)


def test_pattern_takes_columns_in_the_order_of_the_file_and_a_list_in_its_own(tmp_path: Path) -> None:
    columns, _, weights = uneven()
    own = with_weights(columns, weights[:, :3])
    shuffled = {name: own[name] for name in (*columns, "rep3", "rep1", "rep2")}
    path = write(tmp_path, shuffled)
    asked: dict[str, Any] = {"items": ["q1"], "measures": ["item_rate"]}
    for named in ("rep*", "*p*", ["rep3", "rep1", "rep2"]):
        design = {"weight": "w", "replicates": {"columns": named, "type": "other", "rscales": [0.1, 0.2, 0.9]}}
        found = run(tmp_path, {**asked, "design": design}, path)
        assert found["meta"]["replicates"]["columns"] == ["rep3", "rep1", "rep2"]
        assert found["meta"]["replicates"]["rscales"] == [0.1, 0.2, 0.9]


def test_report_names_the_method(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    columns, _, weights = uneven()
    path = write(tmp_path, with_weights(columns, weights))
    for constants, line in (
        ({"kind": "JK1"}, "Variances by replicate weights, R = 14, JK1, around the mean of the replicates;"),
        ({"kind": "Fay", "rho": 0.3, "mse": True}, "R = 14, Fay, rho 0.3, around the estimate;"),
    ):
        run(tmp_path, {"design": replicated(**constants), "items": ["q1"]}, path)
        assert command_line.main(["report", "--result", str(tmp_path / "result.json")]) == 0
        text = capsys.readouterr().out
        assert line in text
        assert "14 replicate weights, df 13;" in text
        assert "None" not in text
