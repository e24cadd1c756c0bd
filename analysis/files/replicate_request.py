"""The key "design.replicates" of REQUEST.json, and the replicate weights that it names, out of the data file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from analysis.arrays import Floats
from analysis.design.replicate_weights import FIXED, KINDS, ReplicateWeights, replicate_weights
from analysis.errors import AnalysisError, DesignError

if TYPE_CHECKING:
    from analysis.files.data_file import DataFile

__all__: list[str] = []  # serves other modules of the analysis only

PATH = "design.replicates"
STANDING_APART = (
    "strata",
    "psu",
    "population_psus",
    "population_units",
    "nest_psu",
    "variance",
    "lonely_psu",
)  # keys of a design that say what replicate weights have said already


@dataclass(frozen=True, slots=True)
class ReplicatesRequest:
    """Which columns hold replicate weights, by their names or by a pattern, and how they were made."""

    columns: tuple[str, ...]
    pattern: str | None
    kind: str
    scale: float | None
    rscales: tuple[float, ...] | None
    rho: float | None
    mse: bool
    combined: bool


class Keys(Protocol):
    """What is needed of the reader of one object of the request."""

    def raw(self, key: str, default: Any = None) -> Any: ...
    def gives(self, key: str) -> bool: ...
    def names(self, key: str) -> tuple[str, ...]: ...
    def number(self, key: str, default: float | None = None) -> float | None: ...
    def flag(self, key: str, default: bool) -> bool: ...
    def choice(self, key: str, allowed: Sequence[str], default: str) -> str: ...
    def done(self) -> None: ...


def replicates_of(reader: Keys, design: Keys) -> ReplicatesRequest:
    """The request for replicate weights; AnalysisError for what it lacks, or what it would leave aside.

    `reader` is at "design.replicates", `design` at "design".
    """
    for key in STANDING_APART:
        if design.gives(key):
            raise AnalysisError(
                f"'design.{key}' is given beside '{PATH}', which already say how the sample was drawn; leave one of "
                f"them out."
            )
    columns, pattern = _columns(reader)
    if not reader.gives("type"):
        raise AnalysisError(f"The request has no '{PATH}.type'; choose {', '.join(KINDS)}.")
    kind = reader.choice("type", KINDS, KINDS[0])
    made = ReplicatesRequest(
        columns,
        pattern,
        kind,
        _at_least_0(reader, "scale"),
        _rscales(reader),
        reader.number("rho"),
        reader.flag("mse", kind == "ACS"),
        reader.flag("combined", True),
    )
    reader.done()
    _check(made)
    return made


def _columns(reader: Keys) -> tuple[tuple[str, ...], str | None]:
    value = reader.raw("columns")
    if isinstance(value, str):
        if "*" not in value:
            raise AnalysisError(
                f"'{PATH}.columns' is '{value}'; a list of column names is expected, or a pattern in which * stands "
                f"for any letters, as 'rep*'."
            )
        return (), value
    names = reader.names("columns")
    if not names:
        raise AnalysisError(f"The request has no '{PATH}.columns'; name the columns, or give a pattern as 'rep*'.")
    return names, None


def _at_least_0(reader: Keys, key: str) -> float | None:
    value = reader.number(key)
    if value is not None and not value > 0:
        raise AnalysisError(f"'{PATH}.{key}' must be a number above 0; it is {value:g}.")
    return value


def _rscales(reader: Keys) -> tuple[float, ...] | None:
    value = reader.raw("rscales")
    if value is None:
        return None
    if not isinstance(value, list) or not all(type(one) in (int, float) and 0 <= one < 1e300 for one in value):
        raise AnalysisError(f"'{PATH}.rscales' must be a list of numbers of at least 0, one for each replicate.")
    if not any(value):
        raise AnalysisError(f"'{PATH}.rscales' has no number above 0, so that every standard error would be 0.")
    return tuple(map(float, value))


def _check(asked: ReplicatesRequest) -> None:
    """Refuse constants that the type would leave aside, and the lack of those that it needs."""
    for key in ("scale", "rscales"):
        if asked.kind in FIXED and getattr(asked, key) is not None:
            raise AnalysisError(
                f"'{PATH}.{key}' is given, but type {asked.kind} has a scale of its own; leave it out, or say type "
                f"other."
            )
    if asked.kind == "Fay" and asked.rho is None:
        raise AnalysisError(f"The request has no '{PATH}.rho'; type Fay needs it, a number from 0 to below 1.")
    if asked.rho is not None:
        if asked.kind != "Fay":
            raise AnalysisError(f"'{PATH}.rho' is given, but type {asked.kind} does not use it; only Fay does.")
        if not 0 <= asked.rho < 1:
            raise AnalysisError(f"'{PATH}.rho' must be a number from 0 to below 1; it is {asked.rho:g}.")
    if asked.kind == "JKn" and asked.rscales is None:
        raise AnalysisError(
            f"The request has no '{PATH}.rscales'; weights of type JKn need for each replicate (n − 1)/n, n being the "
            f"PSUs of its stratum."
        )
    if asked.kind == "other" and asked.scale is None and asked.rscales is None:
        raise AnalysisError(f"'{PATH}.type' is other, so '{PATH}.scale' or '{PATH}.rscales' is needed.")


def check_uses(asked: ReplicatesRequest, used: Sequence[str | None], *, calibrated: bool, drivers: bool) -> None:
    """Refuse what does not go together with replicate weights; `used` are the columns the request has otherwise."""
    for name in asked.columns:
        if name in used:
            raise AnalysisError(f"'{PATH}.columns' names '{name}', which the request uses as another column.")
    if calibrated:
        raise AnalysisError(
            f"'calibration' is asked for beside '{PATH}'; each replicate would have to be calibrated by who made it, "
            f"so leave one of them out."
        )
    if drivers:
        raise AnalysisError(
            f"'drivers' is asked for beside '{PATH}'; its errors are made from strata and PSUs, so leave one of "
            f"them out."
        )


def names_of(asked: ReplicatesRequest, data: DataFile) -> tuple[str, ...]:
    """The columns of replicate weights: as the request names them, or in the order of the file."""
    return asked.columns if asked.pattern is None else data.fitting(asked.pattern)


def weights_of(asked: ReplicatesRequest, data: DataFile, weight: Floats) -> ReplicateWeights:
    """The replicate weights of a data file beside its sampling weights (n,).

    AnalysisError names row and column of a weight that is blank, no number or below 0, and the column of one that is
    0 everywhere.
    """
    names = names_of(asked, data)
    if asked.rscales is not None and len(asked.rscales) != len(names):
        raise AnalysisError(
            f"'{PATH}.rscales' has {len(asked.rscales)} numbers, and {data.name} has {len(names)} columns of replicate "
            f"weights; each needs one."
        )
    found = np.empty((data.rows, len(names)))
    for place, name in enumerate(names):
        own = data.numbers(name)
        below = np.flatnonzero(own < 0)
        if len(below):
            raise AnalysisError(
                f"{data.name}, row {below[0] + 1}, column '{name}': a replicate weight of at least 0 is expected, it "
                f"is {own[below[0]]:g}."
            )
        if not own.any():
            raise AnalysisError(f"{data.name}, column '{name}': replicate weights are expected, it is 0 in every row.")
        found[:, place] = own
    try:
        return replicate_weights(
            asked.kind,
            weight,
            found,
            scale=asked.scale,
            rscales=asked.rscales,
            rho=asked.rho,
            mse=asked.mse,
            combined=asked.combined,
        )
    except DesignError as error:
        raise DesignError(f"{data.name}: {error}") from None


def described(made: ReplicateWeights, columns: Sequence[str]) -> dict[str, Any]:
    """What RESULT.json says of the replicate weights: the constants as they were used."""
    return {
        "type": made.kind,
        "replicates": made.size,
        "columns": list(columns),
        "scale": made.scale,
        "rscales": None if made.rscales is None else list(made.rscales),
        "rho": made.rho,
        "mse": made.mse,
        "combined": made.combined,
    }
