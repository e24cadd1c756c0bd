"""REQUEST.json of `python -m analysis estimate`: what may be asked, read once and checked whole.

Every key but "design.weight" and one of `items`/`overall` may be left out; an unknown key is an error that names it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NoReturn, TypeVar

from analysis.design.sample_design import LONELY_RULES
from analysis.errors import AnalysisError
from analysis.files import replicate_request
from analysis.files.replicate_request import ReplicatesRequest
from analysis.inference.intervals import NAMES as INTERVALS
from analysis.inference.verdicts import Gates

MEASURES = (
    "item_rate",
    "item_mean",
    "overall_rate",
    "factor_pooled_rate",
    "factor_mean_score",
    "factor_mean_pooled",
    "index_pooled_rate",
    "index_mean_of_item_rates",
    "index_mean_of_factors",
    "all_answers_satisfied",
    "share_mean_ge_4",
)
RATE_MEASURES = tuple(name for name in MEASURES if name not in ("item_mean", "factor_mean_score", "factor_mean_pooled"))
METHODS = ("none", "poststratify", "rake", "linear", "raking", "logit")
BOUNDED_METHODS = (
    "linear",
    "raking",
    "logit",
)  # those of R's calibrate(); its rake() and postStratify() take no bounds
VARIANCES = ("with_replacement", "finite_population")
ADJUSTMENTS = ("none", "holm", "bh")
RESERVED = ("ALL", "FACTORS")
MOST_DRAWS = 1_000_000
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class DesignRequest:
    """The columns of the design."""

    weight: str
    strata: str | None = None
    psu: str | None = None
    population_psus: str | None = None
    population_units: str | None = None
    nest_psu: bool = True
    variance: str = "with_replacement"
    lonely_psu: str = "adjust"
    replicates: ReplicatesRequest | None = None


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """Known totals to calibrate to: `margins` is a CSV with margin, level, count."""

    method: str
    margins: str
    variables: tuple[str, ...]
    bounds: tuple[float, float] | None = None
    trim: float | None = None


@dataclass(frozen=True, slots=True)
class TargetRequest:
    """A threshold for one measure in every domain of a crossing."""

    domain: tuple[str, ...]
    threshold: float
    measure: str
    adjust: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankingRequest:
    """An order of the domains of a crossing by one measure."""

    domain: tuple[str, ...]
    measure: str
    coverage: float
    draws: int
    seed: int


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that is asked of one data file."""

    design: DesignRequest
    items: tuple[str, ...]
    overall: str | None
    satisfied: tuple[int, ...]
    substantive: tuple[int, ...]
    factors: Mapping[str, tuple[str, ...]]
    calibration: CalibrationRequest | None
    domains: tuple[tuple[str, ...], ...]
    level: float
    intervals: tuple[str, ...]
    measures: tuple[str, ...]
    gates: Gates
    targets: tuple[TargetRequest, ...]
    ranking: tuple[RankingRequest, ...]
    reliability: bool
    drivers: bool

    @property
    def domain_variables(self) -> tuple[str, ...]:
        """The columns that domains are made of, each once."""
        every = [*self.domains, *(t.domain for t in self.targets), *(r.domain for r in self.ranking)]
        return tuple(dict.fromkeys(name for crossing in every for name in crossing))


