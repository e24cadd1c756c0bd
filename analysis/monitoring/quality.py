"""Quality of answers: straight lines, spread of a person's answers, speed, repeated vectors, bursts.

Nothing here deletes a row: figures are per row or per group, and whoever flags a row gives it weight zero and shows
results with and without. A satisfied person may answer straight, so a long string alone is no reason.
Sources: Curran (2016); Dunn, Heggestad, Shanock and Theilgard (2018) for IRV; R `careless` longstring, irv.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analysis.arrays import Bools, Codes, Floats, Ints
from analysis.errors import AnalysisError
from analysis.totals.measure_plan import BLANK


def longest_string(codes: Codes) -> Ints:
    """The longest run of one same code in each row of codes (n × items), in the order of the columns: (n,).

    Blanks (255) are a code of their own. Source: R `careless` longstring.
    """
    longest = run = np.ones(len(codes), np.int64)
    for k in range(1, codes.shape[1]):
        run = np.where(codes[:, k] == codes[:, k - 1], run + 1, 1)
        longest = np.maximum(longest, run)
    return longest


def own_spread(codes: Codes) -> Floats:
    """The standard deviation (n − 1) of a person's answers (IRV): codes (n × items) to (n,); NaN of fewer than 2."""
    given = codes != BLANK
    n = given.sum(axis=1)
    values = np.where(given, codes, 0).astype(np.float64)
    mean = np.divide(values.sum(axis=1), n, out=np.zeros(len(codes)), where=n > 0)
    squares = np.where(given, (values - mean[:, None]) ** 2, 0.0).sum(axis=1)
    return np.asarray(np.sqrt(np.divide(squares, n - 1, out=np.full(len(codes), np.nan), where=n > 1)))


def straight_lines(codes: Codes, *, least: int = 16) -> Bools:
    """Rows (n,) with `least` or more answers, all the same: a long string and no spread together; codes (n × items).

    >>> straight_lines(np.array([[4] * 16, [4] * 15 + [5]], np.uint8)).tolist()
    [True, False]
    """
    return np.asarray(((codes != BLANK).sum(axis=1) >= least) & (own_spread(codes) == 0))


def too_fast(seconds: Floats, mode: Ints, *, share: float = 0.3) -> Bools:
    """Rows faster than a share of the median time of their mode; `seconds` and `mode` are (n,), and so is the result.

    NaN times are never flagged.
    """
    result = np.zeros(len(seconds), np.bool_)
    for one in np.unique(mode):
        inside = (mode == one) & ~np.isnan(seconds)
        if inside.any():
            result |= inside & (seconds < share * float(np.median(seconds[inside])))
    return result


def repeated_vectors(codes: Codes, group: Ints, *, least_answers: int = 8, least_different: int = 2) -> Ints:
    """How many rows of the same group have this very vector of answers, itself included: codes (n × items) to (n,).

    `group` (n,) numbers batches, or point and half-day. 1 for rows with few answers or with fewer than
    `least_different` different codes: those repeat by chance.
    """
    place = _numbered(codes, group)
    count = np.bincount(place)
    counts = count[place]
    answered = (codes != BLANK).sum(axis=1) >= least_answers
    varied = own_spread(codes) > 0 if least_different > 1 else np.ones(len(codes), np.bool_)
    return np.asarray(np.where(answered & varied, counts, 1), np.int64)


def _numbered(codes: Codes, group: Ints) -> Ints:
    """The same number for rows of one group and one vector: eight codes at a time as one integer, then densely."""
    _, place = np.unique(np.asarray(group, np.int64), return_inverse=True)
    for start in range(0, codes.shape[1], 8):
        eight = np.zeros((len(codes), 8), np.uint8)
        part = codes[:, start : start + 8]
        eight[:, : part.shape[1]] = part
        known, number = np.unique(eight.view(np.uint64).reshape(-1), return_inverse=True)
        _, place = np.unique(place.astype(np.int64) * len(known) + number, return_inverse=True)
    return np.asarray(place, np.int64)


def bursts(counts: Ints, *, alpha: float = 1e-4) -> Bools:
    """Quarter-hours with more submissions than a Poisson stream of the median busy rate allows, after Bonferroni.

    `counts` and the result are (quarters,).
    """
    busy = counts[counts > 0]
    if not len(busy):
        return np.zeros(len(counts), np.bool_)
    usual = max(float(np.median(busy)), 1.0)
    tail = special.pdtrc(np.maximum(counts - 1, 0), usual)
    return np.asarray((counts > 0) & (tail < alpha / len(counts)))


@dataclass(frozen=True, slots=True)
class Coverage:
    """Responses against transactions of one unit: the share, and whether it is more than there can be."""

    responses: int
    transactions: float
    share: float
    impossible: bool


def against_transactions(responses: Ints, transactions: Floats) -> tuple[Coverage, ...]:
    """Participation by unit, `responses` and `transactions` being (units,), in their order.

    More responses than transactions means a wrong frame or answers made up. Raises AnalysisError for different lengths.
    """
    if len(responses) != len(transactions):
        raise AnalysisError(f"There are {len(responses)} response counts and {len(transactions)} transaction counts.")
    return tuple(
        Coverage(int(r), float(t), float(r / t) if t > 0 else np.nan, bool(r > t))
        for r, t in zip(responses, transactions, strict=True)
    )
