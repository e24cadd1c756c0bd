"""Nothing in a request is silently ignored: every key changes RESULT.json, or the request is refused by name."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.files import command_line
from tests.analysis.files.test_command_line import refused

HEAD = "district,area,psu,service,gender,weight,other,N,M,q1,q2,q3,q4,overall"
MARGINS = {"service": {"S1": 70, "S2": 50}, "gender": {"F": 66, "M": 54}}
CALIBRATION: dict[str, Any] = {"method": "linear", "margins": "margins.csv", "variables": ["service"]}
TARGET: dict[str, Any] = {"domain": ["district"], "threshold": 0.5, "measure": "overall_rate"}
RANKING: dict[str, Any] = {"domain": ["district"], "measure": "overall_rate", "draws": 200}
FINITE = {"variance": "finite_population", "population_psus": "N"}


def survey() -> str:
    """A survey of 4 districts with 3 communes each; area 4 has a single PSU."""
    random = np.random.default_rng(8)
    lines = [HEAD]
    for k in range(240):
        district, psu = k % 4, k // 4 % 3
        area = "a4" if (district, psu) == (3, 0) else f"a{district % 3}"
        good = random.normal(3.2 + 0.25 * district, 0.5)
        answers = np.clip(np.rint(good + random.normal(0, 1, 5)), 1, 5).astype(int)
        service, gender = f"S{random.integers(1, 3)}", "FM"[random.integers(0, 2)]
        lines.append(
            f"D{district},{area},P{psu},{service},{gender},{random.uniform(0.3, 0.8):.3f},{1 + k % 3},9,40,"
            + ",".join(map(str, answers))
        )
    return "\n".join(lines) + "\n"


def margins(counts: dict[str, dict[str, float]]) -> str:
    rows = [f"{name},{level},{count}" for name, levels in counts.items() for level, count in levels.items()]
    return "\n".join(["margin,level,count", *rows]) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data.csv").write_text(survey(), encoding="utf-8")
    (tmp_path / "margins.csv").write_text(margins({"service": MARGINS["service"]}), encoding="utf-8")
    (tmp_path / "other.csv").write_text(margins({"service": {"S1": 40, "S2": 80}}), encoding="utf-8")
    (tmp_path / "two.csv").write_text(margins(MARGINS), encoding="utf-8")
    return tmp_path


BASE: dict[str, Any] = {
    "design": {"weight": "weight", "strata": "district", "psu": "psu"},
    "items": ["q1", "q2", "q3", "q4"],
    "overall": "overall",
    "factors": {"F1": ["q1", "q2"], "F2": ["q3", "q4"]},
}


def asked(**changes: Any) -> dict[str, Any]:
    """The base request with some keys otherwise; `design` adds to the design, None takes a key away."""
    made = copy.deepcopy(BASE)
    for key, value in changes.items():
        if key == "design":
            made["design"] |= value
        else:
            made[key] = value
    made["design"] = {key: value for key, value in made["design"].items() if value is not None}
    return {key: value for key, value in made.items() if value is not None}


def design(**changes: Any) -> dict[str, Any]:
    return asked(design=changes)


def calibrated(**changes: Any) -> dict[str, Any]:
    return asked(calibration={key: v for key, v in {**CALIBRATION, **changes}.items() if v is not None})


def both(**changes: Any) -> dict[str, Any]:
    return calibrated(margins="two.csv", variables=["service", "gender"], **changes)


def judged(**changes: Any) -> dict[str, Any]:
    return asked(targets=[{**TARGET, **changes}])


def open_df(**gates: Any) -> dict[str, Any]:
    """Judged without the gate on degrees of freedom, which the few clusters of these rows would close."""
    return {**judged(), "gates": {"df": 1, "kish_n": None, **gates}}


def pooled(**gates: Any) -> dict[str, Any]:
    return {**judged(measure="index_pooled_rate"), "gates": {"df": 1, **gates}}


def ranked(**changes: Any) -> dict[str, Any]:
    return asked(design={"psu": None}, ranking=[{**RANKING, **changes}])


PROBES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "design": (asked(), design(strata=None, psu=None)),
    "design.weight": (asked(), design(weight="other")),
    "design.strata": (design(strata=None, nest_psu=False), design(nest_psu=False)),
    "design.psu": (design(psu=None), asked()),
    "design.population_psus": (asked(), design(population_psus="N")),
    "design.population_units": (design(**FINITE), design(**FINITE, population_units="M")),
    "design.nest_psu": (asked(), design(nest_psu=False)),
    "design.variance": (design(**{**FINITE, "variance": "with_replacement"}), design(**FINITE)),
    "design.lonely_psu": (design(strata="area"), design(strata="area", lonely_psu="average")),
    "items": (asked(items=None, factors=None), asked(factors=None)),
    "overall": (asked(overall=None), asked()),
    "satisfied": (asked(), asked(satisfied=[3, 4, 5])),
    "substantive": (asked(), asked(substantive=[2, 3, 4, 5])),
    "factors": (asked(factors=None), asked()),
    "calibration": (asked(), calibrated()),
    "calibration.method": (both(), both(method="raking")),
    "calibration.margins": (calibrated(), calibrated(margins="other.csv")),
    "calibration.variables": (calibrated(margins="two.csv"), calibrated(margins="two.csv", variables=["gender"])),
    "calibration.bounds": (both(method="raking"), both(method="raking", bounds=[0.1, 1.2])),
    "calibration.trim": (calibrated(), calibrated(trim=0.7)),
    "domains": (asked(), asked(domains=[[], ["service"]])),
    "level": (asked(), asked(level=0.9)),
    "intervals": (asked(), asked(intervals=["mean"])),
    "measures": (asked(), asked(measures=["overall_rate"])),
    "gates": (judged(), {**judged(), "gates": {"n": 5000}}),
    "gates.n": (judged(), {**judged(), "gates": {"n": 5000}}),
    "gates.kish_n": (judged(), {**judged(), "gates": {"kish_n": 5000}}),
    "gates.effective_n": (open_df(effective_n=None), open_df(effective_n=5000)),
    "gates.df": (open_df(df=5000), open_df()),
    "gates.pooled": (pooled(), pooled(pooled=5000)),
    "targets": (asked(), judged()),
    "targets[0].domain": (judged(), judged(domain=["service"])),
    "targets[0].threshold": (judged(), judged(threshold=0.7)),
    "targets[0].measure": (judged(), judged(measure="index_pooled_rate")),
    "targets[0].adjust": (judged(), judged(adjust=["none", "holm"])),
    "ranking": (asked(), ranked()),
    "ranking[0].domain": (ranked(), ranked(domain=["service"])),
    "ranking[0].measure": (ranked(), ranked(measure="index_pooled_rate")),
    "ranking[0].coverage": (ranked(), ranked(coverage=0.5)),
    "ranking[0].draws": (ranked(domain=["district", "psu"]), ranked(domain=["district", "psu"], draws=1)),
    "ranking[0].seed": (ranked(draws=1), ranked(draws=1, seed=3)),
    "reliability": (asked(), asked(reliability=True)),
    "drivers": (asked(), asked(drivers=True)),
}
"""Key → a request without it (or with another value) and the same request with it."""


def known_keys(folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Every key that the command knows, from the sentence with which it refuses one that it does not."""
    found: set[str] = set()
    places: dict[str, dict[str, Any]] = {
        "": {**asked(), "?": 1},
        "design.": design(**{"?": 1}),
        "calibration.": calibrated(**{"?": 1}),
        "gates.": asked(gates={"?": 1}),
        "targets[0].": judged(**{"?": 1}),
        "ranking[0].": ranked(**{"?": 1}),
    }
    for place, request in places.items():
        sentence = refused(folder, capsys, request, str(folder / "data.csv"))
        listed = re.fullmatch(r"Unknown key '.*\?' in the request; known there: (.*)\.", sentence)
        assert listed, sentence
        found |= {place + key for key in listed[1].split(", ")}
    return found


