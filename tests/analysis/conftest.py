"""What the analysis tests share: totals of the oracle's survey under its designs, summed once per run."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from analysis.estimation.domain_estimates import DomainEstimates, estimate
from analysis.totals.chunk_sums import Chunk
from analysis.totals.streaming import Shape, Totals
from tests.analysis import reference


@cache
def chunk(design: str) -> tuple[Chunk, dict[str, list[str]]]:
    """The survey as one chunk with integer keys, and the labels of its domains."""
    data = reference.survey()
    keys, labels = {}, {}
    for name in reference.DOMAINS:
        keys[name], labels[name] = reference.codes_of(data[name])
    strata, psu = data["district"], data["psu"]
    first, second = reference.numbers(data["N_h"]), reference.numbers(data["M_hi"])
    if design == "sr":
        strata, psu, first, second = reference.self_representing(data)
    keys["stratum"], labels["stratum"] = reference.codes_of(strata)
    keys["psu"], labels["psu"] = reference.codes_of(psu)
    if design == "wr":
        return Chunk(data.codes, keys, data.weight), labels
    return Chunk(data.codes, keys, data.weight, None, first, second), labels


CROSSINGS = (("service", "district"), *((name,) for name in reference.DOMAINS[2:]), ())


@cache
def totals(design: str) -> Totals:
    shape = Shape(clustered=True, second_stage=design != "wr")
    return Totals(reference.plan(), shape, CROSSINGS).add(chunk(design)[0]).settle()


@cache
def estimates(design: str, by: tuple[str, ...] = (), lonely: str = "adjust") -> DomainEstimates:
    return estimate(totals(design), by, lonely=lonely)


class Streamed:
    """The oracle's survey through the streaming engine."""

    def estimates(self, design: str, by: tuple[str, ...] = (), lonely: str = "adjust") -> DomainEstimates:
        return estimates(design, by, lonely)

    def totals(self, design: str) -> Totals:
        return totals(design)

    def level(self, design: str, by: tuple[str, ...], text: str) -> int:
        """The row of a domain, from the oracle's text such as `S1:D04`."""
        labels = chunk(design)[1]
        parts = text.split(":") if by else []
        codes = [labels[name].index(part) for name, part in zip(by, parts, strict=True)]
        keys = estimates(design, by).keys
        return int(np.flatnonzero((keys == np.array(codes, np.int64)).all(axis=1))[0])


@pytest.fixture(scope="session")
def streamed() -> Streamed:
    return Streamed()