def read_request(text: str) -> Request:
    """A request from its JSON text; AnalysisError names the key that is unknown, missing or of another type."""
    try:
        data = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise AnalysisError(
            f"The request is not JSON: line {error.lineno}, column {error.colno}: {error.msg}."
        ) from None
    except AnalysisError:
        raise
    except ValueError:
        raise AnalysisError(
            "The request has a number of thousands of digits; no number in it needs that many."
        ) from None
    except RecursionError:
        raise AnalysisError("The request is nested too deeply; the keys of a request are objects and lists.") from None
    top = _Reader("request", data)
    request = Request(
        design=_design(top.reader("design", required=True)),
        items=top.names("items"),
        overall=top.text("overall"),
        satisfied=top.codes("satisfied", (4, 5)),
        substantive=top.codes("substantive", (1, 2, 3, 4, 5)),
        factors=_factors(top.reader("factors")),
        calibration=_calibration(top.reader("calibration")),
        domains=top.each("domains", _domain) or ((),),
        level=top.share("level", 0.95),
        intervals=top.choices("intervals", INTERVALS, ("logit", "beta", "wilson")),
        measures=top.choices("measures", MEASURES, ()),
        gates=_gates(top.reader("gates")),
        targets=top.each("targets", _target),
        ranking=top.each("ranking", _ranking),
        reliability=top.flag("reliability", False),
        drivers=top.flag("drivers", False),
    )
    top.done()
    _check(request)
    return request


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object whose keys are all different; of two values nobody could say which was meant."""
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        raise AnalysisError(f"The request has key '{next(key for key in keys if keys.count(key) > 1)}' twice.")
    return made


def _no_constant(name: str) -> NoReturn:
    raise AnalysisError(f"The request has {name}, which is not a number of JSON; null leaves a value out.")


def _check(request: Request) -> None:
    if not request.items and request.overall is None:
        raise AnalysisError("The request names neither 'items' nor 'overall'; at least one of them is needed.")
    if not set(request.satisfied) <= set(request.substantive):
        raise AnalysisError(
            f"'satisfied' {list(request.satisfied)} must be among 'substantive' {list(request.substantive)}."
        )
    for name, members in request.factors.items():
        if not name or name in (*request.items, request.overall, *RESERVED):
            raise AnalysisError(
                f"Factor '{name}' needs a name of its own, other than those of items and {', '.join(RESERVED)}."
            )
        if not members:
            raise AnalysisError(f"Factor '{name}' has no items; name at least one.")
        for item in members:
            if item not in request.items:
                raise AnalysisError(f"Factor '{name}' has item '{item}', which is not in 'items'.")
    for name in request.measures:
        _possible(name, request, "measures")
    for target in request.targets:
        _possible(target.measure, request, "targets")
    for ranking in request.ranking:
        _possible(ranking.measure, request, "ranking")
    if request.design.replicates is not None:
        used = [request.design.weight, *request.items, request.overall, *request.domain_variables]
        replicate_request.check_uses(
            request.design.replicates, used, calibrated=request.calibration is not None, drivers=request.drivers
        )
    if request.reliability and not request.items:
        raise AnalysisError("'reliability' is asked for, but the request names no 'items'.")


def _possible(measure: str, request: Request, where: str) -> None:
    if measure == "overall_rate" and request.overall is None:
        raise AnalysisError(f"'{where}' asks for overall_rate, but the request names no 'overall' column.")
    if measure.startswith("factor_") or measure == "index_mean_of_factors":
        if not request.factors:
            raise AnalysisError(f"'{where}' asks for {measure}, but the request names no 'factors'.")
    elif measure != "overall_rate" and not request.items:
        raise AnalysisError(f"'{where}' asks for {measure}, but the request names no 'items'.")


def _design(reader: _Reader) -> DesignRequest:
    weight = reader.text("weight")
    if weight is None:
        raise AnalysisError("The request has no 'design.weight'; name the column that holds the weights.")
    made = DesignRequest(
        weight,
        reader.text("strata"),
        reader.text("psu"),
        reader.text("population_psus"),
        reader.text("population_units"),
        reader.flag("nest_psu", True),
        reader.choice("variance", VARIANCES, "with_replacement"),
        reader.choice("lonely_psu", LONELY_RULES, "adjust"),
        _replicates(reader),
    )
    reader.done()
    if made.variance == "finite_population" and made.population_psus is None:
        raise AnalysisError("'design.variance' is finite_population, so 'design.population_psus' is needed.")
    for key in ("population_psus", "population_units"):
        if getattr(made, key) is None:
            continue
        if not reader.gives("variance"):
            raise AnalysisError(
                f"'design.{key}' is given, but not 'design.variance'; say finite_population to use it, "
                f"with_replacement to leave it aside."
            )
        if key == "population_units" and made.psu is None:
            raise AnalysisError("'design.population_units' counts people of a PSU, so 'design.psu' is needed.")
    return made


def _replicates(design: _Reader) -> ReplicatesRequest | None:
    value = design.raw("replicates")
    if value is None:
        return None
    return replicate_request.replicates_of(_Reader(replicate_request.PATH, value), design)


def _factors(reader: _Reader) -> dict[str, tuple[str, ...]]:
    return {name: reader.names(name) for name in list(reader.data)}


def _calibration(reader: _Reader) -> CalibrationRequest | None:
    method = reader.choice("method", METHODS, "none")
    margins, variables = reader.text("margins"), reader.names("variables")
    bounds, trim = reader.pair("bounds"), reader.number("trim")
    reader.done()
    _check_method(reader, method)
    if bounds is not None and not 0 <= bounds[0] < 1 < bounds[1]:
        raise AnalysisError(f"'calibration.bounds' must lie on both sides of 1, from 0 on; they are {list(bounds)}.")
    if trim is not None and not trim > 0:
        raise AnalysisError(f"'calibration.trim' must be a weight above 0; it is {trim:g}.")
    if method == "none":
        return None
    if margins is None or not variables:
        raise AnalysisError(f"'calibration' by {method} needs 'margins' (a CSV file) and 'variables'.")
    if method == "logit" and bounds is None:
        raise AnalysisError("'calibration' by logit needs 'bounds', two numbers on both sides of 1.")
    return CalibrationRequest(method, margins, variables, bounds, trim)


def _check_method(reader: _Reader, method: str) -> None:
    """Refuse what the method would leave aside. A "none" that is written out may stand beside margins: it says so."""
    if reader.gives("bounds") and method not in BOUNDED_METHODS:
        raise AnalysisError(
            f"'calibration.bounds' is given, but 'calibration.method' is {method}, which keeps to no bounds; methods "
            f"with bounds are {', '.join(BOUNDED_METHODS)}."
        )
    unused = ("trim",) if reader.gives("method") else ("margins", "variables", "trim")
    for key in unused if method == "none" else ():
        if reader.gives(key):
            said = "is none" if reader.gives("method") else "is not given"
            raise AnalysisError(
                f"'calibration.{key}' is given, but 'calibration.method' {said}, so the weights stay as they are; "
                f"methods that use it are {', '.join(METHODS[1:])}."
            )


def _gates(reader: _Reader) -> Gates:
    standard = Gates()
    made = Gates(**{one.name: reader.gate(one.name, getattr(standard, one.name)) for one in fields(standard)})
    reader.done()
    return made


def _domain(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise AnalysisError(f"'{where}' must be a list of column names; it is {_shown(value)}.")
    for name in value:
        if value.count(name) > 1:
            raise AnalysisError(f"'{where}' names '{name}' twice.")
    return tuple(value)


def _target(value: Any, where: str) -> TargetRequest:
    reader = _Reader(where, value)
    threshold = reader.number("threshold")
    if threshold is None or not 0 < threshold < 1:
        raise AnalysisError(f"'{where}.threshold' must be a rate between 0 and 1; it is {_shown(threshold)}.")
    made = TargetRequest(
        _domain(reader.raw("domain", []), f"{where}.domain"),
        threshold,
        reader.choice("measure", RATE_MEASURES, "overall_rate"),
        reader.choices("adjust", ADJUSTMENTS, ("none",)),
    )
    reader.done()
    return made


def _ranking(value: Any, where: str) -> RankingRequest:
    reader = _Reader(where, value)
    made = RankingRequest(
        _domain(reader.raw("domain", []), f"{where}.domain"),
        reader.choice("measure", MEASURES, "overall_rate"),
        reader.share("coverage", 0.95),
        reader.whole("draws", 20000, 1, MOST_DRAWS),
        reader.whole("seed", 7, 0, 2**63 - 1),
    )
    reader.done()
    if not made.domain:
        raise AnalysisError(f"'{where}.domain' must name at least one column; a single domain has no rank.")
    return made


class _Reader:
    """One JSON object: takes keys out by type, and complains about what is left."""

    def __init__(self, where: str, data: Any) -> None:
        if not isinstance(data, dict):
            raise AnalysisError(f"'{where}' must be an object; it is {_shown(data)}.")
        self.where, self.data, self.taken = where, data, set[str]()

    def raw(self, key: str, default: Any = None) -> Any:
        self.taken.add(key)
        return self.data.get(key, default)

    def gives(self, key: str) -> bool:
        """Does the key stand there with something in it? null and an empty list leave it out."""
        return self.data.get(key) not in (None, [])

    def reader(self, key: str, *, required: bool = False) -> _Reader:
        if required and key not in self.data:
            raise AnalysisError(f"The request has no '{key}'.")
        value = self.raw(key, {})
        return _Reader(key, {} if value is None else value)

    def text(self, key: str) -> str | None:
        value = self.raw(key)
        if value is not None and not isinstance(value, str):
            raise self._wrong(key, "a column name", value)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.raw(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false", value)
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        value = self.raw(key, default)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            raise self._wrong(key, "a number", value)
        try:
            return None if value is None else float(value)
        except OverflowError:
            raise self._wrong(key, "a number that is not beyond all measure", value) from None

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self.raw(key, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise self._wrong(key, f"a whole number from {least} to {most}", value)
        return value

    def gate(self, key: str, default: float | None) -> float | None:
        value = self.number(key, default)
        if value is not None and value < 0:
            raise self._wrong(key, "a number of at least 0, or null for no gate", value)
        return value

    def share(self, key: str, default: float) -> float:
        value = self.number(key, default)
        if value is None or not 0 < value < 1:
            raise self._wrong(key, "a number between 0 and 1", value)
        return value

    def pair(self, key: str) -> tuple[float, float] | None:
        value = self.raw(key)
        if value is None:
            return None
        if (
            not isinstance(value, list)
            or len(value) != 2
            or not all(isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < 1e300 for v in value)
        ):
            raise self._wrong(key, "two numbers", value)
        return float(value[0]), float(value[1])

    def names(self, key: str) -> tuple[str, ...]:
        value = self.raw(key, [])
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise self._wrong(key, "a list of column names", value)
        for name in value:
            if value.count(name) > 1:
                raise AnalysisError(f"'{self._path(key)}' names '{name}' twice.")
        return tuple(value)

    def codes(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        value = self.raw(key, list(default))
        if not isinstance(value, list) or not value or not all(type(c) is int and 0 <= c < 255 for c in value):
            raise self._wrong(key, "a list of whole numbers from 0 to 254", value)
        return tuple(value)

    def choice(self, key: str, allowed: Sequence[str], default: str) -> str:
        value = self.raw(key, default)
        if not isinstance(value, str) or value not in allowed:
            raise self._wrong(key, f"one of {', '.join(allowed)}", value)
        return str(value)

    def choices(self, key: str, allowed: Sequence[str], default: tuple[str, ...]) -> tuple[str, ...]:
        value = self.raw(key, list(default))
        if not isinstance(value, list):
            raise self._wrong(key, f"a list of {', '.join(allowed)}", value)
        for one in value:
            if one not in allowed:
                raise self._wrong(key, f"some of {', '.join(allowed)}", one)
        return tuple(dict.fromkeys(value))

    def each(self, key: str, read: Callable[[Any, str], _T]) -> tuple[_T, ...]:
        value = self.raw(key, [])
        if not isinstance(value, list):
            raise self._wrong(key, "a list", value)
        return tuple(read(one, f"{key}[{place}]") for place, one in enumerate(value))

    def done(self) -> None:
        for key in self.data:
            if key not in self.taken:
                raise AnalysisError(
                    f"Unknown key '{self._path(key)}' in the request; known there: {', '.join(sorted(self.taken))}."
                )

    def _path(self, key: str) -> str:
        return key if self.where == "request" else f"{self.where}.{key}"

    def _wrong(self, key: str, expected: str, value: Any) -> AnalysisError:
        return AnalysisError(f"'{self._path(key)}' must be {expected}; it is {_shown(value)}.")


def _shown(value: Any) -> str:
    """A value of the request in an error, not longer than a line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