def test_every_key_of_the_request_has_a_probe(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert known_keys(folder, capsys) == set(PROBES)


def outcome(folder: Path, capsys: pytest.CaptureFixture[str], request: dict[str, Any]) -> dict[str, Any] | str:
    """RESULT.json, or the one sentence of a refusal."""
    (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
    files = {"--data": "data.csv", "--request": "request.json", "--out": "result.json"}
    (folder / "result.json").unlink(missing_ok=True)
    code = command_line.main(["estimate", *(part for k, v in files.items() for part in (k, str(folder / v)))])
    sentence = capsys.readouterr().err.strip()
    if code == 0:
        found: dict[str, Any] = json.loads((folder / "result.json").read_text(encoding="utf-8"))
        return found
    assert code == 2
    assert not (folder / "result.json").exists()
    return sentence


@pytest.mark.parametrize("key", PROBES)
def test_a_key_has_an_effect_or_is_refused_by_name(folder: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    before, after = (outcome(folder, capsys, request) for request in PROBES[key])
    if isinstance(after, str):
        assert f"'{key}'" in after or key.rpartition(".")[2] in after, after
    else:
        assert after != before, f"'{key}' changes nothing"


@pytest.mark.parametrize("method", ["linear", "raking", "logit"])
def test_weights_stay_within_bounds_and_change_what_comes_out(
    folder: Path, capsys: pytest.CaptureFixture[str], method: str
) -> None:
    loose = outcome(folder, capsys, calibrated(method=method, bounds=[0.1, 9]))
    tight = outcome(folder, capsys, calibrated(method=method, bounds=[0.1, 1.05]))
    assert isinstance(loose, dict)
    assert loose["meta"]["calibration"]["converged"] is True
    assert isinstance(tight, str), "S1 needs a factor above 1.05"
    assert "did not meet its controls" in tight


REFUSED: list[tuple[dict[str, Any], str]] = [
    *(
        (calibrated(method=method, bounds=[0.5, 2]), f"bounds' is given, but 'calibration.method' is {method}")
        for method in ("none", "poststratify", "rake")
    ),
    (calibrated(method="none", trim=2), "'calibration.trim' is given, but 'calibration.method' is none"),
    (calibrated(method=None), "'calibration.margins' is given, but 'calibration.method' is not given"),
    (calibrated(margins="two.csv"), "two.csv has margin 'gender', which 'calibration' does not use: by linear"),
    (design(population_psus="N"), "'design.population_psus' is given, but not 'design.variance'"),
    (design(**FINITE, psu=None, population_units="M"), "so 'design.psu' is needed"),
    (asked(items=None, factors=None, reliability=True), "'reliability' is asked for, but the request names no 'items'"),
    (asked(factors=None, drivers=True), "'drivers' needs 'overall' and 'factors'"),
]  # fmt: skip


@pytest.mark.parametrize(("request_", "sentence"), REFUSED)
def test_what_would_be_left_aside_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str], request_: dict[str, Any], sentence: str
) -> None:
    assert sentence in refused(folder, capsys, request_, str(folder / "data.csv"))


@pytest.mark.parametrize("method", ["poststratify", "rake", "linear", "raking", "logit"])
def test_a_count_of_zero_does_not_drop_people(folder: Path, capsys: pytest.CaptureFixture[str], method: str) -> None:
    (folder / "margins.csv").write_text(margins({"service": {"S1": 120, "S2": 0}}), encoding="utf-8")
    there = sum(line.split(",")[3] == "S2" for line in survey().splitlines())
    request = calibrated(method=method, bounds=[0, 9] if method == "logit" else None)
    sentence = refused(folder, capsys, request, str(folder / "data.csv"))
    assert f"data.csv with {folder / 'margins.csv'}: Margin service has count 0 for level 'S2'" in sentence
    assert f"but {there} respondents there" in sentence


def test_a_count_of_zero_where_nobody_is_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = outcome(folder, capsys, calibrated())
    (folder / "margins.csv").write_text(margins({"service": {**MARGINS["service"], "S3": 0}}), encoding="utf-8")
    after = outcome(folder, capsys, calibrated())
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert len(after["estimates"]) == len(before["estimates"])
    for one, two in zip(after["estimates"], before["estimates"], strict=True):
        assert one["estimate"] == pytest.approx(two["estimate"], rel=1e-9)


def test_negative_weights_are_refused_rather_than_left_out(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two margins so far from the sample that the regression estimator goes below 0 for the few in both."""
    counts = {"service": {"S1": 119, "S2": 1}, "gender": {"F": 119, "M": 1}}
    (folder / "margins.csv").write_text(margins(counts), encoding="utf-8")
    for trim in (None, 50):
        request = calibrated(variables=["service", "gender"], trim=trim)
        sentence = refused(folder, capsys, request, str(folder / "data.csv"))
        assert re.search(r"Calibration by linear makes \d+ weights negative, the first in row \d+;", sentence)


def test_what_trimming_takes_from_the_margins_is_reported(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = outcome(folder, capsys, calibrated(trim=0.7))
    assert isinstance(found, dict)
    made = found["meta"]["calibration"]
    assert made["trimmed"] > 0
    assert made["max_relative_error"] < 1e-9 < made["max_relative_error_after_trim"]
